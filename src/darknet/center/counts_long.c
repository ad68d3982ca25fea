/*
 * Long views: a line of them, the pieces of the one in front; see counts_long.h.
 */
#include "darknet/center/counts_long.h"

#include "base/codec.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "model/capability.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (4u << 20) /* of tables: some 0.9 M counts */
#define PIECE_TIME (10 * MILLISECOND)
#define LOOK_EVERY (2 * MILLISECOND) /* whether the thread is done */
#define FAILED_KEPT (10 * SECOND)
#define DONE_MOST 3 /* a report of a year has some tens of MB */

/* What is asked, byte by byte: zeroed before it is filled. */
struct asked {
	struct view_period periods[2];
	struct hash128 scope, left_out;
	uint32_t organisation, sensor, asker, least;
	uint32_t research;
};

enum long_view_state { LONG_VIEW_WAITS, LONG_VIEW_DONE, LONG_VIEW_FAILED };

struct long_view {
	struct long_view *next;
	struct asked asked;
	uint32_t organisation; /* that asked first */
	enum long_view_state state;
	nanoseconds ended; /* monotonic */
	struct counts_view view;
	struct views_report report;
	struct counts_list list;
	struct view_progress progress;
	size_t place; /* in the list: of the next table to read */
	/* The piece; the thread's alone, as sum and report, while it works. */
	struct arena *arena;
	struct counts_read *pieces;
	size_t piece_count;
	struct day_sum *sum;
	bool last; /* no piece: the report */
	pthread_t thread;
	bool working;
	atomic_bool worked;
	enum error error;
	struct failure failure;
};

struct long_views {
	struct center *center;
	struct long_view *first; /* in the order in which they were asked for */
	struct watch *turn;
};

struct long_views *long_views_new(struct center *center)
{
	struct long_views *views = calloc(1, sizeof *views);
	if (views)
		views->center = center;
	return views;
}

/* What is of no use once the report is there. */
static void forget_sums(struct long_view *view)
{
	day_sum_free(view->sum);
	view->sum = NULL;
	free(view->list.tables);
	view->list = (struct counts_list){ 0 };
	free(view->pieces);
	view->pieces = NULL;
	arena_free(view->arena);
	view->arena = NULL;
}

static void long_view_free(struct long_view *view)
{
	if (view->working)
		pthread_join(view->thread, NULL);
	forget_sums(view);
	views_report_free(&view->report);
	free(view);
}

void long_views_free(struct long_views *views)
{
	if (!views)
		return;
	watch_stop(views->turn);
	while (views->first) {
		struct long_view *view = views->first;
		views->first = view->next;
		long_view_free(view);
	}
	free(views);
}

/* ── the thread ─ */

static void *work(void *context)
{
	struct long_view *view = context;
	if (view->last)
		view->error = counts_view_end(&view->report, &view->list, view->sum, &view->failure);
	for (size_t i = 0; i < view->piece_count && !view->error; i++)
		view->error = counts_view_add(view->sum, &view->pieces[i], &view->failure);
	atomic_store(&view->worked, true);
	return NULL;
}

/* ── the keeper ─ */

/* Tables for the thread, until it has enough of them or others should have their turn. */
static enum error read_piece(struct long_views *views, struct long_view *view, struct failure *failure)
{
	const nanoseconds until = time_monotonic() + PIECE_TIME;
	size_t bytes = 0;
	arena_clear(view->arena);
	/* It was asked for by those whom the list is for; nobody asks for the piece. */
	const struct scope *scope = policy_background("telescopes", view->arena);
	enum error error = scope ? OK : fail(failure, ERROR_MEMORY, "no memory for a view");
	view->piece_count = 0;
	while (!error && view->place < view->list.count && bytes < PIECE_BYTES &&
	       (view->piece_count == 0 || time_monotonic() < until)) {
		const struct counts_listed *listed = &view->list.tables[view->place++];
		struct counts_read *read = &view->pieces[view->piece_count++];
		error = counts_view_read(views->center->store, scope, listed, view->arena, view->sum, read, failure);
		bytes += read->body.size;
		view->progress.added += listed->rows;
	}
	return error;
}

static void end(struct long_views *views, struct long_view *view)
{
	view->state = view->error ? LONG_VIEW_FAILED : LONG_VIEW_DONE;
	view->ended = time_monotonic();
	forget_sums(view);
	if (view->error && view->error != ERROR_INPUT)
		log_write(
		    LOG_ERROR, "a view of telescopes cannot be made", LOG_FIELD_STRING("why", view->failure.words));
	/* The newest stay. */
	unsigned done = 0;
	for (const struct long_view *each = views->first; each; each = each->next)
		done += each->state == LONG_VIEW_DONE;
	for (struct long_view **at = &views->first; *at && done > DONE_MOST;) {
		struct long_view *each = *at;
		if (each->state != LONG_VIEW_DONE || each == view) {
			at = &each->next;
			continue;
		}
		*at = each->next;
		long_view_free(each);
		done--;
	}
}

