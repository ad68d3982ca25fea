/*
 * The journal of file operations, for tests of durability. In the recording build (FILE_RECORDING; meson
 * -Dfile_recording=true, or a test that compiles file.c itself with it) every operation of base/file.c, and of whatever
 * else writes files, is counted and appended with its data to the file that NOROSHI_FILE_JOURNAL names;
 * NOROSHI_FILE_FAIL=N:ENOSPC makes the N-th operation of the process fail with this error, N:KILL kills it before that
 * operation. Otherwise nothing of this exists at run time.
 *
 * The journal tells names and contents apart as a file system does: a record carries the inode number whose content it
 * is about, and only creating, renaming and removing touch names. So a test can rebuild what a power cut leaves:
 * content that was not synced is there, torn or missing, and so is a name whose folder was not synced.
 *
 * A record is u32 0x314a464e ("NFJ1"), u32 size, the fields below in their order (base/codec.h), u32 CRC-32C of these
 * fields. Several processes may write one journal; records stand in the order in which the operations were done.
 */
#ifndef NOROSHI_BASE_FILE_JOURNAL_H
#define NOROSHI_BASE_FILE_JOURNAL_H

#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

enum file_operation {
	FILE_CREATE = 1,  /* a new empty file `inode` under the name `path` */
	FILE_WRITE,       /* `data` at `offset` */
	FILE_TRUNCATE,    /* to `offset` bytes, also longer */
	FILE_SYNC,        /* content and size are durable */
	FILE_RENAME,      /* the name `path` became `other` */
	FILE_REMOVE,      /* the name `path` is gone */
	FILE_MAKE_FOLDER, /* `path` */
	FILE_SYNC_FOLDER, /* the names in `path` are durable */
	FILE_MARK,        /* what a test wants to find between the operations: `data` */
};

struct file_record {
	enum file_operation operation; /* u8 */
	uint64_t number;               /* in its process, from 1; 0 for marks */
	uint32_t process;
	int error; /* u32: 0 = done; an errno: failed, and a write did only what `data` holds */
	uint64_t inode, offset;
	struct text path, other; /* absolute */
	struct text data;
};

/* Called around each operation. begin() returns 0, or the errno with which the operation shall fail without being done
 * (a write shall do half of it); end() takes what became of it, and fills number and process itself. Whoever calls
 * begin() calls end(). Any thread. */
#ifdef FILE_RECORDING
int file_journal_begin(void);
void file_journal_end(const struct file_record *record);
void file_mark(struct text data);
#else
static inline int file_journal_begin(void)
{
	return 0;
}
static inline void file_journal_end(const struct file_record *record)
{
	(void)record;
}
static inline void file_mark(struct text data)
{
	(void)data;
}
#endif

/* The next record of a journal that was read into memory (the texts point into it). ERROR_END at the end; ERROR_CORRUPT
 * for what is none, with its place in bytes. */
enum error file_journal_next(struct reader *journal, struct file_record *record, struct failure *failure);

#endif
