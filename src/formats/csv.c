/*
 * Alerts as CSV (RFC 4180) with a header: our own form, and any other program's through a field map.
 *
 * In: lines. Out: alerts that borrow from the line (only a field with "" in it is copied). The hot path of `noroshi
 * triage` and of the benchmarks: no allocation for each line. Line breaks inside quotation marks are not read: input
 * comes line by line, and the identity of an alert is the place of its line; such a record is one malformed line.
 * docs/formats/alerts.md lists the columns.
 */
#include "base/memory.h"
#include "formats/fields.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 256
#define CONTINUATION_LINES 100 /* of a record with a line break in it, before it is given up */

enum role {
	ROLE_OTHER, /* a column that is not used */
	ROLE_TIME,
	ROLE_DETECTOR,
	ROLE_SIGNATURE,
	ROLE_SIGNATURE_ID,
	ROLE_CATEGORY,
	ROLE_SEVERITY,
	ROLE_OUTCOME,
	ROLE_TACTIC,
	ROLE_SOURCE,
	ROLE_SOURCE_PORT,
	ROLE_TARGET,
	ROLE_TARGET_PORT,
	ROLE_HOST,
	ROLE_ADDRESS,
	ROLE_ACCOUNT,
	ROLE_PROTOCOL,
	ROLE_OBJECT,
	ROLE_REPEATS,
	ROLE_LIMIT
};

static const struct {
	const char *name;
	enum role role;
} names[] = {
	{ "time", ROLE_TIME },
	{ "detector", ROLE_DETECTOR },
	{ "sensor", ROLE_DETECTOR },
	{ "signature", ROLE_SIGNATURE },
	{ "signature_id", ROLE_SIGNATURE_ID },
	{ "category", ROLE_CATEGORY },
	{ "severity", ROLE_SEVERITY },
	{ "outcome", ROLE_OUTCOME },
	{ "tactic", ROLE_TACTIC },
	{ "tactics", ROLE_TACTIC },
	{ "source", ROLE_SOURCE },
	{ "source_port", ROLE_SOURCE_PORT },
	{ "target", ROLE_TARGET },
	{ "target_port", ROLE_TARGET_PORT },
	{ "host", ROLE_HOST },
	{ "address", ROLE_ADDRESS },
	{ "account", ROLE_ACCOUNT },
	{ "protocol", ROLE_PROTOCOL },
	{ "object", ROLE_OBJECT },
	{ "repeats", ROLE_REPEATS },
};

struct csv {
	uint8_t roles[COLUMNS]; /* enum role of each column */
	uint32_t columns;       /* 0 = the header was not read yet */
	bool mapped, by_position;
	char *header; /* the line itself: it comes again where files were joined */
	size_t header_size;
	struct text *titles;               /* of the columns, in `header`; made when they are asked for */
	struct text wanted[ROLE_LIMIT];    /* the map: name or position of the column; in the settings */
	struct text constants[ROLE_LIMIT]; /* the map: what every alert has; in the settings */
	uint32_t continuation;             /* lines that may still belong to a record with a line break in it */
};

static enum role role_named(struct text name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_nocase(name, text_of(names[i].name)))
			return names[i].role;
	return ROLE_OTHER;
}

static const char *name_of(enum role role)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].role == role)
			return names[i].name;
	return "";
}

enum split { SPLIT_FIELD, SPLIT_LAST, SPLIT_OPEN, SPLIT_TRAILING };

/* Takes a field in quotation marks from `*at`, which stands behind the first one; a mark in it is doubled. */
static enum split split_quoted(const char **at, const char *end, struct text *field, size_t *doubled)
{
	const char *start = *at;
	const char *quote = *at;
	for (;; quote += 2, (*doubled)++) {
		quote = memchr(quote, '"', (size_t)(end - quote));
		if (!quote)
			return SPLIT_OPEN;
		if (quote + 1 == end || quote[1] != '"')
			break;
	}
	*field = (struct text){ start, (size_t)(quote - start) };
	*at = quote + 2;
	if (quote + 1 == end)
		return SPLIT_LAST;
	return quote[1] == ',' ? SPLIT_FIELD : SPLIT_TRAILING;
}

/* As it stands there; `doubled` counts the marks of which only one is meant. */
static enum split split_raw(const char **at, const char *end, struct text *field, size_t *doubled)
{
	const char *start = *at;
	if (start < end && *start == '"') {
		(*at)++;
		return split_quoted(at, end, field, doubled);
	}
	const char *comma = start < end ? memchr(start, ',', (size_t)(end - start)) : NULL;
	*field = (struct text){ start, (size_t)((comma ? comma : end) - start) };
	*at = comma ? comma + 1 : end;
	return comma ? SPLIT_FIELD : SPLIT_LAST;
}

