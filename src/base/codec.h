/*
 * Fixed, length-checked encoding of values into bytes: what crosses a socket pair between our processes, and what lies
 * in our files. Little-endian, no padding. Reading never runs past the end: once anything did not fit, `failed` is set,
 * every further read gives zero, and the caller checks once at the end.
 */
#ifndef NOROSHI_BASE_CODEC_H
#define NOROSHI_BASE_CODEC_H

#include "base/hash.h"
#include "base/text.h"

#include <stdint.h>

/* Writing goes into a `struct builder` (base/text.h), whose `failed` says that memory ran out. */
void put_u8(struct builder *to, uint8_t value);
void put_u16(struct builder *to, uint16_t value);
void put_u32(struct builder *to, uint32_t value);
void put_u64(struct builder *to, uint64_t value);
void put_i64(struct builder *to, int64_t value);
void put_real(struct builder *to, double value);                 /* its 64 bits */
void put_bytes(struct builder *to, const void *at, size_t size); /* as they are, no length */
void put_text(struct builder *to, struct text text);             /* u32 length, then the bytes */
void put_uuid(struct builder *to, struct uuid uuid);

struct reader {
	const uint8_t *at, *end;
	bool failed;
};
struct reader reader_of(const void *at, size_t size);
uint8_t get_u8(struct reader *from);
uint16_t get_u16(struct reader *from);
uint32_t get_u32(struct reader *from);
uint64_t get_u64(struct reader *from);
int64_t get_i64(struct reader *from);
double get_real(struct reader *from);                    /* whatever the bits say: not a number, too */
const void *get_bytes(struct reader *from, size_t size); /* NULL when failed */
struct text get_text(struct reader *from);               /* points into what is read */
struct uuid get_uuid(struct reader *from);
bool reader_done(const struct reader *from); /* all was read and nothing failed */

#endif
