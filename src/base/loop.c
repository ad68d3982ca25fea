/*
 * The event loop: waits for descriptors, signals and timers, and calls who watches them, round by round. In: what the
 * parts of a process watch; out: their callbacks. Each process of the centre runs one.
 *
 * A callback may stop any watch, and a stopped watch may still stand in the events of the running round. So stopping
 * only marks it and takes it off; its memory goes after the round.
 */
#include "base/loop.h"

#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS 64 /* descriptors served in one round; the others wait for the next: nobody starves */

enum watch_kind { WATCH_DESCRIPTOR, WATCH_TIMER, WATCH_SIGNAL };

struct watch {
	struct loop *loop;
	struct watch *next, *previous; /* of all live ones; `next` stays valid in a stopped one until the round ends */
	struct watch *next_stopped;
	enum watch_kind kind;
	bool stopped, polled;
	int number; /* descriptor or signal */
	unsigned want;
	nanoseconds due, every; /* monotonic */
	size_t place;           /* in the heap, from 1; 0 = not in it */
	union {
		descriptor_callback descriptor;
		timer_callback timer;
		signal_callback signal;
	} callback;
	void *context;
};

struct loop {
	int epoll, signals; /* signals: -1 until one is watched */
	sigset_t mask;
	struct watch *watches, *stopped;
	struct watch **timers; /* heap, earliest at 1 */
	size_t timer_count, timer_room;
	timer_callback after_round;
	void *after_round_context;
	bool stop, running;
};

enum error loop_new(struct loop **loop, struct failure *failure)
{
	struct loop *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for an event loop");
	made->signals = -1;
	sigemptyset(&made->mask);
	made->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (made->epoll < 0) {
		free(made);
		return fail_errno(failure, "cannot make an event loop");
	}
	*loop = made;
	return OK;
}

static void free_stopped(struct loop *loop)
{
	while (loop->stopped) {
		struct watch *watch = loop->stopped;
		loop->stopped = watch->next_stopped;
		free(watch);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->watches)
		watch_stop(loop->watches);
	free_stopped(loop);
	close(loop->epoll);
	if (loop->signals >= 0)
		close(loop->signals);
	free(loop->timers);
	free(loop);
}

static struct watch *watch_new(struct loop *loop, enum watch_kind kind, void *context)
{
	struct watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->kind = kind;
	watch->context = context;
	watch->next = loop->watches;
	if (loop->watches)
		loop->watches->previous = watch;
	loop->watches = watch;
	return watch;
}

/* ── descriptors ─ */

static bool poll_descriptor(struct watch *watch)
{
	struct epoll_event event = { .data.ptr = watch };
	if (watch->want & LOOP_READ)
		event.events |= EPOLLIN;
	if (watch->want & LOOP_WRITE)
		event.events |= EPOLLOUT;
	/* Who wants nothing is taken off: epoll would report a hang-up in every round. */
	if (!event.events) {
		if (watch->polled)
			epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->number, &event);
		watch->polled = false;
		return true;
	}
	if (epoll_ctl(watch->loop->epoll, watch->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->number, &event) < 0)
		return false;
	watch->polled = true;
	return true;
}

struct watch *loop_descriptor(
    struct loop *loop, int descriptor, unsigned want, descriptor_callback callback, void *context)
{
	struct watch *watch = watch_new(loop, WATCH_DESCRIPTOR, context);
	if (!watch)
		return NULL;
	watch->number = descriptor;
	watch->want = want;
	watch->callback.descriptor = callback;
	if (!poll_descriptor(watch)) {
		int number = errno;
		watch_stop(watch);
		errno = number;
		return NULL;
	}
	return watch;
}

void watch_want(struct watch *watch, unsigned want)
{
	if (watch->stopped || watch->kind != WATCH_DESCRIPTOR || watch->want == want)
		return;
	watch->want = want;
	poll_descriptor(watch);
}

/* ── timers: a binary heap by due time ─ */

static void heap_set(struct loop *loop, size_t place, struct watch *watch)
{
	loop->timers[place] = watch;
	watch->place = place;
}

static void heap_settle(struct loop *loop, size_t place, struct watch *watch)
{
	while (place > 1 && loop->timers[place / 2]->due > watch->due) {
		heap_set(loop, place, loop->timers[place / 2]);
		place /= 2;
	}
	for (;;) {
		size_t child = 2 * place;
		if (child < loop->timer_count && loop->timers[child + 1]->due < loop->timers[child]->due)
			child++;
		if (child > loop->timer_count || loop->timers[child]->due >= watch->due)
			break;
		heap_set(loop, place, loop->timers[child]);
		place = child;
	}
	heap_set(loop, place, watch);
}

static void heap_remove(struct watch *watch)
{
	struct loop *loop = watch->loop;
	size_t place = watch->place;
	if (!place)
		return;
	watch->place = 0;
	struct watch *last = loop->timers[loop->timer_count--];
	if (last != watch)
		heap_settle(loop, place, last);
}

/* Zero or less: at once. What lies beyond the clock's range never comes. */
static nanoseconds after(nanoseconds now, nanoseconds span)
{
	nanoseconds due;
	if (span < 0)
		span = 0;
	return __builtin_add_overflow(now, span, &due) ? INT64_MAX : due;
}

