/*
 * Changes: see the header.
 */
#include "darknet/trend/changes.h"

#include "base/hash_inline.h"
#include "darknet/packet/arrival.h"
#include "darknet/trend/days.h"
#include "darknet/trend/kept.h"
#include "darknet/trend/lately.h"
#include "darknet/trend/quantile.h"
#include "darknet/trend/tail.h"

#include <math.h>
#include <stdlib.h>

#define UNKNOWN 16.0 /* where alarms begin when nothing is known of the scores of chance: once in 10 million */
#define SCORED 3.0   /* less is not worth a note */
#define FRESH_MOST 65536
#define BATCH 64

const struct changes_settings changes_usual = { HOUR, 1, 10, 14, 16384, 1 << 22, 0 };

struct changes {
	struct changes_settings settings;
	struct histories *histories;
	struct days *days;   /* of each history */
	struct lately *seen; /* today */
	uint32_t day_count;  /* that were closed */
	double day_awake;    /* bins of the open day in which the sensor listened … */
	uint32_t day_bins;   /* … of so many */
	double awake;        /* of the bin that is closed */
	struct tail tails[CHANGE_OFS][CHANGE_OVERS][2];
	double thresholds[CHANGE_OFS][CHANGE_OVERS][2];
	uint64_t fresh[FRESH_MOST]; /* keys that something came to since the last check */
	size_t fresh_count;
	uint32_t bin; /* bins since the first */
	nanoseconds open;
	nanoseconds now;
	change_visitor visit;
	void *context;
};

static uint64_t key_of(enum change_of of, uint32_t id)
{
	return (uint64_t)(of + 1) << 32 | id;
}

struct changes *changes_new(const struct changes_settings *settings)
{
	struct changes *changes = calloc(1, sizeof *changes);
	if (!changes)
		return NULL;
	changes->settings = *settings;
	changes->histories = histories_new(settings->most, settings->bin, settings->zone);
	changes->seen = lately_new(settings->seen, 1);
	if (changes->histories)
		changes->days = calloc(histories_room(changes->histories), sizeof *changes->days);
	if (changes->histories && changes->seen && changes->days)
		return changes;
	changes_free(changes);
	return NULL;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	histories_free(changes->histories);
	lately_free(changes->seen);
	free(changes->days);
	free(changes);
}

static struct days *days_of(struct changes *changes, const struct history *history)
{
	struct days *days = &changes->days[histories_index(changes->histories, history)];
	if (days->key != history->key)
		days_begin(days, history->key, changes->day_count);
	return days;
}

/* `index`: of its history, most probably; `first`: the source is, on this day. */
static void count_one(struct changes *changes, uint64_t key, size_t index, bool first)
{
	struct history *history = histories_add_at(changes->histories, key, 1, index);
	struct days *days = days_of(changes, history);
	days->today += first && days->today < UINT32_MAX;
	if (!history->fresh &&
	    (history->now >= (float)changes->settings.least || days->today >= changes->settings.least) &&
	    changes->fresh_count < FRESH_MOST) {
		changes->fresh[changes->fresh_count++] = key;
		history->fresh = true;
	}
}

/* Keys of what an activity counts for; 0: not known. */
static uint64_t port_key(const struct activity *activity)
{
	return key_of(CHANGE_PORT, (uint32_t)activity->protocol << 16 | activity->port);
}

static uint64_t country_key(const struct activity *activity)
{
	uint32_t id = (uint32_t)(uint8_t)activity->country[0] << 8 | (uint8_t)activity->country[1];
	return activity->country[0] ? key_of(CHANGE_COUNTRY, id) : 0;
}

static uint64_t network_key(const struct activity *activity)
{
	return activity->network ? key_of(CHANGE_NETWORK, activity->network) : 0;
}

struct look {
	uint64_t source, pair;
	uint64_t keys[CHANGE_OFS]; /* of histories; 0: of none */
	size_t at[CHANGE_OFS];     /* histories_fetch_found() */
};

