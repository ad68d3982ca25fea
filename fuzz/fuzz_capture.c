/*
 * The capture policy on any lines of any format: every line stays where it stood and grows not, what is reduced is
 * reduced for good, JSON that was well-formed stays so. The policy's own line, too: whatever is read is written and
 * read back the same.
 *
 * Sources: formats/capture.c, formats/capture_columns.c, formats/capture_value.c, model/capture_policy.c.
 */
#include "formats/capture.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "eve", "wazuh", "aminer", "idea", "csv", "fast", "zeek", "cef", NULL };

/* Well-formed JSON stays so. */
static void check_json(struct json_parser *parser, struct text before, struct text after)
{
	struct json_value root;
	if (json_parse(parser, before, &root, NULL) == OK)
		CHECK(json_parse(parser, after, &root, NULL) == OK);
}

static void check_lines(
    struct capture_reducer *reducer, struct json_parser *parser, const char *before, const char *after, size_t size)
{
	for (size_t at = 0; at < size;) {
		const char *stop = memchr(before + at, '\n', size - at);
		size_t end = stop ? (size_t)(stop - before) : size;
		struct capture_counts counts = { 0 };
		struct text line = { before + at, end - at }, reduced;
		if (capture_reduce(reducer, &capture_policy_default, CAPTURE_FOR_CENTRE, format_named("eve"), NULL,
			line, &counts, &reduced))
			check_json(parser, line, reduced);
		CHECK(!stop || after[end] == '\n');
		at = end + 1;
	}
}

static void check_policy(struct text text)
{
	struct capture_policy policy = capture_policy_default, back = capture_policy_default, met;
	struct builder line = { 0 };
	if (capture_policy_read(text, &policy, NULL) != OK)
		return;
	CHECK(policy.kinds[CAPTURE_SECRET] == CAPTURE_NOT && policy.kinds[CAPTURE_PAYLOAD] <= CAPTURE_STAYS);
	CHECK(policy.kinds[CAPTURE_UNKNOWN] == CAPTURE_STAYS);
	capture_policy_write(&policy, &line);
	CHECK(capture_policy_read((struct text){ line.at, line.size }, &back, NULL) == OK);
	CHECK(memcmp(&policy, &back, sizeof back) == 0);
	capture_policy_meet(&policy, &capture_policy_default, &met);
	CHECK(!capture_policy_loosens(&policy, &met) && !capture_policy_loosens(&capture_policy_default, &met));
	builder_free(&line);
}

/* Every second input by its header, the others as if that had not been seen. */
static void reduce(struct capture_reducer *reducer, const struct format *format, char *bytes, size_t size,
    struct capture_counts *counts)
{
	struct capture_columns *columns = NULL;
	struct failure failure;
	if (size % 2)
		CHECK(capture_columns_new(format, TEXT_NONE, &columns, &failure) == OK);
	capture_reduce_lines(
	    reducer, &capture_policy_default, CAPTURE_FOR_CENTRE, format, columns, bytes, size, counts);
	capture_columns_free(columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const char *name = names[data[0] % (sizeof names / sizeof *names)];
	const struct format *format = name ? format_named(name) : NULL;
	struct capture_reducer *reducer = capture_reducer_new();
	struct json_parser *parser = json_parser_new(64);
	char *bytes = malloc(size), *again = malloc(size);
	CHECK(reducer && parser && bytes && again);
	size--;
	memcpy(bytes, data + 1, size);
	struct capture_counts counts = { 0 }, second = { 0 };
	reduce(reducer, format, bytes, size, &counts);
	memcpy(again, bytes, size);
	reduce(reducer, format, again, size, &second);
	CHECK(memcmp(bytes, again, size) == 0 && second.changed == 0);
	check_lines(reducer, parser, (const char *)data + 1, bytes, size);
	check_policy((struct text){ (const char *)data + 1, size });
	free(again);
	free(bytes);
	json_parser_free(parser);
	capture_reducer_free(reducer);
	return 0;
}
