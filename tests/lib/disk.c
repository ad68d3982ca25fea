/*
 * The model of a disk; see disk.h. In: records of the journal in their order; out: folders.
 */
#include "disk_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *grown(void *at, size_t count, size_t size)
{
	if (count & (count - 1)) /* room is the next power of two */
		return at;
	void *more = realloc(at, (count ? 2 * count : 1) * size);
	assert_non_null(more);
	return more;
}

struct disk *disk_new(void)
{
	struct disk *disk = calloc(1, sizeof *disk);
	assert_non_null(disk);
	return disk;
}

static void changes_clear(struct content *content)
{
	for (size_t i = 0; i < content->count; i++)
		free(content->changes[i].at);
	content->count = 0;
	content->extent = content->size > content->durable_size ? content->size : content->durable_size;
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->content_count; i++) {
		changes_clear(&disk->contents[i]);
		free(disk->contents[i].changes);
		free(disk->contents[i].at);
		free(disk->contents[i].durable);
	}
	for (size_t i = 0; i < disk->name_count; i++)
		free(disk->names[i].path);
	free(disk->contents);
	free(disk->names);
	free(disk->pending);
	free(disk);
}

/* ── contents ─ */

size_t content_sectors(const struct content *content)
{
	return (content->extent + DISK_SECTOR - 1) / DISK_SECTOR;
}

bool change_touches(const struct content *content, const struct change *change, size_t sector)
{
	uint64_t from = sector * DISK_SECTOR, to = from + DISK_SECTOR;
	uint64_t end = change->at ? change->offset + change->size : content->extent;
	return change->offset < to && end > from;
}

size_t change_size(size_t size, const struct change *change)
{
	size_t end = (size_t)change->offset + change->size;
	return !change->at ? (size_t)change->offset : end > size ? end : size;
}

static size_t size_at(const struct content *content, size_t time)
{
	size_t size = content->durable_size;
	for (size_t i = 0; i < time; i++)
		size = change_size(size, &content->changes[i]);
	return size;
}

/* The content in which each sector has what it had at its time. free() it. */
char *content_build(const struct content *content, const struct choice *choice, size_t *size)
{
	size_t sectors = content_sectors(content);
	char *at = calloc(sectors + 1, DISK_SECTOR);
	assert_non_null(at);
	if (content->durable_size)
		memcpy(at, content->durable, content->durable_size);
	for (size_t i = 0; i < content->count; i++) {
		const struct change *change = &content->changes[i];
		size_t end = change->at ? (size_t)change->offset + change->size : sectors * DISK_SECTOR;
		for (size_t from = (size_t)change->offset, to; from < end; from = to) {
			to = (from / DISK_SECTOR + 1) * DISK_SECTOR;
			to = to < end ? to : end;
			if (choice->sectors[from / DISK_SECTOR] <= i)
				continue;
			if (change->at)
				memcpy(at + from, change->at + (from - change->offset), to - from);
			else
				memset(at + from, 0, to - from);
		}
	}
	*size = size_at(content, choice->size);
	if (*size < choice->least)
		*size = choice->least;
	if (*size < sectors * DISK_SECTOR)
		memset(at + *size, 0, sectors * DISK_SECTOR - *size);
	return at;
}

static void change_add(struct content *content, struct change change)
{
	size_t end = (size_t)change.offset + change.size;
	content->changes = grown(content->changes, content->count, sizeof change);
	content->changes[content->count++] = change;
	content->extent = end > content->extent ? end : content->extent;
}

static char *copy_of(const void *at, size_t size)
{
	char *copy = malloc(size + 1);
	assert_non_null(copy);
	if (size)
		memcpy(copy, at, size);
	return copy;
}

static void content_resize(struct content *content, size_t size)
{
	content->at = realloc(content->at, size + 1);
	assert_non_null(content->at);
	if (size > content->size)
		memset(content->at + content->size, 0, size - content->size);
	content->size = size;
}

static void content_write(struct content *content, const struct file_record *record)
{
	size_t end = (size_t)record->offset + record->data.size;
	if (!record->data.size)
		return;
	if (end > content->size)
		content_resize(content, end);
	memcpy(content->at + record->offset, record->data.at, record->data.size);
	change_add(content, (struct change){ .offset = record->offset,
				.size = record->data.size,
				.at = copy_of(record->data.at, record->data.size) });
}

