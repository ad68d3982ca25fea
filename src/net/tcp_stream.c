/*
 * Reassembly of one side of TCP; see tcp_stream.h. Numbers of bytes wrap at 32 bits and are compared by their distance.
 */
#include "net/tcp_stream.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAP "stream.reassembly_overlap_different_data"

static int32_t distance(uint32_t from, uint32_t to)
{
	return (int32_t)(to - from);
}

/* ── segments that wait ─ */

static void drop_first(struct tcp_side *side, struct stream_memory *memory)
{
	struct tcp_segment *first = side->waiting;

	side->waiting = first->next;
	side->waiting_bytes -= first->size;
	side->waiting_count--;
	memory->used -= sizeof *first + first->room;
	free(first);
}

void tcp_side_clear(struct tcp_side *side, struct stream_memory *memory)
{
	while (side->waiting)
		drop_first(side, memory);
}

/* Adds the bytes to the run, which may move. */
static bool lengthen(
    struct tcp_side *side, struct stream_memory *memory, struct tcp_segment **run, const uint8_t *bytes, uint32_t size)
{
	uint32_t whole = (*run)->size + size, room = (*run)->room;

	if (whole > room) {
		room = whole + whole / 2;
		uint32_t more = room - (*run)->room;
		struct tcp_segment *moved =
		    memory->used + more <= memory->most ? realloc(*run, sizeof **run + room) : NULL;
		if (!moved)
			return false;
		*run = moved;
		moved->room = room;
		memory->used += more;
	}
	memcpy((*run)->bytes + (*run)->size, bytes, size);
	(*run)->size = whole;
	side->waiting_bytes += size;
	return true;
}

/* The run has reached the next one: they become one. */
static void join(struct tcp_side *side, struct stream_memory *memory, struct tcp_segment **run)
{
	struct tcp_segment *next = (*run)->next;

	if (!next || (*run)->first + (*run)->size != next->first ||
	    !lengthen(side, memory, run, next->bytes, next->size))
		return;
	(*run)->next = next->next;
	side->waiting_bytes -= next->size;
	side->waiting_count--;
	memory->used -= sizeof *next + next->room;
	free(next);
}

/* Keeps bytes behind *before (NULL: before all that waits). */
static bool keep(struct tcp_side *side, struct stream_memory *memory, struct tcp_segment **before, uint32_t first,
    const uint8_t *bytes, uint32_t size)
{
	struct tcp_segment **place = before ? &(*before)->next : &side->waiting;
	uint64_t cost = sizeof(struct tcp_segment) + size;

	if (before && (*before)->first + (*before)->size == first) {
		if (!lengthen(side, memory, before, bytes, size))
			return false;
		join(side, memory, before);
		return true;
	}
	struct tcp_segment *segment = memory->used + cost <= memory->most ? malloc(cost) : NULL;
	if (!segment)
		return false;
	segment->first = first;
	segment->size = segment->room = size;
	memcpy(segment->bytes, bytes, size);
	segment->next = *place;
	*place = segment;
	memory->used += cost;
	side->waiting_bytes += size;
	side->waiting_count++;
	return true;
}

/* Whether the bytes that both have are the same. `begin` ≥ segment->first. */
static bool same(const struct tcp_segment *segment, uint32_t begin, const uint8_t *bytes, uint32_t size)
{
	uint32_t from = begin - segment->first, both = segment->size - from;

	return memcmp(segment->bytes + from, bytes, both < size ? both : size) == 0;
}

/* Keeps those of the bytes that do not wait already. */
static bool wait(struct tcp_side *side, struct stream_memory *memory, uint32_t first, const uint8_t *bytes,
    uint32_t size, const char **event)
{
	struct tcp_segment **before_it = NULL;

	while (size > 0) {
		struct tcp_segment **place = before_it ? &(*before_it)->next : &side->waiting, *at = *place;
		if (!at || distance(first + size, at->first) >= 0) /* all before it */
			return keep(side, memory, before_it, first, bytes, size);
		if (distance(at->first + at->size, first) >= 0) { /* all behind it */
			before_it = place;
			continue;
		}
		memory->overlaps++;
		uint32_t before = distance(first, at->first) > 0 ? at->first - first : 0;
		if (!same(at, first + before, bytes + before, size - before))
			*event = OVERLAP;
		uint32_t behind = at->first + at->size - first; /* goes on behind the one that waits */
		if (before > 0 && !keep(side, memory, before_it, first, bytes, before))
			return false;
		before_it = NULL; /* runs may have moved, and become one */
		if (behind >= size)
			return true;
		first += behind;
		bytes += behind;
		size -= behind;
	}
	return true;
}

/* ── handing on ─ */

static void give(struct tcp_side *side, const struct tcp_taker *taker, const uint8_t *bytes, uint32_t size)
{
	if (side->has_end && distance(side->end, side->next + size) > 0) { /* nothing is behind the end */
		int32_t room = distance(side->next, side->end);
		size = room > 0 ? (uint32_t)room : 0;
	}
	side->next += size;
	side->moved = true;
	side->patience = 0;
	if (size > 0 && !side->over)
		taker->bytes(taker->context, bytes, size);
	side->offset += size;
}

