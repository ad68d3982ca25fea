/*
 * Tables of the store added up for a view; see counts_view.h.
 */
#include "darknet/center/counts_view.h"

#include "base/memory.h"
#include "darknet/day/day_code.h"

#include <stdlib.h>

struct listed {
	uint32_t sensor, organisation;
	int64_t day;
	double awake, address_days;
	uint64_t rows, folded;
};

struct listing {
	struct listed *tables;
	size_t count, room;
	bool no_memory;
};

static void keep(void *context, const struct darknet_table *table)
{
	struct listing *listing = context;
	double awake = table->awake < 86400 ? table->awake : 86400;
	if (listing->count == listing->room) {
		void *more = array_grow(listing->tables, &listing->room, 256, sizeof *listing->tables);
		listing->no_memory |= !more;
		if (!more)
			return;
		listing->tables = more;
	}
	/* Two runs at once are awake for a day at most. */
	listing->tables[listing->count++] = (struct listed){ .sensor = table->sensor,
		.organisation = table->organisation,
		.day = table->day,
		.awake = awake / 86400,
		.address_days = table->awake > 0 ? table->address_seconds / 86400 * (awake / table->awake) : 0,
		.rows = table->rows,
		.folded = table->folded };
}

static bool is_within(const struct view_period *period, int64_t day)
{
	return day >= period->from && day <= period->to;
}

/* Both periods, each day once. */
static enum error list(struct store *store, const struct scope *scope, const struct counts_view *view,
    const struct view_period periods[2], struct listing *listing, struct failure *failure)
{
	struct darknet_query query = {
		.organisation = view->organisation, .sensor = view->sensor, .from = periods[0].from, .to = periods[0].to
	};
	enum error error = store_darknet_each(store, scope, &query, keep, listing, failure);
	size_t first = listing->count, kept = first;
	query.from = periods[1].from;
	query.to = periods[1].to;
	if (!error)
		error = store_darknet_each(store, scope, &query, keep, listing, failure);
	for (size_t i = first; i < listing->count; i++)
		if (!is_within(&periods[0], listing->tables[i].day))
			listing->tables[kept++] = listing->tables[i];
	listing->count = kept;
	return listing->no_memory ? fail(failure, ERROR_MEMORY, "no memory for a view") : error;
}

static int by_day(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return (a->sensor > b->sensor) - (a->sensor < b->sensor);
}

/* Days with too few telescopes of others are no days of the whole. */
static void leave_out(struct listing *listing, const struct counts_view *view)
{
	size_t kept = 0, begin = 0;
	while (begin < listing->count) {
		size_t end = begin;
		uint32_t others = 0;
		for (; end < listing->count && listing->tables[end].day == listing->tables[begin].day; end++)
			others += listing->tables[end].organisation != view->asker && listing->tables[end].awake > 0;
		for (; begin < end; begin++)
			if (others >= view->least)
				listing->tables[kept++] = listing->tables[begin];
	}
	listing->count = kept;
}

static uint32_t days_in(const struct listing *listing, const struct view_period *period)
{
	uint32_t days = 0;
	for (size_t i = 0; i < listing->count; i++)
		days += is_within(period, listing->tables[i].day) &&
			(i == 0 || listing->tables[i - 1].day != listing->tables[i].day);
	return days;
}

static int by_sensor(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;
	if (a->sensor != b->sensor)
		return a->sensor < b->sensor ? -1 : 1;
	return (a->day > b->day) - (a->day < b->day);
}

static void count_telescopes(struct listing *listing, const struct view_period periods[2], struct counts_view *view)
{
	qsort(listing->tables, listing->count, sizeof *listing->tables, by_sensor);
	for (unsigned period = 0; period < 2; period++) {
		uint32_t last = 0;
		for (size_t i = 0; i < listing->count; i++) {
			const struct listed *table = &listing->tables[i];
			if (!is_within(&periods[period], table->day) || table->sensor == last)
				continue;
			last = table->sensor;
			view->telescopes[period]++;
		}
	}
}

/* ── adding up ─ */

struct adding {
	struct day_sum *sum;
	int64_t day;
};

static enum error add_row(void *context, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	struct adding *adding = context;
	return day_sum_count(adding->sum, adding->day, key, packets, failure);
}

static enum error add_tables(struct store *store, const struct scope *scope, const struct listing *listing,
    struct day_sum *sum, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	enum error error = arena ? OK : fail(failure, ERROR_MEMORY, "no memory for a view");
	for (size_t i = 0; i < listing->count && !error; i++) {
		const struct listed *listed = &listing->tables[i];
		struct adding adding = { sum, listed->day };
		struct darknet_table table;
		arena_clear(arena);
		error = store_darknet_get(
		    store, scope, listed->sensor, listed->day, DARKNET_WHOLE_DAY, arena, &table, failure);
		if (!error)
			error = day_table_decode(table.body, add_row, &adding, failure);
		if (!error)
			day_sum_awake(sum, listed->day, listed->awake, listed->address_days);
	}
	arena_free(arena);
	return error;
}

static enum error choose(
    struct listing *listing, struct counts_view *view, struct views_report *report, struct failure *failure)
{
	uint64_t rows = 0;
	if (listing->count == 0)
		return OK;
	qsort(listing->tables, listing->count, sizeof *listing->tables, by_day);
	for (unsigned period = 0; period < 2; period++)
		view->left_out[period] = days_in(listing, &report->periods[period]);
	leave_out(listing, view);
	for (unsigned period = 0; period < 2; period++)
		view->left_out[period] -= days_in(listing, &report->periods[period]);
	count_telescopes(listing, report->periods, view);
	for (size_t i = 0; i < listing->count; i++) {
		rows += listing->tables[i].rows;
		view->folded += listing->tables[i].folded;
	}
	return rows > view->rows
		   ? fail(failure, ERROR_INPUT,
			 "period: its tables have %llu counts, more than the %llu of telescope.view_rows; ask for a "
			 "shorter time, or for one telescope",
			 (unsigned long long)rows, (unsigned long long)view->rows)
		   : OK;
}

enum error counts_view_make(struct store *store, const struct scope *scope, struct counts_view *view,
    struct views_report *report, struct failure *failure)
{
	struct listing listing = { 0 };
	struct day_sum *sum = NULL;
	enum error error = list(store, scope, view, report->periods, &listing, failure);
	if (!error)
		error = choose(&listing, view, report, failure);
	if (!error)
		error = views_report_begin(report, &sum, failure);
	if (!error)
		error = add_tables(store, scope, &listing, sum, failure);
	if (!error)
		error = views_report_end(report, sum, failure);
	for (unsigned period = 0; period < 2; period++)
		report->cover[period].files = 0;
	for (size_t i = 0; i < listing.count; i++)
		for (unsigned period = 0; period < 2; period++)
			report->cover[period].files += is_within(&report->periods[period], listing.tables[i].day);
	day_sum_free(sum);
	free(listing.tables);
	return error;
}
