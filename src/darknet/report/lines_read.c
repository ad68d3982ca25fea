/*
 * Reading lines of counts; see lines_read.h.
 */
#include "darknet/report/lines_read.h"

#include "base/json.h"
#include "base/memory.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/header.h"
#include "darknet/packet/method.h"
#include "darknet/report/report.h"

#include <math.h>
#include <stdlib.h>

#define AMOUNT_MOST ((uint64_t)1 << 53) /* of packets or bytes in one span; sums of them fit 64 bits for ever */
#define PIECES 6

struct counts_reader {
	struct json_parser *parser;
	struct line_row *rows;
	size_t room;
};

struct counts_reader *counts_reader_new(void)
{
	struct counts_reader *reader = calloc(1, sizeof *reader);
	if (reader && !(reader->parser = json_parser_new(16))) {
		free(reader);
		return NULL;
	}
	return reader;
}

void counts_reader_free(struct counts_reader *reader)
{
	if (reader) {
		json_parser_free(reader->parser);
		free(reader->rows);
	}
	free(reader);
}

/* ── ports ─ */

static bool protocol_parse(struct text name, uint8_t *protocol)
{
	uint64_t number;
	if (text_starts(name, TEXT("ip-"))) {
		name = (struct text){ name.at + 3, name.size - 3 };
		if (!text_to_u64(name, &number) || number > 255)
			return false;
		*protocol = (uint8_t)number;
		return true;
	}
	for (unsigned i = 0; i < 256; i++) {
		const char *known = protocol_name((uint8_t)i);
		if (known && text_equal(name, text_of(known))) {
			*protocol = (uint8_t)i;
			return true;
		}
	}
	return false;
}

bool port_parse(struct text text, uint16_t *port, uint8_t *protocol)
{
	struct text name = text, first = text_cut(&name, '/'), type = text_cut(&first, '.');
	uint64_t high = 0, low = 0;
	uint8_t found = 0;
	if (!protocol_parse(name, &found))
		return false;
	if (text_starts(text_of(protocol_name(found)), TEXT("icmp"))) {
		if (!text_to_u64(type, &high) || !text_to_u64(first, &low) || high > 255 || low > 255)
			return false;
		low += high << 8;
	} else if (first.size || !text_to_u64(type, &low) || low > UINT16_MAX) {
		return false;
	}
	*port = (uint16_t)low;
	*protocol = found;
	return true;
}

/* ── rows ─ */

static bool take_kind(struct json_value value, uint8_t *kind)
{
	for (uint8_t i = 0; i < ARRIVAL_KINDS; i++)
		if (text_equal(json_text(value), text_of(arrival_kind_name(i)))) {
			*kind = i;
			return true;
		}
	return false;
}

static bool take_country(struct text country, char to[2])
{
	if (country.size != 0 && country.size != 2)
		return false;
	for (size_t i = 0; i < country.size; i++) {
		if (country.at[i] < 'A' || country.at[i] > 'Z')
			return false;
		to[i] = country.at[i];
	}
	return true;
}

/* [port, kind, method, country, research, packets] */
static bool take_row(struct json_value value, struct line_row *row)
{
	struct json_value pieces[PIECES];
	struct json_walk walk = { 0 };
	enum arrival_method method = METHOD_NONE;
	uint64_t research;
	size_t count = 0;
	*row = (struct line_row){ 0 };
	while (json_kind(value) == JSON_IS_ARRAY && count <= PIECES && json_next(value, &walk))
		if (count++ < PIECES)
			pieces[count - 1] = walk.value;
	if (count != PIECES || !port_parse(json_text(pieces[0]), &row->key.port, &row->key.protocol) ||
	    !take_kind(pieces[1], &row->key.kind))
		return false;
	struct text named = json_text(pieces[2]);
	if ((named.size && !method_named(named, &method)) || !take_country(json_text(pieces[3]), row->key.country) ||
	    !json_to_u64(pieces[4], &research) || research > 1)
		return false;
	row->key.method = (uint8_t)method;
	row->key.research = research;
	return json_to_u64(pieces[5], &row->packets) && row->packets > 0 && row->packets < AMOUNT_MOST;
}

