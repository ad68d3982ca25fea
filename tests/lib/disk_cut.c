/*
 * What a power cut leaves of the disk that disk.c followed: every outcome in turn, or some of them. In: the model; out:
 * a folder.
 */
#include "disk_inner.h"

#include "base/hash.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OUTCOMES_MOST 4096

/* One after another: takes a digit of `*number` below `base`, or counts the outcomes when `number` is NULL. */
struct dials {
	struct cut cut;
	uint64_t state; /* of CUT_OUTCOME: what is left of the number; of CUT_RANDOM: the generator */
	uint64_t outcomes;
	size_t lag; /* random: all that is older than so many changes is there */
};

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u); /* splitmix64, Vigna 2015 */
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

enum dial_of { OF_NAME, OF_SIZE, OF_SECTOR };

/* Of `count` + 1 times, the last one the present, one. */
static size_t dial(struct dials *dials, enum dial_of of, size_t count)
{
	size_t taken = 0;
	if (dials->outcomes < OUTCOMES_MOST)
		dials->outcomes *= count + 1;
	switch (dials->cut.kind) {
	case CUT_OUTCOME:
		taken = dials->state % (count + 1);
		dials->state /= count + 1;
		break;
	case CUT_NOTHING:
		break;
	case CUT_ALL:
		taken = count;
		break;
	case CUT_NAMES:
		taken = of == OF_NAME ? count : 0;
		break;
	case CUT_SIZES:
		taken = of == OF_SECTOR ? 0 : count;
		break;
	case CUT_CONTENT:
		taken = of == OF_NAME ? 0 : count;
		break;
	case CUT_RANDOM:
		taken = random_next(&dials->state) % (count + 1);
		if (dials->lag && count - taken > dials->lag)
			taken = count - random_next(&dials->state) % (dials->lag + 1);
		break;
	}
	return taken;
}

/* The changes that touch each sector, in their order: those of sector s are all[at[s]] up to all[at[s + 1]]. */
struct touching {
	size_t *at, *all;
};

static struct touching touching_of(const struct content *content, size_t sectors)
{
	struct touching touching = { .at = calloc(sectors + 2, sizeof(size_t)) };
	assert_non_null(touching.at);
	for (int turn = 0; turn < 2; turn++) { /* counts them, and places them */
		for (size_t i = 0; i < content->count; i++)
			for (size_t sector = content->changes[i].offset / DISK_SECTOR;
			     sector < sectors && change_touches(content, &content->changes[i], sector); sector++)
				if (turn == 0)
					touching.at[sector + 2]++;
				else
					touching.all[touching.at[sector + 1]++] = i;
		if (turn == 0) {
			for (size_t sector = 2; sector <= sectors + 1; sector++)
				touching.at[sector] += touching.at[sector - 1];
			touching.all = calloc(touching.at[sectors + 1] + 1, sizeof(size_t));
			assert_non_null(touching.all);
		}
	}
	return touching;
}

static struct choice choose(struct dials *dials, const struct content *content)
{
	size_t sectors = content_sectors(content), *times = calloc(content->count + 1, sizeof *times), count = 0;
	struct choice choice = { .sectors = calloc(sectors + 1, sizeof(size_t)) };
	struct touching touching = touching_of(content, sectors);
	assert_true(choice.sectors && times);
	size_t size = content->durable_size;
	for (size_t i = 0; i < content->count; i++) {
		size_t before = size;
		size = change_size(size, &content->changes[i]);
		if (size != before)
			times[++count] = i + 1;
	}
	choice.size = times[dial(dials, OF_SIZE, count)];
	for (size_t sector = 0; sector < sectors; sector++) {
		const size_t *own = &touching.all[touching.at[sector]];
		count = touching.at[sector + 1] - touching.at[sector];
		size_t taken = count ? dial(dials, OF_SECTOR, count) : 0;
		choice.sectors[sector] = taken ? own[taken - 1] + 1 : 0;
	}
	free(touching.all);
	free(touching.at);
	free(times);
	return choice;
}

