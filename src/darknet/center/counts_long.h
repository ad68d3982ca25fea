/*
 * Views over the centre's tables, long ones beside the keeper's other work.
 *
 *   question ─► few counts: added up at once
 *            └► many: a line of long views, one at a time
 *                 keeper: a piece of the tables, some ms ─► thread: adds it up ─► keeper: the next piece … ─► the
 * report
 *
 * Only the keeper reads the store, a piece at a time, between which it serves others; adding up and ranking are the
 * thread's. A piece is read when the one before is added up, so that memory holds the sums, a piece and what was found
 * lately. Each table is read once and whole: a line of a telescope that comes meanwhile is in the view with all of its
 * day's counts or not at all.
 *
 * What was found is kept for a while for whoever asks the same again (LONG_VIEW_KEPT): a page and its CSV are the same
 * figures. In the keeper.
 */
#ifndef NOROSHI_DARKNET_COUNTS_LONG_H
#define NOROSHI_DARKNET_COUNTS_LONG_H

#include "darknet/center/counts_view.h"
#include "http/route.h"

#define LONG_VIEW_KEPT (5 * MINUTE)
#define LONG_VIEWS_MOST 8 /* that wait or are kept */

struct long_views;
struct long_views *long_views_new(struct center *center); /* NULL: no memory */
void long_views_free(struct long_views *views);           /* waits for the thread's piece; NULL is fine */

struct view_question {
	const struct scope *scope; /* whose tables */
	uint32_t organisation;     /* that asks; 0 = the centre's people */
	uint64_t at_once;          /* counts that are added up without a thread */
	uint64_t rows;             /* counts that are added up at most: ERROR_INPUT */
};
struct view_progress {
	uint64_t rows, added; /* counts of the tables, and those that are in the sums */
};

/* `report` as for views_report_begin(). *ready: it is made, and the view told; else it goes on by itself, and is asked
 * for again. What is ready is freed by counts_view_free() (as what is not, or failed): parts of it may be somebody
 * else's until the keeper's loop goes on. ERROR_LIMIT: too many views wait. */
enum error long_views_read(struct long_views *views, struct store *store, const struct view_question *question,
    struct counts_view *view, struct views_report *report, bool *ready, struct view_progress *progress,
    struct failure *failure);
void counts_view_free(struct counts_view *view, struct views_report *report);

#endif
