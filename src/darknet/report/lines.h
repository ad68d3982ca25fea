/*
 * Lines of a telescope: docs/formats/darknet-lines.md.
 *
 *   telescope, trends → lines_watch(), lines_change(), lines_group(), lines_sources() ─► lines of EVE → descriptor
 *
 * Which addresses of the telescope were asked is never written. Counts are of spans that follow each other: from the
 * first frame, or lines_begin(), to the next multiple of `checkpoint` and so on; a span ends at a full hour and when
 * its rows are very many, too. What was told rests in memory until a checkpoint, 64 KiB, or lines_flush(). One thread.
 */
#ifndef NOROSHI_DARKNET_LINES_H
#define NOROSHI_DARKNET_LINES_H

#include "darknet/event/telescope.h"

#include <signal.h>

#define LINES_PATIENCE (5 * SECOND)
#define DARKNET_GID 4603 /* of its alerts; their signature_id is enum lines_alert */

enum lines_alert {
	LINES_PROBE = 1,
	LINES_WORM,
	LINES_ANSWER,
	LINES_MISCONFIGURATION,
	LINES_GROUP,
	LINES_CHANGE,
};

struct lines_settings {
	int descriptor;   /* the caller's */
	const char *name; /* of it, for words to people; lives as long, as do the following */
	const struct space *space;
	const struct origins *origins;   /* may be NULL */
	const struct research *research; /* the same */
	const struct trends *trends;     /* the same: who behaves as researchers do */
	nanoseconds checkpoint;          /* 0 = 10 s */
	/* Set by a signal's handler: from then on nobody is waited for longer than LINES_PATIENCE. May be NULL. */
	const volatile sig_atomic_t *stop;
};

struct lines;

enum error lines_new(const struct lines_settings *settings, struct lines **made, struct failure *failure);
void lines_free(struct lines *lines); /* what was not flushed is gone; NULL is fine */
struct telescope_watch lines_watch(struct lines *lines);
void lines_change(void *lines, const struct change *change);
void lines_group(void *lines, const struct group *group);
void lines_sources(void *lines, const struct group *group); /* from its `listed` on */

/* Live: the telescope listens from `now` on; every frame up to `now` has been told; the kernel lost so many more; it
 * did not listen for so long. */
void lines_begin(struct lines *lines, nanoseconds now);
void lines_clock(struct lines *lines, nanoseconds now);
void lines_dropped(struct lines *lines, uint64_t frames);
void lines_away(struct lines *lines, nanoseconds time);
/* Ends the last span, at `now`, or behind the last frame when that is 0; lines_flush() comes next. */
void lines_finish(struct lines *lines, nanoseconds now);
/* ERROR_SYSTEM: cannot be written (now, or earlier); ERROR_MEMORY: a line was lost. */
enum error lines_flush(struct lines *lines, struct failure *failure);

#endif
