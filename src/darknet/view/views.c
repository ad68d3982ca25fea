/*
 * Rankings out of a sum of days; see views.h.
 */
#include "darknet/view/day_sum.h"

#include <math.h>
#include <stdlib.h>

const char *view_kind_name(enum view_kind kind)
{
	static const char *const names[] = { "access", "method", "backscatter" };

	return names[kind];
}

const char *view_by_name(enum view_by by)
{
	static const char *const names[] = { "port", "country", "method", "all" };

	return names[by];
}

static struct day_key reduced(const struct view_query *query, const struct day_key *key)
{
	struct day_key by = { 0 };

	if (query->by == VIEW_BY_PORT) {
		by.port = key->port;
		by.protocol = key->protocol;
	} else if (query->by == VIEW_BY_COUNTRY) {
		by.country[0] = key->country[0];
		by.country[1] = key->country[1];
	} else if (query->by == VIEW_BY_METHOD) {
		by.method = key->method;
	}
	return by;
}

static bool gather(const struct day_table *from, const struct view_query *query, struct day_table *to)
{
	for (size_t i = 0; i < from->room; i++) {
		if (!from->rows[i].packets)
			continue;
		struct day_key key = day_key_unpack(from->rows[i].key);
		if (!query_takes(query, &key))
			continue;
		struct day_key by = reduced(query, &key);
		if (!day_table_add(to, &by, from->rows[i].packets))
			return false;
	}
	return true;
}

/* ── cells ─ */

static int compare_keys(const void *a, const void *b)
{
	uint64_t one = day_key_pack(&((const struct view_cell *)a)->key);
	uint64_t other = day_key_pack(&((const struct view_cell *)b)->key);

	return (one > other) - (one < other);
}

/* By packets, then by key: which one is told apart by `rank_by`. */
static int compare_packets(const struct view_cell *one, const struct view_cell *other, unsigned period)
{
	if (one->packets[period] != other->packets[period])
		return one->packets[period] > other->packets[period] ? -1 : 1;
	return compare_keys(one, other);
}

static int compare_now(const void *a, const void *b)
{
	return compare_packets(a, b, 0);
}

static int compare_before(const void *a, const void *b)
{
	return compare_packets(a, b, 1);
}

/* Both periods' cells beside each other: those of the second without one in the first get one. */
static bool join(struct view *view, const struct day_table *const tables[2])
{
	size_t first = 0;

	view->cells = calloc(tables[0]->count + tables[1]->count + 1, sizeof *view->cells);
	if (!view->cells)
		return false;
	for (unsigned period = 0; period < 2; period++) {
		for (size_t i = 0; i < tables[period]->room; i++) {
			const struct day_row *row = &tables[period]->rows[i];
			if (!row->packets)
				continue;
			struct view_cell cell = { .key = day_key_unpack(row->key) };
			struct view_cell *known =
			    period ? bsearch(&cell, view->cells, first, sizeof cell, compare_keys) : NULL;
			if (!known) {
				known = &view->cells[view->count++];
				*known = cell;
			}
			known->packets[period] = row->packets;
		}
		qsort(view->cells, view->count, sizeof *view->cells, compare_keys);
		first = view->count;
		view->total[period] = tables[period]->packets;
	}
	return true;
}

static void rank(struct view *view, unsigned period)
{
	qsort(view->cells, view->count, sizeof *view->cells, period ? compare_before : compare_now);
	for (size_t i = 0; i < view->count; i++) {
		struct view_cell *cell = &view->cells[i];
		if (cell->packets[period] == 0)
			break;
		bool equal = i > 0 && cell[-1].packets[period] == cell->packets[period];
		cell->rank[period] = equal ? cell[-1].rank[period] : (uint32_t)i + 1;
	}
}

static void fill(struct view *view, const double units[2])
{
	for (unsigned period = 0; period < 2; period++)
		view->value[period] = units[period] > 0 ? (double)view->total[period] / units[period] : NAN;
	for (size_t i = 0; i < view->count; i++) {
		struct view_cell *cell = &view->cells[i];
		for (unsigned period = 0; period < 2; period++)
			cell->value[period] = units[period] > 0 ? (double)cell->packets[period] / units[period] : NAN;
		cell->change = cell->value[0] - cell->value[1];
		cell->percent = cell->packets[1] ? cell->change / cell->value[1] * 100 : NAN;
		cell->share = view->total[0] ? (double)cell->packets[0] / (double)view->total[0] : 0;
	}
}

static const struct day_table *table_for(
    const struct day_sum *sum, const struct day_sum_period *period, const struct view_query *query)
{
	const bool of_ports = query->by == VIEW_BY_PORT || query->ports != VIEW_PORTS_ALL || query->protocol;

	return sum->split && !of_ports ? period->places : period->table;
}

enum error view_of(
    const struct day_sum *sum, const struct view_query *query, struct view *view, struct failure *failure)
{
	struct day_table *tables[2] = { day_table_new(), day_table_new() };
	double units[2];
	bool made = tables[0] && tables[1];

	*view = (struct view){ .query = *query };
	for (unsigned period = 0; period < 2 && made; period++) {
		const struct day_sum_period *from = &sum->periods[period];
		made = gather(table_for(sum, from, query), query, tables[period]);
		units[period] = period_unit(from, query->kind, from->days.from, from->days.to);
	}
	made = made && join(view, (const struct day_table *const[2]){ tables[0], tables[1] });
	day_table_free(tables[0]);
	day_table_free(tables[1]);
	if (!made) {
		view_free(view);
		return fail(failure, ERROR_MEMORY, "no memory for a view");
	}
	rank(view, 1);
	rank(view, 0);
	fill(view, units);
	return OK;
}

void view_free(struct view *view)
{
	free(view->cells);
	*view = (struct view){ 0 };
}

/* ── orders ─ */

/* How far in front a cell stands in an order; 0 or less: not in it. */
static double weight(const struct view_cell *cell, enum view_order order)
{
	if (order == VIEW_RANKED)
		return (double)cell->packets[0];
	return order == VIEW_INCREASE ? cell->change : -cell->change;
}

size_t view_top(const struct view *view, enum view_order order, const struct view_cell **top, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct view_cell *cell = &view->cells[i];
		double own = weight(cell, order);
		if (!(own > 0))
			continue;
		size_t at = count;
		while (at > 0 && weight(top[at - 1], order) < own)
			at--;
		if (at == room)
			continue;
		size_t moved = (count < room ? count : room - 1) - at;
		for (size_t j = at + moved; j > at; j--)
			top[j] = top[j - 1];
		top[at] = cell;
		count += count < room;
	}
	return count;
}
