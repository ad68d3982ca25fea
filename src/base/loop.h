/*
 * The event loop of a process: descriptors, timers, signals, over epoll, timerfd and signalfd. One thread.
 */
#ifndef NOROSHI_BASE_LOOP_H
#define NOROSHI_BASE_LOOP_H

#include "base/error.h"
#include "base/time.h"

#include <stdint.h>

struct loop;
struct watch; /* one watched thing; freed by watch_stop() */

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_CLOSED 4u /* given to the callback: hang-up or error */

typedef void (*descriptor_callback)(void *context, int descriptor, unsigned ready);
typedef void (*timer_callback)(void *context);
typedef void (*signal_callback)(void *context, int signal);

enum error loop_new(struct loop **loop, struct failure *failure);
void loop_free(struct loop *loop);

/* All return NULL when there is no memory or descriptor. Callbacks may stop any watch, also their own. */
struct watch *loop_descriptor(struct loop *loop, int descriptor, unsigned want, descriptor_callback callback, void *context);
void watch_want(struct watch *watch, unsigned want);
struct watch *loop_timer(struct loop *loop, nanoseconds first, nanoseconds every, timer_callback callback, void *context); /* every = 0: once; the watch is still yours to stop */
struct watch *loop_signal(struct loop *loop, int signal, signal_callback callback, void *context);
/* Called once after each round of callbacks: where a process does what it gathered (group commit). */
void loop_after_round(struct loop *loop, timer_callback callback, void *context);
void watch_stop(struct watch *watch);

enum error loop_run(struct loop *loop, struct failure *failure); /* until loop_stop() */
void loop_stop(struct loop *loop);

#endif
