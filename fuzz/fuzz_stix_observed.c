/*
 * match/stix_observed.h: a pattern (the first line) is tried on any document (the rest). What is met names observations
 * that there are, each once, in their order.
 *
 * Sources: match/stix_observed.c, match/stix_test.c.
 */
#include "fuzz.h"
#include "match/stix_observed.h"

static void try_pattern(struct text text, const struct stix_observed *observed, struct arena *arena)
{
	struct stix_pattern pattern;
	struct stix_match match;
	struct failure failure = { 0 };
	if (stix_pattern_read(text, arena, &pattern, &failure) != OK)
		return;
	enum error error = stix_pattern_try(&pattern, observed, arena, &match, &failure);
	CHECK(error == OK || failure.words[0]);
	CHECK(error || match.met == (match.count > 0));
	for (uint32_t i = 0; !error && i < match.count; i++) {
		CHECK(match.observations[i] < stix_observed_count(observed));
		CHECK(i == 0 || match.observations[i - 1] < match.observations[i]);
		stix_observed_id(observed, match.observations[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = { (const char *)data, size }, pattern = text_cut(&rest, '\n');
	struct arena *arena = arena_new(32u << 20);
	struct json_parser *parser = json_parser_new(64);
	struct json_value root;
	struct stix_observed *observed;
	struct failure failure = { 0 };
	CHECK(arena && parser);
	if (json_parse(parser, rest, &root, &failure) == OK) {
		if (stix_observed_new(root, &observed, &failure) == OK) {
			try_pattern(pattern, observed, arena);
			stix_observed_free(observed);
		} else {
			CHECK(failure.words[0]);
		}
	}
	json_parser_free(parser);
	arena_free(arena);
	return 0;
}
