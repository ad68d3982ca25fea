/*
 * Every durable write of the program goes through here.
 *
 * Rule 3 of the house: a fact is acknowledged only after it is durable. A write is durable after file_sync() returned
 * OK; a new name is durable after directory_sync() of its folder. The recording build notes every operation in a
 * journal, so that a test can rebuild the folder as after a power cut at any point, and makes any of them fail on
 * demand: base/file_journal.h.
 *
 * A write error leaves the file in an unknown state: after any failure of a write, a truncation or a sync the writer
 * refuses further work, and the owner reopens and repairs (fsync is never retried: the kernel may have dropped the
 * pages).
 *
 * Errors: ERROR_NOT_FOUND when the name or a folder in it does not exist, ERROR_LIMIT when the disk or the quota is
 * full, ERROR_CONFLICT when somebody else is replacing the same file, else ERROR_SYSTEM.
 */
#ifndef NOROSHI_BASE_FILE_H
#define NOROSHI_BASE_FILE_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct file; /* one open file for appending, or for writing at places; one owner, one thread at a time */

/* Opens for appending, creating it (mode 0640) when `create`. The name's folder is synced when the file was created;
 * the name of a file that is there already may be one that a killed process made: directory_sync() before relying on
 * it. */
enum error file_open(const char *path, bool create, struct file **file, struct failure *failure);
/* The same, always creating it, for lines: a last one that a full disk or a killed process cut gets its line break, so
 * that it does not spoil the next. */
enum error file_open_lines(const char *path, struct file **file, struct failure *failure);
/* After an append of `rest` to a file of `*size` bytes failed, and the file was closed: opens it again. What got into
 * it is taken from `rest`, which may be appended now, and added to *size. */
enum error file_open_rest(
    const char *path, uint64_t *size, struct builder *rest, struct file **file, struct failure *failure);
void file_close(struct file *file); /* without sync; NULL is fine */
enum error file_append(struct file *file, const void *at, size_t size, struct failure *failure);
enum error file_write_at(struct file *file, uint64_t offset, const void *at, size_t size, struct failure *failure);
enum error file_truncate(struct file *file, uint64_t size, struct failure *failure);
enum error file_sync(struct file *file, struct failure *failure);
uint64_t file_size(const struct file *file);
int file_descriptor(const struct file *file); /* for reading only */

/* What is there and is no regular file (a device, a folder) is refused with ERROR_INPUT, never replaced.
 * The whole content becomes `text` or stays as it was: temporary file `path.new` in the same folder (at most one is
 * left by crashes, and used again), sync, rename, folder sync. When only the last step fails the new content stands
 * already, but may not survive a power cut. */
enum error file_replace(const char *path, struct text text, unsigned mode, struct failure *failure);

/* The same for a content too large for memory: append to the file returned, then commit (or abandon). */
enum error file_replace_begin(const char *path, unsigned mode, struct file **file, struct failure *failure);
enum error file_replace_commit(struct file *file, struct failure *failure); /* closes it in either case */
void file_replace_abandon(struct file *file);

enum error file_remove(const char *path, struct failure *failure);                 /* and syncs the folder */
enum error file_rename(const char *from, const char *to, struct failure *failure); /* and syncs both folders */
enum error directory_make(
    const char *path, unsigned mode, struct failure *failure); /* one level; fine when it is there; syncs the parent */
enum error directory_sync(const char *path, struct failure *failure);
enum error directory_sync_of(const char *path, struct failure *failure); /* of the folder that this name is in */

/* The whole file or pipe, at most `limit` bytes (else ERROR_LIMIT), NUL-terminated behind its size; free() it. */
enum error file_read(const char *path, size_t limit, char **at, size_t *size, struct failure *failure);

#endif
