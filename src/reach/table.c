/*
 * Sums records up. See table.h.
 */
#include "reach/table.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t key_of(const struct reach_record *record)
{
	uint64_t hash = hash_text(record->drill, (uint64_t)record->year * 2 + (uint64_t)record->direction);
	return hash_text(record->body, hash_text(record->tier, hash));
}

static bool is_row_of(const struct reach_row *row, const struct reach_record *record)
{
	return row->year == record->year && row->whole == (record->count > 0) && row->direction == record->direction &&
	       text_equal(text_of(row->drill), record->drill) && text_equal(text_of(row->tier), record->tier) &&
	       text_equal(text_of(row->body), record->body);
}

static enum error find_row(
    struct reach_table *table, const struct reach_record *record, struct reach_row **row, struct failure *failure)
{
	if (!table->index) {
		table->index_size = 16384; /* a power of two, more than twice REACH_ROWS */
		table->index = calloc(table->index_size, sizeof *table->index);
		if (!table->index)
			return fail(failure, ERROR_MEMORY, "no memory for the reach table");
	}
	uint32_t slot = (uint32_t)key_of(record) & (table->index_size - 1);
	while (table->index[slot] && !is_row_of(&table->rows[table->index[slot] - 1], record))
		slot = (slot + 1) & (table->index_size - 1);
	if (!table->index[slot]) {
		if (table->count == REACH_ROWS)
			return fail(failure, ERROR_LIMIT, "more than %d different tests, tiers and bodies", REACH_ROWS);
		if (table->count == table->room) {
			void *grown = array_grow(table->rows, &table->room, 64, sizeof *table->rows);
			if (!grown)
				return fail(failure, ERROR_MEMORY, "no memory for the reach table");
			table->rows = grown;
		}
		struct reach_row *new = &table->rows[table->count++];
		*new = (struct reach_row){
			.year = record->year, .whole = record->count > 0, .direction = record->direction
		};
		text_copy(record->drill, new->drill, sizeof new->drill);
		text_copy(record->tier, new->tier, sizeof new->tier);
		text_copy(record->body, new->body, sizeof new->body);
		table->index[slot] = (uint32_t)table->count;
	}
	*row = &table->rows[table->index[slot] - 1];
	return OK;
}

enum error reach_table_add(struct reach_table *table, const struct reach_record *record, struct failure *failure)
{
	struct reach_row *row = NULL;
	enum error error = find_row(table, record, &row, failure);
	if (error != OK)
		return error;
	if (record->count > 0) {
		row->addressed += record->count;
		row->reached += record->count_reached;
		row->reasons[REACH_REACHED] += record->count_reached;
		row->reasons[REACH_UNKNOWN] += record->count - record->count_reached;
		return OK;
	}
	row->addressed++;
	row->reached += record->reason == REACH_REACHED;
	row->checked += record->checked;
	row->reasons[record->reason]++;
	return OK;
}

void reach_table_free(struct reach_table *table)
{
	free(table->rows);
	free(table->index);
	*table = (struct reach_table){ 0 };
}

/* ── as JSON ─ */

static void sum(struct reach_row *to, const struct reach_row *row)
{
	to->addressed += row->addressed;
	to->reached += row->reached;
	to->checked += row->checked;
	for (int i = 0; i < REACH_REASONS; i++)
		to->reasons[i] += row->reasons[i];
}

static void set_counts(json_t *object, const struct reach_row *row)
{
	json_t *reasons = json_array();
	double rate = row->addressed ? 100.0 * (double)row->reached / (double)row->addressed : 0;
	json_object_set_new(object, "addressed", json_integer((json_int_t)row->addressed));
	json_object_set_new(object, "reached", json_integer((json_int_t)row->reached));
	json_object_set_new(object, "rate", json_real(round(rate * 10) / 10));
	json_object_set_new(object, "checked", json_integer((json_int_t)row->checked));
	for (int i = REACH_REACHED + 1; i < REACH_REASONS; i++) {
		if (row->reasons[i] == 0)
			continue;
		json_array_append_new(
		    reasons, json_pack("{s:s,s:s,s:I}", "code", reach_reason_code((enum reach_reason)i), "words",
				 reach_reason_words((enum reach_reason)i), "count", (json_int_t)row->reasons[i]));
	}
	json_object_set_new(object, "reasons", reasons);
}

static bool is_same_test(const struct reach_row *a, const struct reach_row *b)
{
	return a->year == b->year && a->whole == b->whole && a->direction == b->direction &&
	       strcmp(a->drill, b->drill) == 0;
}

static json_t *tier_json(const struct reach_table *table, const struct reach_row *first)
{
	struct reach_row total = { 0 };
	json_t *object = json_object(), *bodies = json_array();
	for (const struct reach_row *row = first; row < table->rows + table->count; row++) {
		if (!is_same_test(row, first) || strcmp(row->tier, first->tier) != 0)
			continue;
		sum(&total, row);
		if (!row->body[0])
			continue;
		json_t *body = json_pack("{s:s}", "body", row->body);
		set_counts(body, row);
		json_array_append_new(bodies, body);
	}
	json_object_set_new(object, "tier", json_string(first->tier));
	set_counts(object, &total);
	json_object_set_new(object, "bodies", bodies);
	return object;
}

/* Is it the first row of its test, or of its tier in it? */
static bool is_first(const struct reach_table *table, const struct reach_row *row, bool of_tier)
{
	for (const struct reach_row *before = table->rows; before < row; before++)
		if (is_same_test(before, row) && (!of_tier || strcmp(before->tier, row->tier) == 0))
			return false;
	return true;
}

static json_t *test_json(const struct reach_table *table, const struct reach_row *first)
{
	json_t *tiers = json_array();
	for (const struct reach_row *row = first; row < table->rows + table->count; row++)
		if (is_same_test(row, first) && is_first(table, row, true))
			json_array_append_new(tiers, tier_json(table, row));
	return json_pack("{s:s,s:i,s:s,s:o}", "drill", first->drill, "year", first->year, "direction",
	    dispatch_direction_code(first->direction), "tiers", tiers);
}

static int by_year(const void *a, const void *b)
{
	const struct reach_row *one = a, *other = b;
	if (one->year != other->year || one->direction != other->direction)
		return one->year * 2 + (int)one->direction < other->year * 2 + (int)other->direction ? -1 : 1;
	return strcmp(one->tier, other->tier);
}

static json_t *years_json(const struct reach_table *table)
{
	json_t *years = json_array();
	struct reach_row *sorted = malloc((table->count + 1) * sizeof *sorted);
	if (!sorted)
		return years;
	if (table->count)
		memcpy(sorted, table->rows, table->count * sizeof *sorted);
	qsort(sorted, table->count, sizeof *sorted, by_year);
	for (size_t i = 0; i < table->count;) {
		struct reach_row total = { 0 };
		size_t first = i;
		while (i < table->count && by_year(&sorted[i], &sorted[first]) == 0)
			sum(&total, &sorted[i++]);
		json_t *year = json_pack("{s:i,s:s,s:s}", "year", sorted[first].year, "direction",
		    dispatch_direction_code(sorted[first].direction), "tier", sorted[first].tier);
		set_counts(year, &total);
		json_array_append_new(years, year);
	}
	free(sorted);
	return years;
}

json_t *reach_table_json(const struct reach_table *table)
{
	json_t *tests = json_array();
	for (size_t i = 0; i < table->count; i++)
		if (!table->rows[i].whole && is_first(table, &table->rows[i], false))
			json_array_append_new(tests, test_json(table, &table->rows[i]));
	return json_pack("{s:o,s:o}", "tests", tests, "years", years_json(table));
}
