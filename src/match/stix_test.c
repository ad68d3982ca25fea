/*
 * One comparison on one object; see stix_test.h.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/stix_test.h"

#include "base/base64.h"
#include "base/character.h"
#include "base/hash.h"
#include "net/address.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define VISITS_MOST 100000u   /* values of one test: references may lead in circles */
#define VISITS_ALL (1u << 25) /* of all tests together */
#define STEPS_MOST 100000u    /* of a regular expression over one value */
#define DEPTH_MOST 1000u

struct stix_tests {
	struct expression {
		const struct stix_node *test;
		pcre2_code *code;
	} * expressions; /* by the place of the test in memory */
	size_t count, room;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	uint32_t visits;
	bool limited;
};

/* ── regular expressions ─ */

static enum error compile(struct stix_tests *tests, const struct stix_node *test, struct failure *failure)
{
	if (tests->count == tests->room) {
		struct expression *larger = array_grow(tests->expressions, &tests->room, 8, sizeof *larger);
		if (!larger)
			return fail(failure, ERROR_MEMORY, "no memory for a pattern");
		tests->expressions = larger;
	}
	struct text shape = test->constants[0].text;
	int number;
	size_t place;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)shape.at, shape.size,
	    PCRE2_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &number, &place, NULL);
	if (!code) {
		char words[120];
		pcre2_get_error_message(number, (PCRE2_UCHAR *)words, sizeof words);
		return fail(failure, ERROR_INPUT, "byte %u of the pattern: the regular expression: %s",
		    test->offset + 1, words);
	}
	tests->expressions[tests->count++] = (struct expression){ test, code };
	return OK;
}

static enum error compile_all(struct stix_tests *tests, const struct stix_node *node, struct failure *failure)
{
	enum error error = OK;
	if (node->kind == STIX_TEST)
		return node->operator== STIX_MATCHES ? compile(tests, node, failure) : OK;
	for (const struct stix_node *at = node->first; at && !error; at = at->next)
		error = compile_all(tests, at, failure);
	return error;
}

static int by_place(const void *a, const void *b)
{
	const struct expression *one = a, *other = b;
	return one->test < other->test ? -1 : one->test > other->test;
}

enum error stix_tests_new(const struct stix_pattern *pattern, struct stix_tests **tests, struct failure *failure)
{
	struct stix_tests *new = calloc(1, sizeof *new);
	if (new) {
		new->match = pcre2_match_data_create(1, NULL);
		new->limits = pcre2_match_context_create(NULL);
	}
	enum error error = new &&new->match &&new->limits ? compile_all(new, pattern->root, failure)
							  : fail(failure, ERROR_MEMORY, "no memory for a pattern");
	if (error) {
		stix_tests_free(new);
		return error;
	}
	pcre2_set_match_limit(new->limits, STEPS_MOST);
	pcre2_set_depth_limit(new->limits, DEPTH_MOST);
	if (new->count)
		qsort(new->expressions, new->count, sizeof *new->expressions, by_place);
	*tests = new;
	return OK;
}

void stix_tests_free(struct stix_tests *tests)
{
	if (!tests)
		return;
	for (size_t i = 0; i < tests->count; i++)
		pcre2_code_free(tests->expressions[i].code);
	free(tests->expressions);
	pcre2_match_data_free(tests->match);
	pcre2_match_context_free(tests->limits);
	free(tests);
}

bool stix_tests_limited(const struct stix_tests *tests)
{
	return tests->limited;
}

static bool matches(struct stix_tests *tests, const struct stix_node *test, struct text value)
{
	const struct expression wanted = { test, NULL };
	const struct expression *found = bsearch(&wanted, tests->expressions, tests->count, sizeof wanted, by_place);
	int result = pcre2_match(found->code, (PCRE2_SPTR)value.at, value.size, 0, 0, tests->match, tests->limits);
	tests->limited |=
	    result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT || result == PCRE2_ERROR_HEAPLIMIT;
	return result >= 0;
}

/* ── single values ─ */

