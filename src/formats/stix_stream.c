/*
 * Bundles object by object; see stix_stream.h. json_pieces.c finds where an object begins and ends; a piece that is a
 * bundle itself (an array of bundles) is walked.
 */
#include "formats/stix_stream.h"

#include "formats/json_pieces.h"

#include <stdlib.h>

struct stix_stream {
	struct stream *stream;
	struct json_pieces *pieces;
	struct json_parser *parser;
	uint64_t objects;
	uint64_t line;            /* of the piece at hand */
	struct json_value bundle; /* its list of objects, while it is walked */
	struct json_walk walk;
	bool over;
};

struct stix_stream *stix_stream_new(struct stream *stream)
{
	static const char *const names[] = { "\"objects\"", NULL };
	struct stix_stream *stix = calloc(1, sizeof *stix);
	if (!stix)
		return NULL;
	stix->stream = stream;
	stix->pieces = json_pieces_new();
	stix->parser = json_parser_new(STIX_DEEPEST);
	if (!stix->pieces || !stix->parser) {
		stix_stream_free(stix);
		return NULL;
	}
	json_pieces_named(stix->pieces, names);
	return stix;
}

void stix_stream_free(struct stix_stream *stix)
{
	if (!stix)
		return;
	json_pieces_free(stix->pieces);
	json_parser_free(stix->parser);
	free(stix);
}

uint64_t stix_stream_objects(const struct stix_stream *stix)
{
	return stix->objects;
}

struct text stix_stream_bundle(const struct stix_stream *stix)
{
	return json_pieces_around(stix->pieces);
}

static enum error name_place(
    const struct stix_stream *stix, enum error error, struct failure *why, struct failure *failure)
{
	if (error != ERROR_INPUT)
		return error ? fail(failure, error, "%s", why->words) : OK;
	return fail(failure, error, "object %lu, line %lu, %s", (unsigned long)stix->objects, (unsigned long)stix->line,
	    why->words);
}

static bool is_bundle(struct json_value root)
{
	return text_equal(json_text(json_get(root, "type")), TEXT("bundle"));
}

/* An envelope of TAXII, or a bundle, without objects. */
static bool holds_nothing(struct json_value root)
{
	struct json_walk walk = { 0 };
	if (json_kind(root) != JSON_IS_OBJECT)
		return false;
	if (is_bundle(root) && !json_exists(json_get(root, "objects")))
		return true;
	while (json_next(root, &walk))
		if (!text_equal(walk.key, TEXT("more")) && !text_equal(walk.key, TEXT("next")))
			return false;
	return true;
}

static enum error read_piece(
    struct stix_stream *stix, const struct line *piece, struct arena *arena, struct item *item, struct failure *failure)
{
	struct json_value root = { 0 };
	struct failure why = { 0 };
	enum error error;
	stix->line = piece->number;
	stix->objects++;
	if (piece->cut)
		error = fail(&why, ERROR_INPUT, "at most %u MiB were expected", ITEM_LARGEST >> 20);
	else
		error = item_from_stix(stix->parser, piece->text, arena, item, &why);
	if (error != ERROR_INPUT || piece->cut)
		return name_place(stix, error, &why, failure);
	/* None that can be read: perhaps because it is no object. */
	if (json_parse(stix->parser, piece->text, &root, NULL) != OK || json_had_duplicate_keys(stix->parser))
		return name_place(stix, error, &why, failure);
	if (holds_nothing(root)) {
		stix->objects--;
		return ERROR_AGAIN;
	}
	struct json_value objects = json_get(root, "objects");
	if (!is_bundle(root) || json_kind(objects) != JSON_IS_ARRAY)
		return name_place(stix, error, &why, failure);
	stix->objects--;
	stix->bundle = objects;
	stix->walk = (struct json_walk){ 0 };
	return ERROR_AGAIN;
}

static enum error walk_bundle(struct stix_stream *stix, struct arena *arena, struct item *item, struct failure *failure)
{
	struct failure why = { 0 };
	if (!json_next(stix->bundle, &stix->walk)) {
		stix->bundle = (struct json_value){ 0 };
		return ERROR_AGAIN;
	}
	stix->objects++;
	return name_place(stix, item_from_stix_value(stix->walk.value, arena, item, &why), &why, failure);
}

static enum error end(struct stix_stream *stix, struct failure *failure)
{
	if (stix->over || !json_pieces_unfinished(stix->pieces))
		return ERROR_END;
	stix->over = true;
	return fail(failure, ERROR_INPUT, "behind object %lu: the text ends before the list of objects does",
	    (unsigned long)stix->objects);
}

enum error stix_stream_next(struct stix_stream *stix, struct arena *arena, struct item *item, struct failure *failure)
{
	enum error error = ERROR_AGAIN;
	while (error == ERROR_AGAIN) {
		struct line piece;
		if (json_exists(stix->bundle)) {
			error = walk_bundle(stix, arena, item, failure);
			continue;
		}
		error = json_pieces_next(stix->pieces, stix->stream, ITEM_LARGEST, &piece, failure);
		if (error == ERROR_END)
			return end(stix, failure);
		if (!error)
			error = read_piece(stix, &piece, arena, item, failure);
	}
	return error;
}
