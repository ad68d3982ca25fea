/*
 * Puts pieces together (assembly.h): copies what is new of each, and keeps the list of pieces in order.
 */
#include "net/assembly.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct assembly *assembly, size_t size, size_t limit)
{
	if (size <= assembly->room)
		return true;
	size_t room = assembly->room ? assembly->room : 2048;
	while (room < size)
		room *= 2;
	if (room > limit)
		room = limit;
	uint8_t *bytes = realloc(assembly->bytes, room);
	if (!bytes)
		return false;
	assembly->bytes = bytes;
	assembly->room = room;
	return true;
}

/* Copies the parts of [from, to) that no piece covers. */
static void copy_new(struct assembly *assembly, uint32_t from, uint32_t to, const char *at)
{
	uint32_t place = from;
	for (uint32_t i = 0; i <= assembly->count && place < to; i++) {
		bool last = i == assembly->count;
		uint32_t hole_end = last || assembly->pieces[i].from > to ? to : assembly->pieces[i].from;
		if (hole_end > place)
			memcpy(assembly->bytes + place, at + (place - from), hole_end - place);
		if (!last && assembly->pieces[i].to > place)
			place = assembly->pieces[i].to;
	}
}

bool assembly_add(struct assembly *assembly, size_t offset, struct text piece, size_t limit)
{
	if (offset > limit || piece.size > limit - offset)
		return false;
	if (piece.size == 0)
		return true;
	uint32_t from = (uint32_t)offset, to = (uint32_t)(offset + piece.size), first = 0, behind;
	/* The pieces that it touches are [first, behind). */
	while (first < assembly->count && assembly->pieces[first].to < from)
		first++;
	for (behind = first; behind < assembly->count && assembly->pieces[behind].from <= to; behind++)
		;
	if ((behind == first && assembly->count == ASSEMBLY_PIECES) || !make_room(assembly, to, limit))
		return false;
	copy_new(assembly, from, to, piece.at);
	if (behind > first) {
		from = from < assembly->pieces[first].from ? from : assembly->pieces[first].from;
		to = to > assembly->pieces[behind - 1].to ? to : assembly->pieces[behind - 1].to;
	}
	memmove(&assembly->pieces[first + 1], &assembly->pieces[behind],
	    (assembly->count - behind) * sizeof *assembly->pieces);
	assembly->count = assembly->count - behind + first + 1;
	assembly->pieces[first].from = from;
	assembly->pieces[first].to = to;
	return true;
}

size_t assembly_ready(const struct assembly *assembly)
{
	return assembly->count > 0 && assembly->pieces[0].from == 0 ? assembly->pieces[0].to : 0;
}

void assembly_free(struct assembly *assembly)
{
	free(assembly->bytes);
	*assembly = (struct assembly){ .bytes = NULL };
}
