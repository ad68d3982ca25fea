/*
 * What happens to a member's log files; see member.h.
 */
#include "tests/watch/member.h"
#include "watch/tend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct generation *generation_at(struct member *member, const char *name)
{
	for (size_t i = 0; i < member->generation_count; i++)
		if (strcmp(member->generations[i].name, name) == 0)
			return &member->generations[i];
	return NULL;
}

char *log_path(struct member *member, const char *name, char path[static 512])
{
	snprintf(path, 512, "%s/logs/%s", member->folder, name);
	return path;
}

void log_append_bytes(struct member *member, const char *name, const void *at, size_t size)
{
	char path[512];
	struct generation *generation = generation_at(member, name);

	if (!generation) {
		assert_true(member->generation_count < 512);
		generation = &member->generations[member->generation_count++];
		*generation = (struct generation){ 0 };
		snprintf(generation->name, sizeof generation->name, "%s", name);
	}
	int file = open(log_path(member, name, path), O_WRONLY | O_APPEND | O_CREAT, 0644);
	assert_true(file >= 0);
	assert_int_equal(write(file, at, size), (ssize_t)size);
	close(file);
	generation->content = realloc(generation->content, generation->size + size + 1);
	memcpy(generation->content + generation->size, at, size);
	generation->size += size;
}

void log_append(struct member *member, const char *name, const char *text)
{
	log_append_bytes(member, name, text, strlen(text));
}

void log_lines(struct member *member, const char *name, unsigned from, unsigned to)
{
	char line[128];

	for (unsigned i = from; i < to; i++) {
		snprintf(line, sizeof line, "{\"event\":%u,\"text\":\"something that happened\"}\n", i);
		log_append(member, name, line);
	}
}

static void move(struct member *member, const char *from, const char *to)
{
	char path[512], target[512];

	assert_int_equal(rename(log_path(member, from, path), log_path(member, to, target)), 0);
}

void log_rename(struct member *member, const char *from, const char *to)
{
	struct generation *generation = generation_at(member, from), *over = generation_at(member, to);

	move(member, from, to);
	if (over)
		over->name[0] = 0;
	snprintf(generation->name, sizeof generation->name, "%s", to);
}

void log_swap(struct member *member, const char *one, const char *other)
{
	log_rename(member, one, "swap");
	log_rename(member, other, one);
	log_rename(member, "swap", other);
}

void log_copy(struct member *member, const char *name, const char *copy)
{
	char path[512], target[512], room[65536];
	struct generation *generation = generation_at(member, name);
	int from = open(log_path(member, name, path), O_RDONLY);
	int to = open(log_path(member, copy, target), O_WRONLY | O_CREAT | O_EXCL, 0644);
	ssize_t size;

	assert_true(from >= 0 && to >= 0);
	while ((size = read(from, room, sizeof room)) > 0)
		assert_int_equal(write(to, room, (size_t)size), size);
	close(from);
	close(to);
	generation->copied = generation->size;
}

void log_truncate_copied(struct member *member, const char *name, const char *copy)
{
	char path[512];
	struct generation *generation = generation_at(member, name);

	assert_int_equal(truncate(log_path(member, name, path), 0), 0);
	if (generation->copied == generation->size)
		generation->copied = 0;
	else
		generation->lossy = true;
	snprintf(generation->name, sizeof generation->name, "%s", copy);
}

void log_copy_truncate(struct member *member, const char *name, const char *copy)
{
	log_copy(member, name, copy);
	log_truncate_copied(member, name, copy);
}

void log_truncate(struct member *member, const char *name)
{
	char path[512];
	struct generation *generation = generation_at(member, name);

	assert_int_equal(truncate(log_path(member, name, path), 0), 0);
	generation->name[0] = 0;
	generation->lossy = true;
}

static void compress_with(struct member *member, const char *name, const char *program, const char *end)
{
	char path[512], command[2048];
	struct generation *generation = generation_at(member, name);

	log_path(member, name, path);
	snprintf(command, sizeof command, "%s %s", program, path);
	assert_int_equal(system(command), 0);
	snprintf(generation->name, sizeof generation->name, "%s%s", name, end);
}

void log_compress(struct member *member, const char *name)
{
	compress_with(member, name, "gzip -q", ".gz");
}

void log_compress_zstd(struct member *member, const char *name)
{
	compress_with(member, name, "zstd -q --rm", ".zst");
}

void log_delete(struct member *member, const char *name)
{
	char path[512];

	struct generation *generation = generation_at(member, name);

	assert_int_equal(unlink(log_path(member, name, path)), 0);
	for (size_t i = 0; member->agent && i < member->agent->follows.count; i++) {
		const struct follow *follow = member->agent->follows.items[i];
		if (follow->source && follow->path && strcmp(follow->path, path) == 0)
			generation->held = true;
	}
	generation->name[0] = 0;
}
