/*
 * Files of verdicts: any bytes are read up to the first damaged block, and every record names a verdict that exists.
 * The first byte says whether checksums are made right first.
 *
 * Sources: store/verdicts.c.
 */
#include "fuzz.h"
#include "store/verdicts.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 28

static bool take(void *context, uint32_t row, const struct judged *judged)
{
	CHECK((unsigned)judged->verdict < VERDICT_COUNT);
	*(uint64_t *)context += row;
	return true;
}

static void make_sums_right(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + HEADER <= size;) {
		uint32_t length, sum;
		memcpy(&length, bytes + at + 16, sizeof length);
		if (length > size - at - HEADER)
			return;
		sum = checksum(0, bytes + at + HEADER, length);
		memcpy(bytes + at + 20, &sum, sizeof sum);
		sum = checksum(0, bytes + at, HEADER - 4);
		memcpy(bytes + at + 24, &sum, sizeof sum);
		at += HEADER + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	uint8_t *bytes = malloc(size);
	uint64_t rows = 0;
	size_t done = 0, block;
	memcpy(bytes, data + 1, --size);
	if (data[0] & 1)
		make_sums_right(bytes, size);
	while (
	    (block = verdict_block_read((struct text){ (const char *)bytes + done, size - done }, 1, take, &rows)) > 0)
		done += block;
	CHECK(done <= size);
	free(bytes);
	return 0;
}
