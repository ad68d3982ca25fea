/*
 * Statistics from events and notices (not from alerts or packets): the fifth step of the GSOC's pipeline. In: the rows
 * as the store holds them, in any order. Out: figures for each year or month, of everything, of each sector and of each
 * organisation. Nothing is kept between two uses: the same rows give the same figures. Called by routes_statistics.c.
 *
 * Years and months are Japan's: JST (UTC+9, no summer time); the fiscal year 2022 is [2022-04-01, 2023-04-01) JST. An
 * event counts in the time it was opened at the centre, a notice in the time it was sent.
 */
#ifndef NOROSHI_TRIAGE_STATISTICS_H
#define NOROSHI_TRIAGE_STATISTICS_H

#include "store/store.h"

enum period_kind { PERIOD_FISCAL_YEAR, PERIOD_YEAR, PERIOD_MONTH };
#define PERIOD_TEXT 16

/* The number of the period that holds `time`: a year, or for months year × 12 + month − 1. */
int32_t period_of(enum period_kind kind, nanoseconds time);
nanoseconds period_start(enum period_kind kind, int32_t period);
/* "FY2022", "2022", "2022-04". Returns `to`. */
char *period_format(enum period_kind kind, int32_t period, char to[static PERIOD_TEXT]);

enum duration_kind { OPENED_TO_SENT, OPENED_TO_ACKNOWLEDGED, SENT_TO_ACKNOWLEDGED, DURATION_COUNT };

struct figures {
	uint64_t events; /* that needed confirmation: confirmed + dismissed + open */
	uint64_t confirmed, dismissed, open;
	uint64_t merged;                        /* into another event: not counted in `events` */
	uint64_t notices;                       /* sent: in_time + late + unacknowledged */
	uint64_t in_time, late, unacknowledged; /* acknowledged by the deadline, after it, not (yet) */
	uint64_t withdrawn;                     /* of the notices */
	uint64_t reminders, escalations;
	nanoseconds median[DURATION_COUNT]; /* of an even number the mean of the middle two; −1 = of none */
};

enum statistics_level { LEVEL_TOTAL, LEVEL_PERIOD, LEVEL_SECTOR, LEVEL_ORGANISATION };
struct statistics_row {
	enum statistics_level level;
	int32_t period; /* 0 in the total */
	uint32_t group; /* sector: index that the caller gave; organisation: its number; else 0 */
	struct figures figures;
};

#define STATISTICS_ROWS 20000
#define STATISTICS_NOTICES 200000

struct statistics; /* in the arena, its durations beside it: statistics_free() */
struct statistics *statistics_new(enum period_kind kind, struct arena *arena);
void statistics_free(struct statistics *statistics);
void statistics_add_event(struct statistics *statistics, const struct counted_event *event, uint32_t sector);
void statistics_add_notice(struct statistics *statistics, const struct counted_notice *notice, uint32_t sector);
/* Makes the medians and sorts: by level, period, group; the total first, also of nothing. ERROR_LIMIT when there were
 * more rows or notices than fit: nothing is cut silently. The rows are the statistics' own. */
enum error statistics_finish(
    struct statistics *statistics, const struct statistics_row **rows, size_t *count, struct failure *failure);

#endif
