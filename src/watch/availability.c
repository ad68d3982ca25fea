/*
 * Judging how sites answer. See availability.h.
 */
#include "watch/availability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATIONS 6.0
#define TO_SIGMA 1.4826

const struct availability_settings availability_defaults = {
	.learn = 20,
	.slow_factor = 2.5,
	.slow_least = 200 * MILLISECOND,
	.slow_of = 3,
	.slow_in = 5,
	.down_after = 3,
	.up_after = 2,
	.changed_bits = 16,
	.together = 10 * MINUTE,
	.widespread_sites = 3,
	.widespread_sectors = 2,
};

struct site {
	float kept[AVAILABILITY_KEPT]; /* logarithms of seconds; a ring */
	uint32_t count, next;
	nanoseconds kept_last;
	enum site_state state;
	nanoseconds newest;
	uint32_t slow; /* bits, the newest lowest */
	nanoseconds slow_since;
	unsigned failures, answers; /* in a row */
	nanoseconds failing_since;
	uint64_t content; /* as it usually is */
	unsigned other;   /* in a row with another content */
	nanoseconds other_since;
	uint64_t disturbance; /* the newest that it was part of; 0 = none */
};

struct disturbance {
	uint64_t number;
	nanoseconds joined; /* by the newest of its sites */
	uint32_t sites, sectors;
};

#define REMEMBERED 64 /* disturbances whose counts are known */

struct availability {
	struct availability_settings settings;
	struct site *sites;
	struct disturbance disturbances[REMEMBERED]; /* by number, modulo */
	uint64_t newest;                             /* number of the one that further sites would join; 0 = none yet */
};

/* ── names ─ */

static const char *const outcomes[] = { "answered", "error", "timeout", "no-answer" };
static const char *const states[] = { "unknown", "up", "slow", "down" };
static const char *const kinds[] = { "slow", "down", "up", "changed" };

const char *site_outcome_code(enum site_outcome outcome)
{
	return outcomes[outcome];
}