static void end_if_due(struct tcp_side *side, const struct tcp_taker *taker)
{
	if (!side->has_end || side->over || distance(side->next, side->end) > 0)
		return;
	side->over = true;
	taker->end(taker->context);
}

/* Hands on what waits for nothing any more. */
static void drain(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker)
{
	while (side->waiting && !side->over && distance(side->next, side->waiting->first) <= 0) {
		struct tcp_segment *segment = side->waiting;
		uint32_t old = side->next - segment->first;
		if (old < segment->size)
			give(side, taker, segment->bytes + old, segment->size - old);
		drop_first(side, memory);
	}
	end_if_due(side, taker);
	if (side->over)
		tcp_side_clear(side, memory);
}

static void give_up_hole(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker)
{
	uint32_t missing = side->waiting->first - side->next;

	memory->gaps++;
	memory->gap_bytes += missing;
	side->next = side->waiting->first;
	side->offset += missing;
	side->patience = 0;
	taker->gap(taker->context, missing);
	drain(side, memory, taker);
}

/* Bytes that were sent but not captured. */
static void skip(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker, uint32_t size)
{
	if (size == 0 || side->over)
		return;
	memory->gaps++;
	memory->gap_bytes += size;
	side->next += size;
	side->offset += size;
	taker->gap(taker->context, size);
}

/* ── segments that come ─ */

struct piece {
	uint32_t first, size;
	const uint8_t *bytes;
};

static void cut(struct piece *piece, uint32_t size)
{
	piece->first += size;
	piece->bytes += size;
	piece->size -= size;
}

/* The piece begins with the byte that comes next: hands it on up to what waits already. */
static const char *take_in_order(
    struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker, struct piece *piece)
{
	const char *event = NULL;
	uint32_t size = piece->size;

	if (side->waiting && distance(side->waiting->first, piece->first + size) > 0) {
		size = side->waiting->first - piece->first;
		memory->overlaps++;
		if (!same(side->waiting, side->waiting->first, piece->bytes + size, piece->size - size))
			event = OVERLAP;
	}
	give(side, taker, piece->bytes, size);
	cut(piece, size);
	drain(side, memory, taker);
	return event;
}

static const char *take_ahead(
    struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker, const struct piece *piece)
{
	const char *event = NULL;

	if (!wait(side, memory, piece->first, piece->bytes, piece->size, &event)) {
		memory->refused++;
		if (side->waiting)
			give_up_hole(side, memory, taker);
		else /* no memory even for this one: it is part of the hole */
			skip(side, memory, taker, piece->first + piece->size - side->next);
	}
	while (!side->over && side->waiting &&
	       (side->waiting_bytes > memory->waiting || side->waiting_count >= TCP_MOST_WAITING))
		give_up_hole(side, memory, taker);
	return event;
}

const char *tcp_side_segment(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker,
    uint32_t first, const uint8_t *bytes, uint32_t size, uint32_t not_captured)
{
	struct piece piece = { first, size, bytes };
	const char *event = NULL;

	if (!side->begun) {
		side->begun = true;
		side->next = first;
	}
	while (piece.size > 0 && !side->over) {
		int32_t ahead = distance(side->next, piece.first);
		if (ahead > 0)
			return take_ahead(side, memory, taker, &piece);
		uint32_t old = side->next - piece.first; /* bytes that came before */
		if (old >= piece.size)
			return event;
		if (old > 0) {
			memory->overlaps++;
			cut(&piece, old);
		}
		const char *wrong = take_in_order(side, memory, taker, &piece);
		event = event ? event : wrong;
	}
	if (side->next == first + size)
		skip(side, memory, taker, not_captured);
	drain(side, memory, taker);
	return event;
}

void tcp_side_syn(struct tcp_side *side, uint32_t first)
{
	if (side->moved || side->waiting || side->over)
		return; /* too late: bytes count from where they began */
	side->begun = true;
	side->next = first;
}

void tcp_side_fin(struct tcp_side *side, const struct tcp_taker *taker, uint32_t end)
{
	if (side->over || (side->begun && distance(side->next, end) < 0))
		return; /* an old one */
	if (!side->begun) {
		side->begun = true;
		side->next = end;
	}
	side->has_end = true;
	side->end = end;
	end_if_due(side, taker);
}

void tcp_side_acknowledged(
    struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker, uint32_t number)
{
	if (!side->waiting || side->over || distance(side->waiting->first, number) < 0)
		return;
	if (side->patience && distance(side->acknowledged, number) <= 0)
		return;
	side->acknowledged = number;
	if (++side->patience > TCP_PATIENCE)
		give_up_hole(side, memory, taker);
}

void tcp_side_finish(struct tcp_side *side, struct stream_memory *memory, const struct tcp_taker *taker)
{
	while (side->waiting && !side->over)
		give_up_hole(side, memory, taker);
	tcp_side_clear(side, memory);
	if (!side->over) {
		side->over = true;
		taker->end(taker->context);
	}
}
