/*
 * Tables of the store added up for a view; see counts_view.h.
 */
#include "darknet/center/counts_view.h"

#include "base/memory.h"
#include "darknet/day/day_code.h"

#include <stdlib.h>

struct listing {
	struct counts_list *list;
	bool no_memory;
};

static void keep(void *context, const struct darknet_table *table)
{
	struct listing *listing = context;
	struct counts_list *list = listing->list;
	if (list->count == list->room) {
		void *more = array_grow(list->tables, &list->room, 256, sizeof *list->tables);
		listing->no_memory |= !more;
		if (!more)
			return;
		list->tables = more;
	}
	list->tables[list->count++] = (struct counts_listed){ .sensor = table->sensor,
		.organisation = table->organisation,
		.day = table->day,
		.rows = table->rows,
		.awake = table->awake > 0,
		.folded = table->folded };
}

static bool is_within(const struct view_period *period, int64_t day)
{
	return day >= period->from && day <= period->to;
}

/* Both periods, each day once. */
static enum error list_both(struct store *store, const struct scope *scope, const struct counts_view *view,
    const struct view_period periods[2], struct counts_list *list, struct failure *failure)
{
	struct listing listing = { list, false };
	struct darknet_query query = {
		.organisation = view->organisation, .sensor = view->sensor, .from = periods[0].from, .to = periods[0].to
	};
	enum error error = store_darknet_each(store, scope, &query, keep, &listing, failure);
	size_t first = list->count, kept = first;
	query.from = periods[1].from;
	query.to = periods[1].to;
	if (!error)
		error = store_darknet_each(store, scope, &query, keep, &listing, failure);
	for (size_t i = first; i < list->count; i++)
		if (!is_within(&periods[0], list->tables[i].day))
			list->tables[kept++] = list->tables[i];
	list->count = kept;
	return listing.no_memory ? fail(failure, ERROR_MEMORY, "no memory for a view") : error;
}

static int by_day(const void *left, const void *right)
{
	const struct counts_listed *a = left, *b = right;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return (a->sensor > b->sensor) - (a->sensor < b->sensor);
}

/* Days with too few telescopes of others are no days of the whole. */
static void leave_out(struct counts_list *list, const struct counts_view *view)
{
	size_t kept = 0, begin = 0;
	while (begin < list->count) {
		size_t end = begin;
		uint32_t others = 0;
		for (; end < list->count && list->tables[end].day == list->tables[begin].day; end++)
			others += list->tables[end].organisation != view->asker && list->tables[end].awake;
		for (; begin < end; begin++)
			if (others >= view->least)
				list->tables[kept++] = list->tables[begin];
	}
	list->count = kept;
}

static uint32_t days_in(const struct counts_list *list, const struct view_period *period)
{
	uint32_t days = 0;
	for (size_t i = 0; i < list->count; i++)
		days += is_within(period, list->tables[i].day) &&
			(i == 0 || list->tables[i - 1].day != list->tables[i].day);
	return days;
}

static int by_sensor(const void *left, const void *right)
{
	const struct counts_listed *a = left, *b = right;
	if (a->sensor != b->sensor)
		return a->sensor < b->sensor ? -1 : 1;
	return (a->day > b->day) - (a->day < b->day);
}

static void count_telescopes(struct counts_list *list, const struct view_period periods[2], struct counts_view *view)
{
	qsort(list->tables, list->count, sizeof *list->tables, by_sensor);
	for (unsigned period = 0; period < 2; period++) {
		uint32_t last = 0;
		for (size_t i = 0; i < list->count; i++) {
			const struct counts_listed *table = &list->tables[i];
			if (!is_within(&periods[period], table->day) || table->sensor == last)
				continue;
			last = table->sensor;
			view->telescopes[period]++;
		}
	}
}

enum error counts_view_list(struct store *store, const struct scope *scope, struct counts_view *view,
    const struct view_period periods[2], struct counts_list *list, struct failure *failure)
{
	*list = (struct counts_list){ 0 };
	enum error error = list_both(store, scope, view, periods, list, failure);
	if (error || list->count == 0)
		return error;
	qsort(list->tables, list->count, sizeof *list->tables, by_day);
	for (unsigned period = 0; period < 2; period++)
		view->left_out[period] = days_in(list, &periods[period]);
	leave_out(list, view);
	for (unsigned period = 0; period < 2; period++)
		view->left_out[period] -= days_in(list, &periods[period]);
	count_telescopes(list, periods, view);
	for (size_t i = 0; i < list->count; i++) {
		list->rows += list->tables[i].rows;
		view->folded += list->tables[i].folded;
	}
	return OK;
}

/* ── adding up ─ */

enum error counts_view_read(struct store *store, const struct scope *scope, const struct counts_listed *listed,
    struct arena *arena, struct day_sum *sum, struct counts_read *read, struct failure *failure)
{
	struct darknet_table table;
	struct failure why = { 0 };
	*read = (struct counts_read){ .day = listed->day };
	enum error error =
	    store_darknet_get(store, scope, listed->sensor, listed->day, DARKNET_WHOLE_DAY, arena, &table, &why);
	if (error == ERROR_NOT_FOUND)
		return OK;
	if (error)
		return fail(failure, error, "%s", why.words);
	/* Two runs at once are awake for a day at most. */
	double awake = table.awake < 86400 ? table.awake : 86400;
	day_sum_awake(sum, listed->day, awake / 86400,
	    table.awake > 0 ? table.address_seconds / 86400 * (awake / table.awake) : 0);
	read->body = table.body;
	return OK;
}

#define AHEAD 16 /* rows between what is fetched from memory and what is added */

struct adding {
	struct day_sum *sum;
	int64_t day;
	struct {
		struct day_key key;
		uint64_t packets;
	} waiting[AHEAD];
	unsigned count;
};

static enum error add_row(void *context, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	struct adding *adding = context;
	const unsigned place = adding->count++ % AHEAD;
	enum error error = adding->count <= AHEAD ? OK
						  : day_sum_count(adding->sum, adding->day, &adding->waiting[place].key,
							adding->waiting[place].packets, failure);
	day_sum_expect(adding->sum, adding->day, key);
	adding->waiting[place].key = *key;
	adding->waiting[place].packets = packets;
	return error;
}

static enum error add_rest(struct adding *adding, struct failure *failure)
{
	enum error error = OK;
	for (unsigned i = adding->count > AHEAD ? adding->count - AHEAD : 0; i < adding->count && !error; i++)
		error = day_sum_count(adding->sum, adding->day, &adding->waiting[i % AHEAD].key,
		    adding->waiting[i % AHEAD].packets, failure);
	return error;
}

enum error counts_view_add(struct day_sum *sum, const struct counts_read *read, struct failure *failure)
{
	struct adding adding = { .sum = sum, .day = read->day };
	enum error error = read->body.size ? day_table_decode(read->body, add_row, &adding, failure) : OK;
	return error ? error : add_rest(&adding, failure);
}

enum error counts_view_end(
    struct views_report *report, const struct counts_list *list, const struct day_sum *sum, struct failure *failure)
{
	enum error error = views_report_end(report, sum, failure);
	for (unsigned period = 0; period < 2; period++)
		report->cover[period].files = 0;
	for (size_t i = 0; i < list->count; i++)
		for (unsigned period = 0; period < 2; period++)
			report->cover[period].files += is_within(&report->periods[period], list->tables[i].day);
	return error;
}
