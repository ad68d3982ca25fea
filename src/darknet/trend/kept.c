/*
 * Numbers of a kept history; see the header.
 */
#include "darknet/trend/kept.h"

#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"

#include <endian.h>
#include <string.h>

void put_u32s(struct builder *to, const uint32_t *at, size_t count)
{
	if (!build_room(to, count * sizeof *at))
		return;
	for (size_t i = 0; i < count; i++) {
		uint32_t value = htole32(at[i]);
		memcpy(to->at + to->size + i * sizeof value, &value, sizeof value);
	}
	to->size += count * sizeof *at;
	to->at[to->size] = 0;
}

void put_u16s(struct builder *to, const uint16_t *at, size_t count)
{
	if (!build_room(to, count * sizeof *at))
		return;
	for (size_t i = 0; i < count; i++) {
		uint16_t value = htole16(at[i]);
		memcpy(to->at + to->size + i * sizeof value, &value, sizeof value);
	}
	to->size += count * sizeof *at;
	to->at[to->size] = 0;
}

float get_float(struct reader *from, float low, float high)
{
	union {
		uint32_t bits;
		float value;
	} both = { get_u32(from) };
	if (!(both.value >= low && both.value <= high)) {
		from->failed = true;
		return low;
	}
	return both.value;
}

double get_real_within(struct reader *from, double low, double high)
{
	double value = get_real(from);
	if (!(value >= low && value <= high)) {
		from->failed = true;
		return low;
	}
	return value;
}

static uint64_t below(struct reader *from, uint64_t value, uint64_t bound)
{
	if (value < bound)
		return value;
	from->failed = true;
	return 0;
}

uint64_t get_u64_below(struct reader *from, uint64_t bound)
{
	return below(from, get_u64(from), bound);
}

uint32_t get_u32_below(struct reader *from, uint64_t bound)
{
	return (uint32_t)below(from, get_u32(from), bound);
}

nanoseconds get_time(struct reader *from)
{
	return (nanoseconds)get_u64_below(from, (uint64_t)INT64_MAX - 400 * (uint64_t)DAY);
}

void get_same(struct reader *from, uint64_t value)
{
	if (get_u64(from) != value)
		from->failed = true;
}

void put_activity(struct builder *to, const struct activity *activity)
{
	put_i64(to, activity->bin);
	put_i64(to, activity->first);
	put_i64(to, activity->last);
	put_bytes(to, activity->source.bytes, sizeof activity->source.bytes);
	put_u32(to, activity->packets);
	put_u32(to, activity->targets);
	put_u32(to, activity->shape);
	put_u32(to, activity->network);
	put_bytes(to, activity->country, sizeof activity->country);
	put_u16(to, activity->port);
	put_u8(to, activity->protocol);
	put_u8(to, activity->kind);
	put_u8(to, activity->tool);
	put_u8(to, activity->method);
	put_u8(to, activity->research);
}

static void get_into(struct reader *from, void *to, size_t size)
{
	const void *at = get_bytes(from, size);
	if (at)
		memcpy(to, at, size);
}

struct activity get_activity(struct reader *from)
{
	struct activity activity = { .bin = get_time(from), .first = get_time(from), .last = get_time(from) };
	get_into(from, activity.source.bytes, sizeof activity.source.bytes);
	activity.packets = get_u32(from);
	activity.targets = get_u32(from);
	activity.shape = get_u32(from);
	activity.network = get_u32(from);
	get_into(from, activity.country, sizeof activity.country);
	activity.port = get_u16(from);
	activity.protocol = get_u8(from);
	activity.kind = get_u8(from);
	activity.tool = get_u8(from);
	activity.method = get_u8(from);
	activity.research = get_u8(from);
	if (activity.kind >= ARRIVAL_KINDS || activity.tool >= TOOL_COUNT || activity.method >= METHOD_COUNT ||
	    activity.research > 1)
		from->failed = true;
	return activity;
}
