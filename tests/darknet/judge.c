/*
 * The judge: see the header.
 */
#include "judge.h"

#include "darknet/packet/arrival.h"
#include "darknet/trend/changes.h"
#include "darknet/trend/groups.h"
#include "darknet/trend/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEYS (1 << 17) /* protocol and port, TCP or UDP */
#define GRACE 6        /* hours behind a campaign's end in which it is still found */
#define CHECKS 60      /* of groups and changes in an hour */
#define REGIONS (1 << 16)

struct port_state {
	uint32_t now, judged; /* judged: the hour that `mean` is of */
	bool active;
	float mean;                          /* of the plain threshold: exponential, four weeks */
	float sum[CUSUMS];                   /* CUSUM */
	uint32_t quiet[CUSUMS + THRESHOLDS]; /* no alarm before this hour */
};

/* Rows of campaigns in a country or network, lately: the last three days', forgotten exponentially. */
struct region {
	float rows;
	uint32_t hour;
	int campaign;
};

struct court {
	struct world *world;
	struct judgement *judgement;
	struct port_state *ports;
	uint32_t active[KEYS];
	size_t active_count;
	struct region *regions;
	struct histories *histories;
	struct groups *groups[GROUPS];
	struct changes *changes;
	size_t at, points; /* the groups' point that is looked at, and how many there are */
	nanoseconds now;
	uint32_t hour;
};

static bool uses(const struct world_campaign *campaign, uint16_t port)
{
	for (unsigned i = 0; i < campaign->port_count; i++)
		if (campaign->ports[i] == port)
			return true;
	return false;
}

static void mark(struct verdict *verdict, int campaign, nanoseconds now)
{
	if (verdict->found[campaign] == 0)
		verdict->found[campaign] = now;
}

static void nothing(struct court *court, struct verdict *verdict, uint16_t port, uint32_t from)
{
	if (court->world->mistake(court->world->inside, port, from, court->hour))
		verdict->mistakes++;
	else
		verdict->wrong++;
}

/* An alarm about a port over the time from `from` until now is right when any campaign on it ran then. */
static void port_alarm(struct court *court, struct verdict *verdict, uint16_t port, nanoseconds from)
{
	const struct judgement *judgement = court->judgement;
	bool right = false;
	verdict->alarms++;
	for (int i = 0; i < WORLD_CAMPAIGNS; i++) {
		const struct world_campaign *campaign = &court->world->campaigns[i];
		nanoseconds last = WORLD_START + (campaign->last + 1 + GRACE) * HOUR;
		if (!judgement->begun[i] || !uses(campaign, port) || from > last || court->now < judgement->begun[i])
			continue;
		mark(verdict, i, court->now);
		right = true;
	}
	if (!right)
		nothing(court, verdict, port, (uint32_t)((from - WORLD_START) / HOUR));
}

/* A group is right when at least three of ten sources that it lists are one campaign's. */
static void group_alarm(void *context, const struct group *group)
{
	struct court *court = context;
	struct verdict *verdict = &court->judgement->groups[court->at];
	unsigned of[WORLD_CAMPAIGNS] = { 0 }, most = 0;
	if (!group->open)
		return; /* that one ended is no alarm */
	verdict->alarms++;
	for (size_t i = 0; i < group->address_count; i++) {
		int campaign = court->world->origin(court->world->inside, group->addresses[i]);
		if (campaign >= 0 && ++of[campaign] > of[most])
			most = (unsigned)campaign;
	}
	if (of[most] * 10 >= group->address_count * 3 && of[most] > 0) {
		mark(verdict, (int)most, court->now);
		verdict->listed += (double)group->address_count;
		verdict->listed_bots += of[most];
	} else {
		nothing(court, verdict, group->example.port, court->hour < 24 ? 0 : court->hour - 24);
	}
}

/* ── changes ─ */

static struct region *region_of(struct court *court, uint32_t network, const char country[2])
{
	uint32_t index = network ? network : 0x8000u + (uint32_t)(uint8_t)country[0] * 97 + (uint8_t)country[1];
	struct region *region = &court->regions[index % REGIONS];
	region->rows *= expf(-(float)(court->hour - region->hour) / 72);
	region->hour = court->hour;
	return region;
}

static void region_row(struct court *court, int campaign, const struct activity *activity)
{
	struct region *of[] = { region_of(court, activity->network, NULL), region_of(court, 0, activity->country) };
	for (size_t i = 0; i < 2; i++) {
		of[i]->rows++;
		of[i]->campaign = campaign;
	}
}

