/*
 * The list of formats of records, how one is told by content, the loop over lines, and what the readers share.
 *
 * In: a stream. Out: records. Called by `noroshi records` and `noroshi agent`. A new format is a new file and a line in
 * `record_formats`.
 */
#include "formats/record_inner.h"

#include "base/character.h"
#include "base/hash.h"
#include "formats/fields.h"
#include "formats/json_pieces.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (16u << 20) /* of texts that one line needs built */
#define DEEPEST_JSON 64
#define FLOW_ID_SEED 0x666c6f77ULL
#define FLOW_ID_MOST ((1ull << 53) - 1) /* JSON numbers that everybody reads exactly */

extern const struct record_format record_auditd, record_cloudtrail, record_eve, record_m365, record_windows,
    record_zeek;

const struct record_format *const record_formats[] = {
	&record_eve,
	&record_zeek,
	&record_windows,
	&record_auditd,
	&record_cloudtrail,
	&record_m365,
	NULL,
};

const struct record_format *record_format_named(const char *name)
{
	for (size_t i = 0; record_formats[i]; i++)
		if (text_equal_nocase(text_of(name), text_of(record_formats[i]->name)))
			return record_formats[i];
	return NULL;
}

/* A byte order mark before a line means nothing. */
static struct text without_mark(struct text text)
{
	while (text_starts(text, TEXT("\xef\xbb\xbf")))
		text = (struct text){ text.at + 3, text.size - 3 };
	return text;
}

const struct record_format *record_format_recognise(
    struct text beginning, struct json_parser *parser, struct failure *failure)
{
	const struct record_format *surest = NULL;
	struct builder names = { 0 };
	char quoted[QUOTED];
	int most = 0;
	beginning = without_mark(beginning);
	for (size_t i = 0; record_formats[i]; i++) {
		int sure = record_formats[i]->recognise(beginning, parser);
		build_format(&names, "%s%s", i ? ", " : "", record_formats[i]->name);
		if (sure > most) {
			most = sure;
			surest = record_formats[i];
		}
	}
	if (!surest)
		fail(failure, ERROR_INPUT, "the format is not known: it begins with %s; give one of %s with --format",
		    field_quote(text_cut(&beginning, '\n'), quoted), names.failed ? "those known" : names.at);
	builder_free(&names);
	return surest;
}

enum error record_reader_new(const struct record_format *format, const struct record_settings *settings,
    struct record_reader **reader, struct failure *failure)
{
	struct record_reader *new = calloc(1, sizeof *new);
	if (new) {
		new->settings = *settings;
		new->parser = json_parser_new(DEEPEST_JSON);
		new->arena = arena_new(ARENA_BYTES);
	}
	if (!new || !new->parser || !new->arena) {
		record_reader_free(new);
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	}
	enum error error = format && format->start ? format->start(new, failure) : OK;
	if (error) {
		record_reader_free(new);
		return error;
	}
	new->format = format;
	*reader = new;
	return OK;
}

void record_reader_free(struct record_reader *reader)
{
	if (!reader)
		return;
	if (reader->format && reader->format->stop)
		reader->format->stop(reader);
	json_pieces_free(reader->pieces);
	json_parser_free(reader->parser);
	json_parser_free(reader->inner);
	arena_free(reader->arena);
	free(reader);
}

/* ── lines ─ */

static enum error tell_format(struct record_reader *reader, struct stream *stream, struct failure *failure)
{
	struct text beginning;
	enum error error = field_beginning(stream, &beginning, failure);
	if (error)
		return error;
	const struct record_format *format = record_format_recognise(beginning, reader->parser, failure);
	if (!format)
		return ERROR_INPUT;
	error = format->start ? format->start(reader, failure) : OK;
	if (!error)
		reader->format = format;
	return error;
}

