/*
 * DNP3: link frames with a checksum for every 16 bytes, transport segments in them, application fragments of those
 * (dnp3.h).
 */
#include "net/dnp3.h"

#include "net/cursor.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 10 /* of a frame, with its checksum */
#define BLOCK 16
#define USER_LARGEST 250 /* bytes of a frame */

enum { SYNC_FIRST = 0x05, SYNC_SECOND = 0x64 };
enum { SEGMENT_FINAL = 0x80, SEGMENT_FIRST = 0x40 };

struct dnp3_side {
	uint8_t *fragment; /* DNP3_FRAGMENT_LARGEST bytes, of a fragment that has begun */
	uint32_t size;
	bool cut; /* there was more */
};

struct dnp3_state {
	struct dnp3_side sides[2];
};

struct frame_header {
	uint8_t length, control;
	uint16_t destination, source;
};

/* ── frames ─ */

/* x¹⁶ + x¹³ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁶ + x⁵ + x² + 1, reflected, inverted at the end (9.2.4.1.4). */
static uint16_t crc(struct text bytes)
{
	unsigned sum = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		sum ^= (uint8_t)bytes.at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0xa6bc : sum >> 1;
	}
	return (uint16_t)~sum;
}

static size_t frame_size(uint8_t length)
{
	size_t user = length - 5u;
	return HEADER + user + 2 * ((user + BLOCK - 1) / BLOCK);
}

/* False when it is no header. */
static bool read_header(struct cursor *from, struct frame_header *header)
{
	struct text bytes = { (const char *)from->at, HEADER - 2 };
	uint8_t first = cursor_u8(from), second = cursor_u8(from);
	header->length = cursor_u8(from);
	header->control = cursor_u8(from);
	header->destination = cursor_le16(from);
	header->source = cursor_le16(from);
	uint16_t sum = cursor_le16(from);
	return !from->failed && first == SYNC_FIRST && second == SYNC_SECOND && header->length >= 5 &&
	       crc(bytes) == sum;
}

/* The user data without the checksums between; false when one is wrong. */
static bool read_user(struct cursor *from, size_t size, uint8_t to[static USER_LARGEST])
{
	while (size > 0) {
		size_t part = size < BLOCK ? size : BLOCK;
		struct text block = cursor_text(from, part);
		uint16_t sum = cursor_le16(from);
		if (from->failed || crc(block) != sum)
			return false;
		memcpy(to, block.at, part);
		to += part;
		size -= part;
	}
	return true;
}

/* ── fragments ─ */

static void tell(
    struct dissection *dissection, struct dnp3_side *side, enum side which, const struct frame_header *header)
{
	struct cursor from = cursor_of(side->fragment, side->size);
	struct dnp3_fragment fact = { .link = header->control,
		.source = header->source,
		.destination = header->destination,
		.control = cursor_u8(&from),
		.function = cursor_u8(&from),
		.complete = !side->cut };
	if (fact.function == DNP3_RESPONSE || fact.function == DNP3_UNSOLICITED)
		fact.indications = cursor_u16(&from);
	if (from.failed) {
		dissection_anomaly(dissection, which, "malformed");
		return;
	}
	fact.objects = cursor_rest(&from);
	dissection_emit(dissection, which, &fact);
}

static void side_free(struct dnp3_side *side)
{
	free(side->fragment);
	*side = (struct dnp3_side){ NULL, 0, false };
}

/* A transport segment (8.2): a byte with the ends and a number, then a part of the fragment. */
static void take_segment(struct dissection *dissection, struct dnp3_side *side, enum side which,
    const struct frame_header *header, struct cursor user)
{
	uint8_t transport = cursor_u8(&user);
	struct text part = cursor_rest(&user);
	if (transport & SEGMENT_FIRST) {
		side_free(side);
		side->fragment = malloc(DNP3_FRAGMENT_LARGEST);
	}
	if (!side->fragment)
		return;
	if (part.size > DNP3_FRAGMENT_LARGEST - side->size) {
		part.size = DNP3_FRAGMENT_LARGEST - side->size;
		side->cut = true;
	}
	if (part.size > 0)
		memcpy(side->fragment + side->size, part.at, part.size);
	side->size += (uint32_t)part.size;
	if (transport & SEGMENT_FINAL) {
		tell(dissection, side, which, header);
		side_free(side);
	}
}