/* How far the content reaches by what was written since a failed sync: a file is as long as its last block on the disk,
 * also when the blocks that made it longer before were dropped. */
static size_t written_to(const struct content *content)
{
	size_t reached = 0;
	for (size_t i = 0; i < content->count; i++) {
		const struct change *change = &content->changes[i];
		size_t end = (size_t)change->offset + change->size;
		if (!change->at && end < reached)
			reached = end;
		else if (change->at && !change->dropped && end > reached)
			reached = end;
	}
	return reached;
}

/* The changes that a failed sync dropped, and over which nothing was written since, stay away. */
static void content_sync(struct content *content)
{
	size_t sectors = content_sectors(content), size, count = content->count;
	struct choice choice = { .sectors = calloc(sectors + 1, sizeof(size_t)), .size = count };
	struct change *lost = calloc(sectors + 1, sizeof *lost);
	size_t lost_count = 0;
	assert_true(choice.sectors && lost);
	for (size_t sector = 0; sector < sectors; sector++) {
		size_t last = count;
		while (last && !change_touches(content, &content->changes[last - 1], sector))
			last--;
		bool away = last && content->changes[last - 1].dropped;
		choice.sectors[sector] = away ? 0 : count;
		size_t from = sector * DISK_SECTOR,
		       end = from + DISK_SECTOR < content->size ? from + DISK_SECTOR : content->size;
		if (away && end > from)
			lost[lost_count++] = (struct change){ .offset = from,
				.size = end - from,
				.at = copy_of(content->at + from, end - from),
				.dropped = true };
	}
	for (size_t last = count; last; last--)
		if (size_at(content, last) != size_at(content, last - 1)) {
			choice.size = content->changes[last - 1].dropped ? 0 : count;
			break;
		}
	choice.least = written_to(content);
	char *durable = content_build(content, &choice, &size);
	free(content->durable);
	content->durable = durable;
	content->durable_size = size;
	changes_clear(content);
	for (size_t i = 0; i < lost_count; i++)
		change_add(content, lost[i]);
	if (choice.size != count && content->size < size)
		change_add(content, (struct change){ .offset = content->size, .dropped = true });
	free(lost);
	free(choice.sectors);
}

static struct content *content_of(struct disk *disk, uint64_t inode)
{
	for (size_t i = disk->content_count; i--;)
		if (disk->contents[i].inode == inode)
			return &disk->contents[i];
	fail_msg("the journal writes to a file that it did not create");
	return NULL;
}

/* ── names ─ */

static int name_of(struct disk *disk, struct text path)
{
	for (size_t i = 0; i < disk->name_count; i++)
		if (text_equal(text_of(disk->names[i].path), path))
			return (int)i;
	disk->names = grown(disk->names, disk->name_count, sizeof *disk->names);
	char *copy = copy_of(path.at, path.size);
	copy[path.size] = '\0';
	disk->names[disk->name_count] = (struct name){ copy, NONE, NONE };
	return (int)disk->name_count++;
}

static size_t folder_size(const char *path)
{
	const char *slash = strrchr(path, '/');
	assert_non_null(slash);
	return slash == path ? 1 : (size_t)(slash - path);
}

static void name_set(struct disk *disk, int name, int to, int gone)
{
	const char *path = disk->names[name].path;
	disk->names[name].now = to;
	if (gone != NONE)
		disk->names[gone].now = NONE;
	disk->pending = grown(disk->pending, disk->pending_count, sizeof *disk->pending);
	disk->pending[disk->pending_count++] = (struct name_change){
		.name = name, .to = to, .gone = gone, .folder = path, .folder_size = folder_size(path), .after = NONE
	};
}

/* What is below the folder `from` is below `to` as well, with what is pending there: which of the two stands is the
 * change of their names. */
static void names_follow(struct disk *disk, int from, int to)
{
	size_t names = disk->name_count, pending = disk->pending_count, size = strlen(disk->names[from].path);
	for (size_t i = 0; i < names; i++) {
		char path[4096];
		const char *below = disk->names[i].path + size;
		if (strncmp(disk->names[i].path, disk->names[from].path, size) != 0 || *below != '/')
			continue;
		snprintf(path, sizeof path, "%s%s", disk->names[to].path, below);
		int moved = name_of(disk, text_of(path));
		disk->names[moved].durable = disk->names[i].durable;
		for (size_t k = 0; k < pending; k++)
			if (disk->pending[k].name == (int)i)
				name_set(disk, moved, disk->pending[k].to, NONE);
		disk->names[moved].now = disk->names[i].now;
		disk->names[i].now = NONE;
	}
}

