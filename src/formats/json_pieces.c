/*
 * Cuts a stream of JSON into objects by counting braces outside strings; see json_pieces.h. Called by record.c and
 * stix_stream.c.
 */
#include "formats/json_pieces.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 << 10)
#define AROUND_LONGEST ((size_t)64 << 10)

enum where {
	BETWEEN, /* objects */
	WITHIN,  /* one */
	BEHIND,  /* the items of an object that has them under a name: up to its end */
	ODD,     /* something that is no object */
};

struct json_pieces {
	char chunk[CHUNK];
	size_t at, size; /* in the chunk */
	struct builder text, around;
	const char *const *names;
	enum where where;
	unsigned depth; /* of containers within the object */
	bool in_string, escaped;
	bool wrapped;     /* the objects are items of an object's array */
	bool in_array;    /* they are items of an array */
	bool line_begins; /* the byte before was a line break */
	bool cut;
	uint64_t offset, line;    /* of the next byte; lines from 1 */
	uint64_t from, from_line; /* where the object began */
};

struct json_pieces *json_pieces_new(void)
{
	struct json_pieces *pieces = calloc(1, sizeof *pieces);
	if (!pieces)
		return NULL;
	static const char *const usual[] = { "\"Records\"", "\"records\"", "\"value\"", NULL };
	pieces->names = usual;
	pieces->line = 1;
	pieces->line_begins = true;
	return pieces;
}

void json_pieces_free(struct json_pieces *pieces)
{
	if (!pieces)
		return;
	builder_free(&pieces->text);
	builder_free(&pieces->around);
	free(pieces);
}

void json_pieces_named(struct json_pieces *pieces, const char *const *names)
{
	pieces->names = names;
}

struct text json_pieces_around(const struct json_pieces *pieces)
{
	return (struct text){ pieces->around.at, pieces->around.size <= AROUND_LONGEST ? pieces->around.size : 0 };
}

bool json_pieces_unfinished(const struct json_pieces *pieces)
{
	return pieces->where != BETWEEN || pieces->wrapped || pieces->in_array;
}

static void begin(struct json_pieces *pieces, enum where where)
{
	builder_clear(&pieces->text);
	pieces->where = where;
	pieces->depth = 0;
	pieces->in_string = pieces->escaped = pieces->cut = false;
	pieces->from = pieces->offset;
	pieces->from_line = pieces->line;
}

/* Whether the object's text so far ends with the name of what holds its items, and a colon. */
static bool names_items(struct text text, const char *const *names)
{
	text = text_trim(text);
	if (!text_ends(text, TEXT(":")))
		return false;
	text.size--;
	for (; *names; names++)
		if (text_ends(text_trim(text), text_of(*names)))
			return true;
	return false;
}

/* Counts a byte of an object; true when it is its last. */
static bool count(struct json_pieces *pieces, char c)
{
	if (pieces->in_string) {
		pieces->in_string = pieces->escaped || c != '"';
		pieces->escaped = !pieces->escaped && c == '\\';
		return false;
	}
	pieces->in_string = c == '"';
	if (c == '{' || c == '[')
		pieces->depth++;
	else if ((c == '}' || c == ']') && pieces->depth > 0)
		return --pieces->depth == 0;
	return false;
}

static bool within(struct json_pieces *pieces, char c, size_t longest)
{
	bool outermost = !pieces->wrapped && !pieces->in_array;
	if (c == '[' && !pieces->in_string && pieces->depth == 1 && outermost &&
	    names_items((struct text){ pieces->text.at, pieces->text.size }, pieces->names)) {
		pieces->wrapped = true;
		pieces->where = BETWEEN;
		builder_clear(&pieces->around);
		build_text(&pieces->around, (struct text){ pieces->text.at, pieces->text.size });
		build_text(&pieces->around, TEXT("[]"));
		return false;
	}
	if (pieces->text.size < longest)
		build_char(&pieces->text, c);
	else
		pieces->cut = true;
	return count(pieces, c);
}

