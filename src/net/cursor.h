/*
 * The one way in which dissectors read bytes: a cursor over bytes that somebody else owns, which cannot leave them. A
 * read that does not fit gives zero (or nothing) and marks the cursor as failed; nothing is left of it then, and every
 * further read fails. So a dissector reads a whole structure and looks once, at its end, and a loop over what is left
 * ends.
 */
#ifndef NOROSHI_NET_CURSOR_H
#define NOROSHI_NET_CURSOR_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at; /* may be NULL when nothing is left */
	size_t left;       /* bytes */
	bool failed;
};

static inline struct cursor cursor_of(const void *bytes, size_t size)
{
	return (struct cursor){ (const uint8_t *)bytes, size, false };
}

static inline struct cursor cursor_of_text(struct text text)
{
	return cursor_of(text.at, text.size);
}

/* The next `size` bytes, or NULL. For 0 bytes NULL is no failure: look at `failed`. */
static inline const uint8_t *cursor_bytes(struct cursor *cursor, size_t size)
{
	if (cursor->failed || size > cursor->left) {
		cursor->failed = true;
		cursor->left = 0;
		return NULL;
	}
	const uint8_t *bytes = cursor->at;
	if (size > 0)
		cursor->at += size;
	cursor->left -= size;
	return bytes;
}

static inline void cursor_skip(struct cursor *cursor, size_t size)
{
	cursor_bytes(cursor, size);
}

/* A cursor over the next `size` bytes, which are skipped here; failed from the start when there are fewer. */
static inline struct cursor cursor_part(struct cursor *cursor, size_t size)
{
	const uint8_t *bytes = cursor_bytes(cursor, size);
	return (struct cursor){ bytes, cursor->failed ? 0 : size, cursor->failed };
}

/* The next `size` bytes as text; empty when there are fewer. */
static inline struct text cursor_text(struct cursor *cursor, size_t size)
{
	const uint8_t *bytes = cursor_bytes(cursor, size);
	return (struct text){ (const char *)bytes, cursor->failed ? 0 : size };
}

/* Everything that is left. */
static inline struct text cursor_rest(struct cursor *cursor)
{
	return cursor_text(cursor, cursor->left);
}

/* Unsigned numbers, most significant byte first (network byte order). */
static inline uint8_t cursor_u8(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 1);
	return b ? b[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 2);
	return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}

static inline uint32_t cursor_u24(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 3);
	return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

/* The same, least significant byte first. */
static inline uint16_t cursor_le16(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 2);
	return (uint16_t)(b ? b[1] << 8 | b[0] : 0);
}

static inline uint32_t cursor_le32(struct cursor *cursor)
{
	const uint8_t *b = cursor_bytes(cursor, 4);
	return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}

static inline uint64_t cursor_le64(struct cursor *cursor)
{
	uint64_t low = cursor_le32(cursor);
	return (uint64_t)cursor_le32(cursor) << 32 | low;
}

/* A text with its length before it, as TLS, SSH and MQTT have them. */
static inline struct cursor cursor_part8(struct cursor *cursor)
{
	return cursor_part(cursor, cursor_u8(cursor));
}

static inline struct cursor cursor_part16(struct cursor *cursor)
{
	return cursor_part(cursor, cursor_u16(cursor));
}

static inline struct cursor cursor_part24(struct cursor *cursor)
{
	return cursor_part(cursor, cursor_u24(cursor));
}

static inline struct cursor cursor_part32(struct cursor *cursor)
{
	return cursor_part(cursor, cursor_u32(cursor));
}

#endif
