/*
 * libwebsockets runs on libuv (its plug-in for it), and libuv inside our loop: its descriptor is watched like any
 * other, its next timer is one of ours. So the process has one thread and one place where it waits. Called by server.c.
 *
 * libuv takes a change of what it watches over only when it runs, so whoever changes something of the library from
 * outside its callbacks wakes the pump.
 */
#include "http/exchange.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

struct pump {
	uv_loop_t library;
	struct loop *loop;
	struct watch *descriptor, *waker, *timer;
	int wake;
	bool woken, running;
};

static void timer_due(void *context);

static void set_timer(struct pump *pump, int milliseconds)
{
	watch_stop(pump->timer);
	pump->timer = NULL;
	if (milliseconds > 0)
		pump->timer = loop_timer(pump->loop, milliseconds * MILLISECOND, 0, timer_due, pump);
}

void pump_now(struct pump *pump)
{
	if (pump->running)
		return; /* a callback of the library led here: it goes on there */
	pump->running = true;
	uv_run(&pump->library, UV_RUN_NOWAIT);
	pump->running = false;
	int wait = uv_backend_timeout(&pump->library);
	set_timer(pump, wait);
	if (wait == 0)
		pump_wake(pump); /* there is more to do at once; others come in between */
}

static void timer_due(void *context)
{
	struct pump *pump = context;
	pump_now(pump);
}

static void descriptor_ready(void *context, int descriptor, unsigned ready)
{
	(void)descriptor, (void)ready;
	struct pump *pump = context;
	pump_now(pump);
}

static void was_woken(void *context, int descriptor, unsigned ready)
{
	(void)ready;
	struct pump *pump = context;
	uint64_t count;
	if (read(descriptor, &count, sizeof count) < 0)
		return;
	pump->woken = false;
	pump_now(pump);
}

void pump_wake(struct pump *pump)
{
	uint64_t one = 1;
	if (pump->woken)
		return;
	pump->woken = write(pump->wake, &one, sizeof one) == sizeof one;
}

void *pump_library_loop(struct pump *pump)
{
	return &pump->library;
}

enum error pump_new(struct loop *loop, struct pump **made, struct failure *failure)
{
	struct pump *pump = calloc(1, sizeof *pump);
	if (!pump)
		return fail(failure, ERROR_MEMORY, "no memory for the server's loop");
	pump->loop = loop;
	pump->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pump->wake < 0 || uv_loop_init(&pump->library) != 0) {
		enum error error = fail_errno(failure, "cannot make the server's loop");
		if (pump->wake >= 0)
			close(pump->wake);
		free(pump);
		return error;
	}
	pump->descriptor = loop_descriptor(loop, uv_backend_fd(&pump->library), LOOP_READ, descriptor_ready, pump);
	pump->waker = loop_descriptor(loop, pump->wake, LOOP_READ, was_woken, pump);
	if (!pump->descriptor || !pump->waker) {
		enum error error = fail_errno(failure, "cannot watch the server's loop");
		pump_free(pump);
		return error;
	}
	*made = pump;
	return OK;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void pump_free(struct pump *pump)
{
	if (!pump)
		return;
	watch_stop(pump->timer);
	watch_stop(pump->descriptor);
	watch_stop(pump->waker);
	for (unsigned i = 0; i < 100 && uv_loop_close(&pump->library) != 0; i++) {
		uv_walk(&pump->library, close_handle, NULL);
		uv_run(&pump->library, UV_RUN_NOWAIT);
	}
	close(pump->wake);
	free(pump);
}
