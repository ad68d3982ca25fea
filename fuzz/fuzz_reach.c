/*
 * reach/record.h, reach/columns.h, reach/table.h: any bytes as a file of records of reach tests; what is read adds up
 * in the table, and what is written of it is read back as the same.
 *
 * Sources: reach/record.c, reach/columns.c, reach/table.c.
 */
#include "fuzz.h"
#include "reach/table.h"

#include <string.h>

static void check_again(const struct reach_record *record, struct arena *arena)
{
	struct builder lines = { 0 };
	struct reach_reader reader = { .arena = arena };
	struct reach_record again;
	struct failure failure;
	reach_record_write_header(&lines);
	reach_record_write(&lines, record);
	struct text rest = { lines.at, lines.size };
	CHECK(reach_record_read(&reader, text_cut(&rest, '\n'), &again, &failure) == ERROR_END);
	CHECK(reach_record_read(&reader, text_cut(&rest, '\n'), &again, &failure) == OK);
	CHECK(again.reason == record->reason && again.acknowledged == record->acknowledged &&
	      again.checked == record->checked && again.sent == record->sent && again.reached == record->reached &&
	      again.direction == record->direction);
	builder_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reach_table table = { 0 };
	struct arena *arena = arena_new(4u << 20);
	struct reach_reader reader = { .arena = arena };
	struct text rest = { (const char *)data, size };
	uint64_t addressed = 0, counted = 0;
	while (arena && rest.size > 0) {
		struct reach_record record;
		struct failure failure = { .words = "" };
		enum error error = reach_record_read(&reader, text_cut(&rest, '\n'), &record, &failure);
		CHECK(error == OK || error == ERROR_END || error == ERROR_INPUT || error == ERROR_MEMORY);
		CHECK(error != ERROR_INPUT || failure.words[0]);
		if (error == OK && record.count < 1u << 30) {
			if (record.count == 0 && record.year > 0)
				check_again(&record, arena);
			addressed += record.count ? record.count : 1;
			CHECK(reach_table_add(&table, &record, &failure) == OK);
		}
		if (error == ERROR_MEMORY)
			break;
	}
	for (size_t i = 0; i < table.count; i++) {
		uint64_t reasons = 0;
		for (int reason = 0; reason < REACH_REASONS; reason++)
			reasons += table.rows[i].reasons[reason];
		CHECK(reasons == table.rows[i].addressed && table.rows[i].reached <= table.rows[i].addressed);
		counted += table.rows[i].addressed;
	}
	CHECK(counted == addressed);
	json_t *json = reach_table_json(&table);
	CHECK(json);
	json_decref(json);
	reach_table_free(&table);
	arena_free(arena);
	return 0;
}
