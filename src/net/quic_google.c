/*
 * Google's own QUIC: where its first stream frame is, and what its hello says.
 */
#include "net/quic_google.h"

#include "base/character.h"

#include <string.h>

enum {
	FLAG_VERSION = 0x01, /* of the public header */
	FLAG_CONNECTION = 0x08,
	FLAG_LONG = 0x80,
	HASH = 12, /* bytes that authenticate what is not encrypted */
};

/* "Q024" to "Q046". */
static bool is_google(uint32_t version)
{
	char high = (char)(version >> 8), low = (char)version;
	return version >> 16 == 0x5130 && char_is_digit(high) && char_is_digit(low) && (high < '4' || low <= '6') &&
	       high >= '2' && high <= '4';
}

/* The cursor stands behind the version then. */
static bool read_version(struct cursor *from, uint8_t *flags, uint32_t *version)
{
	*flags = cursor_u8(from);
	if (!(*flags & FLAG_LONG)) {
		if (!(*flags & FLAG_VERSION) || !(*flags & FLAG_CONNECTION))
			return false;
		cursor_skip(from, 8); /* connection id */
	}
	*version = cursor_u32(from);
	return !from->failed && is_google(*version);
}

bool google_version_read(struct cursor datagram, uint32_t *version)
{
	uint8_t flags;
	return read_version(&datagram, &flags, version);
}

static unsigned number_of(uint32_t version)
{
	return (version >> 8 & 15) * 10 + (version & 15);
}

/* Behind the version: of the long header the lengths of the connection ids, four bits each (0 or that + 3). */
static void skip_to_frames(struct cursor *from, uint8_t flags, uint32_t version)
{
	static const uint8_t number_sizes[] = { 1, 2, 4, 6 };
	if (flags & FLAG_LONG) {
		uint8_t lengths = cursor_u8(from), to = lengths >> 4, source = lengths & 15;
		cursor_skip(from, (to ? to + 3u : 0) + (source ? source + 3u : 0));
		cursor_skip(from, (flags & 3u) + 1);
	} else {
		cursor_skip(from, number_sizes[flags >> 4 & 3]);
	}
	cursor_skip(from, HASH);
	if (number_of(version) < 34)
		cursor_skip(from, 1); /* private flags */
}

/* 1fdooossB: end, length present, bytes of the offset (0, 2 … 8), bytes of the stream id (1 … 4). */
struct text google_stream(struct cursor datagram)
{
	uint8_t flags, type = 0;
	uint32_t version;
	if (!read_version(&datagram, &flags, &version))
		return TEXT_NONE;
	skip_to_frames(&datagram, flags, version);
	while (datagram.left > 0 && (type = cursor_u8(&datagram)) == 0)
		; /* padding */
	if (!(type & 0x80) || datagram.failed)
		return TEXT_NONE;
	unsigned offset = type >> 2 & 7;
	cursor_skip(&datagram, (type & 3u) + 1);
	cursor_skip(&datagram, offset ? offset + 1 : 0);
	if (!(type & 0x20))
		return cursor_rest(&datagram);
	/* Until version 39 numbers had their least significant byte first. */
	return cursor_text(&datagram, number_of(version) < 39 ? cursor_le16(&datagram) : cursor_u16(&datagram));
}

/* ── the hello ─ */

/* Tags are four characters, the last of which may be NUL. */
static struct text tag_text(struct text tag)
{
	while (tag.size > 0 && tag.at[tag.size - 1] == '\0')
		tag.size--;
	return tag;
}

static struct text value_of(struct cursor values, uint32_t from, uint32_t to)
{
	cursor_skip(&values, from);
	return to >= from ? cursor_text(&values, to - from) : TEXT_NONE;
}

bool google_hello_read(struct text message, struct quic_hello *hello, struct builder *cyu)
{
	enum { TAGS_MOST = 128 }; /* Chromium's own limit */
	struct cursor from = cursor_of_text(message);
	if (!text_equal(cursor_text(&from, 4), TEXT("CHLO")))
		return false;
	uint16_t count = cursor_le16(&from);
	cursor_skip(&from, 2);
	if (from.failed || count > TAGS_MOST)
		return false;
	struct cursor values = from;
	cursor_skip(&values, 8 * (size_t)count);
	build_format(cyu, "%c%c,", (char)(hello->version >> 8), (char)hello->version);
	uint32_t before = 0;
	for (uint16_t i = 0; i < count && !values.failed; i++) {
		struct text tag = tag_text(cursor_text(&from, 4));
		uint32_t end = cursor_le32(&from);
		struct text value = value_of(values, before, end);
		before = end;
		if (i > 0)
			build_char(cyu, '-');
		build_text(cyu, tag);
		if (text_equal(tag, TEXT("SNI")))
			hello->server_name = value;
		else if (text_equal(tag, TEXT("UAID")))
			hello->user_agent = value;
	}
	return !values.failed;
}