static enum split split_field(struct format_reader *reader, const char **at, const char *end, struct text *field)
{
	size_t doubled = 0;
	enum split split = split_raw(at, end, field, &doubled);
	if (!doubled || split == SPLIT_OPEN)
		return split;
	struct text copy = arena_text(reader->arena, *field);
	char *to = (char *)(uintptr_t)copy.at;
	size_t size = 0;
	for (size_t i = 0; i < copy.size; i++) {
		to[size++] = copy.at[i];
		i += copy.at[i] == '"';
	}
	*field = (struct text){ to, size };
	return split;
}

static enum error split_failed(enum split split, uint32_t column, struct failure *failure)
{
	if (split == SPLIT_OPEN)
		return fail(failure, ERROR_INPUT,
		    "column %u: its quotation mark is not closed on this line; line breaks inside quotation marks are "
		    "not read",
		    column);
	return fail(failure, ERROR_INPUT, "column %u: a comma was expected behind its closing quotation mark", column);
}

static struct text without_mark(struct text line)
{
	return text_starts(line, TEXT("\xef\xbb\xbf")) ? (struct text){ line.at + 3, line.size - 3 } : line;
}

static enum role role_of_column(const struct csv *csv, struct text name, uint32_t column)
{
	uint64_t position;
	if (!csv->mapped)
		return role_named(name);
	for (unsigned role = ROLE_TIME; role < ROLE_LIMIT; role++) {
		if (!csv->wanted[role].size)
			continue;
		if (csv->by_position ? text_to_u64(csv->wanted[role], &position) && position == column
				     : text_equal_nocase(csv->wanted[role], name))
			return (enum role)role;
	}
	return ROLE_OTHER;
}

/* Every column that the map names, and the two that every alert needs, must be there. */
static enum error check_columns(struct csv *csv, struct failure *failure)
{
	bool found[ROLE_LIMIT] = { 0 };
	char quoted[QUOTED];
	for (uint32_t i = 0; i < csv->columns; i++)
		found[csv->roles[i]] = true;
	for (unsigned role = ROLE_TIME; role < ROLE_LIMIT; role++) {
		if (csv->wanted[role].size && !found[role])
			return fail(failure, ERROR_INPUT, "the header has no column %s, which the map names for %s",
			    field_quote(csv->wanted[role], quoted), name_of((enum role)role));
	}
	if (!found[ROLE_TIME] || !(found[ROLE_SIGNATURE] || csv->constants[ROLE_SIGNATURE].size))
		return fail(failure, ERROR_INPUT,
		    "the header has no column named %s; say which column is which with a map as "
		    "time=…,signature=…,host=…",
		    found[ROLE_TIME] ? "signature" : "time");
	return OK;
}

static enum error read_header(struct format_reader *reader, struct text line, struct failure *failure)
{
	struct csv *csv = reader->state;
	line = without_mark(line);
	const char *at = line.at, *end = line.at + line.size;
	uint32_t columns = 0;
	enum split split = SPLIT_FIELD;
	while (split == SPLIT_FIELD) {
		struct text name;
		if (columns == COLUMNS)
			return fail(failure, ERROR_INPUT, "the header has more than %u columns", COLUMNS);
		split = split_field(reader, &at, end, &name);
		if (split == SPLIT_OPEN || split == SPLIT_TRAILING)
			return split_failed(split, columns + 1, failure);
		enum role role = role_of_column(csv, text_trim(name), columns + 1);
		for (uint32_t i = 0; i < columns; i++)
			if (role == csv->roles[i])
				role = ROLE_OTHER; /* of two columns for one field the first counts */
		csv->roles[columns++] = (uint8_t)role;
	}
	csv->columns = columns;
	enum error error = check_columns(csv, failure);
	if (error)
		csv->columns = 0; /* the next line may be the header: text may stand before it */
	return error;
}

static enum error keep_header(struct csv *csv, struct text line, struct failure *failure)
{
	csv->header = malloc(line.size);
	if (!csv->header)
		return fail(failure, ERROR_MEMORY, "no memory for a header of %zu bytes", line.size);
	memcpy(csv->header, line.at, line.size);
	csv->header_size = line.size;
	return OK;
}

/* Comes again where files were joined. */
static bool is_header(const struct csv *csv, struct text line)
{
	return line.size == csv->header_size && !memcmp(line.at, csv->header, line.size);
}

