/*
 * base/json.h: the fast parser and the plain scanner agree on what is JSON; every value can be walked; the first of
 * duplicate keys counts, and they are found exactly when they are there.
 *
 * Sources: base/json_scan.c, base/json.cc.
 */
#include "base/json.h"
#include "base/json_scan.h"
#include "fuzz.h"

#include <math.h>
#include <string.h>

#define DEEPEST 12

static void check_number(struct json_value value)
{
	struct text text = json_text(value);
	int64_t integer, expected;
	uint64_t whole;
	double real;
	CHECK(text.size);
	if (json_to_i64(value, &integer))
		CHECK(text_to_i64(text, &expected) && expected == integer);
	if (json_to_u64(value, &whole) && text.at[0] != '-')
		CHECK(text_to_u64(text, &whole));
	if (json_to_double(value, &real)) {
		double exact;
		CHECK(isfinite(real));
		if (text_to_double(text, &exact))
			CHECK(exact == real);
	}
}

/* Walks everything below `container`; true when some object has a key twice. Few members only: it compares all with
 * all. */
static bool walk(struct json_value container, unsigned depth)
{
	struct json_walk outer = { 0 };
	bool duplicates = false, object = json_kind(container) == JSON_IS_OBJECT;
	CHECK(depth <= DEEPEST + 1);
	while (json_next(container, &outer)) {
		struct json_walk inner = { 0 };
		CHECK(json_exists(outer.value));
		if (json_kind(outer.value) == JSON_IS_INTEGER || json_kind(outer.value) == JSON_IS_REAL)
			check_number(outer.value);
		if (json_kind(outer.value) == JSON_IS_STRING)
			CHECK(text_utf8_valid(json_text(outer.value)) == json_text(outer.value).size);
		duplicates |= walk(outer.value, depth + 1);
		while (object && json_next(container, &inner) && inner.value.index != outer.value.index)
			duplicates |= text_equal(inner.key, outer.key);
	}
	return duplicates;
}

/* json_get() gives the first member of its name. */
static void check_get(struct json_value object)
{
	struct json_walk members = { 0 };
	while (json_kind(object) == JSON_IS_OBJECT && json_next(object, &members)) {
		char key[64];
		if (memchr(members.key.at, 0, members.key.size) || !text_copy(members.key, key, sizeof key))
			continue;
		struct json_value found = json_get(object, key);
		CHECK(json_exists(found) && found.index <= members.value.index);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	struct failure failure = { 0 };
	struct json_offence offence;
	struct json_value root;
	struct json_parser *parser = json_parser_new(DEEPEST);
	CHECK(parser);
	if (size > 20000)
		text.size = 20000;
	struct text body = text_starts(text, TEXT("\xef\xbb\xbf")) ? (struct text){ text.at + 3, text.size - 3 } : text;
	bool sound = json_scan(body, DEEPEST, NULL, NULL, &offence);
	enum error error = json_parse(parser, text, &root, &failure);
	CHECK(sound == (error == OK));
	CHECK(error == OK || error == ERROR_INPUT);
	CHECK(error == OK || offence.at <= body.size);
	CHECK(!strstr(failure.words, "unexpectedly"));
	if (error == OK) {
		CHECK(walk(root, 1) == json_had_duplicate_keys(parser));
		check_get(root);
	}
	json_parser_free(parser);
	return 0;
}
