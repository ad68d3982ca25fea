/*
 * The agent's folder of refused batches, in which people work too: a file of any name (the first line) with any bytes
 * is a batch that is read as it lies there and removed, or it is left alone.
 *
 * Sources: watch/refused.c.
 */
#include "base/file.h"
#include "fuzz.h"
#include "watch/refused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], inside[80];

static void remove_folder(void)
{
	rmdir(inside);
	rmdir(folder);
}

static void make_folder(void)
{
	snprintf(folder, sizeof folder, "%s/noroshi-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(folder));
	snprintf(inside, sizeof inside, "%s/refused", folder);
	CHECK(directory_make(inside, 0700, NULL) == OK);
	atexit(remove_folder);
}

static void check_batch(struct text content, const char *path)
{
	static uint8_t bytes[BATCH_BYTES];
	struct refused_batch batch, other;
	struct follow *follow = follow_new("refused");
	struct failure failure = { 0 };
	uint64_t batches, sum;
	refused_sum(folder, &batches, &sum);
	if (!refused_next(folder, "", &batch)) {
		CHECK(batches == 0 && sum == 0);
		unlink(path);
	} else {
		CHECK(batches == 1 && sum == content.size && batch.size == sum &&
		      !refused_next(folder, batch.name, &other));
		CHECK(refused_read(folder, &batch, bytes, follow, &failure) == OK);
		CHECK(content.size == 0 || memcmp(bytes, content.at, content.size) == 0);
		CHECK(refused_remove(folder, &batch, &failure) == OK && access(path, F_OK) != 0);
	}
	follow_free(follow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = { (const char *)data, size }, name = text_cut(&content, '\n');
	char path[400];
	if (name.size == 0 || name.size > 200 || memchr(name.at, '/', name.size) || memchr(name.at, 0, name.size) ||
	    name.at[0] == '.')
		return 0;
	if (!folder[0])
		make_folder();
	snprintf(path, sizeof path, "%s/%.*s", inside, (int)name.size, name.at);
	FILE *file = fopen(path, "w");
	if (!file) /* a name that this file system does not take */
		return 0;
	CHECK(fwrite(content.at, 1, content.size, file) == content.size && fclose(file) == 0);
	check_batch(content, path);
	return 0;
}
