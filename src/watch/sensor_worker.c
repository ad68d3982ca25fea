/*
 * A worker's thread; see sensor_worker.h.
 */
#include "watch/sensor_worker.h"

#include "watch/detection.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64                 /* frames at a time */
#define TICK (100 * MILLISECOND) /* records go out, counters are told, and flows end this often */
#define BEHIND SECOND            /* what the kernel still holds is not older than this when the rings are empty */
#define BATCHES_LEFT 65536       /* at most so many are still looked at after the end */

struct ring_place {
	struct capture_ring *ring; /* the worker's */
	_Atomic(struct capture_ring *) next;
	_Atomic bool down;
	struct capture_counts before; /* of rings that were replaced */
};

struct worker {
	struct worker_settings settings;
	struct detection *detection;
	struct sensor *sensor;
	struct ring_place places[SENSOR_INTERFACES_MOST];
	size_t interfaces;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool waiting, going; /* with the lock: its thread is there; it may work */
	_Atomic bool stopping;
	nanoseconds longest_away;
	struct worker_counts told; /* with the lock */
};

/* ── life ─ */

static enum error write_to_sink(void *context, struct text lines, struct failure *failure)
{
	const struct worker *worker = context;

	(void)failure;
	sink_put(worker->settings.sink, lines);
	return OK;
}

static enum error make_sensor(struct worker *worker, struct failure *failure)
{
	const struct worker_settings *given = &worker->settings;
	const struct sensor_options *options = given->options;
	struct sensor_settings settings = { .observer = options->observer,
		.host = text_of(options->name),
		.detection = worker->detection,
		.payload = options->detection.files.paths[DETECTION_SIGNATURES],
		.behaviour = given->behaviour,
		.write = given->sink ? write_to_sink : NULL,
		.context = worker };
	unsigned workers = options->capture.workers;

	settings.observer.flows = (options->observer.flows + workers - 1) / workers;
	settings.observer.first_id = options->observer.first_id + given->number;
	settings.observer.id_step = workers;
	return sensor_new(&settings, &worker->sensor, failure);
}

enum error worker_new(const struct worker_settings *settings, struct worker **worker, struct failure *failure)
{
	struct worker *made = calloc(1, sizeof *made);
	enum error error = OK;

	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for a worker");
	made->settings = *settings;
	made->interfaces = settings->options->interface_count;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->changed, NULL);
	if (settings->sets && !(made->detection = detection_new(settings->sets, settings->number)))
		error = fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	if (!error)
		error = make_sensor(made, failure);
	if (error) {
		worker_free(made);
		return error;
	}
	*worker = made;
	return OK;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	for (size_t i = 0; i < worker->interfaces; i++) {
		capture_ring_free(worker->places[i].ring);
		capture_ring_free(atomic_load(&worker->places[i].next));
	}
	sensor_free(worker->sensor);
	detection_free(worker->detection);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

void worker_ring(struct worker *worker, size_t interface, struct capture_ring *ring)
{
	capture_ring_free(atomic_exchange(&worker->places[interface].next, ring));
}

bool worker_saw_down(struct worker *worker, size_t interface)
{
	return atomic_exchange(&worker->places[interface].down, false);
}

/* ── packets ─ */

/* One batch of one interface; false when there was none. */
static bool take_batch(struct worker *worker, size_t interface)
{
	struct frame frames[BATCH];
	struct capture_ring *ring = worker->places[interface].ring;
	size_t count = ring ? capture_ring_read(ring, frames, BATCH) : 0;

	if (count == 0)
		return false;
	sensor_source(worker->sensor, text_of(worker->settings.options->interfaces[interface]), TEXT_NONE);
	sensor_frames(worker->sensor, frames, count, NULL);
	return true;
}

/* The interface came back as another: what its old ring still holds is looked at first. */
static void take_new_rings(struct worker *worker)
{
	for (size_t i = 0; i < worker->interfaces; i++) {
		struct ring_place *place = &worker->places[i];
		struct capture_ring *next = atomic_exchange(&place->next, NULL);
		if (!next)
			continue;
		for (int batch = 0; batch < BATCHES_LEFT && take_batch(worker, i); batch++)
			;
		if (place->ring) {
			struct capture_counts last = capture_ring_count(place->ring);
			place->before.packets += last.packets;
			place->before.drops += last.drops;
			capture_ring_free(place->ring);
		}
		place->ring = next;
	}
}

