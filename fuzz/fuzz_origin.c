/*
 * match/origin.h: any file is read or refused with words; what was read says countries of two letters, for any address.
 *
 * Sources: match/origin.c, match/origin_location.c, match/origin_maxmind.c.
 */
#include "fuzz.h"
#include "match/origin.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libmaxminddb 1.7.1 loses two blocks of 4.6 KiB in MMDB_open() when the metadata is malformed: once for a file that is
 * refused at the start. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure failure = { 0 };
	struct origins *origins = NULL;
	char path[32];
	const char *paths[] = { path };
	int file = memfd_create("origin", MFD_CLOEXEC);

	CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	if (origins_load(paths, 1, &origins, &failure) != OK) {
		CHECK(failure.words[0] && !origins);
	} else {
		for (size_t i = 0; i + 16 <= size && i < 512; i += 16) {
			struct address address;
			memcpy(address.bytes, data + i, 16);
			struct origin origin = origins_of(origins, address);
			CHECK(!origin.country[0] == !origin.country[1]);
		}
		origins_free(origins);
	}
	close(file);
	return 0;
}
