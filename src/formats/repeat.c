/*
 * Lines that say again what an earlier one said. See repeat.h.
 */
#include "formats/repeat.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES ((size_t)256 << 10) /* of all tails */
#define LONGEST_TAIL 1024u
#define MET 1024u /* places for the hashes of tails that came once */

struct repeats {
	struct arena *texts;
	struct repeat *items; /* of the shapes first, first + 1, … */
	size_t count, room;
	uint64_t first;
	uint32_t *slots; /* open addressing over items, + 1; 0 = empty */
	uint32_t slot_mask;
	size_t newest;     /* the place of what was found last */
	uint64_t asked;    /* hash of the tail that was looked for last */
	uint32_t met[MET]; /* another part of the hash */
};

static bool slots_make(struct repeats *repeats, uint32_t size)
{
	uint32_t *slots = calloc(size, sizeof *slots);
	if (!slots)
		return false;
	free(repeats->slots);
	repeats->slots = slots;
	repeats->slot_mask = size - 1;
	return true;
}

struct repeats *repeats_new(void)
{
	struct repeats *new = calloc(1, sizeof *new);
	if (!new)
		return NULL;
	new->first = 1;
	new->texts = arena_new(TEXT_BYTES);
	if (!new->texts || !slots_make(new, 64)) {
		repeats_free(new);
		return NULL;
	}
	return new;
}

void repeats_free(struct repeats *repeats)
{
	if (!repeats)
		return;
	arena_free(repeats->texts);
	free(repeats->items);
	free(repeats->slots);
	free(repeats);
}

static bool is_tail(const struct repeats *repeats, size_t place, struct text tail)
{
	const struct text *known = &repeats->items[place].tail;
	return known->size == tail.size && memcmp(known->at, tail.at, tail.size) == 0;
}

static const struct repeat *found(struct repeats *repeats, size_t place)
{
	repeats->items[repeats->newest].next = place;
	repeats->newest = place;
	return &repeats->items[place];
}

/* What came behind the newest the last time is looked at first: it is right for six of ten lines, without a hash. */
const struct repeat *repeats_find(struct repeats *repeats, struct text tail)
{
	size_t likely = repeats->count ? repeats->items[repeats->newest].next : 0;
	if (likely < repeats->count && is_tail(repeats, likely, tail))
		return found(repeats, likely);
	repeats->asked = hash_text(tail, 0);
	for (uint32_t at = (uint32_t)repeats->asked & repeats->slot_mask, i; (i = repeats->slots[at]) != 0;
	     at = (at + 1) & repeats->slot_mask)
		if (is_tail(repeats, i - 1, tail))
			return found(repeats, i - 1);
	return NULL;
}

static void slots_add(struct repeats *repeats, uint64_t hash, size_t item)
{
	uint32_t at = (uint32_t)hash & repeats->slot_mask;
	while (repeats->slots[at])
		at = (at + 1) & repeats->slot_mask;
	repeats->slots[at] = (uint32_t)item + 1;
}

static void forget_all(struct repeats *repeats)
{
	arena_clear(repeats->texts);
	repeats->first += repeats->count;
	repeats->count = repeats->newest = 0;
	memset(repeats->slots, 0, (repeats->slot_mask + (size_t)1) * sizeof *repeats->slots);
}

/* Room for one more in `items` and `slots`. */
static bool make_room(struct repeats *repeats)
{
	if (repeats->count == repeats->room) {
		void *more = array_grow(repeats->items, &repeats->room, 16, sizeof *repeats->items);
		if (!more)
			return false;
		repeats->items = more;
	}
	if (repeats->count * 2 < repeats->slot_mask)
		return true;
	if (!slots_make(repeats, (repeats->slot_mask + 1) * 2))
		return false;
	for (size_t i = 0; i < repeats->count; i++)
		slots_add(repeats, hash_text(repeats->items[i].tail, 0), i);
	return true;
}

/* Texts that lie in the tail move with it. */
static void move_texts(struct alert *alert, struct text from, const char *to)
{
	struct text *const texts[] = { &alert->detector, &alert->signature_id, &alert->signature, &alert->category,
		&alert->host, &alert->account, &alert->protocol, &alert->object };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i]->at >= from.at && texts[i]->at <= from.at + from.size)
			texts[i]->at = to + (texts[i]->at - from.at);
}

uint64_t repeats_learn(struct repeats *repeats, struct text tail, const struct alert *alert)
{
	uint32_t *met = &repeats->met[repeats->asked >> 32 & (MET - 1)];
	uint32_t mark = (uint32_t)(repeats->asked >> 32) | 1;
	if (*met != mark || tail.size > LONGEST_TAIL) {
		*met = mark;
		return 0;
	}
	if (repeats->count == FORMAT_SHAPES)
		forget_all(repeats);
	struct text copy = make_room(repeats) ? arena_text(repeats->texts, tail) : TEXT_NONE;
	if (!copy.size) { /* the texts' room is used up: the next one is the first of the new ones */
		forget_all(repeats);
		return 0;
	}
	struct repeat *made = &repeats->items[repeats->count];
	*made = (struct repeat){ repeats->first + repeats->count, copy, *alert, 0 };
	move_texts(&made->alert, tail, copy.at);
	slots_add(repeats, repeats->asked, repeats->count++);
	return made->shape;
}
