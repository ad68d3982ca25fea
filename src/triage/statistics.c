/*
 * Figures by period, sector and organisation. See statistics.h.
 */
#include "triage/statistics.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JST (9 * HOUR)
#define SLOTS 65536 /* of the rows' index; more than twice STATISTICS_ROWS */
#define LEVELS 4

/* One measured time: it counts in the row of each level. */
struct measured {
	uint32_t row;
	uint32_t kind;
	nanoseconds duration;
};

struct statistics {
	enum period_kind kind;
	struct statistics_row *rows;
	uint32_t *slots; /* index + 1 of a row; 0 = empty */
	size_t count;
	struct measured *measured;
	size_t measured_count, measured_room;
	uint64_t notices;
	enum error error;
};

/* ── periods ─ */

static struct tm in_japan(nanoseconds time)
{
	struct tm parts = { 0 };
	nanoseconds local = time + JST;
	time_t seconds = (time_t)(local / SECOND - (local % SECOND < 0));
	gmtime_r(&seconds, &parts);
	return parts;
}

int32_t period_of(enum period_kind kind, nanoseconds time)
{
	struct tm parts = in_japan(time);
	int32_t year = parts.tm_year + 1900;
	switch (kind) {
	case PERIOD_FISCAL_YEAR:
		return parts.tm_mon < 3 ? year - 1 : year;
	case PERIOD_MONTH:
		return year * 12 + parts.tm_mon;
	case PERIOD_YEAR:
		break;
	}
	return year;
}

nanoseconds period_start(enum period_kind kind, int32_t period)
{
	struct tm parts = { .tm_mday = 1 };
	parts.tm_year = (kind == PERIOD_MONTH ? period / 12 : period) - 1900;
	parts.tm_mon = kind == PERIOD_MONTH ? period % 12 : kind == PERIOD_FISCAL_YEAR ? 3 : 0;
	return (nanoseconds)timegm(&parts) * SECOND - JST;
}

char *period_format(enum period_kind kind, int32_t period, char to[static PERIOD_TEXT])
{
	if (kind == PERIOD_MONTH)
		snprintf(to, PERIOD_TEXT, "%04d-%02d", period / 12, period % 12 + 1);
	else
		snprintf(to, PERIOD_TEXT, kind == PERIOD_FISCAL_YEAR ? "FY%d" : "%d", period);
	return to;
}

/* ── rows ─ */

struct statistics *statistics_new(enum period_kind kind, struct arena *arena)
{
	struct statistics *statistics = arena_take(arena, sizeof *statistics);
	if (!statistics)
		return NULL;
	statistics->kind = kind;
	statistics->rows = arena_take(arena, STATISTICS_ROWS * sizeof *statistics->rows);
	statistics->slots = arena_take(arena, SLOTS * sizeof *statistics->slots);
	return statistics->rows && statistics->slots ? statistics : NULL;
}

void statistics_free(struct statistics *statistics)
{
	if (statistics)
		free(statistics->measured);
}

/* The row, made when it is new; NULL when there is no room. */
static struct statistics_row *row_of(
    struct statistics *statistics, enum statistics_level level, int32_t period, uint32_t group)
{
	uint64_t key = (uint64_t)(uint32_t)period << 32 | group;
	for (size_t at = hash_u64(key, level) % SLOTS;; at = (at + 1) % SLOTS) {
		if (!statistics->slots[at]) {
			if (statistics->count == STATISTICS_ROWS) {
				statistics->error = ERROR_LIMIT;
				return NULL;
			}
			struct statistics_row *row = &statistics->rows[statistics->count++];
			*row = (struct statistics_row){ .level = level, .period = period, .group = group };
			statistics->slots[at] = (uint32_t)statistics->count;
			return row;
		}
		struct statistics_row *row = &statistics->rows[statistics->slots[at] - 1];
		if (row->level == level && row->period == period && row->group == group)
			return row;
	}
}

static void rows_of(struct statistics *statistics, nanoseconds time, uint32_t sector, uint32_t organisation,
    struct statistics_row *rows[LEVELS])
{
	int32_t period = period_of(statistics->kind, time);
	rows[LEVEL_TOTAL] = row_of(statistics, LEVEL_TOTAL, 0, 0);
	rows[LEVEL_PERIOD] = row_of(statistics, LEVEL_PERIOD, period, 0);
	rows[LEVEL_SECTOR] = row_of(statistics, LEVEL_SECTOR, period, sector);
	rows[LEVEL_ORGANISATION] = row_of(statistics, LEVEL_ORGANISATION, period, organisation);
}

