/*
 * Zeek's notice.log, as tab-separated text with its #fields header or as JSON (Zeek manual, Notice::Info and "Log
 * formats").
 *
 * In: lines. Out: alerts. The notice's type ("Scan::Port_Scan") is the signature: `msg` tells of one case, with
 * addresses and counts in it. Logs of another kind (conn.log …) are refused by their #path; JSON lines without `note`
 * too.
 */
#include "base/memory.h"
#include "formats/fields.h"
#include "formats/zeek_table.h"

#include <stdlib.h>
#include <string.h>

enum part {
	PART_OTHER,
	PART_TIME,
	PART_NOTE,
	PART_SUB,
	PART_SOURCE,
	PART_TARGET,
	PART_PORT,
	PART_PROTOCOL,
	PART_ORIGINATOR,
	PART_ORIGINATOR_PORT,
	PART_RESPONDER,
	PART_RESPONDER_PORT,
	PART_FILE,
	PART_ACTIONS,
	PART_DROPPED,
	PART_LIMIT
};

static const char *const part_names[PART_LIMIT] = {
	[PART_TIME] = "ts",
	[PART_NOTE] = "note",
	[PART_SUB] = "sub",
	[PART_SOURCE] = "src",
	[PART_TARGET] = "dst",
	[PART_PORT] = "p",
	[PART_PROTOCOL] = "proto",
	[PART_ORIGINATOR] = "id.orig_h",
	[PART_ORIGINATOR_PORT] = "id.orig_p",
	[PART_RESPONDER] = "id.resp_h",
	[PART_RESPONDER_PORT] = "id.resp_p",
	[PART_FILE] = "file_desc",
	[PART_ACTIONS] = "actions",
	[PART_DROPPED] = "dropped",
};

static void set_ports(const struct text *parts, struct alert *alert)
{
	struct address originator = { 0 }, responder = { 0 };
	field_try_address(parts[PART_ORIGINATOR], &originator);
	field_try_address(parts[PART_RESPONDER], &responder);
	bool forward = address_exists(originator) && address_equal(alert->source, originator);
	bool backward = !forward && address_exists(responder) && address_equal(alert->source, responder);
	if (forward || backward) {
		field_try_port(parts[forward ? PART_ORIGINATOR_PORT : PART_RESPONDER_PORT], &alert->source_port);
		field_try_port(parts[forward ? PART_RESPONDER_PORT : PART_ORIGINATOR_PORT], &alert->target_port);
	} else {
		field_try_port(parts[PART_PORT], &alert->target_port);
	}
}

static enum error set_ends(const struct text *parts, struct alert *alert, struct failure *failure)
{
	enum error error = field_address(parts[PART_SOURCE], "src", &alert->source, failure);
	if (!error)
		error = field_address(parts[PART_TARGET], "dst", &alert->target, failure);
	if (!error && !address_exists(alert->source))
		error = field_address(parts[PART_ORIGINATOR], "id.orig_h", &alert->source, failure);
	if (!error && !address_exists(alert->target) && !address_exists(alert->source))
		error = field_address(parts[PART_RESPONDER], "id.resp_h", &alert->target, failure);
	if (!error && !address_exists(alert->target) && parts[PART_RESPONDER].size) {
		struct address other = { 0 };
		error = field_address(parts[PART_RESPONDER], "id.resp_h", &other, failure);
		if (!address_equal(other, alert->source))
			alert->target = other;
	}
	if (!error)
		set_ports(parts, alert);
	return error;
}

static enum error fill(
    struct format_reader *reader, const struct text *parts, struct alert *alert, struct failure *failure)
{
	struct text note = parts[PART_NOTE];
	if (!note.size)
		return fail(failure, ERROR_INPUT,
		    "note: there is none; every line of notice.log has one (is it another of Zeek's logs?)");
	enum error error = field_time(reader, parts[PART_TIME], "ts", alert, failure);
	if (!error)
		error = set_ends(parts, alert, failure);
	if (error)
		return error;
	alert->detector = TEXT("Zeek");
	alert->signature = note;
	ptrdiff_t space = text_find(note, TEXT("::"));
	if (space > 0) {
		struct text type = { note.at + space + 2, note.size - (size_t)space - 2 };
		alert->category = (struct text){ note.at, (size_t)space };
		if (text_equal(alert->category, TEXT("ATTACK"))) /* of BZAR: named as the tactics of ATT&CK */
			alert->tactics = tactic_bit(type);
	}
	alert->protocol = parts[PART_PROTOCOL];
	alert->object = parts[PART_FILE];
	/* For signatures `sub` is a piece of the payload: not an object. */
	if (!alert->object.size && !text_equal(alert->category, TEXT("Signatures")))
		alert->object = parts[PART_SUB];
	if (text_find(parts[PART_ACTIONS], TEXT("ACTION_DROP")) >= 0 || text_equal(parts[PART_DROPPED], TEXT("T")))
		alert->outcome = OUTCOME_FAILED;
	field_concern(alert);
	return OK;
}