static struct look look_of(const struct activity *activity)
{
	uint64_t source = hash_16_inline(&activity->source, 41);
	struct look look = { .source = source };
	look.keys[CHANGE_PORT] = port_key(activity);
	look.keys[CHANGE_COUNTRY] = country_key(activity);
	look.keys[CHANGE_NETWORK] = network_key(activity);
	look.pair = hash_u64_inline(source ^ (uint32_t)look.keys[CHANGE_PORT], 42);
	return look;
}

static void add_some(struct changes *changes, struct look *looks, size_t count)
{
	/* The memory forgets after one day, so that every second one is what it knows. */
	uint32_t day = changes->day_count * 2;
	for (size_t i = 0; i < count; i++)
		for (unsigned of = 0; of < CHANGE_OFS; of++)
			if (looks[i].keys[of]) {
				looks[i].at[of] = histories_fetch_found(changes->histories, looks[i].keys[of]);
				__builtin_prefetch(&changes->days[looks[i].at[of]], 1);
			}
	for (size_t i = 0; i < count; i++) {
		const struct look *look = &looks[i];
		bool first = lately_first(changes->seen, look->source, day);
		count_one(changes, look->keys[CHANGE_PORT], look->at[CHANGE_PORT],
		    lately_first(changes->seen, look->pair, day));
		for (unsigned of = CHANGE_COUNTRY; of < CHANGE_OFS; of++)
			if (look->keys[of])
				count_one(changes, look->keys[of], look->at[of], first);
	}
}

void changes_add(struct changes *changes, const struct activity *activities, size_t count)
{
	struct look looks[BATCH];
	size_t some = 0;
	for (size_t i = 0; i < count; i++) {
		const struct activity *activity = &activities[i];
		if (activity->kind != ARRIVAL_PROBE || activity->research)
			continue;
		if (changes->open == 0)
			changes->open = activity->bin;
		looks[some] = look_of(activity);
		lately_fetch(changes->seen, looks[some].source);
		lately_fetch(changes->seen, looks[some].pair);
		for (unsigned of = 0; of < CHANGE_OFS; of++)
			if (looks[some].keys[of])
				histories_fetch(changes->histories, looks[some].keys[of]);
		if (++some == BATCH) {
			add_some(changes, looks, some);
			some = 0;
		}
	}
	add_some(changes, looks, some);
}

/* -ln P(X <= x) of the same law as count_surprise(). */
static double fall_surprise(double x, double mean, double size)
{
	double below = beta_below(size, x + 1, size / (mean + size));
	return below > 1e-300 ? -log(below) : 690;
}

static enum change_of of_key(uint64_t key)
{
	return (enum change_of)((key >> 32) - 1);
}

static struct change describe(const struct changes *changes, const struct history *history, enum change_over over)
{
	uint32_t id = (uint32_t)history->key;
	struct change change = { .noticed = changes->now, .of = of_key(history->key), .over = over };
	switch (change.of) {
	case CHANGE_PORT:
		change.port = (uint16_t)id;
		change.protocol = (uint8_t)(id >> 16);
		break;
	case CHANGE_COUNTRY:
		change.country[0] = (char)(id >> 8);
		change.country[1] = (char)id;
		break;
	default:
		change.network = id;
		break;
	}
	change.first =
	    histories_age(changes->histories) - history->since < DAY / changes->settings.bin && history->since > 0;
	static const nanoseconds spans[] = { HOUR, DAY, 7 * DAY, 7 * DAY };
	nanoseconds span = over == CHANGE_HOUR ? changes->settings.bin : spans[over];
	change.to = changes->open + changes->settings.bin;
	change.from = change.to - span;
	change.awake = 1;
	return change;
}

/* Of the first days not even scores are noted. */
static bool settled(const struct changes *changes)
{
	return changes->bin > changes->settings.learn * (uint32_t)(DAY / changes->settings.bin) / 2;
}

static bool telling(const struct changes *changes)
{
	return changes->bin > changes->settings.learn * (uint32_t)(DAY / changes->settings.bin);
}