static char *content_cut(struct dials *dials, const struct content *content, size_t *size)
{
	struct choice choice = choose(dials, content);
	char *at = content_build(content, &choice, size);
	free(choice.sectors);
	return at;
}

static bool folder_stands(const struct disk *disk, const int *names, const char *path, size_t root)
{
	for (size_t size = root + 1; path[size]; size++)
		for (size_t i = 0; path[size] == '/' && i < disk->name_count; i++)
			if (strlen(disk->names[i].path) == size && memcmp(disk->names[i].path, path, size) == 0 &&
			    names[i] != FOLDER)
				return false;
	return true;
}

static void write_out(const char *to, const char *below, const char *at, size_t size, bool folder)
{
	char path[4096];
	snprintf(path, sizeof path, "%s%s", to, below);
	if (folder) {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (descriptor < 0)
		fail_msg("%s cannot be made", path);
	assert_int_equal(write(descriptor, at, size), size);
	close(descriptor);
}

static int by_path(const void *a, const void *b)
{
	const struct name *const *first = a, *const *second = b;
	return strcmp((*first)->path, (*second)->path);
}

uint64_t disk_cut(const struct disk *disk, struct cut cut, const char *root, const char *to)
{
	struct dials dials = { .cut = cut, .state = cut.number, .outcomes = 1 };
	dials.lag = cut.kind == CUT_RANDOM && cut.number % 2 ? 2 : 0;
	int *names = calloc(disk->name_count + 1, sizeof *names);
	const struct name **order = calloc(disk->name_count + 1, sizeof *order);
	size_t root_size = strlen(root);
	uint64_t sum = 0;
	assert_true(names && order);
	for (size_t i = 0; i < disk->name_count; i++) {
		names[i] = disk->names[i].durable;
		order[i] = &disk->names[i];
	}
	for (size_t i = 0; i < disk->pending_count; i++)
		if (dial(&dials, OF_NAME, 1))
			name_apply(names, &disk->pending[i]);
	qsort(order, disk->name_count, sizeof(struct name *), by_path); /* folders before what is in them */
	for (size_t i = 0; i < disk->name_count; i++) {
		const char *path = order[i]->path;
		int content = names[order[i] - disk->names];
		if (content == NONE || strncmp(path, root, root_size) != 0 || path[root_size] != '/' ||
		    !folder_stands(disk, names, path, root_size))
			continue;
		size_t size = 0;
		char *at = content == FOLDER ? NULL : content_cut(&dials, &disk->contents[content], &size);
		sum = hash_bytes(path, strlen(path), sum);
		sum = hash_bytes(at ? at : "", at ? size : 0, sum + size);
		if (to)
			write_out(to, path + root_size, at, size, content == FOLDER);
		free(at);
	}
	free(names);
	free(order);
	return sum;
}

static bool can_be_named(const struct disk *disk, int content)
{
	for (size_t i = 0; i < disk->name_count; i++)
		if (disk->names[i].now == content || disk->names[i].durable == content)
			return true;
	for (size_t i = 0; i < disk->pending_count; i++)
		if (disk->pending[i].to == content)
			return true;
	return false;
}

uint64_t disk_outcomes(const struct disk *disk)
{
	struct dials dials = { .cut = { .kind = CUT_NOTHING }, .outcomes = 1 };
	for (size_t i = 0; i < disk->pending_count; i++)
		dial(&dials, OF_NAME, 1);
	for (size_t i = 0; i < disk->content_count && dials.outcomes < OUTCOMES_MOST; i++)
		if (disk->contents[i].count && can_be_named(disk, (int)i))
			free(choose(&dials, &disk->contents[i]).sectors);
	return dials.outcomes < OUTCOMES_MOST ? dials.outcomes : UINT64_MAX;
}
