/*
 * What the parts of a kept history share: numbers that are read back are checked against what they may be, for a wrong
 * one would be a wrong alarm. Files: docs/formats/darknet-history.md.
 */
#ifndef NOROSHI_DARKNET_KEPT_H
#define NOROSHI_DARKNET_KEPT_H

#include "base/codec.h"
#include "darknet/packet/activity.h"

static inline void put_float(struct builder *to, float value)
{
	union {
		float value;
		uint32_t bits;
	} both = { value };
	put_u32(to, both.bits);
}

void put_u32s(struct builder *to, const uint32_t *at, size_t count); /* as so many put_u32() */
void put_u16s(struct builder *to, const uint16_t *at, size_t count);

/* From `low` to `high`, else the reader failed; not a number, too. */
float get_float(struct reader *from, float low, float high);
double get_real_within(struct reader *from, double low, double high);
uint32_t get_u32_below(struct reader *from, uint64_t bound);
uint64_t get_u64_below(struct reader *from, uint64_t bound);
nanoseconds get_time(struct reader *from); /* 0 to the year 2262 */
/* A number that must be what it was when this was written. */
void get_same(struct reader *from, uint64_t value);

void put_activity(struct builder *to, const struct activity *activity);
struct activity get_activity(struct reader *from);

#endif
