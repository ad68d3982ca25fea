/*
 * Making sealed files (intel/parcel.h): lines → volumes of at most a size, each the next of a chain.
 *
 * Files appear, and the chain's state with them, when all is done: `NAME.part` is written and synced, then the state
 * says that NAME is due, then it is renamed. A process that was killed leaves either nothing of it or files that the
 * next one renames, so no number is ever given to two files. Nothing but sealed bytes is written.
 */
#ifndef NOROSHI_INTEL_PARCEL_WRITE_H
#define NOROSHI_INTEL_PARCEL_WRITE_H

#include "intel/parcel_chain.h"

#define PARCEL_VOLUME (32u << 20) /* bytes, unless said */
#define PARCEL_VOLUME_LEAST (64u << 10)

struct parcel_writer; /* one thread */
struct parcel_writing {
	const struct parcel_cms *cms;
	const char *chain, *folder; /* the state's file; where files go */
	uint64_t volume;            /* bytes of a sealed file, which a single line may exceed */
	nanoseconds now;
};
/* Finishes what a process before left. ERROR_CONFLICT: the chain is of other parties. */
enum error parcel_writer_open(const struct parcel_writing *how, struct parcel_writer **writer, struct failure *failure);
void parcel_writer_free(struct parcel_writer *writer); /* what was not committed never was; NULL is fine */

/* How far sources were read, as the last commit left it; what is changed in it is kept by the next. */
json_t *parcel_writer_sources(struct parcel_writer *writer);

/* `text` is JSON (an object, change, message) or an identifier (withdrawn). `collection` may be empty. */
enum error parcel_write(struct parcel_writer *writer, enum parcel_kind kind, struct text text, struct text collection,
    struct failure *failure);
/* All that was written is in files now; *files of them, from number *first on. Without a line nothing is made. */
enum error parcel_writer_commit(
    struct parcel_writer *writer, uint64_t *first, unsigned *files, struct failure *failure);

#endif
