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

enum { CONTENTS = 4, LONGEST = 20 };

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

static bool naive(const struct part *parts, int count, const char *payload, int size, int before)
{
	if (count == 0)
		return true;
	bool any = false;
	for (int at = 0; at <= size; at++) {
		if (!stands_at(parts, payload, size, at, before))
			continue;
		any = true;
		if (!parts->negated && naive(parts + 1, count - 1, payload, size, at + parts->size))
			return true;
	}
	return parts->negated && !any && naive(parts + 1, count - 1, payload, size, before);
}

static void try_random_rule(unsigned *met)
{
	struct part parts[CONTENTS];
	char rule[1024], options[800] = "";
	int count = 1 + random_below(CONTENTS);
	size_t size = 0;
	for (int i = 0; i < count; i++) {
		random_part(&parts[i], i == 0);
		size += write_part(&parts[i], options + size, sizeof options - size);
	}
	snprintf(rule, sizeof rule, "alert udp any any -> any any (%ssid:7;)", options);
	struct scene scene;
	struct flow flow = scene_flow(17, "10.0.0.5", 1, "192.0.2.1", 2);
	scene_begin(&scene, rule, true);
	for (int i = 0; i < 40; i++) {
		char payload[LONGEST];
		int length = 1 + random_below(LONGEST);
		for (int j = 0; j < length; j++)
			payload[j] = "abAB"[random_below(4)];
		scene_payload(&scene, &flow, SIDE_CLIENT, 0, payload, (size_t)length);
		bool wanted = naive(parts, count, payload, length, 0);
		if ((scene_met(&scene) == 7) != wanted)
			fail_msg("%s on %.*s: not as the naive matcher says (%d)", rule, length, payload, wanted);
		*met += wanted;
	}
	scene_end(&scene);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents_match_as_trying_every_place_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
