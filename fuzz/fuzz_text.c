/*
 * base/text.h: UTF-8, numbers, searching and JSON strings against slower ways to the same answer.
 *
 * Sources: base/text.c, base/utf8.c, base/builder.c.
 */
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_utf8(struct text text)
{
	char *shown = malloc(3 * text.size + 1), *again = malloc(9 * text.size + 1);
	CHECK(shown && again);
	size_t valid = text_utf8_valid(text), size = text_make_printable(text, shown);
	struct text printable = { shown, size };
	CHECK(valid <= text.size);
	CHECK(text_utf8_valid((struct text){ text.at, valid }) == valid);
	CHECK(text_utf8_valid(printable) == size);
	CHECK(text_make_printable(printable, again) == size && memcmp(shown, again, size) == 0);
	free(shown);
	free(again);
}

/* A JSON string that we write is read by the JSON reader as what it was made from. */
static void check_json_string(struct text text)
{
	struct builder built = { 0 };
	struct json_parser *parser = json_parser_new(4);
	struct json_value root;
	build_json_string(&built, text);
	CHECK(parser && !built.failed);
	CHECK(json_parse(parser, (struct text){ built.at, built.size }, &root, NULL) == OK);
	CHECK(json_kind(root) == JSON_IS_STRING);
	if (text_utf8_valid(text) == text.size)
		CHECK(text_equal(json_text(root), text));
	json_parser_free(parser);
	builder_free(&built);
}

static void check_numbers(struct text text)
{
	char copy[64];
	double value;
	uint64_t whole;
	int64_t integer;
	if (text_to_double(text, &value)) {
		CHECK(isfinite(value));
		if (text_copy(text, copy, sizeof copy)) {
			char *end;
			double expected = strtod(copy, &end);
			CHECK(*end == 0 && memcmp(&expected, &value, sizeof value) == 0);
		}
	}
	if (text_to_u64(text, &whole)) {
		CHECK(text_copy(text, copy, 2) || text.size > 1);
		if (text_copy(text, copy, sizeof copy))
			CHECK(strtoull(copy, NULL, 10) == whole);
	}
	if (text_to_i64(text, &integer) && text_copy(text, copy, sizeof copy))
		CHECK(strtoll(copy, NULL, 10) == integer);
}

static void check_search(struct text whole, struct text part)
{
	ptrdiff_t found = text_find(whole, part), nocase = text_find_nocase(whole, part);
	if (found >= 0)
		CHECK(memcmp(whole.at + found, part.at, part.size) == 0 && nocase >= 0 && nocase <= found);
	if (nocase >= 0)
		CHECK(text_equal_nocase((struct text){ whole.at + nocase, part.size }, part));
	CHECK(text_compare(whole, part) == -text_compare(part, whole));
	CHECK((text_compare(whole, part) == 0) == text_equal(whole, part));
	size_t sum = 0;
	struct text rest = whole;
	while (rest.size) {
		struct text cut = text_cut(&rest, ',');
		sum += cut.size + (rest.at > cut.at + cut.size);
	}
	CHECK(sum == whole.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };
	if (size == 0)
		return 0;
	check_utf8(text);
	check_json_string(text);
	check_numbers(text);
	check_numbers(text_trim(text));
	size_t half = data[0] < size ? data[0] : size / 2;
	check_search((struct text){ text.at + half, size - half }, (struct text){ text.at, half });
	char copy[16];
	text_copy(text, copy, data[0] % sizeof copy + 1);
	return 0;
}
