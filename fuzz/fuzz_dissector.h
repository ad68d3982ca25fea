/*
 * What the targets of dissectors share: bytes as a conversation, given whole and byte by byte, must give the same
 * facts.
 */
#ifndef NOROSHI_FUZZ_DISSECTOR_H
#define NOROSHI_FUZZ_DISSECTOR_H

#include "base/json.h"
#include "dissector_driver.h"
#include "fuzz.h"
#include "net/cursor.h"

#include <string.h>

#define FUZZ_TURNS 64

/* How sure a dissector is never goes back when more bytes come. */
static inline void fuzz_recognise(const struct dissector *dissector, const uint8_t *data, size_t size)
{
	for (unsigned side = 0; side < 2; side++) {
		enum likeness before = LIKENESS_MAYBE;
		for (size_t some = 1; some <= size && some < 1000; some++) {
			enum likeness now = dissector->recognise((enum side)side, data, some);
			CHECK(before == LIKENESS_MAYBE || now == before);
			before = now;
		}
	}
}

/* The records are valid JSON. */
static inline void fuzz_records(struct text lines)
{
	struct json_parser *parser = json_parser_new(16);
	struct json_value root;
	CHECK(parser);
	while (lines.size) {
		struct text line = text_cut(&lines, '\n');
		text_cut(&line, ' ');
		if (text_starts(line, TEXT("{")))
			CHECK(json_parse(parser, line, &root, NULL) == OK);
	}
	json_parser_free(parser);
}

/* What was told of one side, in its order: between the sides there is none, a cut may show the one or the other first.
 */
static inline void fuzz_side(struct text lines, struct text side, struct builder *to)
{
	while (lines.size) {
		struct text line = text_cut(&lines, '\n');
		if (text_starts(line, side))
			build_text(to, line);
	}
}

static inline void fuzz_same(const struct builder *a, const struct builder *b, struct text side)
{
	struct builder one = { 0 }, other = { 0 };
	fuzz_side((struct text){ a->at, a->size }, side, &one);
	fuzz_side((struct text){ b->at, b->size }, side, &other);
	CHECK(!one.failed && !other.failed && one.size == other.size);
	CHECK(!one.size || memcmp(one.at, other.at, one.size) == 0);
	builder_free(&one);
	builder_free(&other);
}

/* A turn is a byte (the highest bit: the server's; the next one: a hole) and one more, 14 bits of length in all; then
 * so many bytes, or a hole of that size. `data` begins with a byte that the target may use. */
static inline int fuzz_conversation(const struct dissector *dissector, const uint8_t *data, size_t size)
{
	struct said said[FUZZ_TURNS];
	struct conversation conversation = { .dissector = dissector,
		.said = said,
		.transport = dissector->transports & TRANSPORT_TCP ? TRANSPORT_TCP : TRANSPORT_UDP };
	struct cursor from = cursor_of(data, size);
	struct builder whole = { 0 }, bytewise = { 0 }, fields = { 0 };
	cursor_skip(&from, 1);
	while (from.left > 2 && conversation.count < FUZZ_TURNS) {
		uint16_t head = cursor_u16(&from);
		size_t length = head & 0x3fffu;
		struct said *turn = &said[conversation.count++];
		*turn = (struct said){ .side = head & 0x8000u ? SIDE_SERVER : SIDE_CLIENT };
		if (head & 0x4000u) {
			turn->missing = length;
			continue;
		}
		struct text bytes = cursor_text(&from, length < from.left ? length : from.left);
		turn->at = bytes.at;
		turn->size = bytes.size;
	}
	driver_run(&conversation, driver_show_eve, &(struct cut){ 0 }, &whole);
	driver_run(&conversation, driver_show_eve, &(struct cut){ .bytewise = true }, &bytewise);
	driver_run(&conversation, driver_show_fields, &(struct cut){ 0 }, &fields);
	CHECK(!whole.failed && !bytewise.failed && whole.size == bytewise.size);
	fuzz_same(&whole, &bytewise, TEXT("client "));
	fuzz_same(&whole, &bytewise, TEXT("server "));
	fuzz_records((struct text){ whole.at, whole.size });
	builder_free(&whole);
	builder_free(&bytewise);
	builder_free(&fields);
	return 0;
}

#endif
