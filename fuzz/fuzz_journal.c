/*
 * The journal of file operations that tests of durability read: any bytes are records up to the first that is none. The
 * first byte says whether checksums are made right first.
 *
 * Sources: base/file_journal.c.
 */
#include "base/file_journal.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A record: magic, size, fields, CRC-32C of the fields. */
static void make_sums_right(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + 12 <= size;) {
		uint32_t length, sum;
		memcpy(&length, bytes + at + 4, sizeof length);
		if (length > size - at - 12)
			return;
		sum = checksum(0, bytes + at + 8, length);
		memcpy(bytes + at + 8 + length, &sum, sizeof sum);
		at += 12 + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	uint8_t *bytes = malloc(size);
	CHECK(bytes);
	memcpy(bytes, data + 1, --size);
	if (data[0] & 1)
		make_sums_right(bytes, size);
	struct reader journal = reader_of(bytes, size);
	struct file_record record;
	struct failure failure = { 0 };
	enum error error;
	while ((error = file_journal_next(&journal, &record, &failure)) == OK) {
		const char *begin = (const char *)bytes, *end = begin + size;
		CHECK(record.data.size == 0 || (record.data.at >= begin && record.data.at + record.data.size <= end));
		CHECK(record.path.size == 0 || (record.path.at >= begin && record.path.at + record.path.size <= end));
	}
	CHECK(error == ERROR_END || (error == ERROR_CORRUPT && failure.words[0]));
	free(bytes);
	return 0;
}
