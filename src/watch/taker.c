/*
 * The thread that takes large sets; see taker.h.
 */
#include "watch/taker.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

struct given { /* a set to be taken; then what came of it */
	struct given *next;
	int sealed;
	struct taken taken;
};

struct queue {
	struct given *first, **last;
};

struct taker {
	struct detection_sets *sets;
	int nice, signal;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct queue given, done;
	bool ready, ending;
};

static void append(struct queue *queue, struct given *given)
{
	given->next = NULL;
	*queue->last = given;
	queue->last = &given->next;
}

static struct given *remove_first(struct queue *queue)
{
	struct given *first = queue->first;
	if (first && !(queue->first = first->next))
		queue->last = &queue->first;
	return first;
}

static void take(struct taker *taker, struct given *given)
{
	nanoseconds begun = time_monotonic();
	given->taken.failure.code =
	    detection_sets_take(taker->sets, given->taken.kind, given->sealed, &given->taken.failure);
	given->sealed = -1;
	given->taken.used = time_monotonic() - begun;
}

static void *work(void *context)
{
	struct taker *taker = context;
	const uint64_t one = 1;
	setpriority(PRIO_PROCESS, (id_t)gettid(), taker->nice);
	pthread_mutex_lock(&taker->lock);
	taker->ready = true;
	pthread_cond_broadcast(&taker->changed);
	while (!taker->ending) {
		struct given *given = remove_first(&taker->given);
		if (!given) {
			pthread_cond_wait(&taker->changed, &taker->lock);
			continue;
		}
		pthread_mutex_unlock(&taker->lock);
		take(taker, given);
		pthread_mutex_lock(&taker->lock);
		append(&taker->done, given);
		if (write(taker->signal, &one, sizeof one) < 0)
			continue; /* it cannot be full */
	}
	pthread_mutex_unlock(&taker->lock);
	return NULL;
}

enum error taker_new(struct detection_sets *sets, int nice, struct taker **taker, struct failure *failure)
{
	struct taker *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory to take sets");
	made->sets = sets;
	made->nice = nice;
	made->given.last = &made->given.first;
	made->done.last = &made->done.first;
	made->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->changed, NULL);
	if (made->signal < 0 || pthread_create(&made->thread, NULL, work, made) != 0) {
		enum error error = fail_errno(failure, "no thread to take sets");
		if (made->signal >= 0)
			close(made->signal);
		free(made);
		return error;
	}
	pthread_mutex_lock(&made->lock);
	while (!made->ready)
		pthread_cond_wait(&made->changed, &made->lock);
	pthread_mutex_unlock(&made->lock);
	*taker = made;
	return OK;
}

static void free_all(struct queue *queue)
{
	for (struct given *given; (given = remove_first(queue));) {
		if (given->sealed >= 0)
			close(given->sealed);
		free(given);
	}
}

void taker_free(struct taker *taker)
{
	if (!taker)
		return;
	pthread_mutex_lock(&taker->lock);
	taker->ending = true;
	pthread_cond_broadcast(&taker->changed);
	pthread_mutex_unlock(&taker->lock);
	pthread_join(taker->thread, NULL);
	free_all(&taker->given);
	free_all(&taker->done);
	close(taker->signal);
	pthread_mutex_destroy(&taker->lock);
	pthread_cond_destroy(&taker->changed);
	free(taker);
}

void taker_give(struct taker *taker, enum detection_kind kind, int sealed)
{
	struct given *given = calloc(1, sizeof *given);
	if (!given) { /* the list is read again when it changes */
		close(sealed);
		return;
	}
	given->sealed = sealed;
	given->taken.kind = kind;
	pthread_mutex_lock(&taker->lock);
	append(&taker->given, given);
	pthread_cond_broadcast(&taker->changed);
	pthread_mutex_unlock(&taker->lock);
}

int taker_descriptor(const struct taker *taker)
{
	return taker->signal;
}

bool taker_next(struct taker *taker, struct taken *taken)
{
	uint64_t count;
	pthread_mutex_lock(&taker->lock);
	struct given *given = remove_first(&taker->done);
	if (!given && read(taker->signal, &count, sizeof count) < 0)
		count = 0; /* nothing was said */
	pthread_mutex_unlock(&taker->lock);
	if (!given)
		return false;
	*taken = given->taken;
	free(given);
	return true;
}