static enum error split_line(
    struct format_reader *reader, struct text line, struct text *fields, struct failure *failure)
{
	const struct csv *csv = reader->state;
	const char *at = line.at, *end = line.at + line.size;
	enum split split = SPLIT_FIELD;
	uint32_t column = 0;
	for (; split == SPLIT_FIELD && column < csv->columns; column++)
		split = split_field(reader, &at, end, &fields[csv->roles[column]]);
	if (split == SPLIT_OPEN || split == SPLIT_TRAILING)
		return split_failed(split, column, failure);
	if (column < csv->columns || split == SPLIT_FIELD)
		return fail(failure, ERROR_INPUT, "the line has %s columns than the %u of the header",
		    split == SPLIT_FIELD ? "more" : "fewer", csv->columns);
	return OK;
}

static enum error fill_numbers(const struct text *fields, struct alert *alert, struct failure *failure)
{
	char quoted[QUOTED];
	uint64_t repeats;
	enum error error = field_address(fields[ROLE_ADDRESS], "address", &alert->host_address, failure);
	if (!error)
		error = field_address(fields[ROLE_SOURCE], "source", &alert->source, failure);
	if (!error)
		error = field_address(fields[ROLE_TARGET], "target", &alert->target, failure);
	if (!error)
		error = field_port(fields[ROLE_SOURCE_PORT], "source_port", &alert->source_port, failure);
	if (!error)
		error = field_port(fields[ROLE_TARGET_PORT], "target_port", &alert->target_port, failure);
	if (error || !fields[ROLE_REPEATS].size)
		return error;
	if (!text_to_u64(fields[ROLE_REPEATS], &repeats) || repeats < 1 || repeats > UINT32_MAX)
		return fail(failure, ERROR_INPUT, "repeats: %s is not a number of 1 to 4294967295",
		    field_quote(fields[ROLE_REPEATS], quoted));
	alert->repeats = (uint32_t)repeats;
	return OK;
}

static enum error fill(
    struct format_reader *reader, const struct text *fields, struct alert *alert, struct failure *failure)
{
	enum error error = field_time(reader, text_trim(fields[ROLE_TIME]), "time", alert, failure);
	if (!error)
		error = fill_numbers(fields, alert, failure);
	if (error)
		return error;
	alert->detector = fields[ROLE_DETECTOR].size ? fields[ROLE_DETECTOR] : TEXT("CSV");
	alert->signature = fields[ROLE_SIGNATURE];
	alert->signature_id = fields[ROLE_SIGNATURE_ID];
	alert->category = fields[ROLE_CATEGORY];
	alert->host = fields[ROLE_HOST];
	alert->account = fields[ROLE_ACCOUNT];
	alert->protocol = fields[ROLE_PROTOCOL];
	alert->object = fields[ROLE_OBJECT];
	if (fields[ROLE_SEVERITY].size)
		severity_parse(fields[ROLE_SEVERITY], &alert->severity);
	if (fields[ROLE_OUTCOME].size)
		alert->outcome = field_outcome(fields[ROLE_OUTCOME]);
	if (fields[ROLE_TACTIC].size)
		alert->tactics = field_tactics_list(fields[ROLE_TACTIC]);
	if (!address_exists(alert->host_address) && !alert->host.size)
		field_concern(alert);
	return OK;
}

static enum error csv_line(struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct csv *csv = reader->state;
	if (!csv->columns) {
		enum error error = read_header(reader, line, failure);
		if (!error && !csv->by_position)
			error = keep_header(csv, line, failure);
		if (error || !csv->by_position)
			return error ? error : ERROR_AGAIN;
	}
	if (is_header(csv, line))
		return ERROR_AGAIN;
	struct text fields[ROLE_LIMIT];
	memcpy(fields, csv->constants, sizeof fields);
	enum error error = split_line(reader, line, fields, failure);
	if (!error)
		error = fill(reader, fields, alert, failure);
	if (!error) {
		csv->continuation = 0;
		return OK;
	}
	if (csv->continuation) {
		csv->continuation--; /* the rest of a record that was complained about */
		return ERROR_AGAIN;
	}
	const char *first = memchr(line.at, '"', line.size);
	size_t quotes = 0;
	for (const char *at = first; at; at = memchr(at + 1, '"', (size_t)(line.at + line.size - at - 1)))
		quotes++;
	if (quotes % 2)
		csv->continuation = CONTINUATION_LINES;
	return error;
}