static void name_rename(struct disk *disk, int from, int to)
{
	if (disk->names[from].now == FOLDER)
		names_follow(disk, from, to);
	const char *a = disk->names[from].path, *b = disk->names[to].path;
	int content = disk->names[from].now;
	if (folder_size(a) == folder_size(b) && memcmp(a, b, folder_size(a)) == 0) {
		name_set(disk, to, content, from);
		return;
	}
	name_set(disk, to, content, NONE);
	name_set(disk, from, NONE, NONE);
	disk->pending[disk->pending_count - 1].after = to;
	disk->pending[disk->pending_count - 1].content = content;
}

void name_apply(int *names, const struct name_change *change)
{
	if (change->after != NONE && names[change->after] != change->content)
		return;
	names[change->name] = change->to;
	if (change->gone != NONE)
		names[change->gone] = NONE;
}

static void folder_sync(struct disk *disk, struct text folder)
{
	size_t kept = 0;
	for (size_t i = 0; i < disk->pending_count; i++) {
		const struct name_change change = disk->pending[i];
		if (!text_equal((struct text){ change.folder, change.folder_size }, folder)) {
			disk->pending[kept++] = change;
			continue;
		}
		for (size_t k = 0; change.after != NONE && k < disk->pending_count; k++)
			if (disk->pending[k].name == change.after && disk->pending[k].to == change.content)
				disk->names[change.after].durable = change.content; /* never neither */
		disk->names[change.name].durable = change.to;
		if (change.gone != NONE)
			disk->names[change.gone].durable = NONE;
	}
	disk->pending_count = kept;
}

static void create(struct disk *disk, const struct file_record *record)
{
	disk->contents = grown(disk->contents, disk->content_count, sizeof *disk->contents);
	struct content *content = &disk->contents[disk->content_count];
	*content = (struct content){ .inode = record->inode };
	content_resize(content, 0);
	name_set(disk, name_of(disk, record->path), (int)disk->content_count++, NONE);
}

void disk_replay(struct disk *disk, const struct file_record *record)
{
	if (record->error && record->operation != FILE_WRITE && record->operation != FILE_SYNC)
		return;
	struct content *content;
	switch (record->operation) {
	case FILE_CREATE:
		create(disk, record);
		break;
	case FILE_WRITE:
		content_write(content_of(disk, record->inode), record);
		break;
	case FILE_TRUNCATE:
		content = content_of(disk, record->inode);
		content_resize(content, record->offset);
		change_add(content, (struct change){ .offset = record->offset });
		break;
	case FILE_SYNC:
		content = content_of(disk, record->inode);
		for (size_t i = 0; record->error && i < content->count; i++)
			content->changes[i].dropped = true;
		if (!record->error)
			content_sync(content);
		break;
	case FILE_RENAME:
		name_rename(disk, name_of(disk, record->path), name_of(disk, record->other));
		break;
	case FILE_REMOVE:
		name_set(disk, name_of(disk, record->path), NONE, NONE);
		break;
	case FILE_MAKE_FOLDER:
		name_set(disk, name_of(disk, record->path), FOLDER, NONE);
		break;
	case FILE_SYNC_FOLDER:
		folder_sync(disk, record->path);
		break;
	case FILE_MARK:
		break;
	}
}

bool disk_content(const struct disk *disk, struct text path, struct text *content)
{
	for (size_t i = 0; i < disk->name_count; i++)
		if (text_equal(text_of(disk->names[i].path), path) && disk->names[i].now >= 0) {
			const struct content *found = &disk->contents[disk->names[i].now];
			*content = (struct text){ found->at, found->size };
			return true;
		}
	return false;
}

void disk_each(
    const struct disk *disk, void (*each)(void *context, const char *path, struct text content), void *context)
{
	for (size_t i = 0; i < disk->name_count; i++) {
		struct text content = { 0 };
		if (disk->names[i].now != FOLDER) {
			disk_content(disk, text_of(disk->names[i].path), &content);
			each(context, disk->names[i].path, content);
		}
	}
}
