/*
 * Capture files of one or many sensors as one row of frames in order of time.
 *
 *   descriptors → files_read() → frames → telescope
 *
 * Files that follow each other and files that ran side by side alike: the file whose next frame is the earliest comes
 * first (of the same moment: the one named first), each in its own order. One MiB for a file.
 */
#ifndef NOROSHI_DARKNET_FILES_H
#define NOROSHI_DARKNET_FILES_H

#include "base/error.h"
#include "net/frame.h"

#include <stdint.h>

#define FILES_MOST 256

struct files_source {
	const char *path;
	int descriptor; /* closed when it was read; -1: not read */
};

struct files_counts {
	uint64_t unread;    /* files that could not be read to their end, which was said */
	uint64_t truncated; /* that ended within a packet */
};

/* Frames live until `frames` returns. What is wrong with a file is told to `wrong`, and the others are read on; an
 * error of `frames` ends the work. */
struct files_visitor {
	enum error (*frames)(void *context, const struct frame *frames, size_t count, struct failure *failure);
	void (*wrong)(void *context, const struct failure *failure);
	void *context;
};
enum error files_read(struct files_source *sources, size_t count, const struct files_visitor *visitor,
    struct files_counts *counts, struct failure *failure);

#endif