/* The characters from `at`: one of UTF-8 counts as one. */
static size_t character(struct text text, size_t at)
{
	uint32_t code;
	size_t size = text_utf8_character((struct text){ text.at + at, text.size - at }, &code);
	return size ? size : 1;
}

/* % is any text, _ any character. After a mismatch only the last % is tried further: enough, since the one before can
 * match nothing that it could not. */
static bool like(struct text value, struct text shape)
{
	size_t v = 0, s = 0, star = SIZE_MAX, resume = 0;
	while (v < value.size) {
		if (s < shape.size && shape.at[s] == '%') {
			star = s++;
			resume = v;
		} else if (s < shape.size && shape.at[s] == '_') {
			v += character(value, v);
			s++;
		} else if (s < shape.size && shape.at[s] == value.at[v]) {
			v++, s++;
		} else if (star != SIZE_MAX) {
			s = star + 1;
			v = resume += character(value, resume);
		} else {
			return false;
		}
	}
	while (s < shape.size && shape.at[s] == '%')
		s++;
	return s == shape.size;
}

/* Bytes stand in properties in hexadecimal digits or in Base64: either is taken. */
static bool same_bytes(struct text value, struct text bytes)
{
	uint8_t decoded[1024];
	struct base64_decoder decoder = { 0 };
	if (value.size > sizeof decoded)
		return false;
	if (value.size == 2 * bytes.size && hex_parse(value, decoded, bytes.size))
		return memcmp(decoded, bytes.at, bytes.size) == 0;
	return base64_decode(&decoder, value.at, value.size, decoded) == bytes.size &&
	       (bytes.size == 0 || memcmp(decoded, bytes.at, bytes.size) == 0);
}

enum order { ORDER_LESS, ORDER_SAME, ORDER_MORE, ORDER_NONE };

static enum order order_of(double difference)
{
	return difference < 0 ? ORDER_LESS : difference > 0 ? ORDER_MORE : ORDER_SAME;
}

static enum order compare_number(struct json_value value, const struct stix_constant *constant)
{
	int64_t integer;
	double real;
	if (constant->kind == STIX_INTEGER && json_to_i64(value, &integer))
		return integer < constant->integer ? ORDER_LESS : integer > constant->integer ? ORDER_MORE : ORDER_SAME;
	return json_to_double(value, &real) ? order_of(real - constant->real) : ORDER_NONE;
}

/* ORDER_NONE: of different types, or of a type that has equality only and they differ. */
static enum order compare(struct json_value value, const struct stix_constant *constant)
{
	enum json_kind kind = json_kind(value);
	nanoseconds time;
	if (constant->kind == STIX_INTEGER || constant->kind == STIX_FLOAT)
		return kind == JSON_IS_INTEGER || kind == JSON_IS_REAL ? compare_number(value, constant) : ORDER_NONE;
	if (constant->kind == STIX_BOOLEAN)
		return kind == (constant->integer ? JSON_IS_TRUE : JSON_IS_FALSE) ? ORDER_SAME : ORDER_NONE;
	if (kind != JSON_IS_STRING)
		return ORDER_NONE;
	if (constant->kind == STIX_BYTES)
		return same_bytes(json_text(value), constant->text) ? ORDER_SAME : ORDER_NONE;
	if (constant->kind == STIX_STRING)
		return order_of(text_compare(json_text(value), constant->text));
	if (!time_parse(json_text(value), 0, &time, NULL))
		return ORDER_NONE;
	return time < constant->time ? ORDER_LESS : time > constant->time ? ORDER_MORE : ORDER_SAME;
}

static bool within(struct text inner, struct text outer)
{
	struct prefix a, b;
	return prefix_parse(inner, &a) && prefix_parse(outer, &b) && a.length >= b.length &&
	       prefix_contains(b, a.address);
}