/* A score is an alarm, or goes into the tail of what chance does: its highest within a day. `final`: it grows no more.
 */
static void judge(struct changes *changes, struct history *history, struct change *change, bool final)
{
	struct history_mark *mark = &history->marks[change->over];
	struct tail *tail = &changes->tails[change->of][change->over][change->rise];
	uint32_t day = (uint32_t)(DAY / changes->settings.bin);
	change->threshold = changes->thresholds[change->of][change->over][change->rise];
	if (change->surprise < SCORED || mark->quiet > changes->bin)
		return;
	if (telling(changes) && change->surprise > change->threshold) {
		mark->quiet = changes->bin + (change->over >= CHANGE_WEEK ? 7 * day : day);
		changes->visit(changes->context, change);
		return;
	}
	bool lately = mark->peak > 0 && changes->bin - mark->peak_bin < day;
	if (!final || (lately && change->surprise <= mark->peak))
		return;
	tail_note(tail, lately ? mark->peak : 0, change->surprise);
	mark->peak = (float)change->surprise;
	mark->peak_bin = changes->bin;
}

/* A rise is held against all of the span: what the sensor missed only makes it smaller. A fall against the part in
 * which it listened. */
static void judge_count(
    struct changes *changes, struct history *history, struct change *change, struct days_law law, bool final)
{
	double count = change->observed, least = changes->settings.least;
	change->rise = count > law.mean;
	change->expected = change->rise ? law.mean : law.mean * change->awake;
	if (!settled(changes))
		return;
	if (change->rise ? count < least
			 : !final || change->awake < 0.5 || change->expected < 4 * least || count >= change->expected)
		return;
	change->surprise = change->rise ? count_surprise(count, change->expected, law.size)
					: fall_surprise(count, change->expected, law.size);
	judge(changes, history, change, final);
}

static void judge_hour(struct changes *changes, struct history *history, bool final)
{
	struct expected expected = history_expected(changes->histories, history, changes->open);
	struct change change = describe(changes, history, CHANGE_HOUR);
	change.observed = history->now;
	change.awake = final ? changes->awake : 1;
	judge_count(changes, history, &change, (struct days_law){ expected.mean, expected.size }, final);
}

static void judge_day(struct changes *changes, struct history *history, bool final)
{
	const struct days *days = days_of(changes, history);
	struct change change = describe(changes, history, CHANGE_DAY);
	change.observed = days->today;
	change.awake = changes->day_bins ? changes->day_awake / changes->day_bins : 1;
	judge_count(changes, history, &change,
	    days_expected(days, history_day(changes->histories, history, changes->open)), final);
}

static void judge_week(struct changes *changes, struct history *history, enum change_over over)
{
	const struct days *days = days_of(changes, history);
	struct change change = describe(changes, history, over);
	struct days_law law;
	change.observed = days->week[0];
	if (days_expected_week(days, over == CHANGE_YEAR, &law))
		judge_count(changes, history, &change, law, true);
}

void changes_check(struct changes *changes, nanoseconds now, change_visitor visit, void *context)
{
	changes->now = now;
	changes->visit = visit;
	changes->context = context;
	for (size_t i = 0; i < changes->fresh_count; i++) {
		struct history *history = histories_get(changes->histories, changes->fresh[i]);
		if (!history)
			continue;
		history->fresh = false;
		if (!telling(changes)) /* what is not final is an alarm or nothing */
			continue;
		judge_hour(changes, history, false);
		judge_day(changes, history, false);
	}
	changes->fresh_count = 0;
}

static void close_hour(void *context, struct history *history)
{
	history->fresh = false;
	judge_hour(context, history, true);
}

static void close_day(void *context, struct history *history)
{
	struct changes *changes = context;
	judge_day(changes, history, true);
	days_close(days_of(changes, history), history_day(changes->histories, history, changes->open),
	    changes->day_awake / changes->day_bins);
}

static void close_week(void *context, struct history *history)
{
	struct changes *changes = context;
	days_close_week(days_of(changes, history));
	judge_week(changes, history, CHANGE_WEEK);
	judge_week(changes, history, CHANGE_YEAR);
}