static void record_begin(struct record *record)
{
	record->type = "";
	record->occurred = 0;
	record->zone_assumed = record->is_flow = record->is_response = false;
	record->rcode = 0;
	memset(&record->flow, 0, sizeof record->flow);
	record->community = record->passed = TEXT_NONE;
	record->count = record->left_out = 0;
}

static enum error check_line(struct text text, struct failure *failure)
{
	size_t valid = text_utf8_valid(text);
	if (valid < text.size)
		return fail(failure, ERROR_INPUT, "no valid UTF-8 at byte %zu", valid + 1);
	if (memchr(text.at, 0, text.size))
		return fail(failure, ERROR_INPUT, "a NUL stands in it: text was expected");
	return OK;
}

static enum error read_line(
    struct record_reader *reader, const struct line *line, struct record *record, struct failure *failure)
{
	if (line->cut)
		return fail(failure, ERROR_INPUT, "the line is longer than %u bytes", RECORD_LONGEST_LINE);
	struct text text = without_mark(line->text);
	if (!text.size || !text_trim(text).size)
		return ERROR_AGAIN;
	enum error error = check_line(text, failure);
	if (error)
		return error;
	if (arena_used(reader->arena))
		arena_clear(reader->arena);
	record_begin(record);
	return reader->format->line(reader, text, record, failure);
}

static enum error next_line(
    struct record_reader *reader, struct stream *stream, struct line *line, struct failure *failure)
{
	if (!reader->format->objects)
		return stream_line(stream, RECORD_LONGEST_LINE, line, failure);
	if (!reader->pieces && !(reader->pieces = json_pieces_new()))
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	return json_pieces_next(reader->pieces, stream, RECORD_LONGEST_LINE, line, failure);
}

static enum error count(const struct record *record, struct record_counts *counts)
{
	counts->records++;
	counts->left_out += record->left_out;
	return OK;
}

/* Whether a record of several lines is ready. */
static bool whole(struct record_reader *reader, bool last, struct record *record, struct record_counts *counts)
{
	if (!reader->format || !reader->format->whole)
		return false;
	if (arena_used(reader->arena))
		arena_clear(reader->arena);
	record_begin(record);
	return reader->format->whole(reader, last, record) == OK && count(record, counts) == OK;
}

enum error record_read(struct record_reader *reader, struct stream *stream, struct line *line, struct record *record,
    struct record_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure)
{
	struct failure wrong;
	enum error error = reader->ended ? ERROR_END : OK;
	if (!error && !reader->format)
		error = tell_format(reader, stream, failure);
	while (!error) {
		if (whole(reader, false, record, counts))
			return OK;
		error = next_line(reader, stream, line, failure);
		if (error)
			break;
		counts->lines++;
		counts->bytes += line->text.size + !line->unterminated;
		enum error read = read_line(reader, line, record, &wrong);
		counts->skipped += read == ERROR_AGAIN;
		counts->malformed += read != OK && read != ERROR_AGAIN;
		if (read == OK)
			return count(record, counts);
		if (read != ERROR_AGAIN && complain)
			complain(context, line, &wrong);
	}
	if (error == ERROR_END && whole(reader, true, record, counts))
		return OK;
	reader->ended = true;
	return error;
}

/* ── what the readers share ─ */

enum error record_time(
    struct record_reader *reader, struct text text, const char *name, struct record *record, struct failure *failure)
{
	char quoted[QUOTED];
	if (!text.size)
		return fail(failure, ERROR_INPUT, "%s: there is none; the time when it happened was expected", name);
	if (time_parse_epoch(text, &record->occurred) ||
	    time_parse(text, reader->settings.zone, &record->occurred, &record->zone_assumed))
		return OK;
	return fail(failure, ERROR_INPUT,
	    "%s: %s is no time: seconds since 1970 or a form as 2026-04-01T12:00:00.5+09:00 was expected", name,
	    field_quote(text, quoted));
}

