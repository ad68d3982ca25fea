/*
 * Copies of whole files, with their SHA-256 taken on the way: for backups.
 */
#ifndef NOROSHI_BASE_COPY_H
#define NOROSHI_BASE_COPY_H

#include "base/error.h"

#include <stdint.h>

struct copy_watch {
	void (*moved)(void *context, uint64_t bytes); /* so many more were read; NULL = nobody looks */
	void *context;
};

/* Reads `from`, at most its first `most` bytes (UINT64_MAX = all), and writes them to the new file `to`, which is
 * durable afterwards; what stands at `to` already is ERROR_CONFLICT. `to` NULL: only reads. A `from` that is no regular
 * file, or a symbolic link, is ERROR_INPUT. Gives the size and the digest of what was read. On an error a part of `to`
 * may stand there: its folder is the caller's to remove. */
enum error copy_file(const char *from, const char *to, uint64_t most, const struct copy_watch *watch, uint64_t *size,
    uint8_t digest[32], struct failure *failure);

#endif