static void begin_work(struct long_view *view)
{
	atomic_store(&view->worked, false);
	view->working = pthread_create(&view->thread, NULL, work, view) == 0;
	if (!view->working)
		view->error = fail(&view->failure, ERROR_SYSTEM, "no thread for a view of a long time");
}

/* One step of it; false: the thread is still at the one before. */
static bool step(struct long_views *views, struct long_view *view)
{
	if (view->working && !atomic_load(&view->worked))
		return false;
	if (view->working)
		pthread_join(view->thread, NULL);
	view->working = false;
	if (view->error || view->last) {
		end(views, view);
		return true;
	}
	if (view->place < view->list.count)
		view->error = read_piece(views, view, &view->failure);
	else
		view->last = true;
	if (view->last)
		view->piece_count = 0;
	if (!view->error)
		begin_work(view);
	return true;
}

static void take_turn(void *context);

static bool turn_again(struct long_views *views, nanoseconds after)
{
	if (!views->turn)
		views->turn = loop_timer(views->center->loop, after, 0, take_turn, views);
	return views->turn != NULL;
}

/* The one that is worked at, else the first: those of the centre's people before members'. */
static struct long_view *in_front(const struct long_views *views)
{
	struct long_view *best = NULL;
	for (struct long_view *each = views->first; each; each = each->next) {
		if (each->state != LONG_VIEW_WAITS)
			continue;
		if (each->working || each->place)
			return each;
		if (!best || (best->organisation && !each->organisation))
			best = each;
	}
	return best;
}

static bool is_old(const struct long_view *view)
{
	nanoseconds kept = view->state == LONG_VIEW_DONE ? LONG_VIEW_KEPT : FAILED_KEPT;
	return view->state != LONG_VIEW_WAITS && time_monotonic() - view->ended >= kept;
}

/* In a turn alone: a question that is being answered may show two of them. */
static void forget_old(struct long_views *views)
{
	for (struct long_view **at = &views->first; *at;) {
		struct long_view *each = *at;
		if (!is_old(each)) {
			at = &each->next;
			continue;
		}
		*at = each->next;
		long_view_free(each);
	}
}

static void take_turn(void *context)
{
	struct long_views *views = context;
	struct long_view *view = in_front(views);
	watch_stop(views->turn);
	views->turn = NULL;
	forget_old(views);
	if (!view)
		return;
	bool waits = !step(views, view);
	if (in_front(views))
		turn_again(views, waits ? LOOK_EVERY : MILLISECOND);
}

/* ── questions ─ */

static struct hash128 hash_scope(const struct scope *scope)
{
	size_t count = 0;
	const uint32_t *numbers = scope_organisations(scope, &count);
	struct hash128 hash = hash128_bytes(count ? (const void *)numbers : "", count * sizeof *numbers, 1);
	hash.low |= 1; /* never that of everything */
	return scope_covers_all(scope) ? (struct hash128){ 0 } : hash;
}

/* Notes tell which days are no part of series. */
static struct hash128 hash_left_out(const struct view_notes *notes)
{
	struct builder days = { 0 };
	for (size_t i = 0; notes && i < notes->count; i++) {
		if (!notes->items[i].left_out)
			continue;
		put_i64(&days, notes->items[i].days.from);
		put_i64(&days, notes->items[i].days.to);
	}
	struct hash128 hash = hash128_bytes(days.at ? days.at : "", days.size, 2);
	builder_free(&days);
	return hash;
}

static void ask(const struct view_question *question, const struct counts_view *view, const struct views_report *report,
    struct asked *asked)
{
	memset(asked, 0, sizeof *asked);
	memcpy(asked->periods, report->periods, sizeof asked->periods);
	asked->scope = hash_scope(question->scope);
	asked->left_out = hash_left_out(report->notes);
	asked->organisation = view->organisation;
	asked->sensor = view->sensor;
	asked->asker = view->asker;
	asked->least = view->least;
	asked->research = report->without_research | (unsigned)report->research_alone << 1;
}

/* As the asker wants it, with parts that stay the long view's. */
static void show(const struct long_view *made, struct counts_view *view, struct views_report *report)
{
	struct views_report shown = made->report;
	shown.top = report->top < shown.top ? report->top : shown.top;
	shown.notes = report->notes;
	shown.names = report->names;
	*report = shown;
	*view = made->view;
	view->borrowed = true;
}

