/*
 * Hazard pointers, one for each reader.
 */
#include "match/live_set.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct slot {
	_Alignas(64) _Atomic(void *) used; /* a cache line of its own: readers do not disturb each other */
};

struct live_set {
	_Atomic(void *) current;
	void (*release)(void *set);
	pthread_mutex_t writers;
	size_t readers;
	struct slot slots[];
};

struct live_set *live_set_new(size_t readers, void (*release)(void *set))
{
	size_t size = sizeof(struct live_set) + readers * sizeof(struct slot);
	struct live_set *live = aligned_alloc(_Alignof(struct live_set), size);
	if (!live)
		return NULL;
	atomic_init(&live->current, NULL);
	live->release = release;
	live->readers = readers;
	pthread_mutex_init(&live->writers, NULL);
	for (size_t i = 0; i < readers; i++)
		atomic_init(&live->slots[i].used, NULL);
	return live;
}

void live_set_free(struct live_set *live)
{
	if (!live)
		return;
	void *last = atomic_load(&live->current);
	if (last)
		live->release(last);
	pthread_mutex_destroy(&live->writers);
	free(live);
}

const void *live_set_enter(struct live_set *live, size_t reader)
{
	void *set = atomic_load(&live->current), *again;
	for (;; set = again) {
		atomic_store(&live->slots[reader].used, set);
		/* Was it replaced before the writer could see that it is used? */
		again = atomic_load(&live->current);
		if (again == set)
			return set;
	}
}

void live_set_leave(struct live_set *live, size_t reader)
{
	atomic_store_explicit(&live->slots[reader].used, NULL, memory_order_release);
}

static void wait_for(struct live_set *live, size_t reader, const void *old)
{
	const struct timespec soon = { .tv_nsec = 50000 };
	while (atomic_load(&live->slots[reader].used) == old)
		nanosleep(&soon, NULL);
}

void live_set_replace(struct live_set *live, void *next)
{
	pthread_mutex_lock(&live->writers);
	void *old = atomic_exchange(&live->current, next);
	if (old && old != next) {
		for (size_t i = 0; i < live->readers; i++)
			wait_for(live, i, old);
		live->release(old);
	}
	pthread_mutex_unlock(&live->writers);
}
