/*
 * From the bytes of a flow to its dissector; see stream.h and dissector.h: recognition by content, bytes that wait for
 * the rest of their message, and what a dissector may ask for.
 */
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

#define MOST_RECOGNISED 4096u /* bytes of a side; what is not known by then is none of ours */
#define MOST_BECOME 8         /* times that a flow becomes another protocol */

static struct stream_kept *kept_of(struct stream *stream, enum side side)
{
	return &stream->kept[side ^ stream->turned];
}

/* ── what waits ─ */

static void drop_kept(struct stream *stream, struct stream_kept *kept)
{
	stream->memory->used -= kept->room;
	free(kept->bytes);
	kept->bytes = NULL;
	kept->size = kept->room = 0;
}

/* Not before the end of any flow. */
static bool wants_nothing(const struct stream_kept *kept)
{
	return kept->deaf || kept->skip > UINT64_MAX / 2;
}

static void close_side(struct stream *stream, enum side side)
{
	struct stream_kept *kept = kept_of(stream, side);

	kept->deaf = true;
	drop_kept(stream, kept);
	stream->over |= wants_nothing(&stream->kept[0]) && wants_nothing(&stream->kept[1]);
}

static bool append(struct stream *stream, struct stream_kept *kept, const uint8_t *bytes, size_t size)
{
	size_t whole = kept->size + size;

	if (size == 0)
		return true;
	if (whole > kept->room) {
		size_t room = kept->room ? kept->room : 256;
		while (room < whole)
			room *= 2;
		if (room > UINT32_MAX || stream->memory->used + (room - kept->room) > stream->memory->most)
			return false;
		uint8_t *more = realloc(kept->bytes, room);
		if (!more)
			return false;
		stream->memory->used += room - kept->room;
		kept->bytes = more;
		kept->room = (uint32_t)room;
	}
	memcpy(kept->bytes + kept->size, bytes, size);
	kept->size = (uint32_t)whole;
	return true;
}

/* Keeps `bytes`, which may lie in what is kept already. */
static void keep_rest(struct stream *stream, enum side side, const uint8_t *bytes, size_t size)
{
	struct stream_kept *kept = kept_of(stream, side);

	if (kept->size > 0) {
		if (bytes != kept->bytes)
			memmove(kept->bytes, bytes, size);
		kept->size = (uint32_t)size;
	} else if (!append(stream, kept, bytes, size)) {
		stream->memory->refused++;
		close_side(stream, side);
	}
	if (kept->size == 0 && kept->room > 0)
		drop_kept(stream, kept);
}

/* ── life ─ */

static uint64_t all_candidates(enum transport transport)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 64 && dissectors[i]; i++)
		if (dissectors[i]->transports & transport)
			bits |= (uint64_t)1 << i;
	return bits;
}

static void begin_recognition(struct stream *stream)
{
	uint64_t all = all_candidates(stream->dissection.transport);
	/* who sent first may be the server when the beginning was not seen; for datagrams nobody knows */
	bool unsure = stream->flow->midstream || stream->dissection.transport == TRANSPORT_UDP;

	stream->dissection.dissector = NULL;
	stream->candidates[0] = all;
	stream->candidates[1] = unsure ? all : 0;
	if (all == 0)
		stream->over = true;
}

struct stream *stream_new(
    struct flow *flow, enum transport transport, const struct listener *listener, struct stream_memory *memory)
{
	struct stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return NULL;
	stream->flow = flow;
	stream->memory = memory;
	stream->dissection =
	    (struct dissection){ .flow = flow, .time = flow->last, .transport = transport, .listener = listener };
	begin_recognition(stream);
	return stream;
}

static void stop_dissector(struct stream *stream)
{
	if (stream->dissection.dissector && stream->dissection.dissector->stop)
		stream->dissection.dissector->stop(&stream->dissection);
	free(stream->dissection.state);
	stream->dissection.state = NULL;
	stream->dissection.dissector = NULL;
}

