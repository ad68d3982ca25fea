/*
 * darknet/trend/trends.h: whatever a kept history says, it is loaded or refused; what was loaded goes on for a few
 * hours and is kept again without a fault. The input is what stands behind the file's head: its checksum and size are
 * made here.
 *
 * Source: darknet/trend/trends_kept.c.
 */
#include "darknet/packet/arrival.h"
#include "darknet/trend/trends_inner.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Small ones, so that a seed is small too. */
static struct trends *small(void)
{
	struct trends *trends = calloc(1, sizeof *trends);
	struct changes_settings changes = changes_usual;
	struct groups_settings groups = groups_usual;
	CHECK(trends);
	changes.most = 16;
	changes.seen = 64;
	groups.cells = groups.seen = groups.newcomers = groups.members = 64;
	groups.addresses = 16;
	groups.listed = 16;
	trends->coverage.bin = trends->bin = HOUR;
	trends->changes = changes_new(&changes);
	trends->groups = groups_new(&groups);
	trends->habits = habits_new(&(struct habits_settings){ .seen = 64, .records = 64 });
	CHECK(trends->changes && trends->groups && trends->habits);
	return trends;
}

static struct text file_of(const uint8_t *data, size_t size, uint32_t version, struct builder *to)
{
	put_bytes(to, "NOROSHIT", 8);
	put_u32(to, version);
	put_i64(to, HOUR);
	put_u64(to, size);
	if (size)
		put_bytes(to, data, size);
	put_u32(to, checksum(0, to->at, to->size));
	CHECK(!to->failed);
	return (struct text){ to->at, to->size };
}

static void go_on(struct trends *trends)
{
	nanoseconds bin = trends->open;
	for (uint32_t i = 0; i < 200; i++) {
		struct activity row = { .bin = bin + i / 50 * 20 * HOUR, /* into another day */
			.source = { { [10] = 0xff, 0xff, 10, 0, 0, (uint8_t)(i % 50) } },
			.packets = 1,
			.port = 23,
			.protocol = 6,
			.shape = 7,
			.kind = ARRIVAL_PROBE };
		row.first = row.last = row.bin + i % 50 * MINUTE;
		trends_begin(trends, &row, 1);
		trends_more(trends, &row);
		habits_of(trends->habits, row.source, TOOL_ZMAP);
	}
}

static void try_as(uint32_t version, const uint8_t *data, size_t size)
{
	struct builder file = { 0 }, again = { 0 }, third = { 0 };
	struct trends *trends = small();
	struct failure failure = { 0 };
	enum error error = trends_load(trends, file_of(data, size, version, &file), "a history", &failure);
	CHECK(error == OK || error == ERROR_CORRUPT);
	CHECK(error == OK || failure.words[0]);
	if (!error) {
		CHECK(trends_save(trends, &again, NULL) == OK);
		go_on(trends);
		CHECK(trends_save(trends, &third, NULL) == OK);
	}
	trends_free(trends);
	builder_free(&file);
	builder_free(&again);
	builder_free(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trends *raw = small();
	struct failure failure = { 0 };
	try_as(3, data, size);
	try_as(4, data, size);
	try_as(5, data, size);
	CHECK(trends_load(raw, (struct text){ (const char *)data, size }, "a history", &failure) != OK || size > 1000);
	trends_free(raw);
	return 0;
}
