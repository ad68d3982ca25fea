/*
 * The queue of a sensor's output, and the thread that empties it; see sink.h.
 */
#include "watch/sink.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct piece {
	struct piece *next;
	int descriptor; /* -1: lines; else where what follows goes */
	size_t size;
	uint64_t records;
	char bytes[];
};

struct sink {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct piece *first, **last;
	const struct piece *writing; /* NULL: none */
	struct sink_counts counts;
	uint64_t room;
	nanoseconds patience; /* 0: nobody waits for room */
	const char *name;
	int descriptor;  /* the thread's */
	bool begun;      /* its thread is there */
	bool ending;     /* nothing more comes */
	bool ended;      /* the thread is done */
	bool broken;     /* the last write failed, and that was said */
	bool overflowed; /* that the queue is full was said, and it was not empty since */
};

static uint64_t records_in(const char *at, size_t size)
{
	uint64_t records = 0;
	if (size == 0)
		return 0;
	for (const char *end = at + size; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		records++;
	return records;
}

/* ── putting ─ */

static struct piece *piece_new(int descriptor, struct text lines)
{
	struct piece *piece = malloc(sizeof *piece + lines.size);
	if (!piece)
		return NULL;
	*piece =
	    (struct piece){ .descriptor = descriptor, .size = lines.size, .records = records_in(lines.at, lines.size) };
	if (lines.size > 0)
		memcpy(piece->bytes, lines.at, lines.size);
	return piece;
}

static void append(struct sink *sink, struct piece *piece)
{
	*sink->last = piece;
	sink->last = &piece->next;
	sink->counts.waiting += piece->size;
	if (sink->counts.waiting > sink->counts.highest)
		sink->counts.highest = sink->counts.waiting;
	pthread_cond_broadcast(&sink->changed);
}

/* Whether the lock was let go for `changed`, until `patience` from now at most. */
static bool wait_for_change(struct sink *sink, nanoseconds patience)
{
	nanoseconds until = time_monotonic() + patience;
	const struct timespec at = { until / SECOND, until % SECOND };

	return pthread_cond_timedwait(&sink->changed, &sink->lock, &at) == 0;
}

void sink_wait(struct sink *sink, nanoseconds patience)
{
	pthread_mutex_lock(&sink->lock);
	sink->patience = patience;
	pthread_mutex_unlock(&sink->lock);
}

void sink_put(struct sink *sink, struct text lines)
{
	struct piece *piece = piece_new(-1, lines);
	bool first = false;

	pthread_mutex_lock(&sink->lock);
	while (sink->counts.waiting + lines.size > sink->room && sink->patience > 0)
		if (!wait_for_change(sink, sink->patience))
			sink->patience = 0; /* nobody takes anything: the rest is dropped at once */
	if (piece && sink->counts.waiting + lines.size <= sink->room) {
		append(sink, piece);
		piece = NULL;
	} else {
		sink->counts.dropped += records_in(lines.at, lines.size);
		first = !sink->overflowed;
		sink->overflowed = true;
	}
	pthread_mutex_unlock(&sink->lock);
	free(piece);
	if (first)
		log_write(LOG_WARNING, "records are dropped: whoever takes them is too slow",
		    LOG_FIELD_STRING("output", sink->name), LOG_FIELD_NUMBER("queue_bytes", sink->room));
}

void sink_reopen(struct sink *sink, int descriptor)
{
	struct piece *piece = piece_new(descriptor, TEXT_NONE);

	if (!piece) {
		close(descriptor);
		return;
	}
	pthread_mutex_lock(&sink->lock);
	append(sink, piece);
	pthread_mutex_unlock(&sink->lock);
}

struct sink_counts sink_count(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	struct sink_counts counts = sink->counts;
	pthread_mutex_unlock(&sink->lock);
	return counts;
}

/* ── writing ─ */

static bool write_whole(int descriptor, const char *at, size_t size)
{
	while (size > 0) {
		ssize_t written = write(descriptor, at, size);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return true;
}

static void write_piece(struct sink *sink, const struct piece *piece)
{
	if (piece->descriptor >= 0) {
		close(sink->descriptor);
		sink->descriptor = piece->descriptor;
		return;
	}
	bool good = write_whole(sink->descriptor, piece->bytes, piece->size);
	if (!good && !sink->broken)
		log_write(LOG_ERROR, "records are dropped: they cannot be written",
		    LOG_FIELD_STRING("output", sink->name), LOG_FIELD_STRING("why", strerror(errno)));
	sink->broken = !good;
	pthread_mutex_lock(&sink->lock);
	sink->writing = NULL;
	sink->counts.waiting -= piece->size;
	*(good ? &sink->counts.records : &sink->counts.dropped) += piece->records;
	sink->counts.bytes += good ? piece->size : 0;
	if (sink->counts.waiting == 0)
		sink->overflowed = false;
	pthread_cond_broadcast(&sink->changed);
	pthread_mutex_unlock(&sink->lock);
}

static void *write_on(void *context)
{
	struct sink *sink = context;

	pthread_mutex_lock(&sink->lock);
	sink->begun = true;
	pthread_cond_broadcast(&sink->changed);
	while (sink->first || !sink->ending) {
		struct piece *piece = sink->first;
		if (!piece) {
			pthread_cond_wait(&sink->changed, &sink->lock);
			continue;
		}
		sink->first = piece->next;
		if (!sink->first)
			sink->last = &sink->first;
		sink->writing = piece;
		pthread_mutex_unlock(&sink->lock);
		write_piece(sink, piece);
		free(piece);
		pthread_mutex_lock(&sink->lock);
	}
	pthread_mutex_unlock(&sink->lock);
	fsync(sink->descriptor); /* of a pipe it says EINVAL */
	pthread_mutex_lock(&sink->lock);
	sink->ended = true;
	pthread_cond_broadcast(&sink->changed);
	pthread_mutex_unlock(&sink->lock);
	return NULL;
}

/* ── life ─ */

enum error sink_new(int descriptor, const char *name, uint64_t room, struct sink **sink, struct failure *failure)
{
	struct sink *made = calloc(1, sizeof *made);
	pthread_condattr_t monotonic;

	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for the output");
	*made = (struct sink){ .descriptor = descriptor, .name = name, .room = room, .last = &made->first };
	pthread_mutex_init(&made->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&made->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int error = pthread_create(&made->thread, NULL, write_on, made);
	if (error) {
		free(made);
		return fail(failure, ERROR_SYSTEM, "no thread for the output: %s", strerror(error));
	}
	pthread_mutex_lock(&made->lock);
	while (!made->begun)
		pthread_cond_wait(&made->changed, &made->lock);
	pthread_mutex_unlock(&made->lock);
	*sink = made;
	return OK;
}

/* With the lock held. What cannot be written any more is counted as dropped. */
static void drop_rest(struct sink *sink)
{
	for (struct piece *piece; (piece = sink->first);) {
		sink->first = piece->next;
		sink->counts.dropped += piece->records;
		free(piece);
	}
	sink->last = &sink->first;
	sink->counts.dropped += sink->writing ? sink->writing->records : 0;
}

struct sink_counts sink_finish(struct sink *sink, nanoseconds patience)
{
	pthread_mutex_lock(&sink->lock);
	sink->ending = true;
	pthread_cond_broadcast(&sink->changed);
	while (!sink->ended && wait_for_change(sink, patience))
		;
	bool ended = sink->ended;
	if (!ended)
		drop_rest(sink);
	struct sink_counts counts = sink->counts;
	pthread_mutex_unlock(&sink->lock);
	if (!ended) { /* its thread is still inside a write: it keeps what it needs until the process ends */
		counts.waiting = 0;
		return counts;
	}
	pthread_join(sink->thread, NULL);
	close(sink->descriptor);
	pthread_cond_destroy(&sink->changed);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
	return counts;
}
