/*
 * The inside of the model of a disk, shared by disk.c, which follows what a program did, and disk_cut.c, which makes of
 * it what a power cut could leave.
 */
#ifndef NOROSHI_TESTS_DISK_INNER_H
#define NOROSHI_TESTS_DISK_INNER_H

#include "disk.h"

#define NONE (-1)
#define FOLDER (-2)

struct change { /* of a content */
	uint64_t offset;
	size_t size; /* of `at` */
	char *at;    /* NULL: truncated to `offset` */
	bool dropped;
};

struct content {
	uint64_t inode;
	char *at, *durable; /* as every process sees it; on the disk */
	size_t size, durable_size;
	struct change *changes; /* since the last sync */
	size_t count, room;
	size_t extent; /* the largest size since then */
};

struct name {
	char *path;
	int now, durable; /* content, NONE or FOLDER */
};

struct name_change {
	int name, to;       /* what the name became */
	int gone;           /* renaming: this name went in the same step; else NONE */
	const char *folder; /* whose sync makes it durable */
	size_t folder_size;
	int after; /* renaming out of a folder: not before that name is `content`; else NONE */
	int content;
};

struct disk {
	struct content *contents;
	struct name *names;
	struct name_change *pending;
	size_t content_count, name_count, pending_count;
};

/* What is chosen: for each content the time (number of changes) at which each sector and the size reached the disk. */
struct choice {
	size_t *sectors, size;
	size_t least; /* bytes that the content has whatever `size` says */
};

/* Sectors that the content may have; whether a change touches one; the size after a change, of what was `size` long
 * before. */
size_t content_sectors(const struct content *content);
bool change_touches(const struct content *content, const struct change *change, size_t sector);
size_t change_size(size_t size, const struct change *change);
/* The content as chosen, which the caller frees. */
char *content_build(const struct content *content, const struct choice *choice, size_t *size);
void name_apply(int *names, const struct name_change *change);

#endif