void stream_free(struct stream *stream)
{
	struct listener silent = { 0 };

	stream->dissection.listener = &silent;
	stop_dissector(stream);
	for (int i = 0; i < 2; i++) {
		tcp_side_clear(&stream->tcp[i], stream->memory);
		drop_kept(stream, &stream->kept[i]);
	}
	free(stream);
}

static bool start_dissector(struct stream *stream, const struct dissector *dissector)
{
	struct dissection *dissection = &stream->dissection;

	dissection->state = calloc(1, dissector->state_size ? dissector->state_size : 1);
	if (!dissection->state) {
		stream->over = true;
		return false;
	}
	dissection->dissector = dissector;
	if (stream->flow->protocol != dissector->protocol) {
		stream->flow->protocol_before = stream->flow->protocol;
		stream->flow->protocol = (uint8_t)dissector->protocol;
	}
	if (dissector->start)
		dissector->start(dissection);
	return true;
}

/* ── recognition ─ */

static void turn(struct stream *stream)
{
	struct flow *flow = stream->flow;
	struct flow_end end = flow->ends[0];
	uint64_t packets = flow->packets[0], bytes = flow->bytes[0];
	uint8_t flags = flow->tcp_flags[0];

	flow->ends[0] = flow->ends[1];
	flow->packets[0] = flow->packets[1];
	flow->bytes[0] = flow->bytes[1];
	flow->tcp_flags[0] = flow->tcp_flags[1];
	flow->ends[1] = end;
	flow->packets[1] = packets;
	flow->bytes[1] = bytes;
	flow->tcp_flags[1] = flags;
	stream->turned = !stream->turned;
	stream->dissection.swapped = stream->turned;
}

/* Asks those that could still be it; returns the first that is sure. */
static const struct dissector *ask(uint64_t *candidates, enum side side, const uint8_t *bytes, size_t size, bool whole)
{
	for (uint64_t left = *candidates; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		enum likeness likeness = dissectors[i]->recognise(side, bytes, size);
		if (likeness == LIKENESS_SURE)
			return dissectors[i];
		if (likeness == LIKENESS_NONE || whole)
			*candidates &= ~((uint64_t)1 << i);
	}
	return NULL;
}

bool stream_knows_datagram(const uint8_t *bytes, uint32_t size)
{
	for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
		uint64_t candidates = all_candidates(TRANSPORT_UDP);
		if (ask(&candidates, side, bytes, size, true))
			return true;
	}
	return false;
}

/* A dissector, and whether it takes the bytes for the other side's. */
struct recognised {
	const struct dissector *dissector;
	bool turned;
};

/* `tries`: those that could still be it, with the sides as they are and turned. */
static struct recognised ask_both(uint64_t tries[2], enum side side, const uint8_t *bytes, size_t size, bool whole)
{
	const struct dissector *found = ask(&tries[0], side, bytes, size, whole);
	if (found)
		return (struct recognised){ found, false };
	return (struct recognised){ ask(&tries[1], OTHER_SIDE(side), bytes, size, whole), true };
}

/* Of several that are sure the one that was with the fewest bytes, so that where segments end makes no difference. */
static struct recognised soonest(
    const uint64_t candidates[2], struct recognised found, enum side side, const uint8_t *bytes, size_t size)
{
	uint64_t others[2] = { candidates[0], candidates[1] };
	for (unsigned i = 0; i < 64 && dissectors[i]; i++)
		if (dissectors[i] == found.dissector)
			others[found.turned] &= ~((uint64_t)1 << i);
	if (!ask_both(others, side, bytes, size, false).dissector)
		return found;
	for (size_t less = 0; less + 1 < size;) {
		uint64_t tries[2] = { candidates[0], candidates[1] };
		size_t some = less + (size - less) / 2;
		struct recognised sooner = ask_both(tries, side, bytes, some, false);
		if (sooner.dissector) {
			found = sooner;
			size = some;
		} else {
			less = some;
		}
	}
	return found;
}