static enum error take_rows(
    struct counts_reader *reader, struct json_value rows, struct counts_line *line, struct failure *failure)
{
	struct json_walk walk = { 0 };
	if (json_kind(rows) != JSON_IS_ARRAY)
		return fail(failure, ERROR_INPUT, "darknet.rows: a list was expected");
	while (json_next(rows, &walk)) {
		if (line->row_count == COUNTS_ROWS)
			return fail(failure, ERROR_INPUT, "darknet.rows: more than %d", COUNTS_ROWS);
		if (line->row_count == reader->room) {
			void *more = array_grow(reader->rows, &reader->room, 256, sizeof *reader->rows);
			if (!more)
				return fail(failure, ERROR_MEMORY, "no memory for counts");
			reader->rows = more;
		}
		if (!take_row(walk.value, &reader->rows[line->row_count++]))
			return fail(failure, ERROR_INPUT,
			    "darknet.rows: row %zu is no [port, kind, method, country, research, packets]",
			    line->row_count);
	}
	line->rows = reader->rows;
	return OK;
}

/* ── lines ─ */

static enum error take_amount(
    struct json_value object, const char *name, uint64_t most, uint64_t *amount, struct failure *failure)
{
	return json_to_u64(json_get(object, name), amount) && *amount <= most
		   ? OK
		   : fail(failure, ERROR_INPUT, "darknet.%s: a number from 0 to %llu was expected", name,
			 (unsigned long long)most);
}

static enum error take_span(
    struct json_value event, struct json_value about, struct counts_line *line, struct failure *failure)
{
	bool assumed;
	if (!time_parse(json_text(json_get(event, "timestamp")), 0, &line->to, &assumed))
		return fail(failure, ERROR_INPUT, "timestamp: a time was expected");
	if (!time_parse(json_text(json_get(about, "from")), 0, &line->from, &assumed))
		return fail(failure, ERROR_INPUT, "darknet.from: a time was expected");
	if (line->to < line->from || line->to - line->from > COUNTS_SPAN)
		return fail(failure, ERROR_INPUT, "darknet.from: at most an hour before the timestamp was expected");
	double span = (double)(line->to - line->from) / (double)SECOND;
	/* A telescope whose clock was set within the span says a little more than it. */
	if (!json_to_double(json_get(about, "awake"), &line->awake) || !(line->awake >= 0) || line->awake > 2 * 3600)
		return fail(failure, ERROR_INPUT, "darknet.awake: seconds within the span were expected");
	line->awake = fmin(line->awake, span);
	return OK;
}

enum error counts_read(
    struct counts_reader *reader, struct text text, struct counts_line *line, struct failure *failure)
{
	struct json_value event;
	enum error error = json_parse(reader->parser, text, &event, failure);
	if (error)
		return error;
	*line = (struct counts_line){ 0 };
	struct json_value about = json_get(event, "darknet");
	if (!text_equal(json_text(json_get(about, "what")), TEXT("counts")))
		return ERROR_AGAIN;
	error = take_span(event, about, line, failure);
	if (!error)
		error = take_amount(about, "addresses", (uint64_t)1 << 32, &line->addresses, failure);
	if (!error)
		error = take_amount(about, "frames", AMOUNT_MOST, &line->frames, failure);
	if (!error)
		error = take_amount(about, "packets", AMOUNT_MOST, &line->packets, failure);
	if (!error)
		error = take_amount(about, "bytes", AMOUNT_MOST, &line->bytes, failure);
	if (!error)
		error = take_amount(about, "dropped", AMOUNT_MOST, &line->dropped, failure);
	return error ? error : take_rows(reader, json_get(about, "rows"), line, failure);
}
