/*
 * The reach table (疎通確認率): of each test, by tier and by sector body, how many were addressed, how many of them
 * were reached in time, and why the others were not. Rate = reached ÷ addressed. A pure sum over records; the order in
 * which they come changes only the order of rows.
 */
#ifndef NOROSHI_REACH_TABLE_H
#define NOROSHI_REACH_TABLE_H

#include "reach/record.h"

#define REACH_ROWS 5000 /* groups; a record of a further one is refused */

struct reach_row {
	char drill[NAME_SIZE], tier[TIER_SIZE], body[NAME_SIZE];
	int year;
	bool whole; /* of lines with numbers: in the table of years alone */
	enum dispatch_direction direction;
	uint64_t addressed, reached, checked;
	uint64_t reasons[REACH_REASONS];
};

struct reach_table {
	struct reach_row *rows; /* by test, tier and body, as they came first */
	size_t count, room;
	uint32_t *index, index_size; /* hash → row + 1; 0 = none */
};

/* ERROR_LIMIT, ERROR_MEMORY. */
enum error reach_table_add(struct reach_table *table, const struct reach_record *record, struct failure *failure);
void reach_table_free(struct reach_table *table);

/* {"tests": [{"drill", "year", "direction", "tiers": [{"tier", "addressed", "reached", "rate", "checked", "reasons":
 * [{"code", "words", "count"}], "bodies": [{"body", …}]}]}], "years": [{"year", "direction", "tier", "addressed",
 * "reached", "rate"}]}: rate in percent, with one decimal. Years grow; a year is the sum of its tests. */
json_t *reach_table_json(const struct reach_table *table);

#endif