/* How many bytes there are before the next that could begin a frame. */
static size_t bytes_before_sync(struct text bytes)
{
	const char *sync = bytes.size > 1 ? memchr(bytes.at + 1, SYNC_FIRST, bytes.size - 1) : NULL;
	return sync ? (size_t)(sync - bytes.at) : bytes.size;
}

static uint64_t take_frame(struct dissection *dissection, enum side which, const uint8_t *bytes, size_t size)
{
	struct dnp3_state *state = dissection->state;
	struct cursor from = cursor_of(bytes, size);
	struct frame_header header;
	uint8_t user[USER_LARGEST];
	if (bytes[0] == SYNC_FIRST && size < HEADER)
		return 0;
	if (!read_header(&from, &header)) {
		dissection_anomaly(dissection, which, "bad_link_crc");
		return bytes_before_sync((struct text){ (const char *)bytes, size });
	}
	size_t whole = frame_size(header.length);
	if (size < whole)
		return 0;
	size_t length = header.length - 5u;
	if (!read_user(&from, length, user))
		dissection_anomaly(dissection, which, "bad_transport_crc");
	else if (length > 0)
		take_segment(dissection, &state->sides[which], which, &header, cursor_of(user, length));
	return whole;
}

static uint64_t dnp3_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	uint64_t done = take_frame(dissection, side, bytes, size), all = done;
	while (dissection->transport == TRANSPORT_UDP && done > 0 && all < size) {
		done = take_frame(dissection, side, bytes + all, size - (size_t)all);
		all += done;
	}
	return all;
}

static bool dnp3_gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct dnp3_state *state = dissection->state;
	(void)missing;
	side_free(&state->sides[side]);
	return true;
}

static void dnp3_stop(struct dissection *dissection)
{
	struct dnp3_state *state = dissection->state;
	side_free(&state->sides[0]);
	side_free(&state->sides[1]);
}

static enum likeness dnp3_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct frame_header header;
	(void)side;
	if ((size > 0 && bytes[0] != SYNC_FIRST) || (size > 1 && bytes[1] != SYNC_SECOND))
		return LIKENESS_NONE;
	if (size < HEADER)
		return LIKENESS_MAYBE;
	return read_header(&from, &header) ? LIKENESS_SURE : LIKENESS_NONE;
}

/* ── objects ─ */

/* The range field by the range code (4.2.2.7.3.3); false for the codes that are reserved. */
static bool read_range(struct cursor *from, uint8_t code, struct dnp3_object *object)
{
	object->has_range = code <= 5;
	object->has_count = code >= 7 && code <= 9;
	switch (code) {
	case 0:
	case 3:
		object->start = cursor_u8(from);
		object->stop = cursor_u8(from);
		return true;
	case 1:
	case 4:
		object->start = cursor_le16(from);
		object->stop = cursor_le16(from);
		return true;
	case 2:
	case 5:
		object->start = cursor_le32(from);
		object->stop = cursor_le32(from);
		return true;
	case 6: /* all of them */
		return true;
	case 7:
	case 0xb:
		object->count = cursor_u8(from);
		return true;
	case 8:
		object->count = cursor_le16(from);
		return true;
	case 9:
		object->count = cursor_le32(from);
		return true;
	default:
		return false;
	}
}

bool dnp3_object_next(struct text *objects, struct dnp3_object *object, bool data_follows)
{
	struct cursor from = cursor_of_text(*objects);
	*object = (struct dnp3_object){
		.group = cursor_u8(&from), .variation = cursor_u8(&from), .qualifier = cursor_u8(&from)
	};
	bool good = read_range(&from, object->qualifier & 15, object) && !from.failed;
	*objects = good && !data_follows ? cursor_rest(&from) : TEXT_NONE;
	return good;
}

static void dnp3_fields(const void *facts, field_visitor visit, void *context)
{
	(void)facts, (void)visit, (void)context; /* no field of indicators or signatures speaks of it */
}

const struct dissector dissector_dnp3 = {
	.name = "dnp3",
	.protocol = PROTOCOL_DNP3,
	.transports = TRANSPORT_TCP | TRANSPORT_UDP,
	.state_size = sizeof(struct dnp3_state),
	.most_kept = 512,
	.recognise = dnp3_recognise,
	.data = dnp3_data,
	.gap = dnp3_gap,
	.stop = dnp3_stop,
	.fields = dnp3_fields,
};
