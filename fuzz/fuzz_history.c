/*
 * Files of history: a walk over any bytes ends, its frames lie in order within the file, and each one that is whole
 * decodes or is refused. The first byte says whether checksums are made right first, so that what lies behind them is
 * reached.
 *
 * Sources: store/segment.c.
 */
#include "fuzz.h"
#include "store/segment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void put_sum(uint8_t *at, const void *from, size_t size)
{
	uint32_t sum = checksum(0, from, size);
	memcpy(at, &sum, sizeof sum);
}

static uint32_t number_at(const uint8_t *at)
{
	uint32_t number;
	memcpy(&number, at, sizeof number);
	return number;
}

static void make_sums_right(uint8_t *bytes, size_t size)
{
	if (size >= SEGMENT_HEADER)
		put_sum(bytes + SEGMENT_HEADER - 4, bytes, SEGMENT_HEADER - 4);
	for (size_t at = 0; at + FRAME_HEADER <= size; at++) {
		if (memcmp(bytes + at, "NFRM", 4) != 0)
			continue;
		uint32_t stored = number_at(bytes + at + 8);
		if (stored <= size - at - FRAME_HEADER)
			put_sum(bytes + at + 100, bytes + at + FRAME_HEADER, stored);
		put_sum(bytes + at + 108, bytes + at, FRAME_HEADER - 4);
	}
}

static void read_frames(int file, const struct segment *segment)
{
	struct unpacker *unpacker = unpacker_new();
	uint64_t end = SEGMENT_HEADER;
	uint32_t row = 0;
	for (size_t i = 0; i < segment->frame_count; i++) {
		const struct frame *frame = &segment->frames[i];
		struct frame_header header;
		struct text raw;
		struct alert alert;
		CHECK(frame->offset >= end && frame->row >= row);
		end = frame->offset + FRAME_HEADER;
		row = frame->row + frame->alerts;
		if (frame_unpack(unpacker, file, frame->offset, &header, &raw, NULL) != OK)
			continue;
		struct reader from = reader_of(raw.at, raw.size);
		while (from.at < from.end && alert_decode(&from, &alert, NULL) == OK)
			;
	}
	unpacker_free(unpacker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 1 << 20)
		return 0;
	uint8_t *bytes = malloc(size);
	int file = memfd_create("segment", MFD_CLOEXEC);
	memcpy(bytes, data + 1, size - 1);
	if (data[0] & 1)
		make_sums_right(bytes, size - 1);
	CHECK(write(file, bytes, size - 1) == (ssize_t)(size - 1));
	struct segment segment = { .number = 1 };
	struct segment_damage damage;
	bool tail = data[0] & 2;
	if (segment_walk(file, "fuzz", &segment, data[0] & 4, tail, NULL, NULL, &damage, NULL) == OK) {
		CHECK(
		    damage.cut <= size - 1 && segment.size <= (size - 1 < SEGMENT_HEADER ? SEGMENT_HEADER : size - 1));
		read_frames(file, &segment);
	}
	free(segment.frames);
	free(bytes);
	close(file);
	return 0;
}