/* A rise of a country or network is right when campaigns sent at least three of ten rows of what is too much. */
static void region_alarm(struct court *court, const struct change *change)
{
	struct verdict *verdict = &court->judgement->regions;
	const struct region *region = region_of(court, change->network, change->country);
	verdict->alarms++;
	if (region->rows > 0.3 * (change->observed - change->expected))
		mark(verdict, region->campaign, court->now);
	else
		verdict->wrong++;
}

static void fall(struct court *court, const struct change *change)
{
	struct judgement *judgement = court->judgement;
	bool ended = false;
	for (int i = 0; i < WORLD_CAMPAIGNS; i++) {
		const struct world_campaign *campaign = &court->world->campaigns[i];
		bool lately = campaign->first <= court->hour && court->hour < campaign->last + 8 * 24;
		ended = ended || (lately && (change->of != CHANGE_PORT || uses(campaign, change->port)));
	}
	ended = ended || (change->of == CHANGE_PORT && court->world->mistake(court->world->inside, change->port,
							   court->hour < 192 ? 0 : court->hour - 192, court->hour));
	*(change->of == CHANGE_PORT ? &judgement->falls : &judgement->falls_of_regions) += !ended;
}

static void change_alarm(void *context, const struct change *change)
{
	struct court *court = context;
	if (!change->rise)
		fall(court, change);
	else if (change->of == CHANGE_PORT)
		port_alarm(court, &court->judgement->rises, change->port, change->from);
	else
		region_alarm(court, change);
}

/* ── hours ─ */

static size_t index_of(const struct activity *activity)
{
	return (size_t)(activity->protocol == 17) << 16 | activity->port;
}

static void check(struct court *court)
{
	for (court->at = 0; court->at < court->points; court->at++)
		groups_check(court->groups[court->at], court->now, group_alarm, court);
	changes_check(court->changes, court->now, change_alarm, court);
}

static void row(void *context, const struct activity *activity)
{
	struct court *court = context;
	struct judgement *judgement = court->judgement;
	judgement->rows++;
	while (activity->first >= court->now + HOUR / CHECKS) {
		court->now += HOUR / CHECKS;
		check(court);
	}
	int campaign =
	    activity->kind == ARRIVAL_PROBE ? court->world->origin(court->world->inside, activity->source) : -1;
	if (campaign >= 0 && court->hour >= court->world->campaigns[campaign].first &&
	    court->hour <= court->world->campaigns[campaign].last &&
	    uses(&court->world->campaigns[campaign], activity->port)) {
		if (judgement->begun[campaign] == 0)
			judgement->begun[campaign] = activity->first;
		region_row(court, campaign, activity);
	}
	for (size_t i = 0; i < court->points; i++)
		groups_add(court->groups[i], activity, 1);
	changes_add(court->changes, activity, 1);
	if (activity->kind != ARRIVAL_PROBE || activity->research)
		return;
	struct port_state *port = &court->ports[index_of(activity)];
	port->now++;
	if (!port->active)
		court->active[court->active_count++] = (uint32_t)index_of(activity);
	port->active = true;
	histories_add(court->histories, index_of(activity) + 1, 1);
}

/* The mean of an hour in which nothing came is less by 1/672 (in the first four weeks: it is of all hours so far). */
static float mean_behind(float mean, uint32_t from, uint32_t to)
{
	uint32_t early = to < 672 ? to : 672;
	if (from < early)
		mean *= (float)(from + 1) / (float)(early + 1);
	uint32_t late = from > early ? from : early;
	return mean * (float)pow(1 - 1.0 / 672, to - late);
}

static void judge_port(struct court *court, uint32_t hour, size_t index)
{
	struct port_state *port = &court->ports[index];
	struct judgement *judgement = court->judgement;
	port->mean = mean_behind(port->mean, port->judged, hour);
	port->judged = hour;
	const struct history *history = histories_find(court->histories, index + 1);
	struct expected expected = { 0.01, 1 };
	if (history)
		expected = history_expected(court->histories, history, WORLD_START + hour * HOUR);
	double deviation =
	    sqrt(fmax(1, expected.mean + (history ? expected.mean * expected.mean * history->scatter : 0)));
	bool learnt = hour >= WORLD_QUIET * 24;
	for (size_t i = 0; i < CUSUMS; i++) {
		port->sum[i] = fmaxf(0, port->sum[i] + (float)((port->now - expected.mean) / deviation - 0.5));
		if (port->sum[i] <= judgement->cusum[i].at)
			continue;
		port->sum[i] = 0;
		if (learnt && hour >= port->quiet[i])
			port_alarm(court, &judgement->cusum[i], (uint16_t)index, WORLD_START + hour * HOUR);
		port->quiet[i] = hour + 24;
	}
	for (size_t i = 0; i < THRESHOLDS; i++) {
		uint32_t *quiet = &port->quiet[CUSUMS + i];
		if (!learnt || port->now < 10 || port->now <= judgement->threshold[i].at * (double)port->mean ||
		    hour < *quiet)
			continue;
		port_alarm(court, &judgement->threshold[i], (uint16_t)index, WORLD_START + hour * HOUR);
		*quiet = hour + 24;
	}
	port->mean += (float)(port->now * fmax(1.0 / 672, 1.0 / (hour + 1)));
	port->now = 0;
}

