/*
 * Changes: see the header.
 */
#include "darknet/changes.h"

#include "darknet/arrival.h"
#include "darknet/quantile.h"
#include "darknet/tail.h"

#include <math.h>
#include <stdlib.h>

#define UNKNOWN 16.0 /* where alarms begin when nothing is known of the scores of chance: once in 10 million */
#define SCORED 3.0   /* less is not worth a note */
#define FRESH_MOST 65536

const struct changes_settings changes_usual = { HOUR, 1, 10, 14, 16384, 0 };

struct changes {
	struct changes_settings settings;
	struct histories *histories;
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
	if (changes->histories)
		return changes;
	free(changes);
	return NULL;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	histories_free(changes->histories);
	free(changes);
}

static void count(struct changes *changes, enum change_of of, uint32_t id)
{
	uint64_t key = key_of(of, id);
	const struct history *history = histories_add(changes->histories, key, 1);
	if (history->now >= (float)changes->settings.least && changes->fresh_count < FRESH_MOST)
		changes->fresh[changes->fresh_count++] = key;
}

void changes_add(struct changes *changes, const struct activity *activity)
{
	if (activity->kind != ARRIVAL_PROBE || activity->research)
		return;
	if (changes->open == 0)
		changes->open = activity->bin;
	count(changes, CHANGE_PORT, (uint32_t)activity->protocol << 16 | activity->port);
	if (activity->country[0])
		count(changes, CHANGE_COUNTRY,
		    (uint32_t)(uint8_t)activity->country[0] << 8 | (uint8_t)activity->country[1]);
	if (activity->network)
		count(changes, CHANGE_NETWORK, activity->network);
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
	return change;
}

/* A score is an alarm, or goes into the tail of what chance does: its highest within a day. `final`: it grows no more.
 */
static void judge(struct changes *changes, struct history *history, struct change *change, bool final)
{
	struct history_mark *mark = &history->marks[change->over];
	struct tail *tail = &changes->tails[change->of][change->over][change->rise];
	uint32_t day = (uint32_t)(DAY / changes->settings.bin);
	bool settled = changes->bin > changes->settings.learn * day / 2;
	change->threshold = changes->thresholds[change->of][change->over][change->rise];
	if (change->surprise < SCORED || mark->quiet > changes->bin || !settled)
		return;
	if (changes->bin > changes->settings.learn * day && change->surprise > change->threshold) {
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

static void judge_hour(struct changes *changes, struct history *history, bool final)
{
	struct expected expected = history_expected(changes->histories, history, changes->open);
	double count = history->now;
	struct change change = describe(changes, history, CHANGE_HOUR);
	change.rise = count > expected.mean;
	change.observed = count;
	change.expected = expected.mean;
	if (change.rise && count < changes->settings.least)
		return;
	if (!change.rise && (!final || expected.mean < 4 * changes->settings.least))
		return;
	change.surprise = change.rise ? count_surprise(count, expected.mean, expected.size)
				      : fall_surprise(count, expected.mean, expected.size);
	judge(changes, history, &change, final);
}

/* The day's sums, which only now are complete: their hours are neither independent nor the same, so
 * their scatter shrinks by the fourth root. */
static void judge_day(struct changes *changes, struct history *history)
{
	double mean = history->day_expected, count = history->day_seen, bins = (double)(DAY / changes->settings.bin);
	history->day_seen = history->day_expected = 0;
	struct change change = describe(changes, history, CHANGE_DAY);
	change.rise = count > mean;
	change.observed = count / bins;
	change.expected = mean / bins;
	if ((change.rise ? count : mean / 4) < changes->settings.least || mean <= 0)
		return;
	double size = sqrt(bins) / (history->scatter + 1e-6);
	change.surprise = change.rise ? count_surprise(count, mean, size) : fall_surprise(count, mean, size);
	judge(changes, history, &change, true);
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Against `usual`, with the deviation that weeks have: of those before, and not below what counting alone has. */
static void judge_weeks(struct changes *changes, struct history *history, enum change_over over, double usual)
{
	double spread = 0, bins = (double)(7 * DAY / changes->settings.bin), sources = usual * bins;
	for (size_t i = 1; i < 5; i++)
		spread += fabs(history->week[i] - history->week[i + 1]);
	spread = fmax(spread / 4 * 1.25, sqrt(fmax(sources, 1)) / bins + usual * 0.05);
	struct change change = describe(changes, history, over);
	double away = (history->week[0] - usual) / spread;
	change.rise = away > 0;
	change.observed = history->week[0];
	change.expected = usual;
	if (fmax(history->week[0], usual) * bins < 4 * changes->settings.least)
		return;
	change.surprise = away * away / 2;
	judge(changes, history, &change, true);
}

static void judge_week(struct changes *changes, struct history *history)
{
	float before[4];
	for (size_t i = 0; i < 4; i++)
		before[i] = history->week[i + 1];
	if (history->week[5] < 0)
		return;
	qsort(before, 4, sizeof before[0], by_value);
	judge_weeks(changes, history, CHANGE_WEEK, (before[1] + before[2]) / 2);
	if (history->week[52] >= 0)
		judge_weeks(changes, history, CHANGE_YEAR, history->week[52]);
}

void changes_check(struct changes *changes, nanoseconds now, change_visitor visit, void *context)
{
	changes->now = now;
	changes->visit = visit;
	changes->context = context;
	for (size_t i = 0; i < changes->fresh_count; i++) {
		struct history *history = histories_get(changes->histories, changes->fresh[i]);
		if (history)
			judge_hour(changes, history, false);
	}
	changes->fresh_count = 0;
}

static void close_one(void *context, struct history *history)
{
	struct changes *changes = context;
	struct expected expected = history_expected(changes->histories, history, changes->open);
	judge_hour(changes, history, true);
	history->day_seen += history->now;
	history->day_expected += (float)expected.mean;
	if ((changes->open + changes->settings.bin + changes->settings.zone * SECOND) % DAY == 0)
		judge_day(changes, history);
}

static void close_week(void *context, struct history *history)
{
	if (history->week_bins == 0)
		judge_week(context, history);
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

void changes_close(struct changes *changes, nanoseconds bin, change_visitor visit, void *context)
{
	changes->open = bin;
	changes->now = bin + changes->settings.bin - 1;
	changes->visit = visit;
	changes->context = context;
	changes->fresh_count = 0;
	histories_change(changes->histories, close_one, changes);
	histories_close(changes->histories, bin);
	histories_change(changes->histories, close_week, changes);
	step_tails(changes);
	changes->bin++;
	changes->open = bin + changes->settings.bin;
}

uint64_t changes_displaced(const struct changes *changes)
{
	return histories_displaced(changes->histories);
}
