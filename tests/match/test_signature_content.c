/*
 * Contents and their modifiers against a matcher that tries every place of every content: random rules over random
 * payload of few different bytes, so that nearly everything overlaps.
 */
#include "signatures.h"

#include "base/character.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTENTS = 4, LONGEST = 20, PIECES = 12, PIECE = 4, PIECE_LARGEST = 200, KEPT = 512 };

struct part {
	char bytes[4];
	int size;
	bool negated, nocase, starts, ends, relative;
	int offset, depth;    /* depth 0: none */
	int distance, within; /* within 0: none */
	bool says_distance;
};

static int random_below(int most)
{
	return (int)(random() % most);
}

static void random_part(struct part *part, bool first)
{
	*part = (struct part){ .size = 1 + random_below(3) };
	for (int i = 0; i < part->size; i++)
		part->bytes[i] = "abAB"[random_below(4)];
	part->negated = !first && random_below(4) == 0;
	part->nocase = random_below(2);
	part->ends = random_below(6) == 0;
	if (!first && random_below(2)) {
		part->relative = true;
		part->says_distance = random_below(2);
		part->distance = part->says_distance ? random_below(9) - 4 : 0;
		part->within = !part->says_distance || random_below(2) ? part->size + random_below(5) : 0;
	} else if (random_below(6) == 0) {
		part->starts = true;
	} else {
		part->offset = random_below(3) ? 0 : random_below(6);
		part->depth = random_below(2) ? 0 : part->size + random_below(8);
	}
}

static size_t write_part(const struct part *part, char *to, size_t room)
{
	int size = snprintf(to, room, "content:%s\"%.*s\"; ", part->negated ? "!" : "", part->size, part->bytes);
#define OPTION(condition, ...)                                                                                         \
	if (condition)                                                                                                 \
	size += snprintf(to + size, room - (size_t)size, __VA_ARGS__)
	OPTION(part->nocase, "nocase; ");
	OPTION(part->starts, "startswith; ");
	OPTION(part->ends, "endswith; ");
	OPTION(part->offset, "offset:%d; ", part->offset);
	OPTION(part->depth, "depth:%d; ", part->depth);
	OPTION(part->says_distance, "distance:%d; ", part->distance);
	OPTION(part->within, "within:%d; ", part->within);
#undef OPTION
	return (size_t)size;
}

/* Whether the content stands at this very place, and may. */
static bool stands_at(const struct part *part, const char *payload, int size, int at, int before)
{
	if (at < 0 || at + part->size > size)
		return false;
	for (int i = 0; i < part->size; i++)
		if (part->nocase ? char_lower(payload[at + i]) != char_lower(part->bytes[i])
				 : payload[at + i] != part->bytes[i])
			return false;
	if (part->starts && at != 0)
		return false;
	if (part->ends && at + part->size != size)
		return false;
	if (part->relative) {
		int first = before + part->distance;
		return at >= first && (!part->within || at + part->size <= first + part->within);
	}
	return at >= part->offset && (!part->depth || at + part->size <= part->offset + part->depth);
}

/* Of payload from `first` on. */
static bool naive(const struct part *parts, int count, const char *payload, int first, int size, int before)
{
	if (count == 0)
		return true;
	bool any = false;
	for (int at = first; at <= size; at++) {
		if (!stands_at(parts, payload, size, at, before))
			continue;
		any = true;
		if (!parts->negated && naive(parts + 1, count - 1, payload, first, size, at + parts->size))
			return true;
	}
	return parts->negated && !any && naive(parts + 1, count - 1, payload, first, size, before);
}

/* A rule of random parts, as options; how many. */
static int random_options(struct part parts[static CONTENTS], char *options, size_t room)
{
	int count = 1 + random_below(CONTENTS);
	size_t size = 0;
	for (int i = 0; i < count; i++) {
		random_part(&parts[i], i == 0);
		size += write_part(&parts[i], options + size, room - size);
	}
	return count;
}

static int random_payload(char *payload, int most)
{
	int length = 1 + random_below(most);
	for (int i = 0; i < length; i++)
		payload[i] = "abAB"[random_below(4)];
	return length;
}

static void try_random_rule(unsigned *met)
{
	struct part parts[CONTENTS];
	char rule[1024], options[800] = "";
	int count = random_options(parts, options, sizeof options);
	snprintf(rule, sizeof rule, "alert udp any any -> any any (%ssid:7;)", options);
	struct scene scene;
	struct flow flow = scene_flow(17, "10.0.0.5", 1, "192.0.2.1", 2);
	scene_begin(&scene, rule, true);
	for (int i = 0; i < 40; i++) {
		char payload[LONGEST];
		int length = random_payload(payload, LONGEST);
		scene_payload(&scene, &flow, SIDE_CLIENT, 0, payload, (size_t)length);
		bool wanted = naive(parts, count, payload, 0, length, 0);
		if ((scene_met(&scene) == 7) != wanted)
			fail_msg("%s on %.*s: not as the naive matcher says (%d)", rule, length, payload, wanted);
		*met += wanted;
	}
	scene_end(&scene);
}

/* A stream in pieces of at most so many bytes: with each of them the rule is tried on it and the 512 bytes before it,
 * until it is met. Few bytes of a long stream are what contents are made of. */
static void try_random_stream(
    struct scene *scene, const struct part *parts, int count, uint64_t number, int most, unsigned *met)
{
	struct flow flow = scene_flow(6, "10.0.0.5", 1, "192.0.2.1", 2);
	char stream[PIECES * PIECE_LARGEST];
	int size = 0;
	bool done = false;
	flow.id = number;
	for (int i = 0; i < PIECES; i++) {
		int length = random_payload(stream + size, most), kept = size < KEPT ? size : KEPT;
		for (int j = 0; j < length; j++)
			if (most > PIECE && random_below(most / PIECE))
				stream[size + j] = '.';
		scene_payload(scene, &flow, SIDE_CLIENT, (uint64_t)size, stream + size, (size_t)length);
		bool wanted = !done && naive(parts, count, stream, size - kept, size + length, 0);
		size += length;
		if ((scene_met(scene) == 7) != wanted)
			fail_msg("stream %.*s: not as the naive matcher says (%d)", size, stream, wanted);
		done |= wanted;
	}
	*met += done;
}

static void test_contents_match_as_trying_every_place_does(void **state)
{
	(void)state;
	unsigned met = 0, rules = getenv("NOROSHI_LONG") ? 30000 : 5000;
	srandom(17);
	for (unsigned i = 0; i < rules; i++)
		try_random_rule(&met);
	/* neither side is always right by always saying the same */
	assert_in_range(met, rules * 40 / 20, rules * 40 * 19 / 20);
}

static void test_streams_match_over_the_borders_of_their_pieces(void **state)
{
	(void)state;
	unsigned met = 0, rules = getenv("NOROSHI_LONG") ? 30000 : 3000;
	srandom(18);
	for (unsigned i = 0; i < rules; i++) {
		struct part parts[CONTENTS];
		struct scene scene;
		char rule[1024], options[800] = "";
		int count = random_options(parts, options, sizeof options);
		snprintf(rule, sizeof rule, "alert tcp any any -> any any (%ssid:7;)", options);
		scene_begin(&scene, rule, true);
		for (uint64_t number = 1; number <= 10; number++)
			try_random_stream(&scene, parts, count, number, number % 3 ? PIECE : PIECE_LARGEST, &met);
		scene_end(&scene);
	}
	assert_in_range(met, rules * 10 / 20, rules * 10 * 19 / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents_match_as_trying_every_place_does),
		cmocka_unit_test(test_streams_match_over_the_borders_of_their_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