static enum error may_wait(const struct long_views *views, uint32_t organisation, struct failure *failure)
{
	unsigned all = 0, own = 0;
	for (const struct long_view *each = views->first; each; each = each->next) {
		all += !is_old(each);
		own += each->state == LONG_VIEW_WAITS && organisation && each->organisation == organisation;
	}
	if (own)
		return fail(failure, ERROR_LIMIT,
		    "another view of a long time is being added up for your organisation: ask again when it is there");
	return all < LONG_VIEWS_MOST ? OK
				     : fail(failure, ERROR_LIMIT,
					   "many views of a long time are being added up: ask again in some minutes");
}

/* The list and what was told of it become the long view's. */
static enum error enqueue(struct long_views *views, const struct view_question *question, const struct asked *asked,
    struct counts_list *list, const struct counts_view *told, const struct views_report *report,
    struct failure *failure)
{
	struct long_view **end = &views->first;
	enum error error = may_wait(views, question->organisation, failure);
	if (error)
		return error;
	struct long_view *view = calloc(1, sizeof *view);
	if (!view || !(view->arena = arena_new(0)) || !(view->pieces = calloc(list->count, sizeof *view->pieces)))
		error = fail(failure, ERROR_MEMORY, "no memory for a view");
	if (!error) {
		view->asked = *asked;
		view->organisation = question->organisation;
		view->view = *told;
		view->progress.rows = list->rows;
		memcpy(view->report.periods, report->periods, sizeof report->periods);
		view->report.without_research = report->without_research;
		view->report.research_alone = report->research_alone;
		view->report.top = SIZE_MAX;
		view->report.iot = report->iot;
		view->report.notes = report->notes;
		error = views_report_begin(&view->report, &view->sum, failure);
		view->report.notes = NULL; /* the asker's */
	}
	if (!error && !turn_again(views, MILLISECOND))
		error = fail(failure, ERROR_MEMORY, "no memory for a view");
	if (error) {
		if (view)
			long_view_free(view);
		return error;
	}
	view->list = *list;
	*list = (struct counts_list){ 0 };
	while (*end)
		end = &(*end)->next;
	*end = view;
	return OK;
}

static enum error add_at_once(struct store *store, const struct scope *scope, const struct counts_list *list,
    struct views_report *report, struct failure *failure)
{
	struct day_sum *sum = NULL;
	struct arena *arena = arena_new(0);
	enum error error =
	    arena ? views_report_begin(report, &sum, failure) : fail(failure, ERROR_MEMORY, "no memory for a view");
	for (size_t i = 0; i < list->count && !error; i++) {
		struct counts_read read;
		arena_clear(arena);
		error = counts_view_read(store, scope, &list->tables[i], arena, sum, &read, failure);
		if (!error)
			error = counts_view_add(sum, &read, failure);
	}
	if (!error)
		error = counts_view_end(report, list, sum, failure);
	day_sum_free(sum);
	arena_free(arena);
	return error;
}

static enum error begin(struct long_views *views, struct store *store, const struct view_question *question,
    const struct asked *asked, struct counts_view *view, struct views_report *report, bool *ready,
    struct view_progress *progress, struct failure *failure)
{
	struct counts_list list;
	enum error error = counts_view_list(store, question->scope, view, report->periods, &list, failure);
	progress->rows = list.rows;
	if (!error && list.rows > question->rows)
		error = fail(failure, ERROR_INPUT,
		    "period: its tables have %llu counts, more than the %llu of telescope.view_rows; ask for a "
		    "shorter time, or for one telescope",
		    (unsigned long long)list.rows, (unsigned long long)question->rows);
	*ready = !views || list.rows <= question->at_once;
	if (!error && *ready)
		error = add_at_once(store, question->scope, &list, report, failure);
	else if (!error)
		error = enqueue(views, question, asked, &list, view, report, failure);
	free(list.tables);
	return error;
}

enum error long_views_read(struct long_views *views, struct store *store, const struct view_question *question,
    struct counts_view *view, struct views_report *report, bool *ready, struct view_progress *progress,
    struct failure *failure)
{
	struct asked asked;
	ask(question, view, report, &asked);
	*ready = false;
	*progress = (struct view_progress){ 0 };
	for (struct long_view *each = views ? views->first : NULL; each; each = each->next) {
		if (is_old(each) || memcmp(&each->asked, &asked, sizeof asked) != 0)
			continue;
		if (each->state == LONG_VIEW_WAITS)
			turn_again(views, MILLISECOND);
		*progress = each->progress;
		*ready = each->state == LONG_VIEW_DONE;
		if (*ready)
			show(each, view, report);
		return each->state == LONG_VIEW_FAILED ? fail(failure, each->error, "%s", each->failure.words) : OK;
	}
	return begin(views, store, question, &asked, view, report, ready, progress, failure);
}

void counts_view_free(struct counts_view *view, struct views_report *report)
{
	if (!view->borrowed)
		views_report_free(report);
	*report = (struct views_report){ 0 };
}
