/*
 * Gives every file of the folders named to a fuzz target, without libFuzzer: so that the seeds, and the inputs of old
 * findings among them, are tried in every build by every compiler. Called by the tests.
 */
#include "base/file.h"
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define LARGEST ((size_t)16 << 20)

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

/* How many files were tried; -1 when one could not be read. */
static int replay_folder(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	int count = 0;
	while (directory && (entry = readdir(directory))) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (replay_file(path) < 0) {
			count = -1;
			break;
		}
		count++;
	}
	if (directory)
		closedir(directory);
	return count;
}

int main(int argc, char **argv)
{
	int tried = 0;
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);
		if (count <= 0) {
			fprintf(stderr, "%s: %s\n", argv[i], count ? "cannot be read" : "there is no seed in it");
			return 1;
		}
		tried += count;
	}
	printf("%d inputs\n", tried);
	return tried == 0;
}