/* Starts the dissector of these bytes, when one is sure. *side follows when the roles turn. */
static bool recognise(struct stream *stream, enum side *side, const uint8_t *bytes, size_t size)
{
	bool whole = stream->dissection.transport == TRANSPORT_UDP;
	uint64_t tries[2] = { stream->candidates[0], stream->candidates[1] };
	struct recognised found = ask_both(tries, *side, bytes, size, whole);

	if (found.dissector) {
		if (!whole)
			found = soonest(stream->candidates, found, *side, bytes, size);
		if (found.turned) {
			turn(stream);
			*side = OTHER_SIDE(*side);
		}
		return start_dissector(stream, found.dissector);
	}
	if (!whole) { /* another datagram may be what this one was not */
		stream->candidates[0] = tries[0];
		stream->candidates[1] = tries[1];
		if (!(tries[0] | tries[1]) || size >= MOST_RECOGNISED)
			stream->over = true;
	}
	return false;
}

/* ── feeding ─ */

static void flow_bytes(struct stream *stream, enum side side, const uint8_t *bytes, size_t size);

/* To what the flow has become: what the other side sent came before the rest of what `original` said, as it does when
 * that comes byte by byte. */
static void feed_again(struct stream *stream, unsigned original)
{
	struct stream_kept rest = stream->kept[original], *other = &stream->kept[1 - original];

	stream->kept[original].bytes = NULL;
	stream->kept[original].size = stream->kept[original].room = 0;
	if (other->size > 0)
		flow_bytes(stream, (enum side)((1 - original) ^ stream->turned), other->bytes, other->size);
	if (rest.size > 0)
		stream_bytes(stream, (enum side)(original ^ stream->turned), rest.bytes, rest.size);
	drop_kept(stream, &rest);
}

/* What the dissector asked for while it looked at bytes of `original`; the rest of them is kept. */
static void become(struct stream *stream, unsigned original)
{
	const struct dissector *next = stream->next;

	stream->become = false;
	stop_dissector(stream);
	if (++stream->became > MOST_BECOME) {
		stream->over = true;
		return;
	}
	if (next)
		start_dissector(stream, next);
	else
		begin_recognition(stream);
	for (int i = 0; i < 2; i++) {
		stream->kept[i].event_count = 0;
		stream->kept[i].want = 0;
		stream->kept[i].deaf = stream->kept[i].ended;
	}
	if (!stream->over)
		feed_again(stream, original);
}

/* Shows bytes to the dissector until it is done with as many as it can be; keeps the rest. */
static void feed(struct stream *stream, enum side side, const uint8_t *bytes, size_t size)
{
	struct dissection *dissection = &stream->dissection;
	unsigned original = side ^ stream->turned;
	uint64_t done = 1;

	while (size > 0 && done > 0 && !stream->become) {
		stream->kept[original].want = 0;
		done = dissection->dissector->data(dissection, (enum side)(original ^ stream->turned), bytes, size);
		if (done > size) {
			stream->kept[original].skip = done - size;
			stream->over |= wants_nothing(&stream->kept[0]) && wants_nothing(&stream->kept[1]);
			done = size;
		}
		bytes += done;
		size -= (size_t)done;
	}
	side = (enum side)(original ^ stream->turned);
	keep_rest(stream, side, bytes, size);
	if (stream->become) {
		become(stream, original);
	} else if (size > dissection->dissector->most_kept) {
		dissection_anomaly(dissection, side, "applayer_too_long");
		close_side(stream, side);
	}
}

/* Bytes of a flow of which nothing is known yet, or of one that is. */
static void flow_bytes(struct stream *stream, enum side side, const uint8_t *bytes, size_t size)
{
	if (!stream->dissection.dissector) {
		unsigned original = side ^ stream->turned;
		if (!recognise(stream, &side, bytes, size)) {
			if (!stream->over)
				keep_rest(stream, side, bytes, size);
			return;
		}
		/* what the other side sent before was kept; it came first */
		struct stream_kept *other = &stream->kept[1 - original];
		unsigned became = stream->became;
		bool kept = stream->kept[original].size > 0; /* `bytes` lie there */
		if (other->size > 0)
			feed(stream, OTHER_SIDE(side), other->bytes, other->size);
		side = (enum side)(original ^ stream->turned);
		if (became != stream->became) { /* what was kept was fed then */
			if (!kept)
				stream_bytes(stream, side, bytes, (uint32_t)size);
			return;
		}
		if (stream->over || stream->kept[original].deaf)
			return;
	}
	feed(stream, side, bytes, size);
}

