/*
 * A worker of live capture: one thread with a ring of each interface and a sensor of its own.
 *
 *   rings → struct sensor → sink (or nothing)
 *
 * It never waits for anything but packets.
 */
#ifndef NOROSHI_WATCH_SENSOR_WORKER_H
#define NOROSHI_WATCH_SENSOR_WORKER_H

#include "net/capture_live.h"
#include "watch/sensor.h"
#include "watch/sensor_options.h"
#include "watch/sink.h"

struct worker;

struct worker_settings { /* what it points to lives longer */
	const struct sensor_options *options;
	unsigned number;
	struct detection_sets *sets; /* NULL: nothing is looked for */
	struct sensor_behaviour *behaviour;
	struct sink *sink; /* NULL: no records */
};

enum error worker_new(const struct worker_settings *settings, struct worker **worker, struct failure *failure);
void worker_free(struct worker *worker); /* not at work; NULL is fine */

/* A ring takes the place of the interface's last one, before the work begins or while it goes on; the worker's now. */
void worker_ring(struct worker *worker, size_t interface, struct capture_ring *ring);

/* Begins its thread, which is there when this returns, and waits until worker_go(). */
enum error worker_begin(struct worker *worker, struct failure *failure);
void worker_go(struct worker *worker);
/* What the rings still hold is looked at, and every flow ends. */
void worker_stop(struct worker *worker);

/* Whether the interface was told to be down since this was last asked. Any thread. */
bool worker_saw_down(struct worker *worker, size_t interface);

struct worker_counts {
	struct sensor_counts sensor;
	struct capture_counts capture; /* of all its rings, also those that were replaced */
	nanoseconds longest_away;      /* from the rings, since this was last asked */
};
/* As of a fifth of a second ago at most; of the end after worker_stop(). Any thread. */
struct worker_counts worker_count(struct worker *worker);

#endif
