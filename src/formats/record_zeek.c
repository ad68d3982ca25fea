/*
 * Zeek's logs conn, dns, ssl, http, files, smtp and ssh, tab-separated with their header lines (which may come again in
 * the middle, with other columns or of another log) or as JSON (Zeek manual, "Log files", and the records Conn::Info,
 * DNS::Info … of its scripts).
 *
 * In: lines. Out: records. Of tab-separated text #path says which log it is; of JSON `_path` where it is written, else
 * the members that each log always has. The columns are in record_zeek_columns.c.
 */
#include "formats/record_zeek.h"

#include "formats/fields.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct zeek {
	struct zeek_table table;
	const struct zeek_log *log; /* NULL = not told yet, or none of ours */
	bool refused;               /* a log that is not read: said */
};

/* A line while it is read. */
struct zeek_row {
	struct record_reader *reader;
	const struct zeek_log *log;
	struct record *record;
	char set_separator;
	bool escapes; /* \x09 and its like mean a byte */
	struct text parts[ZEEK_PARTS];
};

/* ── values ─ */

static void take_one(struct zeek_row *row, uint8_t number, struct text value)
{
	const struct zeek_column *column = zeek_column(row->log, number);
	if (row->escapes)
		value = zeek_unescape(row->reader->arena, value);
	if (column->part == ZEEK_DIRECT)
		record_add(row->record, column->member, value);
	else if (!row->parts[column->part].size)
		row->parts[column->part] = value;
}

static void take_column(void *context, uint8_t number, struct text value)
{
	struct zeek_row *row = context;
	if (!zeek_column(row->log, number)->set) {
		take_one(row, number, value);
		return;
	}
	while (value.size)
		take_one(row, number, text_cut(&value, row->set_separator));
}

static void take_json(struct zeek_row *row, uint8_t number, struct json_value value)
{
	switch (json_kind(value)) {
	case JSON_IS_TRUE:
		take_one(row, number, TEXT("T"));
		break;
	case JSON_IS_FALSE:
		take_one(row, number, TEXT("F"));
		break;
	case JSON_IS_ARRAY:
		for (struct json_walk walk = { 0 }; json_next(value, &walk);)
			take_one(row, number, json_text(walk.value));
		break;
	default:
		take_one(row, number, json_text(value));
		break;
	}
}

/* ── what lines become ─ */

static enum error read_ends(struct zeek_row *row, struct failure *failure)
{
	struct flow *flow = &row->record->flow;
	const struct text *parts = row->parts;
	enum error error = record_end(&flow->ends[SIDE_CLIENT], parts[ZEEK_ORIGINATOR], "id.orig_h",
	    parts[ZEEK_ORIGINATOR_PORT], "id.orig_p", failure);
	if (!error)
		error = record_end(&flow->ends[SIDE_SERVER], parts[ZEEK_RESPONDER], "id.resp_h",
		    parts[ZEEK_RESPONDER_PORT], "id.resp_p", failure);
	flow->ip_protocol =
	    parts[ZEEK_PROTOCOL].size ? record_ip_protocol(parts[ZEEK_PROTOCOL]) : row->log->ip_protocol;
	if (flow->ip_protocol == IPPROTO_ICMP && !address_is_v4(flow->ends[SIDE_CLIENT].address))
		flow->ip_protocol = IPPROTO_ICMPV6; /* Zeek says "icmp" of both */
	return error;
}

static enum error fill(struct zeek_row *row, struct failure *failure)
{
	struct record *record = row->record;
	enum error error = record_time(row->reader, row->parts[ZEEK_TIME], "ts", record, failure);
	if (!error)
		error = read_ends(row, failure);
	if (error)
		return error;
	struct text name = row->parts[ZEEK_UID];
	record->type = row->log->type;
	record->flow.protocol = row->log->protocol;
	record->flow.id = name.size ? record_flow_id(name) : 0;
	record->community = row->parts[ZEEK_COMMUNITY];
	record_add(record, MEMBER_ZEEK_UID, name);
	if (row->log->finish)
		error = row->log->finish(row->reader, row->parts, record, failure);
	record_ends_known(record);
	return error;
}

