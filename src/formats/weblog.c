/*
 * The list of web-server logs, how one is told by content, the loop over lines, and what the readers share.
 *
 * In: a stream. Out: requests. Called by `noroshi weblog`. A new log is a new file and a line in `weblog_formats`.
 */
#include "formats/weblog.h"

#include "base/character.h"
#include "formats/fields.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (4u << 20) /* of texts that one line needs built; a line is far shorter */
#define DEEPEST_JSON 64

extern const struct weblog_format weblog_combined, weblog_json, weblog_w3c;

const struct weblog_format *const weblog_formats[] = {
	&weblog_w3c,
	&weblog_json,
	&weblog_combined,
	NULL,
};

enum error weblog_reader_new(int zone, struct weblog_reader **reader, struct failure *failure)
{
	struct weblog_reader *new = calloc(1, sizeof *new);
	if (new) {
		new->zone = zone;
		new->arena = arena_new(ARENA_BYTES);
		new->parser = json_parser_new(DEEPEST_JSON);
	}
	if (!new || !new->arena || !new->parser) {
		weblog_reader_free(new);
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	}
	*reader = new;
	return OK;
}

void weblog_reader_free(struct weblog_reader *reader)
{
	if (!reader)
		return;
	if (reader->format && reader->format->stop)
		reader->format->stop(reader);
	arena_free(reader->arena);
	json_parser_free(reader->parser);
	free(reader);
}

static enum error tell_format(struct weblog_reader *reader, struct stream *stream, struct failure *failure)
{
	struct text beginning;
	enum error error = field_beginning(stream, &beginning, failure);
	if (error)
		return error;
	for (size_t i = 0; weblog_formats[i]; i++) {
		if (!weblog_formats[i]->recognise(beginning, reader))
			continue;
		error = weblog_formats[i]->start ? weblog_formats[i]->start(reader, failure) : OK;
		if (!error)
			reader->format = weblog_formats[i];
		return error;
	}
	return fail(failure, ERROR_INPUT,
	    "%s: no web-server log that is known: Apache or nginx (common, combined), W3C with #Fields, or JSON was "
	    "expected",
	    stream_name(stream));
}

static enum error read_line(
    struct weblog_reader *reader, const struct line *line, struct weblog_request *request, struct failure *failure)
{
	if (line->cut)
		return fail(failure, ERROR_INPUT, "the line is longer than %u bytes", WEBLOG_LONGEST_LINE);
	if (!line->text.size || !text_trim(line->text).size)
		return ERROR_AGAIN;
	if (arena_used(reader->arena))
		arena_clear(reader->arena);
	*request = (struct weblog_request){ .size = WEBLOG_SIZE_UNKNOWN };
	return reader->format->line(reader, line->text, request, failure);
}

enum error weblog_read(struct weblog_reader *reader, struct stream *stream, struct line *line,
    struct weblog_request *request, struct weblog_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure)
{
	struct failure wrong;
	enum error error = reader->ended ? ERROR_END : OK;
	if (!error && !reader->format)
		error = tell_format(reader, stream, failure);
	while (!error && !(error = stream_line(stream, WEBLOG_LONGEST_LINE, line, failure))) {
		counts->lines++;
		counts->bytes += line->text.size + !line->unterminated;
		enum error read = read_line(reader, line, request, &wrong);
		counts->requests += read == OK;
		counts->skipped += read == ERROR_AGAIN;
		counts->malformed += read != OK && read != ERROR_AGAIN;
		counts->cut += line->cut;
		if (read == OK)
			return OK;
		if (read != ERROR_AGAIN && complain)
			complain(context, line, &wrong);
	}
	reader->ended = true;
	return error;
}

/* ── what the readers share ─ */

