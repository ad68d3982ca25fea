/*
 * The lines of a sealed file; see parcel.h. In: bytes that were signed, and are nevertheless not trusted. Out: lines.
 */
#include "intel/parcel.h"

#include "formats/stix.h"
#include "match/indicator_recent.h"

#include <inttypes.h>
#include <stdlib.h>

#define DEEPEST (STIX_DEEPEST + 2) /* an object within a line */

struct parcel_reader {
	struct json_parser *parser;
	struct arena *arena; /* of the line */
	struct builder json;
	struct text rest;
	uint64_t line;
	bool ended;
};

struct parcel_reader *parcel_reader_new(void)
{
	struct parcel_reader *reader = calloc(1, sizeof *reader);
	if (reader) {
		reader->parser = json_parser_new(DEEPEST);
		reader->arena = arena_new(0);
	}
	if (reader && reader->parser && reader->arena)
		return reader;
	parcel_reader_free(reader);
	return NULL;
}

void parcel_reader_free(struct parcel_reader *reader)
{
	if (!reader)
		return;
	json_parser_free(reader->parser);
	arena_free(reader->arena);
	builder_free(&reader->json);
	free(reader);
}

/* ── the first line ─ */

void parcel_head_build(const struct parcel_head *head, struct builder *to)
{
	char chain[UUID_TEXT], made[TIME_TEXT], previous[HEX_SIZE(32)];
	build_format(
	    to, "{\"parcel\":1,\"chain\":\"%s\",\"number\":%" PRIu64, uuid_format(head->chain, chain), head->number);
	if (head->number > 1)
		build_format(to, ",\"previous\":\"%s\"", hex_format(head->previous, 32, previous));
	build_text(to, TEXT(",\"from\":"));
	build_json_string(to, text_of(head->from));
	build_text(to, TEXT(",\"to\":"));
	build_json_string(to, text_of(head->to));
	build_format(to, ",\"made\":\"%s\"}\n", time_format(head->made, made));
}

static enum error bad(const struct parcel_reader *reader, const char *words, struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "line %" PRIu64 ": %s", reader->line, words);
}

/* An object with each key once; ERROR_END when nothing is left. */
static enum error next_object(struct parcel_reader *reader, struct json_value *root, struct failure *failure)
{
	struct failure why;
	if (reader->rest.size == 0)
		return ERROR_END;
	reader->line++;
	if (reader->rest.at[0] == '\n' || !memchr(reader->rest.at, '\n', reader->rest.size))
		return bad(reader, "a whole line of JSON was expected", failure);
	struct text line = text_cut(&reader->rest, '\n');
	if (line.size > PARCEL_LINE)
		return bad(reader, "it is too long", failure);
	enum error error = json_parse(reader->parser, line, root, &why);
	if (error)
		return error == ERROR_MEMORY ? fail(failure, error, "no memory") : bad(reader, why.words, failure);
	if (json_kind(*root) != JSON_IS_OBJECT)
		return bad(reader, "an object was expected", failure);
	return json_had_duplicate_keys(reader->parser) ? bad(reader, "a key stands there twice", failure) : OK;
}

static bool party(struct json_value root, const char *key, char to[static PARCEL_PARTY])
{
	struct text name = json_text(json_get(root, key));
	return name.size > 0 && !memchr(name.at, 0, name.size) && text_copy(name, to, PARCEL_PARTY);
}

static bool read_head(struct json_value root, struct parcel_head *head)
{
	struct item_time made;
	struct json_value previous = json_get(root, "previous");
	if (!uuid_parse(json_text(json_get(root, "chain")), &head->chain) ||
	    !json_to_u64(json_get(root, "number"), &head->number) || head->number == 0 ||
	    !party(root, "from", head->from) || !party(root, "to", head->to) ||
	    !item_time_parse(json_text(json_get(root, "made")), &made))
		return false;
	head->made = made.when;
	return head->number == 1 ? !json_exists(previous) : hex_parse(json_text(previous), head->previous, 32);
}