void stream_bytes(struct stream *stream, enum side side, const uint8_t *bytes, uint32_t size)
{
	struct stream_kept *kept = kept_of(stream, side);

	if (stream->over || kept->deaf)
		return;
	if (kept->skip >= size) {
		kept->skip -= size;
		return;
	}
	bytes += kept->skip;
	size -= (uint32_t)kept->skip;
	kept->skip = 0;
	if (kept->size == 0) {
		flow_bytes(stream, side, bytes, size);
	} else if (append(stream, kept, bytes, size)) {
		if (kept->size >= kept->want)
			flow_bytes(stream, side, kept->bytes, kept->size);
	} else {
		stream->memory->refused++;
		close_side(stream, side);
	}
}

void stream_gap(struct stream *stream, enum side side, uint64_t missing)
{
	struct stream_kept *kept = kept_of(stream, side);
	const struct dissector *dissector = stream->dissection.dissector;

	if (stream->over || kept->deaf)
		return;
	if (kept->skip >= missing) {
		kept->skip -= missing;
		return;
	}
	missing -= kept->skip;
	kept->skip = kept->want = 0;
	drop_kept(stream, kept);
	if (!dissector || !dissector->gap || !dissector->gap(&stream->dissection, side, missing))
		close_side(stream, side);
}

void stream_end(struct stream *stream, enum side side)
{
	struct stream_kept *kept = kept_of(stream, side);

	if (kept->ended)
		return;
	kept->ended = true;
	if (!kept->deaf && stream->dissection.dissector && stream->dissection.dissector->finished)
		stream->dissection.dissector->finished(&stream->dissection, side);
	close_side(stream, side);
}

void stream_datagram(struct stream *stream, enum side side, const uint8_t *bytes, uint32_t size)
{
	if (stream->over)
		return;
	if (!stream->dissection.dissector && !recognise(stream, &side, bytes, size))
		return;
	stream->dissection.dissector->data(&stream->dissection, side, bytes, size);
	if (!stream->become)
		return;
	stream->become = false;
	const struct dissector *next = stream->next;
	stop_dissector(stream);
	if (next)
		start_dissector(stream, next);
	else
		begin_recognition(stream);
}

void stream_finish(struct stream *stream)
{
	stream_end(stream, SIDE_CLIENT);
	stream_end(stream, SIDE_SERVER);
	stop_dissector(stream);
	stream_free(stream);
}

/* ── what a dissector asks for ─ */

void dissection_emit(struct dissection *dissection, enum side side, const void *facts)
{
	if (dissection->listener->facts)
		dissection->listener->facts(dissection->listener->context, dissection, side, facts);
}

void dissection_anomaly(struct dissection *dissection, enum side side, const char *event)
{
	struct stream *stream = (struct stream *)dissection;
	struct stream_kept *kept = kept_of(stream, side);

	for (unsigned i = 0; i < kept->event_count; i++)
		if (strcmp(kept->events[i], event) == 0)
			return;
	if (kept->event_count == STREAM_MOST_EVENTS)
		return;
	kept->events[kept->event_count++] = event;
	if (dissection->listener->anomaly)
		dissection->listener->anomaly(dissection->listener->context, dissection, side, event);
}

void dissection_want(struct dissection *dissection, enum side side, size_t bytes)
{
	/* what is too long is to be found out no later than without */
	size_t most = dissection->dissector->most_kept + 1;

	kept_of((struct stream *)dissection, side)->want = (uint32_t)(bytes < most ? bytes : most);
}

void dissection_become(struct dissection *dissection, const struct dissector *next)
{
	struct stream *stream = (struct stream *)dissection;

	stream->become = true;
	stream->next = next;
}

void dissection_swap(struct dissection *dissection)
{
	turn((struct stream *)dissection);
}
