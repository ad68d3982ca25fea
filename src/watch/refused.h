/*
 * Batches that the centre refused: kept aside for a person to look at, and to be sent again when what was wrong is
 * mended (another field map, a newer centre). Files in FOLDER/refused:
 *
 *   TIME-EPOCH-OFFSET.lines  the batch's bytes
 *   EPOCH.preamble           the header lines of its file, when it has any
 *   again                    a person's wish that the batches be sent again; empty
 */
#ifndef NOROSHI_WATCH_REFUSED_H
#define NOROSHI_WATCH_REFUSED_H

#include "watch/follow.h"

struct refused_batch {
	char name[128]; /* in order of age */
	struct hash128 epoch;
	uint64_t offset, size; /* in bytes */
};

enum error refused_keep(
    const char *folder, const struct follow *follow, const struct batch *batch, struct failure *failure);
/* The oldest one whose name comes after `after` ("" = of all). False when there is none. */
bool refused_next(const char *folder, const char *after, struct refused_batch *batch);
/* All of them together. */
void refused_sum(const char *folder, uint64_t *batches, uint64_t *bytes);
/* Its bytes into `content` (room for BATCH_BYTES), and its header lines into `follow`. */
enum error refused_read(const char *folder, const struct refused_batch *batch, uint8_t *content, struct follow *follow,
    struct failure *failure);
enum error refused_remove(const char *folder, const struct refused_batch *batch, struct failure *failure);

/* Asks the agent of this folder, running or not, to send them again. ERROR_NOT_FOUND when there are none. */
enum error refused_ask_again(const char *folder, struct failure *failure);
bool refused_asked_again(const char *folder);
void refused_answered(const char *folder); /* each was sent once more */

#endif
