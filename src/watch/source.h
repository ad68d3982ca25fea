/*
 * The bytes of one file at places: a plain file by pread(2), a gzip or zstd file as its decompressed content, read
 * forward.
 *
 *   path → source → follow.c (batches), identity.c (is it the file that we know?)
 */
#ifndef NOROSHI_WATCH_SOURCE_H
#define NOROSHI_WATCH_SOURCE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct source;

/* Opens a regular file for reading. Compressed content (told by its first bytes) is seen decompressed. ERROR_NOT_FOUND
 * when there is no such file, ERROR_USAGE when it is not a regular one. */
enum error source_open(const char *path, struct source **source, struct failure *failure);
void source_close(struct source *source); /* NULL is fine */

bool source_compressed(const struct source *source);
/* Why the compressed stream broke off at the last read that came to the break; NULL when it did not. */
const char *source_broken(const struct source *source);
uint64_t source_device(const struct source *source);
uint64_t source_inode(const struct source *source);

/* The size now of a plain file; of a compressed one what has been seen of it so far. *removed (may be NULL): no name
 * left. */
enum error source_size(struct source *source, uint64_t *size, bool *removed, struct failure *failure);

/* Up to `size` bytes from `offset` on. *got < size: the content ends there for now. A compressed file whose stream
 * breaks off gives what stands before the break, and ERROR_AGAIN where nothing stands: whoever writes it may not have
 * finished; it is read again when it has changed. */
enum error source_read(
    struct source *source, uint64_t offset, void *to, uint32_t size, uint32_t *got, struct failure *failure);

#endif
