/*
 * What is lost for good, said exactly: one line for each range of a file that was known to exist and that the centre
 * will never have, in STATE/losses.jsonl, for whoever has to find these lines elsewhere.
 */
#ifndef NOROSHI_WATCH_LOSS_H
#define NOROSHI_WATCH_LOSS_H

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdint.h>

#define LOSS_BYTES (1u << 20) /* of the file; further ones are logged and counted only */

struct loss {
	const char *file; /* the name under which it was first followed */
	struct hash128 epoch;
	uint64_t from, bytes; /* of its content */
	uint64_t unanswered;  /* the first so many may have arrived: they were sent, and no answer came */
	const char *why;
};

/* Appends it to FOLDER/losses.jsonl, durable on return, and logs it. False when the disk does not take it: then it is
 * to be said later, and not forgotten until then. A range may be said twice after a crash: it has the same epoch and
 * place. */
bool loss_say(const char *folder, const struct loss *loss);

/* The lines of the file as a JSON array. */
void losses_write(const char *folder, struct builder *to);

#endif
