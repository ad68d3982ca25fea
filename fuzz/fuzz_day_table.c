/*
 * darknet/day/day_table.h: any file is read or refused with words; what was read, written again, is read as the same.
 * The last line of a file is made here, or hardly an input would have the right checksum.
 *
 * Sources: darknet/day/day_file.c, darknet/day/day_table.c.
 */
#include "base/hash.h"
#include "darknet/day/day_table.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct table {
	struct day_table *counts;
	uint64_t rows, packets;
};

static enum error take(
    void *context, const struct day_about *about, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	struct table *table = context;
	(void)failure;
	CHECK(packets > 0 && about->seconds <= 86400);
	CHECK(day_table_add(table->counts, key, packets));
	table->rows++;
	table->packets += packets;
	return OK;
}

/* Lines, and what stands behind the last comma of each, added up. */
static void write_end(int file, const uint8_t *data, size_t size)
{
	struct text rest = { (const char *)data, size };
	uint64_t rows = 0, packets = 0;
	char end[80];

	text_cut(&rest, '\n');
	for (; rest.size; rows++) {
		struct text line = text_cut(&rest, '\n'), last = line;
		uint64_t number = 0;
		while (text_find(last, TEXT(",")) >= 0)
			text_cut(&last, ',');
		text_to_u64(last, &number);
		packets += number;
	}
	int length = snprintf(end, sizeof end, "end,%llu,%llu,%08x\n", (unsigned long long)rows,
	    (unsigned long long)packets, checksum(0, data, size));
	CHECK(write(file, end, (size_t)length) == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table one = { .counts = day_table_new() }, other = { .counts = day_table_new() };
	struct day_about about = { 0 }, again = { 0 };
	struct failure failure = { .words = "" };
	char path[64], copy[] = "/tmp/noroshi-day-XXXXXX";
	int file = memfd_create("day", MFD_CLOEXEC);

	CHECK(file >= 0 && one.counts && other.counts && write(file, data, size) == (ssize_t)size);
	if (size && data[size - 1] == '\n')
		write_end(file, data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	if (day_table_read(path, &about, take, &one, &failure) != OK) {
		CHECK(failure.words[0]);
	} else {
		CHECK(day_table_packets(one.counts) == one.packets && mkdtemp(copy));
		snprintf(path, sizeof path, "%s/day", copy);
		CHECK(day_table_write(one.counts, &about, path, &failure) == OK);
		CHECK(day_table_read(path, &again, take, &other, &failure) == OK);
		CHECK(memcmp(&about, &again, sizeof about) == 0 && one.rows == other.rows &&
		      one.packets == other.packets);
		unlink(path);
		rmdir(copy);
	}
	day_table_free(one.counts);
	day_table_free(other.counts);
	close(file);
	return 0;
}
