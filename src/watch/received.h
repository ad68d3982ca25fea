/*
 * What is received and not shipped yet: lines in files that only grow, FOLDER/NUMBER.KIND, each a few MiB. The agent
 * follows them as it follows any log, and removes those that are delivered and not the newest of their kind; together
 * they are bounded.
 *
 *   line → received_add() → memory → received_write() (a round) → received_sync() (durable)
 */
#ifndef NOROSHI_WATCH_RECEIVED_H
#define NOROSHI_WATCH_RECEIVED_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

#define RECEIVED_KINDS_MOST 256 /* kinds */

struct received;
struct received_kind; /* the one that is written of a kind */

/* Makes the folder; ends the last line of each file there, where a crash tore it. */
enum error received_open(const char *folder, uint64_t limit, struct received **received, struct failure *failure);
void received_close(struct received *received); /* NULL is fine; write and sync before */

/* `kind` ends with the name of a format: "lan.records.eve". `header`: the first line of each file, or empty; borrowed.
 * NULL without memory, or beyond RECEIVED_KINDS_MOST. */
struct received_kind *received_kind_of(struct received *received, const char *kind, struct text header);
/* One line, with its line break. */
void received_add(struct received_kind *kind, struct text line);
/* On an error (the disk is full) the lines stay in memory, and the next call goes on where this one stopped. */
enum error received_write(struct received *received, struct failure *failure);
enum error received_sync(struct received *received, struct failure *failure);
/* Looks at the folder: is the limit reached, or could the last lines not be written? Then nothing more should be read.
 */
bool received_full(struct received *received);
uint64_t received_used(const struct received *received); /* bytes, as last looked at */

/* For the agent: are these two paths of one kind, and which is the newer? */
bool received_is_older(const char *path, const char *other);

#endif
