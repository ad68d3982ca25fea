/*
 * Gives every file of the folders named to a fuzz target, without libFuzzer: so that the seeds, and the inputs of old
 * findings among them, are tried in every build by every compiler. Called by the tests.
 */
#include "base/file.h"
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#pragma weak fuzz_folder

#define LARGEST ((size_t)16 << 20)

/* 1, or -1 when it could not be read. */
static int replay_file(const char *path)
{
	struct failure failure;
	char *at;
	size_t size;
	if (file_read(path, LARGEST, &at, &size, &failure) != OK) {
		fprintf(stderr, "%s\n", failure.words);
		return -1;
	}
	uint8_t *exact =
	    malloc(size ? size : 1); /* without file_read()'s NUL, so that a sanitizer sees a byte too many */
	if (!exact)
		return -1;
	for (size_t i = 0; i < size; i++)
		exact[i] = (uint8_t)at[i];
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	free(at);
	return 1;
}

static bool is_folder(const char *path)
{
	struct stat about;
	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* How many files were tried; -1 when one could not be read. */
static int replay_folder(const char *folder, bool within)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int count = 0;
	while (directory && count >= 0 && (entry = readdir(directory))) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		bool further = !within && is_folder(path);
		if (further && fuzz_folder)
			fuzz_folder(entry->d_name);
		int tried = further ? replay_folder(path, true) : replay_file(path);
		count = tried < 0 ? -1 : count + tried;
	}
	if (directory)
		closedir(directory);
	return count;
}

int main(int argc, char **argv)
{
	int tried = 0;
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i], false);
		if (count <= 0) {
			fprintf(stderr, "%s: %s\n", argv[i], count ? "cannot be read" : "there is no seed in it");
			return 1;
		}
		tried += count;
	}
	printf("%d inputs\n", tried);
	return tried == 0;
}