enum error parcel_begin(
    struct parcel_reader *reader, struct text content, struct parcel_head *head, struct failure *failure)
{
	struct json_value root;
	uint64_t version = 0;
	*head = (struct parcel_head){ 0 };
	reader->rest = content;
	reader->line = 0;
	reader->ended = false;
	enum error error = next_object(reader, &root, failure);
	if (error)
		return error == ERROR_END ? fail(failure, ERROR_INPUT, "it is empty") : error;
	if (!json_to_u64(json_get(root, "parcel"), &version) || version == 0)
		return bad(reader, "\"parcel\":1 was expected", failure);
	if (version != 1)
		return fail(failure, ERROR_VERSION, "it is of version %" PRIu64 "; only 1 is read", version);
	return read_head(root, head)
		   ? OK
		   : bad(reader, "the chain, number, previous, from, to or made is not right", failure);
}

/* ── the others ─ */

static enum error read_object(
    struct parcel_reader *reader, struct json_value object, struct parcel_line *line, struct failure *failure)
{
	struct failure why;
	struct item item;
	enum error error = item_from_stix_value(object, reader->arena, &item, &why);
	if (error)
		return error == ERROR_INPUT ? bad(reader, why.words, failure) : fail(failure, error, "%s", why.words);
	line->id = item.id;
	line->modified = item.modified;
	return OK;
}

static enum error read_shared(struct parcel_reader *reader, struct text json, struct failure *failure)
{
	struct failure why;
	struct indicator_recent *recent = indicator_recent_new();
	enum error error = recent ? indicator_recent_take(recent, json, &why)
				  : fail(&why, ERROR_MEMORY, "no memory for a change of indicators");
	indicator_recent_free(recent);
	return error == ERROR_INPUT ? bad(reader, why.words, failure)
	       : error              ? fail(failure, error, "%s", why.words)
				    : OK;
}

/* Of each kind of line, the member that makes it one. */
static const char *const members[] = { "object", "withdrawn", "shared", "message" };

static enum error read_line(
    struct parcel_reader *reader, struct json_value root, struct parcel_line *line, struct failure *failure)
{
	struct json_value value = { 0 };
	unsigned found = 0;
	for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
		if (json_exists(json_get(root, members[i]))) {
			line->kind = (enum parcel_kind)i;
			value = json_get(root, members[i]);
			found++;
		}
	if (found != 1)
		return bad(reader, "one of object, withdrawn, shared, message was expected", failure);
	line->collection = json_text(json_get(root, "collection"));
	if (line->kind == PARCEL_WITHDRAWN) {
		line->id = json_text(value);
		return item_id_valid(line->id) ? OK : bad(reader, "withdrawn: an identifier was expected", failure);
	}
	if (json_kind(value) != JSON_IS_OBJECT)
		return bad(reader, "an object was expected", failure);
	builder_clear(&reader->json);
	build_json_value(&reader->json, value);
	line->json = (struct text){ reader->json.at, reader->json.size };
	if (reader->json.failed)
		return fail(failure, ERROR_MEMORY, "no memory for a line");
	if (line->kind == PARCEL_OBJECT)
		return read_object(reader, value, line, failure);
	return line->kind == PARCEL_SHARED ? read_shared(reader, line->json, failure) : OK;
}

enum error parcel_next(struct parcel_reader *reader, struct parcel_line *line, struct failure *failure)
{
	struct json_value root;
	uint64_t lines;
	*line = (struct parcel_line){ 0 };
	arena_clear(reader->arena);
	if (reader->ended)
		return ERROR_END;
	enum error error = next_object(reader, &root, failure);
	if (error)
		return error == ERROR_END ? fail(failure, ERROR_INPUT, "it ends without its last line") : error;
	if (!json_exists(json_get(root, "end")))
		return read_line(reader, root, line, failure);
	if (!json_to_u64(json_get(root, "end"), &lines) || lines != reader->line - 2)
		return bad(reader, "the number of lines is not right", failure);
	if (reader->rest.size)
		return bad(reader, "something stands behind the last line", failure);
	reader->ended = true;
	return ERROR_END;
}
