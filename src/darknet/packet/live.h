/*
 * Live capture as one row of frames in order of time, and a clock for when nothing arrives.
 *
 *   interfaces → live_open() ─ rights are given up ─ live_run() → frames, clock
 *
 * Frames of several interfaces are merged: one is told when none of the others can have an earlier one any more (SETTLE
 * behind the clock). An interface that is down or away is asked for each second, by a process that keeps the right to
 * open it. One thread.
 */
#ifndef NOROSHI_DARKNET_LIVE_H
#define NOROSHI_DARKNET_LIVE_H

#include "net/capture_live.h"

#include <signal.h>

#define LIVE_INTERFACES 16

struct live;

struct live_visitor {
	/* They live until it returns. */
	enum error (*frames)(void *context, const struct frame *frames, size_t count, struct failure *failure);
	/* Some ten times a second. Every frame up to `now` was told, unless it is 0: then there are more waiting, and
	 * nothing is known. Since the last call the kernel lost so many, and not every interface was up for so long. */
	enum error (*clock)(void *context, nanoseconds now, uint64_t lost, nanoseconds away, struct failure *failure);
	void *context;
};

/* `settings`, each of one worker, live as long. ERROR_NOT_FOUND: there is no such interface. */
enum error live_open(
    const struct capture_settings *settings, unsigned count, struct live **made, struct failure *failure);
void live_close(struct live *live); /* NULL is fine */
/* Since when it listens. */
nanoseconds live_began(const struct live *live);
/* Until *stop is set by a signal's handler, or an error: then every frame up to *end is told. */
enum error live_run(struct live *live, const struct live_visitor *visitor, const volatile sig_atomic_t *stop,
    nanoseconds *end, struct failure *failure);
struct capture_counts live_count(struct live *live); /* since the beginning */

#endif