static bool is_met(struct stix_tests *tests, const struct stix_node *test, struct json_value value)
{
	enum order order = test->constant_count ? compare(value, &test->constants[0]) : ORDER_NONE;
	struct text text = json_kind(value) == JSON_IS_STRING ? json_text(value) : TEXT_NONE;
	switch (test->operator) {
	case STIX_EQUAL:
		return order == ORDER_SAME;
	case STIX_UNEQUAL:
		return order != ORDER_SAME;
	case STIX_LESS:
		return order == ORDER_LESS;
	case STIX_LESS_OR_EQUAL:
		return order == ORDER_LESS || order == ORDER_SAME;
	case STIX_MORE:
		return order == ORDER_MORE;
	case STIX_MORE_OR_EQUAL:
		return order == ORDER_MORE || order == ORDER_SAME;
	case STIX_IN:
		for (uint32_t i = 0; i < test->constant_count; i++)
			if (compare(value, &test->constants[i]) == ORDER_SAME)
				return true;
		return false;
	case STIX_LIKE:
		return text.at && like(text, test->constants[0].text);
	case STIX_MATCHES:
		return text.at && matches(tests, test, text);
	case STIX_SUBSET:
		return text.at && within(text, test->constants[0].text);
	case STIX_SUPERSET:
		return text.at && within(test->constants[0].text, text);
	case STIX_EXISTS:
		return true;
	}
	return false;
}

/* ── paths ─ */

struct walk {
	struct stix_tests *tests;
	const struct stix_node *test;
	const struct stix_scene *scene;
	unsigned visits;
};

/* Names of hashes are written in either case. */
static struct json_value member(struct json_value object, struct text key)
{
	struct json_walk walk = { 0 };
	struct json_value alike = { 0 };
	while (json_next(object, &walk)) {
		if (text_equal(walk.key, key))
			return walk.value;
		if (!json_exists(alike) && text_equal_nocase(walk.key, key))
			alike = walk.value;
	}
	return alike;
}

static bool go(struct walk *walk, struct json_value value, uint32_t step);

static bool go_items(struct walk *walk, struct json_value array, uint32_t step)
{
	const struct stix_step *at = &walk->test->path.steps[step];
	struct json_walk items = { 0 };
	int64_t count = 0, wanted = at->index;
	if (at->kind == STIX_INDEX && wanted < 0) {
		while (json_next(array, &items))
			count++;
		wanted += count;
		items = (struct json_walk){ 0 };
		count = 0;
	}
	for (; json_next(array, &items); count++)
		if ((at->kind == STIX_EACH || count == wanted) && go(walk, items.value, step + 1))
			return true;
	return false;
}

/* Whether some value that the path leads to from here on fulfils the test. */
static bool go(struct walk *walk, struct json_value value, uint32_t step)
{
	const struct stix_path *path = &walk->test->path;
	if (!json_exists(value))
		return false;
	if (walk->visits++ == VISITS_MOST || walk->tests->visits++ >= VISITS_ALL) {
		walk->visits = VISITS_MOST;
		walk->tests->limited = true;
		return false;
	}
	if (step == path->count)
		return is_met(walk->tests, walk->test, value) != walk->test->negated;
	if (path->steps[step].kind != STIX_KEY)
		return json_kind(value) == JSON_IS_ARRAY && go_items(walk, value, step);
	if (json_kind(value) == JSON_IS_STRING && step > 0) /* a reference: the path goes on at what it names */
		value = walk->scene->follow(walk->scene->context, json_text(value));
	return json_kind(value) == JSON_IS_OBJECT && go(walk, member(value, path->steps[step].key), step + 1);
}

bool stix_tests_hold(
    struct stix_tests *tests, const struct stix_node *node, const struct stix_scene *scene, struct json_value object)
{
	struct walk walk = { tests, node, scene, 0 };
	if (node->kind == STIX_TEST)
		return text_equal(json_text(json_get(object, "type")), node->path.object) && go(&walk, object, 0);
	for (const struct stix_node *at = node->first; at; at = at->next)
		if (stix_tests_hold(tests, at, scene, object) == (node->kind == STIX_ANY))
			return node->kind == STIX_ANY;
	return node->kind == STIX_ALL;
}