/* "time=ts,signature=rule,detector:Snort": a column by name (or by position when there is no header), or a constant. */
static enum error read_map(struct csv *csv, struct text map, struct failure *failure)
{
	char quoted[QUOTED];
	uint64_t position;
	unsigned columns = 0, positions = 0;
	size_t valid = text_utf8_valid(map);
	if (valid < map.size)
		return fail(failure, ERROR_USAGE, "map: byte %zu is not UTF-8", valid + 1);
	for (struct text rest = map; rest.size;) {
		struct text entry = text_trim(text_cut(&rest, ','));
		size_t cut = 0;
		while (cut < entry.size && entry.at[cut] != '=' && entry.at[cut] != ':')
			cut++;
		if (cut == entry.size || cut + 1 == entry.size)
			return fail(failure, ERROR_USAGE, "map: %s is neither field=column nor field:constant",
			    field_quote(entry, quoted));
		struct text value = { entry.at + cut + 1, entry.size - cut - 1 };
		enum role role = role_named((struct text){ entry.at, cut });
		if (role == ROLE_OTHER)
			return fail(failure, ERROR_USAGE,
			    "map: there is no field %s; there are time, signature, detector, host, "
			    "address, source, source_port, target, target_port, account, protocol, object, category, "
			    "signature_id, "
			    "severity, outcome, tactic, repeats",
			    field_quote((struct text){ entry.at, cut }, quoted));
		if (entry.at[cut] == ':') {
			csv->constants[role] = value;
			continue;
		}
		csv->wanted[role] = value;
		columns++;
		positions += text_to_u64(value, &position);
	}
	csv->mapped = true;
	csv->by_position = columns && positions == columns;
	return OK;
}

static enum error csv_start(struct format_reader *reader, struct failure *failure)
{
	struct csv *csv = calloc(1, sizeof *csv);
	if (!csv)
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	enum error error = reader->settings->map.size ? read_map(csv, reader->settings->map, failure) : OK;
	if (error) {
		free(csv);
		return error;
	}
	reader->state = csv;
	return OK;
}

static void csv_stop(struct format_reader *reader)
{
	struct csv *csv = reader->state;
	free(csv->header);
	free(csv->titles);
	free(csv);
}

static bool csv_time_first(const struct format_reader *reader)
{
	const struct csv *csv = reader->state;
	return csv->columns && csv->roles[0] == ROLE_TIME;
}

/* A header that uses our names. */
static int csv_recognise(struct text beginning, struct json_parser *parser)
{
	(void)parser;
	bool time = false, signature = false;
	struct text rest = without_mark(beginning);
	struct text header = text_trim(text_cut(&rest, '\n'));
	while (header.size) {
		struct text name = text_trim(text_cut(&header, ','));
		if (name.size >= 2 && name.at[0] == '"' && name.at[name.size - 1] == '"')
			name = (struct text){ name.at + 1, name.size - 2 };
		enum role role = role_named(name);
		time |= role == ROLE_TIME;
		signature |= role == ROLE_SIGNATURE;
	}
	return time && signature ? 95 : 0;
}

/* ── where the values stand ─ */

static bool read_titles(struct csv *csv)
{
	const char *at = csv->header, *end = csv->header + csv->header_size;
	size_t doubled = 0;
	csv->titles = calloc(COLUMNS, sizeof *csv->titles);
	if (!csv->titles)
		return false;
	struct text first = without_mark((struct text){ csv->header, csv->header_size });
	at = csv->header_size ? first.at : at;
	for (uint32_t i = 0; i < csv->columns && csv->header_size; i++) {
		split_raw(&at, end, &csv->titles[i], &doubled);
		csv->titles[i] = text_trim(csv->titles[i]);
	}
	return true;
}

static enum format_layout csv_layout(
    struct format_reader *reader, struct text line, struct format_field fields[static FORMAT_FIELDS], size_t *count)
{
	struct csv *csv = reader->state;
	struct failure ignored;
	if (!csv->columns && read_header(reader, line, &ignored) != OK)
		return LAYOUT_UNKNOWN;
	if (!csv->titles && ((!csv->by_position && keep_header(csv, line, &ignored) != OK) || !read_titles(csv))) {
		csv->columns = 0;
		return LAYOUT_MISFIT;
	}
	if (csv->header_size && is_header(csv, line))
		return LAYOUT_HEADER;
	const char *at = line.at, *end = line.at + line.size;
	enum split split = SPLIT_FIELD;
	size_t column = 0, doubled = 0;
	for (; split == SPLIT_FIELD && column < csv->columns; column++) {
		struct text value;
		split = split_raw(&at, end, &value, &doubled);
		if (split == SPLIT_OPEN || split == SPLIT_TRAILING)
			return LAYOUT_MISFIT;
		enum role role = (enum role)csv->roles[column];
		fields[column].name = role == ROLE_OTHER ? csv->titles[column] : text_of(name_of(role));
		fields[column].begin = (size_t)(value.at - line.at);
		fields[column].end = fields[column].begin + value.size;
	}
	*count = column;
	return column < csv->columns || split == SPLIT_FIELD ? LAYOUT_MISFIT : LAYOUT_FIELDS;
}

const struct format format_csv = {
	.name = "csv",
	.title = "CSV with a header or a field map",
	.proven = true,
	.recognise = csv_recognise,
	.start = csv_start,
	.stop = csv_stop,
	.time_first = csv_time_first,
	.line = csv_line,
	.layout = csv_layout,
};
