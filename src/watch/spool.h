/*
 * The agent's own copy of what was not shipped yet and could vanish: the rest of a file that was deleted, and, while
 * the centre is away, what files have grown by. One file for each followed file, named by its epoch; bounded in all.
 */
#ifndef NOROSHI_WATCH_SPOOL_H
#define NOROSHI_WATCH_SPOOL_H

#include "base/error.h"
#include "base/hash.h"

#include <stdint.h>

struct spool;

/* What of a followed file's content is in the spool: [begin, end), kept by the owner of the file; equal = nothing. */
struct spool_range {
	uint64_t begin, end;
};

enum error spool_open(const char *folder, uint64_t limit, struct spool **spool, struct failure *failure);
void spool_close(struct spool *spool); /* NULL is fine */

/* After a start: this range is in use. Gives an empty range when its file is not there or too short. */
void spool_claim(struct spool *spool, struct hash128 epoch, struct spool_range *range);
/* After all claims: removes the files that nobody claimed. */
void spool_sweep(struct spool *spool, bool (*claimed)(void *context, struct hash128 epoch), void *context);

/* Appends the bytes from range->end on (an empty range begins at `offset`), durable on return. ERROR_LIMIT when the
 * spool or the disk is full: the range stays as it was. */
enum error spool_add(struct spool *spool, struct hash128 epoch, struct spool_range *range, uint64_t offset,
    const void *at, uint32_t size, struct failure *failure);
enum error spool_read(struct spool *spool, struct hash128 epoch, const struct spool_range *range, uint64_t offset,
    void *to, uint32_t size, uint32_t *got, struct failure *failure);
void spool_drop(struct spool *spool, struct hash128 epoch, struct spool_range *range);

uint64_t spool_used(const struct spool *spool); /* bytes */

#endif