/* Days and weeks are those of the zone; weeks begin where the first did. */
static void close_days(struct changes *changes)
{
	changes->day_awake += changes->awake;
	changes->day_bins++;
	if ((changes->open + changes->settings.bin + changes->settings.zone * SECOND) % DAY >= changes->settings.bin)
		return;
	histories_change(changes->histories, close_day, changes);
	changes->day_awake = changes->day_bins = 0;
	if (++changes->day_count % 7 == 0)
		histories_change(changes->histories, close_week, changes);
}

static void step_tails(struct changes *changes)
{
	double each = changes->settings.alarms / (CHANGE_OFS * CHANGE_OVERS * 2);
	for (unsigned of = 0; of < CHANGE_OFS; of++)
		for (unsigned over = 0; over < CHANGE_OVERS; over++)
			for (unsigned rise = 0; rise < 2; rise++) {
				struct tail *tail = &changes->tails[of][over][rise];
				tail_step(tail, (double)changes->settings.bin / HOUR);
				changes->thresholds[of][over][rise] = tail_threshold(tail, each, UNKNOWN);
			}
}

void changes_close(struct changes *changes, nanoseconds bin, double awake, change_visitor visit, void *context)
{
	changes->open = bin;
	changes->now = bin + changes->settings.bin - 1;
	changes->visit = visit;
	changes->context = context;
	changes->awake = awake;
	changes->fresh_count = 0;
	histories_change(changes->histories, close_hour, changes);
	close_days(changes);
	histories_close(changes->histories, bin, awake);
	step_tails(changes);
	changes->bin++;
	changes->open = bin + changes->settings.bin;
}

uint64_t changes_displaced(const struct changes *changes)
{
	return histories_displaced(changes->histories);
}

/* ── kept ─ */

void changes_put(const struct changes *changes, struct builder *to)
{
	histories_put(changes->histories, to);
	for (size_t i = 0; i < histories_count(changes->histories); i++)
		days_put(&changes->days[i], to);
	lately_put(changes->seen, to);
	put_u32(to, changes->day_count);
	put_real(to, changes->day_awake);
	put_u32(to, changes->day_bins);
	put_u32(to, changes->bin);
	put_i64(to, changes->open);
	for (unsigned i = 0; i < CHANGE_OFS * CHANGE_OVERS * 2; i++) {
		tail_put(&changes->tails[0][0][0] + i, to);
		put_real(to, (&changes->thresholds[0][0][0])[i]);
	}
	put_u64(to, changes->fresh_count);
	for (size_t i = 0; i < changes->fresh_count; i++)
		put_u64(to, changes->fresh[i]);
}

static void check_key(void *context, struct history *history)
{
	struct reader *from = context;
	uint64_t of = history->key >> 32;
	from->failed = from->failed || of == 0 || of > CHANGE_OFS;
}

void changes_get(struct changes *changes, struct reader *from)
{
	histories_get_kept(changes->histories, from);
	histories_change(changes->histories, check_key, from);
	for (size_t i = 0; i < histories_count(changes->histories) && !from->failed; i++)
		days_get(&changes->days[i], from);
	lately_get(changes->seen, from);
	changes->day_count = get_u32(from);
	changes->day_awake = get_real_within(from, 0, 1e9);
	changes->day_bins = get_u32(from);
	changes->bin = get_u32(from);
	changes->open = get_time(from);
	for (unsigned i = 0; i < CHANGE_OFS * CHANGE_OVERS * 2; i++) {
		tail_get(&changes->tails[0][0][0] + i, from);
		(&changes->thresholds[0][0][0])[i] = get_real_within(from, 0, 1e9);
	}
	changes->fresh_count = get_u64_below(from, FRESH_MOST + 1);
	for (size_t i = 0; i < changes->fresh_count && !from->failed; i++) {
		changes->fresh[i] = get_u64(from);
		struct history *history = histories_get(changes->histories, changes->fresh[i]);
		if (history)
			history->fresh = true;
	}
}