bool site_outcome_parse(const char *code, enum site_outcome *outcome)
{
	for (unsigned i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
		if (strcmp(code, outcomes[i]) == 0) {
			*outcome = (enum site_outcome)i;
			return true;
		}
	return false;
}

const char *site_state_code(enum site_state state)
{
	return states[state];
}

const char *signal_kind_code(enum signal_kind kind)
{
	return kinds[kind];
}

/* ── life ─ */

static const char *problem_of(const struct availability_settings *settings)
{
	if (settings->sites == 0 || !settings->sectors)
		return "there is no site to watch";
	if (settings->sites > AVAILABILITY_SITES)
		return "too many sites: 10,000 at most";
	if (settings->slow_of == 0 || settings->slow_of > settings->slow_in || settings->slow_in > 32)
		return "slow_of of slow_in: from 1, and at most 32";
	if (settings->down_after == 0 || settings->up_after == 0)
		return "down_after and up_after are at least 1";
	if (!(settings->slow_factor > 1) || settings->changed_bits > 64)
		return "slow_factor is above 1, changed_bits at most 64";
	return NULL;
}

enum error availability_new(
    const struct availability_settings *settings, struct availability **made, struct failure *failure)
{
	const char *problem = problem_of(settings);
	if (problem)
		return fail(failure, ERROR_USAGE, "%s", problem);
	struct availability *availability = calloc(1, sizeof *availability);
	struct site *sites = calloc(settings->sites, sizeof *sites);
	if (!availability || !sites) {
		free(availability);
		free(sites);
		return fail(failure, ERROR_MEMORY, "no memory for %u sites", settings->sites);
	}
	availability->settings = *settings;
	availability->sites = sites;
	*made = availability;
	return OK;
}

void availability_free(struct availability *availability)
{
	if (availability)
		free(availability->sites);
	free(availability);
}

/* ── what is usual ─ */

static int by_value(const void *one, const void *other)
{
	float a = *(const float *)one, b = *(const float *)other;
	return (a > b) - (a < b);
}

static float median(float *values, uint32_t count)
{
	qsort(values, count, sizeof *values, by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double usual_of(const struct site *site, double *deviation)
{
	float values[AVAILABILITY_KEPT];
	memcpy(values, site->kept, site->count * sizeof *values);
	float middle = median(values, site->count);
	for (uint32_t i = 0; i < site->count; i++)
		values[i] = fabsf(site->kept[i] - middle);
	*deviation = TO_SIGMA * (double)median(values, site->count);
	return (double)middle;
}

static void keep(struct site *site, nanoseconds time, nanoseconds total)
{
	site->kept_last = time;
	double seconds = (double)total / (double)SECOND;
	site->kept[site->next] = logf(seconds > 1e-6 ? (float)seconds : 1e-6F);
	site->next = (site->next + 1) % AVAILABILITY_KEPT;
	if (site->count < AVAILABILITY_KEPT)
		site->count++;
}

static nanoseconds from_log(double value)
{
	return (nanoseconds)(exp(value) * (double)SECOND);
}

static bool is_slow(const struct availability *availability, const struct site *site, nanoseconds total)
{
	const struct availability_settings *settings = &availability->settings;
	double deviation;
	if (site->count < settings->learn || site->count == 0 || total <= 0)
		return false;
	double usual = usual_of(site, &deviation);
	double above = log((double)total / (double)SECOND) - usual;
	return above > log(settings->slow_factor) && above > DEVIATIONS * deviation &&
	       total - from_log(usual) > settings->slow_least;
}

enum site_state availability_state(const struct availability *availability, uint32_t site)
{
	return availability->sites[site].state;
}

nanoseconds availability_usual(const struct availability *availability, uint32_t site)
{
	double deviation;
	const struct site *of = &availability->sites[site];
	return of->count ? from_log(usual_of(of, &deviation)) : 0;
}

/* ── disturbances ─ */

static bool sector_is_in(const struct availability *availability, uint64_t number, uint32_t sector)
{
	for (uint32_t i = 0; i < availability->settings.sites; i++)
		if (availability->sites[i].disturbance == number && availability->settings.sectors[i] == sector)
			return true;
	return false;
}

static void join(struct availability *availability, uint32_t index, nanoseconds time)
{
	struct site *site = &availability->sites[index];
	uint32_t sector = availability->settings.sectors[index];
	struct disturbance *now = &availability->disturbances[availability->newest % REMEMBERED];
	bool open = availability->newest != 0 && time - now->joined <= availability->settings.together;
	if (open)
		now->joined = time;
	if (open && site->disturbance == now->number) /* it was up in between */
		return;
	if (!open) {
		now = &availability->disturbances[++availability->newest % REMEMBERED];
		*now = (struct disturbance){ .number = availability->newest, .joined = time };
	}
	now->sectors += !sector_is_in(availability, now->number, sector);
	now->sites++;
	site->disturbance = now->number;
}

static void give_signal(struct availability *availability, struct signal *signal,
    void (*give)(void *context, const struct signal *signal), void *context)
{
	const struct availability_settings *settings = &availability->settings;
	const struct site *site = &availability->sites[signal->site];
	signal->usual = availability_usual(availability, signal->site);
	if (signal->kind != SIGNAL_CHANGED) {
		const struct disturbance *of = &availability->disturbances[site->disturbance % REMEMBERED];
		bool known = of->number == site->disturbance;
		signal->disturbance = site->disturbance;
		signal->sites = known ? of->sites : 1;
		signal->sectors = known ? of->sectors : 1;
		signal->widespread =
		    signal->sites >= settings->widespread_sites && signal->sectors >= settings->widespread_sectors;
	}
	give(context, signal);
}

/* ── a measurement ─ */

static uint32_t window(const struct availability *availability)
{
	unsigned in = availability->settings.slow_in;
	return in == 32 ? UINT32_MAX : (1u << in) - 1;
}

static void count_row(
    const struct availability *availability, struct site *site, const struct measurement *measurement, bool slow)
{
	if (slow && (site->slow & window(availability)) == 0)
		site->slow_since = measurement->time;
	site->slow = site->slow << 1 | slow;
	if (measurement->outcome == SITE_ANSWERED) {
		site->answers++;
		site->failures = 0;
	} else {
		if (site->failures++ == 0)
			site->failing_since = measurement->time;
		site->answers = 0;
	}
}

/* What the site is after this row of measurements. */
static enum site_state next_state(const struct availability *availability, const struct site *site)
{
	const struct availability_settings *settings = &availability->settings;
	unsigned slow = (unsigned)__builtin_popcount(site->slow & window(availability));
	if (site->failures >= settings->down_after)
		return SITE_DOWN;
	if (site->state == SITE_DOWN && site->answers < settings->up_after)
		return SITE_DOWN;
	if (slow >= settings->slow_of)
		return SITE_SLOW;
	if (site->state == SITE_SLOW && slow > 0)
		return SITE_SLOW;
	return site->count >= settings->learn || site->state == SITE_DOWN ? SITE_UP : site->state;
}

static void judge_answer(struct availability *availability, const struct measurement *measurement,
    void (*give)(void *context, const struct signal *signal), void *context)
{
	struct site *site = &availability->sites[measurement->site];
	enum site_state before = site->state, after = next_state(availability, site);
	if (after == before)
		return;
	site->state = after;
	if (before == SITE_UNKNOWN && after == SITE_UP)
		return; /* now it is known, that is all */
	struct signal signal = { .kind = after == SITE_DOWN   ? SIGNAL_DOWN
					 : after == SITE_SLOW ? SIGNAL_SLOW
							      : SIGNAL_UP,
		.time = measurement->time,
		.since = after == SITE_DOWN   ? site->failing_since
			 : after == SITE_SLOW ? site->slow_since
					      : measurement->time,
		.site = measurement->site,
		.now = measurement->total };
	if (after != SITE_UP && before != SITE_SLOW && before != SITE_DOWN)
		join(availability, measurement->site, measurement->time);
	give_signal(availability, &signal, give, context);
}

/* Another content is believed when it was seen twice: an answer that was cut short is no change. */
static void judge_content(struct availability *availability, const struct measurement *measurement,
    void (*give)(void *context, const struct signal *signal), void *context)
{
	struct site *site = &availability->sites[measurement->site];
	if (measurement->outcome != SITE_ANSWERED || !measurement->content || !availability->settings.changed_bits)
		return;
	unsigned bits = site->content ? content_distance(site->content, measurement->content) : 0;
	if (bits < availability->settings.changed_bits) {
		site->other = 0;
		site->content = measurement->content; /* small changes are followed */
		return;
	}
	if (site->other++ == 0)
		site->other_since = measurement->time;
	if (site->other < 2)
		return;
	struct signal signal = { .kind = SIGNAL_CHANGED,
		.time = measurement->time,
		.since = site->other_since,
		.site = measurement->site,
		.now = measurement->total,
		.bits = bits };
	site->content = measurement->content;
	site->other = 0;
	give_signal(availability, &signal, give, context);
}

bool availability_take(struct availability *availability, const struct measurement *measurement,
    void (*give)(void *context, const struct signal *signal), void *context)
{
	struct site *site = &availability->sites[measurement->site];
	if (measurement->time < site->newest)
		return false;
	site->newest = measurement->time;
	bool answered = measurement->outcome == SITE_ANSWERED;
	bool slow =
	    measurement->outcome == SITE_TIMEOUT || (answered && is_slow(availability, site, measurement->total));
	count_row(availability, site, measurement, slow);
	judge_answer(availability, measurement, give, context);
	judge_content(availability, measurement, give, context);
	bool spaced = site->count == 0 || measurement->time - site->kept_last >= availability->settings.keep_every;
	if (answered && spaced)
		keep(site, measurement->time, measurement->total);
	return true;
}
