/*
 * What lines.c and lines_counts.c share.
 */
#ifndef NOROSHI_DARKNET_LINES_INNER_H
#define NOROSHI_DARKNET_LINES_INNER_H

#include "darknet/event/line.h"
#include "darknet/report/counts.h"
#include "darknet/report/lines.h"

#define LINES_HELD ((size_t)64 << 10) /* bytes that wait for a checkpoint */

/* What arrived from `from` on, until `until`. */
struct lines_span {
	nanoseconds from, until, last; /* last: the latest frame, behind it */
	uint64_t frames, packets, bytes, dropped;
	nanoseconds away;
};

struct lines {
	struct lines_settings settings;
	struct counts *counts;
	struct lines_span span;
	bool begun;
	bool fresh; /* live, and there was no frame: the first may have come before the clock was asked */
	struct builder text;
	struct failure failure; /* the first; then nothing is written any more */
};

void lines_head(struct lines *lines, nanoseconds time, const char *type);
void lines_put(struct lines *lines); /* behind each line */
/* struct telescope_watch's */
void lines_frame(void *lines, const struct frame *frame, const struct arrival *arrival);

#endif