enum error record_end(struct flow_end *end, struct text address, const char *address_name, struct text port,
    const char *port_name, struct failure *failure)
{
	enum error error = field_address(address, address_name, &end->address, failure);
	return error ? error : field_port(port, port_name, &end->port, failure);
}

void record_ends_known(struct record *record)
{
	for (int side = 0; side < 2; side++) {
		struct address address = record->flow.ends[side].address;
		if (address_exists(address))
			record->flow.ip_version = address_is_v4(address) ? 4 : 6;
	}
	if (record->is_flow)
		return;
	record->flow.state = FLOW_ESTABLISHED; /* something was said */
	record->flow.first = record->flow.last = record->occurred;
}

uint8_t record_ip_protocol(struct text name)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = { { "TCP", IPPROTO_TCP }, { "UDP", IPPROTO_UDP }, { "ICMP", IPPROTO_ICMP },
		{ "IPv6-ICMP", IPPROTO_ICMPV6 }, { "ICMP6", IPPROTO_ICMPV6 }, { "SCTP", IPPROTO_SCTP },
		{ "GRE", IPPROTO_GRE }, { "ESP", IPPROTO_ESP }, { "AH", IPPROTO_AH }, { "IGMP", IPPROTO_IGMP },
		{ "IPv4", IPPROTO_IPIP }, { "IPv6", IPPROTO_IPV6 } };
	uint64_t number;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_nocase(name, text_of(names[i].name)))
			return names[i].number;
	return text_to_u64(name, &number) && number < 256 ? (uint8_t)number : 0;
}

uint8_t record_protocol(struct text name)
{
	static const struct {
		const char *name;
		enum protocol protocol;
	} others[] = { { "ssl", PROTOCOL_TLS }, { "krb", PROTOCOL_KERBEROS }, { "krb_tcp", PROTOCOL_KERBEROS },
		{ "dce_rpc", PROTOCOL_SMB }, { "ftp-data", PROTOCOL_FTP } };
	for (const struct dissector *const *one = dissectors; *one; one++)
		if (text_equal(name, text_of((*one)->name)))
			return (uint8_t)(*one)->protocol;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (text_equal(name, text_of(others[i].name)))
			return (uint8_t)others[i].protocol;
	return PROTOCOL_UNKNOWN;
}

uint64_t record_flow_id(struct text name)
{
	uint64_t id = hash_text(name, FLOW_ID_SEED) & FLOW_ID_MOST;
	return id ? id : 1;
}

void record_add_url(struct record_reader *reader, struct record *record, struct text host, struct text uri)
{
	struct text rest = uri, path = text_cut(&rest, '?');
	if (text_find(path, TEXT("://")) > 0) {
		record_add(record, MEMBER_HTTP_URL, path);
		return;
	}
	const struct text pieces[] = { TEXT("http://"), host, path };
	if (host.size)
		record_add(
		    record, MEMBER_HTTP_URL, arena_concat(reader->arena, pieces, sizeof pieces / sizeof *pieces));
}

void record_add_host(
    struct record_reader *reader, struct record *record, struct text host, struct text port, struct text uri)
{
	struct text lower = arena_text(reader->arena, host);
	char *at = (char *)(uintptr_t)lower.at;
	for (size_t i = 0; i < lower.size; i++)
		at[i] = char_lower(at[i]);
	const char *colon = lower.size ? memrchr(lower.at, ':', lower.size) : NULL;
	uint64_t number;
	if (colon) {
		struct text behind = { colon + 1, (size_t)(lower.at + lower.size - colon - 1) };
		if (text_to_u64(behind, &number)) { /* an address of IPv6 stands in brackets */
			lower.size -= behind.size + 1;
			port = behind;
		}
	}
	record_add(record, MEMBER_HTTP_HOST, lower);
	record_add(record, MEMBER_HTTP_PORT, port);
	record_add(record, MEMBER_HTTP_URI, uri);
	record_add_url(reader, record, lower, uri);
}
