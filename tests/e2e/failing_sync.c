/*
 * Preloaded into a centre by failing_sync.py: while the file NOROSHI_TEST_FAIL exists, every third fsync and fdatasync
 * of a file of history fails with EIO, as a disk does that loses writes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_history(int descriptor)
{
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
	ssize_t size = readlink(link, path, sizeof path);
	return size > 7 && memcmp(path + size - 7, ".alerts", 7) == 0;
}

static bool is_set(const char *name)
{
	const char *flag = getenv(name);
	return flag && access(flag, F_OK) == 0;
}

static int pass_on(const char *name, int descriptor)
{
	int (*real)(int);
	*(void **)&real = dlsym(RTLD_NEXT, name);
	if (is_history(descriptor) && is_set("NOROSHI_TEST_FAIL")) {
		errno = EIO;
		return -1;
	}
	if (is_history(descriptor) && is_set("NOROSHI_TEST_SLOW"))
		usleep(400000);
	return real(descriptor);
}

int fsync(int descriptor)
{
	return pass_on("fsync", descriptor);
}

int fdatasync(int descriptor)
{
	return pass_on("fdatasync", descriptor);
}