struct watch *loop_timer(
    struct loop *loop, nanoseconds first, nanoseconds every, timer_callback callback, void *context)
{
	if (loop->timer_count + 2 > loop->timer_room) {
		void *more = array_grow(loop->timers, &loop->timer_room, 16, sizeof(struct watch *));
		if (!more)
			return NULL;
		loop->timers = more;
	}
	struct watch *watch = watch_new(loop, WATCH_TIMER, context);
	if (!watch)
		return NULL;
	watch->due = after(time_monotonic(), first);
	watch->every = every > 0 ? every : 0;
	watch->callback.timer = callback;
	heap_settle(loop, ++loop->timer_count, watch);
	return watch;
}

static void call_timers(struct loop *loop)
{
	nanoseconds now = time_monotonic();
	/* A callback may start timers that are due at once; those wait for the next round. */
	for (size_t left = loop->timer_count; left > 0 && loop->timer_count > 0; left--) {
		struct watch *watch = loop->timers[1];
		if (watch->due > now)
			break;
		if (watch->every > 0) {
			/* Periods that passed while we were busy are left out, not made up for. */
			watch->due = after(watch->due, ((now - watch->due) / watch->every + 1) * watch->every);
			heap_settle(loop, 1, watch);
		} else {
			heap_remove(watch);
		}
		watch->callback.timer(watch->context);
	}
}

/* Milliseconds for epoll_wait, rounded up so that a timer is due when it returns. */
static int time_to_wait(const struct loop *loop)
{
	if (loop->timer_count == 0)
		return -1;
	nanoseconds left = loop->timers[1]->due - time_monotonic();
	if (left <= 0)
		return 0;
	return left >= HOUR ? 3600 * 1000 : (int)((left + MILLISECOND - 1) / MILLISECOND);
}

/* ── signals ─ */

struct watch *loop_signal(struct loop *loop, int signal, signal_callback callback, void *context)
{
	sigset_t mask = loop->mask;
	if (sigaddset(&mask, signal) < 0)
		return NULL;
	struct watch *watch = watch_new(loop, WATCH_SIGNAL, context);
	if (!watch)
		return NULL;
	watch->number = signal;
	watch->callback.signal = callback;
	int descriptor = signalfd(loop->signals, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN }; /* data.ptr NULL: the signals */
	if (descriptor < 0 || (loop->signals < 0 && epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)) {
		if (descriptor >= 0)
			close(descriptor);
		watch_stop(watch);
		return NULL;
	}
	loop->signals = descriptor;
	loop->mask = mask;
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	return watch;
}

static void call_signals(struct loop *loop)
{
	struct signalfd_siginfo read_signals[16];
	ssize_t size = read(loop->signals, read_signals, sizeof read_signals);
	for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *read_signals; i++)
		for (struct watch *watch = loop->watches; watch; watch = watch->next)
			if (!watch->stopped && watch->kind == WATCH_SIGNAL &&
			    watch->number == (int)read_signals[i].ssi_signo)
				watch->callback.signal(watch->context, watch->number);
}

/* ── the rounds ─ */

void watch_stop(struct watch *watch)
{
	if (!watch || watch->stopped)
		return;
	struct loop *loop = watch->loop;
	watch->stopped = true;
	if (watch->kind == WATCH_DESCRIPTOR && watch->polled) {
		struct epoll_event unused = { 0 };
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->number, &unused);
	}
	heap_remove(watch);
	if (watch->previous)
		watch->previous->next = watch->next;
	else
		loop->watches = watch->next;
	if (watch->next)
		watch->next->previous = watch->previous;
	watch->next_stopped = loop->stopped;
	loop->stopped = watch;
	if (!loop->running)
		free_stopped(loop);
}

void loop_after_round(struct loop *loop, timer_callback callback, void *context)
{
	loop->after_round = callback;
	loop->after_round_context = context;
}

static void call_descriptor(struct watch *watch, uint32_t events)
{
	unsigned ready = 0;
	if (events & EPOLLIN)
		ready |= LOOP_READ;
	if (events & EPOLLOUT)
		ready |= LOOP_WRITE;
	ready &= watch->want; /* an earlier callback of this round may have changed it */
	if (events & (EPOLLHUP | EPOLLERR) && watch->want)
		ready |= LOOP_CLOSED;
	if (ready)
		watch->callback.descriptor(watch->context, watch->number, ready);
}

static void serve_round(struct loop *loop, const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;
		if (!watch)
			call_signals(loop);
		else if (!watch->stopped)
			call_descriptor(watch, events[i].events);
	}
	call_timers(loop);
	if (loop->after_round)
		loop->after_round(loop->after_round_context);
	free_stopped(loop);
}

enum error loop_run(struct loop *loop, struct failure *failure)
{
	if (loop->running)
		return fail(failure, ERROR_USAGE, "the event loop runs already");
	enum error error = OK;
	loop->running = true;
	while (!loop->stop) {
		struct epoll_event events[EVENTS];
		int count = epoll_wait(loop->epoll, events, EVENTS, time_to_wait(loop));
		if (count < 0 && errno != EINTR) {
			error = fail_errno(failure, "the event loop cannot wait");
			break;
		}
		serve_round(loop, events, count < 0 ? 0 : count);
	}
	loop->stop = false;
	loop->running = false;
	return error;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}