void statistics_add_event(struct statistics *statistics, const struct counted_event *event, uint32_t sector)
{
	struct statistics_row *rows[LEVELS];
	rows_of(statistics, event->opened, sector, event->organisation, rows);
	for (int i = 0; i < LEVELS && !statistics->error; i++) {
		struct figures *figures = &rows[i]->figures;
		figures->merged += event->state == EVENT_MERGED;
		figures->events += event->state != EVENT_MERGED;
		figures->confirmed += event->state == EVENT_CONFIRMED;
		figures->dismissed += event->state == EVENT_DISMISSED;
		figures->open += event->state == EVENT_OPEN;
	}
}

static void measure(
    struct statistics *statistics, const struct statistics_row *row, enum duration_kind kind, nanoseconds duration)
{
	if (statistics->measured_count == statistics->measured_room) {
		struct measured *grown =
		    array_grow(statistics->measured, &statistics->measured_room, 1024, sizeof *grown);
		if (!grown) {
			statistics->error = ERROR_MEMORY;
			return;
		}
		statistics->measured = grown;
	}
	statistics->measured[statistics->measured_count++] =
	    (struct measured){ (uint32_t)(row - statistics->rows), kind, duration };
}

void statistics_add_notice(struct statistics *statistics, const struct counted_notice *notice, uint32_t sector)
{
	struct statistics_row *rows[LEVELS];
	bool acknowledged = notice->acknowledged != 0, in_time = notice->acknowledged <= notice->deadline;
	if (statistics->notices++ == STATISTICS_NOTICES)
		statistics->error = ERROR_LIMIT;
	if (statistics->error)
		return;
	rows_of(statistics, notice->sent, sector, notice->organisation, rows);
	for (int i = 0; i < LEVELS && !statistics->error; i++) {
		struct figures *figures = &rows[i]->figures;
		figures->notices++;
		figures->in_time += acknowledged && in_time;
		figures->late += acknowledged && !in_time;
		figures->unacknowledged += !acknowledged;
		figures->withdrawn += notice->state == NOTICE_WITHDRAWN;
		figures->reminders += notice->reminders;
		figures->escalations += notice->escalated;
		measure(statistics, rows[i], OPENED_TO_SENT, notice->sent - notice->opened);
		if (!acknowledged)
			continue;
		measure(statistics, rows[i], OPENED_TO_ACKNOWLEDGED, notice->acknowledged - notice->opened);
		measure(statistics, rows[i], SENT_TO_ACKNOWLEDGED, notice->acknowledged - notice->sent);
	}
}

/* ── the end ─ */

static int compare_measured(const void *first, const void *second)
{
	const struct measured *a = first, *b = second;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->duration < b->duration ? -1 : a->duration > b->duration;
}

static void make_medians(struct statistics *statistics)
{
	struct measured *all = statistics->measured;
	size_t count = statistics->measured_count;
	for (size_t i = 0; i < statistics->count; i++)
		for (int kind = 0; kind < DURATION_COUNT; kind++)
			statistics->rows[i].figures.median[kind] = -1;
	if (count)
		qsort(all, count, sizeof *all, compare_measured);
	for (size_t start = 0, end; start < count; start = end) {
		for (end = start; end < count && all[end].row == all[start].row && all[end].kind == all[start].kind;)
			end++;
		nanoseconds low = all[start + (end - start - 1) / 2].duration;
		nanoseconds high = all[start + (end - start) / 2].duration;
		statistics->rows[all[start].row].figures.median[all[start].kind] = low + (high - low) / 2;
	}
}

static int compare_rows(const void *first, const void *second)
{
	const struct statistics_row *a = first, *b = second;
	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	if (a->period != b->period)
		return a->period < b->period ? -1 : 1;
	return a->group < b->group ? -1 : a->group > b->group;
}

enum error statistics_finish(
    struct statistics *statistics, const struct statistics_row **rows, size_t *count, struct failure *failure)
{
	row_of(statistics, LEVEL_TOTAL, 0, 0);
	if (statistics->error == ERROR_MEMORY)
		return fail(failure, ERROR_MEMORY, "statistics: no memory");
	if (statistics->error)
		return fail(failure, ERROR_LIMIT,
		    "statistics: more than %d rows or %d notices: ask for fewer years, or for one organisation",
		    STATISTICS_ROWS, STATISTICS_NOTICES);
	make_medians(statistics);
	qsort(statistics->rows, statistics->count, sizeof *statistics->rows, compare_rows);
	*rows = statistics->rows;
	*count = statistics->count;
	return OK;
}
