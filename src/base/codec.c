/*
 * Values to bytes and back, little-endian, length-checked.
 */
#include "base/codec.h"

#include <endian.h>
#include <string.h>

void put_real(struct builder *to, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	put_u64(to, bits);
}

void put_bytes(struct builder *to, const void *at, size_t size)
{
	build_text(to, (struct text){ at, size });
}

void put_u8(struct builder *to, uint8_t value)
{
	put_bytes(to, &value, sizeof value);
}

void put_u16(struct builder *to, uint16_t value)
{
	value = htole16(value);
	put_bytes(to, &value, sizeof value);
}

void put_u32(struct builder *to, uint32_t value)
{
	value = htole32(value);
	put_bytes(to, &value, sizeof value);
}

void put_u64(struct builder *to, uint64_t value)
{
	value = htole64(value);
	put_bytes(to, &value, sizeof value);
}

void put_i64(struct builder *to, int64_t value)
{
	put_u64(to, (uint64_t)value);
}

void put_text(struct builder *to, struct text text)
{
	if (text.size > UINT32_MAX) {
		to->failed = true;
		return;
	}
	put_u32(to, (uint32_t)text.size);
	put_bytes(to, text.at, text.size);
}

void put_uuid(struct builder *to, struct uuid uuid)
{
	put_bytes(to, uuid.bytes, sizeof uuid.bytes);
}

struct reader reader_of(const void *at, size_t size)
{
	return (struct reader){ .at = at, .end = size ? (const uint8_t *)at + size : at };
}

double get_real(struct reader *from)
{
	uint64_t bits = get_u64(from);
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

const void *get_bytes(struct reader *from, size_t size)
{
	if (from->failed || size > (size_t)(from->end - from->at)) {
		from->failed = true;
		return NULL;
	}
	const void *at = from->at;
	from->at = size ? from->at + size : from->at;
	return at;
}

/* Fills `value`, with zeros when nothing is left. */
static void get_value(struct reader *from, void *value, size_t size)
{
	const void *at = get_bytes(from, size);
	if (at)
		memcpy(value, at, size);
	else
		memset(value, 0, size);
}

uint8_t get_u8(struct reader *from)
{
	uint8_t value;
	get_value(from, &value, sizeof value);
	return value;
}

uint16_t get_u16(struct reader *from)
{
	uint16_t value;
	get_value(from, &value, sizeof value);
	return le16toh(value);
}

uint32_t get_u32(struct reader *from)
{
	uint32_t value;
	get_value(from, &value, sizeof value);
	return le32toh(value);
}

uint64_t get_u64(struct reader *from)
{
	uint64_t value;
	get_value(from, &value, sizeof value);
	return le64toh(value);
}

int64_t get_i64(struct reader *from)
{
	return (int64_t)get_u64(from);
}

struct text get_text(struct reader *from)
{
	uint32_t size = get_u32(from);
	const char *at = get_bytes(from, size);
	return from->failed ? TEXT_NONE : (struct text){ at, size };
}

struct uuid get_uuid(struct reader *from)
{
	struct uuid uuid;
	get_value(from, &uuid, sizeof uuid);
	return uuid;
}

bool reader_done(const struct reader *from)
{
	return !from->failed && from->at == from->end;
}
