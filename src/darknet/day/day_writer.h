/*
 * Day tables written by a process of its own: who parses packets may open no file (net/sandbox.h).
 *
 *   day_writer_begin() → activities through a pipe → the other process: day_folder.h
 *
 * The writer believes nothing: what it is told is checked, and becomes counts under one sensor and part alone.
 */
#ifndef NOROSHI_DARKNET_DAY_WRITER_H
#define NOROSHI_DARKNET_DAY_WRITER_H

#include "darknet/day/day_folder.h"

struct day_writer;

/* Before the sandbox. */
enum error day_writer_begin(const struct day_folder_part *part, struct day_writer **made, struct failure *failure);
/* ERROR_SYSTEM: the writer is gone. */
enum error day_writer_add(struct day_writer *writer, const struct activity *activity, struct failure *failure);
/* All activities of this time were told, and the telescope was awake: what stands so far is made durable. */
enum error day_writer_awake(struct day_writer *writer, nanoseconds from, nanoseconds to, struct failure *failure);
/* All is durable, or what the writer said went wrong; frees. */
enum error day_writer_end(struct day_writer *writer, struct failure *failure);
void day_writer_abandon(struct day_writer *writer); /* what was not written is gone; NULL is fine */

#endif
