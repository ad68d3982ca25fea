/*
 * Reading JSON (RFC 8259) fast: simdjson's parser behind a flat, allocation-free walk. Writing, and small documents of
 * our own, use jansson directly.
 *
 * The whole line is validated (UTF-8, structure) in one pass; a byte order mark before it is skipped. Depth is limited.
 * Of duplicate keys the first counts and the document is marked, so that the reader can count it. A number that fits
 * neither 64 bits nor a double does not fail the document: it is a JSON_IS_REAL that has a text and, when a double can
 * hold it at all, a nearest value. Memory: about 16 times the longest text parsed so far.
 */
#ifndef NOROSHI_BASE_JSON_H
#define NOROSHI_BASE_JSON_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define JSON_LARGEST (256u << 20) /* bytes of one text */

struct json_parser; /* reusable, one thread; owns its buffers */

enum json_kind {
	JSON_IS_NULL,
	JSON_IS_FALSE,
	JSON_IS_TRUE,
	JSON_IS_INTEGER,
	JSON_IS_REAL,
	JSON_IS_STRING,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT
};

/* A value of the parsed document: an index into the parser's tape, valid until the next json_parse(). */
struct json_value {
	const struct json_parser *parser;
	uint32_t index; /* 0 = no such value */
};

/* `deepest` containers within each other are allowed, 1–1024, an empty one not counted (64 is plenty for what detectors
 * write). NULL when there is no memory. */
struct json_parser *json_parser_new(unsigned deepest);
void json_parser_free(struct json_parser *parser);

/* `text` is copied; the values' texts live until the next json_parse() on this parser. Whatever is wrong with the text
 * (syntax, UTF-8, lone surrogates, depth, size) is ERROR_INPUT, and the failure names the byte offset and what was
 * expected; otherwise only ERROR_MEMORY. */
enum error json_parse(struct json_parser *parser, struct text text, struct json_value *root, struct failure *failure);
/* Some object of the document has a key twice. Looked for when asked: linear for objects of up to 64 members, by
 * sorting for larger ones. */
bool json_had_duplicate_keys(const struct json_parser *parser);
struct text json_duplicate_key(const struct json_parser *parser); /* such a key; empty when there is none */

bool json_exists(struct json_value value);
enum json_kind json_kind(struct json_value value); /* JSON_IS_NULL for no value */

/* The member of an object; no value when `object` is none or has no such key. json_at() follows "a.b.c". */
struct json_value json_get(struct json_value object, const char *key);
struct json_value json_at(struct json_value object, const char *dotted);

/* Empty, 0, false when the value is of another kind or does not fit. json_text() of a number gives its characters
 * exactly as the text wrote them ("1.50", "1e3", "-0"). A string may hold any character, NUL too; it is followed by a
 * NUL. 5.0 is no integer. */
struct text json_text(struct json_value value);
/* (Not json_integer and json_real: jansson exports functions of these names, and a program links both.) */
bool json_to_i64(struct json_value value, int64_t *number);
bool json_to_u64(struct json_value value, uint64_t *number);
bool json_to_double(struct json_value value, double *number); /* also from an integer */

/* Walks an array's items or an object's members: start with zeroed `walk`; false at the end. */
struct json_walk {
	uint32_t next;
	bool started;
	struct text key; /* of an object's member */
	struct json_value value;
};
bool json_next(struct json_value container, struct json_walk *walk);

/* Writes the value without white space: numbers with the characters they had, members in their order, each as often as
 * it stood there, strings with the fewest escapes. No value writes nothing. */
void build_json_value(struct builder *to, struct json_value value);

#endif