static enum error json_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct json_value root;
	struct text parts[PART_LIMIT] = { 0 };
	enum error error = field_root(reader, line, &root, failure);
	if (error)
		return error;
	for (unsigned part = PART_TIME; part < PART_LIMIT; part++) {
		struct json_value value = json_get(root, part_names[part]);
		parts[part] = json_kind(value) == JSON_IS_ARRAY ? field_join(reader, value) : json_text(value);
	}
	if (json_kind(json_get(root, part_names[PART_DROPPED])) == JSON_IS_TRUE)
		parts[PART_DROPPED] = TEXT("T");
	return fill(reader, parts, alert, failure);
}

static uint8_t part_number(const struct zeek_table *table, struct text name)
{
	(void)table;
	unsigned part = PART_LIMIT - 1;
	while (part && !text_equal(name, text_of(part_names[part])))
		part--;
	return (uint8_t)part;
}

struct zeek {
	struct zeek_table table;
	char *names; /* of the columns: the line of #fields; kept when it is asked where values stand */
	size_t names_size;
};

struct row {
	struct arena *arena;
	struct text parts[PART_LIMIT];
};

static void take_part(void *context, uint8_t number, struct text value)
{
	struct row *row = context;
	row->parts[number] = zeek_unescape(row->arena, value);
}

static enum error separated_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	const struct zeek_table *table = &((struct zeek *)reader->state)->table;
	struct row row = { .arena = reader->arena };
	char quoted[QUOTED];
	if (!table->columns)
		return fail(failure, ERROR_INPUT, "a line with #fields was expected before it");
	if (*table->path && !text_starts(text_of(table->path), TEXT("notice")))
		return fail(failure, ERROR_INPUT, "this is Zeek's log %s: the log notice was expected",
		    field_quote(text_of(table->path), quoted));
	enum error error = zeek_table_row(table, line, take_part, &row, failure);
	return error ? error : fill(reader, row.parts, alert, failure);
}

static enum error zeek_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	if (line.at[0] == '{')
		return json_line(reader, line, alert, failure);
	if (line.at[0] != '#')
		return separated_line(reader, line, alert, failure);
	zeek_table_header(&((struct zeek *)reader->state)->table, line, part_number);
	return ERROR_AGAIN;
}

static enum error zeek_start(struct format_reader *reader, struct failure *failure)
{
	struct zeek *zeek = calloc(1, sizeof *zeek);
	if (!zeek)
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	zeek_table_begin(&zeek->table);
	reader->state = zeek;
	return OK;
}

static void zeek_stop(struct format_reader *reader)
{
	struct zeek *zeek = reader->state;
	free(zeek->names);
	free(zeek);
}

/* ── where the values stand ─ */

static enum format_layout learn(struct zeek *zeek, struct text line)
{
	if (text_starts(line, TEXT("#fields"))) {
		char *names = malloc(line.size);
		if (!names)
			return LAYOUT_MISFIT;
		memcpy(names, line.at, line.size);
		free(zeek->names);
		zeek->names = names;
		zeek->names_size = line.size;
	}
	zeek_table_header(&zeek->table, line, part_number);
	return LAYOUT_HEADER;
}

/* Every column of any of Zeek's logs, whatever this reader makes of it. */
static enum format_layout zeek_layout(
    struct format_reader *reader, struct text line, struct format_field fields[static FORMAT_FIELDS], size_t *count)
{
	struct zeek *zeek = reader->state;
	if (line.at[0] == '#')
		return learn(zeek, line);
	if (!zeek->names || !zeek->table.columns)
		return LAYOUT_UNKNOWN;
	struct text names = { zeek->names, zeek->names_size }, rest = line;
	text_cut(&names, zeek->table.separator); /* "#fields" */
	bool more = true;
	size_t column = 0;
	for (; more && column < zeek->table.columns && column < FORMAT_FIELDS; column++) {
		const char *end = rest.size ? memchr(rest.at, zeek->table.separator, rest.size) : NULL;
		size_t size = end ? (size_t)(end - rest.at) : rest.size;
		fields[column].name = text_cut(&names, zeek->table.separator);
		fields[column].begin = (size_t)(rest.at - line.at);
		fields[column].end = fields[column].begin + size;
		more = end != NULL;
		rest.at += size + more;
		rest.size -= size + more;
	}
	*count = column;
	return more || column < zeek->table.columns ? LAYOUT_MISFIT : LAYOUT_FIELDS;
}

static bool looks_like_zeek(struct json_value root)
{
	return json_exists(json_get(root, "ts")) && json_exists(json_get(root, "note"));
}

static int zeek_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"ts\"", "\"note\"", "\"msg\"", NULL };
	if (text_starts(beginning, TEXT("#separator ")))
		return 90;
	return field_recognise(beginning, parser, looks_like_zeek, keys, 90);
}

const struct format format_zeek = {
	.name = "zeek",
	.title = "Zeek notice.log, tab-separated or JSON",
	.proven = false,
	.recognise = zeek_recognise,
	.start = zeek_start,
	.stop = zeek_stop,
	.line = zeek_line,
	.layout = zeek_layout,
};
