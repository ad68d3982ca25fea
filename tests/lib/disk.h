/*
 * A model of a disk with a page cache before it, filled from a journal of file operations (base/file_journal.h): what
 * is durable, and every change since that may or may not be. From it a folder can be made as a power cut would leave
 * it.
 *
 * What a power cut may do to changes that were not synced:
 *   - each sector of SECTOR bytes is there as it was at any time since the last sync, on its own: so writes are lost,
 *     torn at sectors, and reordered; bytes of a sector that was not written to keep (no torn sector);
 *   - so is the size: content may be missing behind a size that is there already (zeros), or cut off;
 *   - each change of a name in a folder is there or not, on its own; renaming is one change: out of one folder into
 *     another the old name may be there too, but never neither.
 * A folder that was renamed keeps its old name free of new ones: the model knows names by their paths.
 * After a failed sync the changes before it may still be lost although later syncs succeed, until a sector is written
 * anew: the kernel has dropped the pages and calls them clean. The size reaches as far as what was written anew.
 */
#ifndef NOROSHI_TESTS_DISK_H
#define NOROSHI_TESTS_DISK_H

#include "base/file_journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR 512

struct disk;

struct disk *disk_new(void);
void disk_free(struct disk *disk);
void disk_replay(struct disk *disk, const struct file_record *record);

/* The present content of a name, as every process sees it; false when there is none. Borrowed. */
bool disk_content(const struct disk *disk, struct text path, struct text *content);
/* Calls for each name that ever was, with its content (at NULL = none now). */
void disk_each(
    const struct disk *disk, void (*each)(void *context, const char *path, struct text content), void *context);

/* How many different things a power cut now could leave; UINT64_MAX = more than that counts. */
uint64_t disk_outcomes(const struct disk *disk);

enum cut_kind {
	CUT_OUTCOME, /* the `number`-th of disk_outcomes() */
	CUT_NOTHING, /* nothing that was not synced is there */
	CUT_ALL,     /* everything is, as after a kill */
	CUT_NAMES,   /* names are, contents are not */
	CUT_SIZES,   /* names and sizes are, contents are not: zeros */
	CUT_CONTENT, /* contents are, names are not */
	CUT_RANDOM,  /* `number` is the seed */
};
struct cut {
	enum cut_kind kind;
	uint64_t number;
};
/* What of `root` (absolute) there is after that power cut, into the folder `to`, which exists and is empty. Gives a
 * checksum of it: equal = the same names and contents. With `to` NULL nothing is written. */
uint64_t disk_cut(const struct disk *disk, struct cut cut, const char *root, const char *to);

#endif
