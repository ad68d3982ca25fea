/*
 * The event loop of a process: descriptors (level-triggered epoll), timers (a heap over the monotonic clock, to the
 * millisecond, never early), signals (signalfd). One thread.
 */
#ifndef NOROSHI_BASE_LOOP_H
#define NOROSHI_BASE_LOOP_H

#include "base/error.h"
#include "base/time.h"

#include <stdint.h>

struct loop;
struct watch; /* one watched thing; it is gone after watch_stop() or loop_free() */

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_CLOSED 4u /* given to the callback: hang-up or error */

typedef void (*descriptor_callback)(void *context, int descriptor, unsigned ready);
typedef void (*timer_callback)(void *context);
typedef void (*signal_callback)(void *context, int signal);

enum error loop_new(struct loop **loop, struct failure *failure);
void loop_free(struct loop *loop);

/* All return NULL when there is no memory or descriptor. Callbacks may stop any watch, also their own: a stopped watch
 * is never called again. They may not free the loop. */

/* A descriptor can be watched once, and is not closed by the loop; regular files cannot be watched (errno EPERM).
 * `want` 0 rests: not even LOOP_CLOSED comes. Stop the watch before the descriptor is closed. */
struct watch *loop_descriptor(
    struct loop *loop, int descriptor, unsigned want, descriptor_callback callback, void *context);
void watch_want(struct watch *watch, unsigned want);
/* `first` ≤ 0: in the next round. every = 0: once; the watch is still yours to stop. Periods that pass while the
 * process is busy are left out, not made up for. */
struct watch *loop_timer(
    struct loop *loop, nanoseconds first, nanoseconds every, timer_callback callback, void *context);
/* Blocks the signal in this thread, for good (a child process inherits the mask: set it before exec). Several signals
 * of one number may come as one: a SIGCHLD callback waits until there is no further child. */
struct watch *loop_signal(struct loop *loop, int signal, signal_callback callback, void *context);
/* Called once after each round of callbacks: where a process does what it gathered (group commit). One for each loop: a
 * later call replaces it, NULL takes it away. */
void loop_after_round(struct loop *loop, timer_callback callback, void *context);
void watch_stop(struct watch *watch); /* NULL is fine */

/* Until loop_stop(); the round in which it is called is finished, with its after-round callback. */
enum error loop_run(struct loop *loop, struct failure *failure);
void loop_stop(struct loop *loop);

#endif