bool weblog_time(struct weblog_reader *reader, struct text text,
    bool (*parse)(struct text text, int zone, nanoseconds *time, bool *assumed), struct weblog_request *request)
{
	if (text.size != reader->second_size || !text.size || memcmp(text.at, reader->second, text.size) != 0) {
		reader->second_size = 0;
		if (!parse(text, reader->zone, &reader->second_time, &reader->second_assumed))
			return false;
		if (text.size <= sizeof reader->second) {
			memcpy(reader->second, text.at, text.size);
			reader->second_size = text.size;
		}
	}
	request->occurred = reader->second_time;
	request->zone_assumed = reader->second_assumed;
	return true;
}

struct text weblog_value(struct text text)
{
	return text.size == 1 && *text.at == '-' ? TEXT_NONE : text;
}

static bool is_method(struct text text)
{
	if (!text.size || text.size > 20)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (char_lower(text.at[i]) < 'a' || char_lower(text.at[i]) > 'z')
			if (text.at[i] != '-' && text.at[i] != '_')
				return false;
	return true;
}

void weblog_request_line(struct text text, struct weblog_request *request)
{
	text = weblog_value(text);
	const char *blank = text.size ? memchr(text.at, ' ', text.size) : NULL;
	struct text method = { text.at, blank ? (size_t)(blank - text.at) : 0 };
	if (!blank || !is_method(method)) {
		request->target = text;
		return;
	}
	request->method = method;
	struct text rest = { blank + 1, text.size - method.size - 1 };
	const char *last = rest.size ? memrchr(rest.at, ' ', rest.size) : NULL;
	if (last && text_starts((struct text){ last + 1, (size_t)(rest.at + rest.size - last - 1) }, TEXT("HTTP/")))
		rest.size = (size_t)(last - rest.at);
	request->target = rest;
}

void weblog_client(struct text text, struct weblog_request *request)
{
	uint16_t port;
	text = weblog_value(text);
	request->client_name = text;
	if (!address_parse_port(text, &request->client, &port))
		request->client = (struct address){ 0 };
}

void weblog_server(struct text text, struct weblog_request *request)
{
	uint16_t port;
	struct address address;
	text = weblog_value(text);
	if (address_parse_port(text, &address, &port)) {
		request->server_address = address;
		return;
	}
	const char *colon = text.size ? memrchr(text.at, ':', text.size) : NULL;
	if (colon)
		text.size = (size_t)(colon - text.at);
	if (!text_equal(text, TEXT("_"))) /* nginx: no name was configured */
		request->server = text;
}

void weblog_status(struct text text, struct weblog_request *request)
{
	uint64_t status;
	if (text_to_u64(text, &status) && status < 1000)
		request->status = (unsigned)status;
}

void weblog_size(struct text text, struct weblog_request *request)
{
	uint64_t size;
	if (text_equal(text, TEXT("-"))) /* Apache's %b of an empty answer */
		request->size = 0;
	else if (text_to_u64(text, &size))
		request->size = size;
}

/* The character that an escape stands for, and how long the escape is; 0 = it is none. */
static size_t escape(const char *at, size_t size, char *c)
{
	static const char letters[] = "nrtbvf", meanings[] = "\n\r\t\b\v\f";
	if (size < 2)
		return 0;
	if (at[1] == 'x' && size >= 4 && char_hex(at[2]) >= 0 && char_hex(at[3]) >= 0) {
		*c = (char)(char_hex(at[2]) << 4 | char_hex(at[3]));
		return 4;
	}
	const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
	*c = letter ? meanings[letter - letters] : at[1];
	return letter || at[1] == '"' || at[1] == '\\' ? 2 : 0;
}

struct text weblog_unescape(struct weblog_reader *reader, struct text text)
{
	if (!text.size || !memchr(text.at, '\\', text.size))
		return text;
	char *to = arena_take(reader->arena, text.size + 1);
	if (!to)
		return text;
	size_t size = 0;
	for (size_t i = 0; i < text.size;) {
		char c;
		size_t taken = text.at[i] == '\\' ? escape(text.at + i, text.size - i, &c) : 0;
		to[size++] = taken ? c : text.at[i];
		i += taken ? taken : 1;
	}
	return (struct text){ to, size };
}