static bool between(struct json_pieces *pieces, char c, size_t longest)
{
	switch (c) {
	case '{':
		begin(pieces, WITHIN);
		return within(pieces, c, longest);
	case '[':
		if (pieces->in_array || pieces->wrapped)
			break;
		pieces->in_array = true;
		return false;
	case ']':
		if (pieces->wrapped) {
			pieces->wrapped = false;
			begin(pieces, BEHIND);
			pieces->depth = 1;
		}
		pieces->in_array = false;
		return false;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
	case ',':
	case '\xef': /* a byte order mark */
	case '\xbb':
	case '\xbf':
		return false;
	default:
		break;
	}
	begin(pieces, ODD);
	build_char(&pieces->text, c);
	count(pieces, c);
	return false;
}

/* Behind the items, up to the end of what has them. */
static void behind(struct json_pieces *pieces, char c)
{
	if (pieces->around.size <= AROUND_LONGEST)
		build_char(&pieces->around, c);
	if (count(pieces, c))
		pieces->where = BETWEEN;
}

/* Takes a byte; true when something is whole with it. */
static bool take(struct json_pieces *pieces, char c, size_t longest)
{
	switch (pieces->where) {
	case BETWEEN:
		return between(pieces, c, longest);
	case WITHIN:
		return within(pieces, c, longest);
	case BEHIND:
		behind(pieces, c);
		return false;
	default:
		if (c == '\n')
			return true;
		count(pieces, c);
		if (pieces->text.size < longest)
			build_char(&pieces->text, c);
		else
			pieces->cut = true;
		return false;
	}
}

/* A line that begins with a brace within an object that began on a line before: of objects that stand one a line the
 * one before is broken. (Those that are spread over several lines are indented.) */
static bool is_broken(const struct json_pieces *pieces, char c)
{
	return pieces->where == WITHIN && c == '{' && pieces->line_begins && !pieces->wrapped && !pieces->in_array;
}

/* Something odd in an array ends where the next item may begin. */
static bool is_odd_end(const struct json_pieces *pieces, char c)
{
	return pieces->where == ODD && (pieces->wrapped || pieces->in_array) && !pieces->in_string &&
	       pieces->depth == 0 && (c == ',' || c == ']');
}

/* Bytes of an object that change nothing but its text are taken together. */
static void take_run(struct json_pieces *pieces, size_t longest)
{
	const char *from = pieces->chunk + pieces->at, *end = pieces->chunk + pieces->size, *at = from;
	if (pieces->where != WITHIN || pieces->escaped || pieces->line_begins)
		return;
	while (at < end && *at != '"' && *at != '\\' && *at != '\n' &&
	       (pieces->in_string || (*at != '{' && *at != '}' && *at != '[' && *at != ']')))
		at++;
	size_t run = (size_t)(at - from), room = longest - pieces->text.size;
	build_text(&pieces->text, (struct text){ from, run < room ? run : room });
	pieces->cut |= run > room;
	pieces->at += run;
	pieces->offset += run;
}

static enum error give(struct json_pieces *pieces, struct line *piece, struct failure *failure)
{
	if (pieces->text.failed)
		return fail(failure, ERROR_MEMORY, "no memory for an object of JSON");
	*piece = (struct line){ .text = { pieces->text.at, pieces->text.size },
		.number = pieces->from_line,
		.offset = pieces->from,
		.cut = pieces->cut };
	pieces->where = BETWEEN;
	return OK;
}

static enum error fill(struct json_pieces *pieces, struct stream *stream, struct failure *failure)
{
	pieces->at = pieces->size = 0;
	return stream_read(stream, pieces->chunk, sizeof pieces->chunk, &pieces->size, failure);
}

enum error json_pieces_next(
    struct json_pieces *pieces, struct stream *stream, size_t longest, struct line *piece, struct failure *failure)
{
	for (;;) {
		if (pieces->at == pieces->size) {
			enum error error = fill(pieces, stream, failure);
			if (error)
				return error;
			if (pieces->size == 0)
				break;
		}
		take_run(pieces, longest);
		if (pieces->at == pieces->size)
			continue;
		char c = pieces->chunk[pieces->at];
		if (is_broken(pieces, c)) {
			pieces->line_begins = false; /* the next time it begins an object */
			return give(pieces, piece, failure);
		}
		if (is_odd_end(pieces, c))
			return give(pieces, piece, failure);
		bool whole = take(pieces, c, longest);
		pieces->at++;
		pieces->offset++;
		pieces->line += c == '\n';
		pieces->line_begins = c == '\n';
		if (whole)
			return give(pieces, piece, failure);
	}
	return pieces->where == WITHIN || pieces->where == ODD ? give(pieces, piece, failure) : ERROR_END;
}