static void wait_for_packets(struct worker *worker)
{
	struct pollfd ready[SENSOR_INTERFACES_MOST];

	for (size_t i = 0; i < worker->interfaces; i++)
		ready[i] =
		    (struct pollfd){ worker->places[i].ring ? capture_ring_descriptor(worker->places[i].ring) : -1,
			    POLLIN, 0 };
	if (poll(ready, worker->interfaces, (int)(TICK / MILLISECOND)) <= 0)
		return;
	for (size_t i = 0; i < worker->interfaces; i++)
		if (ready[i].revents & (POLLERR | POLLHUP) && capture_ring_down(worker->places[i].ring))
			atomic_store(&worker->places[i].down, true);
}

/* ── time ─ */

static void tell_counts(struct worker *worker)
{
	struct worker_counts counts = { .sensor = sensor_count(worker->sensor) };

	for (size_t i = 0; i < worker->interfaces; i++) {
		struct ring_place *place = &worker->places[i];
		struct capture_counts of_ring = { 0 };
		if (place->ring)
			of_ring = capture_ring_count(place->ring);
		counts.capture.packets += place->before.packets + of_ring.packets;
		counts.capture.drops += place->before.drops + of_ring.drops;
	}
	pthread_mutex_lock(&worker->lock);
	counts.longest_away =
	    worker->longest_away > worker->told.longest_away ? worker->longest_away : worker->told.longest_away;
	worker->told = counts;
	pthread_mutex_unlock(&worker->lock);
	worker->longest_away = 0;
}

static void tick(struct worker *worker, bool idle)
{
	if (idle)
		sensor_time(worker->sensor, time_now() - BEHIND);
	sensor_flush(worker->sensor, NULL);
	tell_counts(worker);
	take_new_rings(worker);
}

static void listen_on(struct worker *worker)
{
	nanoseconds ticked = time_monotonic(), here = ticked;

	while (!atomic_load_explicit(&worker->stopping, memory_order_relaxed)) {
		bool any = false;
		for (size_t i = 0; i < worker->interfaces; i++)
			any |= take_batch(worker, i);
		nanoseconds now = time_monotonic();
		if (now - ticked >= TICK) {
			tick(worker, !any);
			ticked = now;
		}
		if (now - here > worker->longest_away)
			worker->longest_away = now - here;
		here = now;
		if (!any) {
			wait_for_packets(worker);
			here = time_monotonic();
		}
	}
}

/* ── the thread ─ */

static void *work(void *context)
{
	struct worker *worker = context;

	pthread_mutex_lock(&worker->lock);
	worker->waiting = true;
	pthread_cond_broadcast(&worker->changed);
	while (!worker->going)
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	take_new_rings(worker);
	listen_on(worker);
	for (size_t i = 0; i < worker->interfaces; i++)
		for (int batch = 0; batch < BATCHES_LEFT && take_batch(worker, i); batch++)
			;
	sensor_finish(worker->sensor, NULL);
	tell_counts(worker);
	return NULL;
}

enum error worker_begin(struct worker *worker, struct failure *failure)
{
	int error = pthread_create(&worker->thread, NULL, work, worker);

	if (error)
		return fail(failure, ERROR_SYSTEM, "no thread for a worker: %s", strerror(error));
	/* a thread begins with system calls that the sandbox refuses */
	pthread_mutex_lock(&worker->lock);
	while (!worker->waiting)
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	return OK;
}

void worker_go(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->going = true;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

void worker_stop(struct worker *worker)
{
	atomic_store(&worker->stopping, true);
	pthread_join(worker->thread, NULL);
}

struct worker_counts worker_count(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	struct worker_counts counts = worker->told;
	worker->told.longest_away = 0;
	pthread_mutex_unlock(&worker->lock);
	return counts;
}