/* ── tab-separated ─ */

static uint8_t column_number(const struct zeek_table *table, struct text name)
{
	const struct zeek_log *log = zeek_log_named(text_of(table->path));
	return log ? zeek_column_number(log, name) : 0;
}

static enum error header_line(struct zeek *zeek, struct text line, struct failure *failure)
{
	char quoted[QUOTED];
	zeek_table_header(&zeek->table, line, column_number);
	if (!text_starts(line, TEXT("#path")))
		return ERROR_AGAIN;
	zeek->table.columns = 0;
	zeek->log = zeek_log_named(text_of(zeek->table.path));
	if (zeek->log)
		return ERROR_AGAIN;
	return fail(failure, ERROR_INPUT, "#path: Zeek's log %s is not read: one of %s was expected",
	    field_quote(text_of(zeek->table.path), quoted), ZEEK_LOG_NAMES);
}

static enum error separated_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct zeek *zeek = reader->state;
	if (*zeek->table.path && !zeek->log)
		return ERROR_AGAIN; /* that this log is not read was said at its #path */
	if (!zeek->log || !zeek->table.columns)
		return fail(failure, ERROR_INPUT, "lines with #path and #fields were expected before it");
	struct zeek_row row = { .reader = reader,
		.log = zeek->log,
		.record = record,
		.set_separator = zeek->table.set_separator,
		.escapes = true };
	enum error error = zeek_table_row(&zeek->table, line, take_column, &row, failure);
	return error ? error : fill(&row, failure);
}

/* ── JSON ─ */

static enum error json_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct json_value root;
	enum error error = record_object(reader, line, &root, failure);
	if (error)
		return error;
	struct zeek_row row = { .reader = reader, .record = record, .log = zeek_log_of(root) };
	if (!row.log)
		return json_exists(json_get(root, "ts"))
			   ? ERROR_AGAIN /* another log of Zeek's */
			   : fail(failure, ERROR_INPUT, "ts: there is none; every line of Zeek's logs has one");
	for (struct json_walk walk = { 0 }; json_next(root, &walk);) {
		uint8_t number = zeek_column_number(row.log, walk.key);
		if (number)
			take_json(&row, number, walk.value);
	}
	return fill(&row, failure);
}

static enum error zeek_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	if (line.at[0] == '{')
		return json_line(reader, line, record, failure);
	if (line.at[0] != '#')
		return separated_line(reader, line, record, failure);
	return header_line(reader->state, line, failure);
}

static enum error zeek_start(struct record_reader *reader, struct failure *failure)
{
	struct zeek *zeek = calloc(1, sizeof *zeek);
	if (!zeek)
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	zeek_table_begin(&zeek->table);
	reader->state = zeek;
	return OK;
}

static void zeek_stop(struct record_reader *reader)
{
	free(reader->state);
}

static bool looks_like_zeek(struct json_value root)
{
	return json_exists(json_get(root, "ts")) && zeek_log_of(root);
}

static int zeek_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"ts\"", "\"uid\"", NULL };
	struct text rest = beginning;
	while (text_starts(rest, TEXT("#"))) {
		struct text line = text_cut(&rest, '\n');
		if (!text_starts(line, TEXT("#path")))
			continue;
		line = text_trim((struct text){ line.at + 5, line.size - 5 });
		return zeek_log_named(line) ? 95 : 70; /* of another log it is said which are read */
	}
	return field_recognise(beginning, parser, looks_like_zeek, keys, 90);
}

const struct record_format record_zeek = {
	.name = "zeek",
	.title = "Zeek conn, dns, ssl, http, files, smtp, ssh logs, tab-separated or JSON",
	.proven = false,
	.recognise = zeek_recognise,
	.start = zeek_start,
	.stop = zeek_stop,
	.line = zeek_line,
};
