/*
 * Where the records of a sensor that must never wait go: a bounded queue in memory and one thread that writes it out.
 *
 *   workers → sink_put() → queue → thread → descriptor (a file, a pipe, a socket)
 *
 * What is put goes out whole and in its order, or not at all: when whoever reads the descriptor is slower than the
 * records come, and the queue is full, new ones are dropped and counted. A write that fails drops what it was about,
 * is said once, and the next ones are tried.
 */
#ifndef NOROSHI_WATCH_SINK_H
#define NOROSHI_WATCH_SINK_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

struct sink;

/* Begins the thread, which is there when this returns. `name` is for words to people, and lives longer; the descriptor
 * is the sink's. `room`: bytes. */
enum error sink_new(int descriptor, const char *name, uint64_t room, struct sink **sink, struct failure *failure);
/* Whole lines; any thread; never waits for the output. */
void sink_put(struct sink *sink, struct text lines);
/* From now on, when nothing is captured any more, it does: for room, as long as there is some within `patience`. */
void sink_wait(struct sink *sink, nanoseconds patience);
/* What is put from now on goes there; the old descriptor is closed behind what was put before. */
void sink_reopen(struct sink *sink, int descriptor);

struct sink_counts {
	uint64_t records, bytes;   /* written */
	uint64_t dropped;          /* records: the queue was full, or the write failed */
	uint64_t waiting, highest; /* bytes in the queue, now and at most so far */
};
struct sink_counts sink_count(struct sink *sink);

/* Nobody puts any more: what waits is written within `patience` (the rest is dropped and counted), a file is synced,
 * and the sink is gone. */
struct sink_counts sink_finish(struct sink *sink, nanoseconds patience);

#endif
