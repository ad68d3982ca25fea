/*
 * darknet/report/lines_read.h, darknet/day/day_code.h: any line is counted whole or refused with words; what was
 * counted, as bytes, is read again as the same; any bytes as a table are read or refused.
 *
 * Sources: darknet/report/lines_read.c, darknet/day/day_code.c.
 */
#include "darknet/day/day_code.h"
#include "darknet/report/lines_read.h"
#include "darknet/report/report.h"
#include "fuzz.h"

static enum error take(void *context, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	(void)failure;
	CHECK(packets > 0 && day_table_add(context, key, packets));
	return OK;
}

static void check_line(const struct counts_line *line)
{
	CHECK(line->from <= line->to && line->to - line->from <= COUNTS_SPAN && line->awake >= 0);
	struct day_table *one = day_table_new(), *other = day_table_new();
	struct builder first = { 0 }, second = { 0 };
	struct failure failure = { .words = "" };
	uint64_t packets = 0;
	CHECK(one && other);
	for (size_t i = 0; i < line->row_count; i++) {
		const struct line_row *row = &line->rows[i];
		char words[PORT_TEXT];
		uint16_t port;
		uint8_t protocol;
		CHECK(port_parse(text_of(port_format(row->key.port, row->key.protocol, words)), &port, &protocol));
		CHECK(port == row->key.port && protocol == row->key.protocol);
		CHECK(day_table_add(one, &row->key, row->packets) && day_table_has(one, &row->key));
		packets += row->packets;
	}
	CHECK(day_table_packets(one) == packets && day_table_rows(one) <= line->row_count);
	day_table_encode(one, &first);
	CHECK(day_table_decode((struct text){ first.at, first.size }, take, other, &failure) == OK);
	day_table_encode(other, &second);
	CHECK(text_equal((struct text){ first.at, first.size }, (struct text){ second.at, second.size }));
	builder_free(&first);
	builder_free(&second);
	day_table_free(one);
	day_table_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct counts_reader *reader;
	struct text bytes = { (const char *)data, size };
	struct failure failure = { .words = "" };
	struct counts_line line;
	struct day_table *table = day_table_new();
	if (!reader)
		CHECK((reader = counts_reader_new()) != NULL);
	CHECK(table);
	enum error error = counts_read(reader, bytes, &line, &failure);
	if (error == OK)
		check_line(&line);
	else
		CHECK(error == ERROR_AGAIN || failure.words[0]);
	failure.words[0] = 0;
	if (day_table_decode(bytes, take, table, &failure) != OK)
		CHECK(failure.words[0]);
	day_table_free(table);
	return 0;
}