/* Those that something came to, and those whose sums are not yet down: of others nothing can be said. */
static void judge_ports(struct court *court, uint32_t hour)
{
	size_t left = 0;
	for (size_t i = 0; i < court->active_count; i++) {
		uint32_t index = court->active[i];
		struct port_state *port = &court->ports[index];
		float sum = 0;
		judge_port(court, hour, index);
		for (size_t k = 0; k < CUSUMS; k++)
			sum += port->sum[k];
		port->active = sum > 0;
		if (sum > 0)
			court->active[left++] = index;
	}
	court->active_count = left;
}

static void judge_hour(struct court *court, uint32_t hour)
{
	nanoseconds bin = WORLD_START + hour * HOUR;
	court->hour = hour;
	court->now = bin;
	court->world->hour(court->world->inside, hour, row, court);
	court->now = bin + HOUR - 1;
	for (court->at = 0; court->at < court->points; court->at++)
		groups_close(court->groups[court->at], bin, 1, group_alarm, court);
	changes_close(court->changes, bin, 1, change_alarm, court);
	judge_ports(court, hour);
	histories_close(court->histories, bin, 1);
}

static void parameters(struct judgement *judgement)
{
	static const double thresholds[THRESHOLDS] = { 3, 5, 10, 30 }, cusums[CUSUMS] = { 5, 10, 20, 40, 80, 160 },
			    groups[GROUPS] = { 1, 0.3, 3 };
	for (size_t i = 0; i < THRESHOLDS; i++)
		judgement->threshold[i].at = thresholds[i];
	for (size_t i = 0; i < CUSUMS; i++)
		judgement->cusum[i].at = cusums[i];
	for (size_t i = 0; i < GROUPS; i++)
		judgement->groups[i].at = groups[i];
	judgement->rises.at = judgement->regions.at = changes_usual.alarms;
}

void judge_world(struct world *world, size_t points, struct judgement *judgement)
{
	static struct court court;
	court = (struct court){ .world = world, .judgement = judgement, .points = points };
	struct changes_settings changes = changes_usual;
	*judgement = (struct judgement){ .months = (world->hours / 24.0 - WORLD_QUIET) / 30 };
	parameters(judgement);
	court.ports = calloc(KEYS, sizeof *court.ports);
	court.regions = calloc(REGIONS, sizeof *court.regions);
	court.histories = histories_new(13000, HOUR, 9 * 3600);
	for (size_t i = 0; i < points; i++) {
		struct groups_settings settings = groups_usual;
		settings.alarms = judgement->groups[i].at;
		settings.addresses = 1000; /* its first: whom it was noticed by */
		settings.learn = WORLD_QUIET;
		court.groups[i] = groups_new(&settings);
	}
	changes.learn = WORLD_QUIET;
	changes.zone = 9 * 3600;
	court.changes = changes_new(&changes);
	clock_t start = clock();
	for (uint32_t hour = 0; hour < world->hours; hour++)
		judge_hour(&court, hour);
	judgement->seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	for (size_t i = 0; i < points; i++)
		groups_free(court.groups[i]);
	changes_free(court.changes);
	histories_free(court.histories);
	free(court.ports);
	free(court.regions);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

struct share verdict_share(const struct world *world, const struct judgement *judgement, const struct verdict *verdict,
    uint32_t least, uint32_t most)
{
	struct share share = { 0 };
	double delays[WORLD_CAMPAIGNS];
	for (int i = 0; i < WORLD_CAMPAIGNS; i++) {
		if (world->campaigns[i].sources < least || world->campaigns[i].sources > most || !judgement->begun[i])
			continue;
		share.all++;
		if (verdict->found[i])
			delays[share.found++] = (double)(verdict->found[i] - judgement->begun[i]) / (double)HOUR;
	}
	if (share.found > 0)
		qsort(delays, share.found, sizeof delays[0], by_value);
	share.delay = share.found > 0 ? delays[share.found / 2] : NAN;
	share.late = share.found > 0 ? delays[share.found * 9 / 10] : NAN;
	return share;
}
