/*
 * Live capture; see the header.
 */
#include "darknet/packet/live.h"

#include "base/log.h"
#include "net/capture_opener.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 64
#define AT_ONCE 16384
#define TICK (100 * MILLISECOND)
#define SETTLE                                                                                                         \
	(100 * MILLISECOND) /* a block is given to us 20 ms after its first frame; the rest is for late timers         \
			     */
#define ASK_EVERY SECOND

struct open_ring {
	struct capture_ring *ring; /* NULL: none */
	struct frame frames[BATCH];
	size_t at, count;
	int index;
	bool down;                    /* or away, which was said */
	struct capture_counts before; /* of rings that are gone */
};

struct live {
	const struct capture_settings *settings;
	struct open_ring *rings;
	unsigned count;
	int opener; /* -1: gone */
	nanoseconds began;
	nanoseconds ticked, asked; /* monotonic */
	uint64_t lost;             /* that was told */
};

/* ── frames in order of time ─ */

static void fill(struct open_ring *open)
{
	open->at = 0;
	open->count = open->ring ? capture_ring_read(open->ring, open->frames, BATCH) : 0;
}

/* The ring with the earliest frame, and until when its frames may be told; NULL: there are none that may. */
static struct open_ring *earliest(struct live *live, nanoseconds settled, nanoseconds last, nanoseconds *until)
{
	struct open_ring *first = NULL;

	*until = last;
	for (unsigned i = 0; i < live->count; i++) {
		struct open_ring *open = &live->rings[i];
		if (open->at == open->count)
			fill(open);
		nanoseconds time = open->count ? open->frames[open->at].time : settled;
		if (open->count && (!first || time < first->frames[first->at].time)) {
			if (first && first->frames[first->at].time < *until)
				*until = first->frames[first->at].time;
			first = open;
		} else if (time < *until) {
			*until = time;
		}
	}
	return first && first->frames[first->at].time <= *until ? first : NULL;
}

/* Frames up to `last`, until nothing is there that may be told, or some thousands. */
static enum error take(struct live *live, const struct live_visitor *visitor, nanoseconds settled, nanoseconds last,
    bool *drained, struct failure *failure)
{
	struct open_ring *open;
	nanoseconds until;
	enum error error = OK;

	for (size_t taken = 0; !error && taken < AT_ONCE;) {
		open = earliest(live, settled, last, &until);
		*drained = !open;
		if (!open)
			break;
		size_t end = open->at + 1;
		while (end < open->count && open->frames[end].time <= until)
			end++;
		error = visitor->frames(visitor->context, open->frames + open->at, end - open->at, failure);
		taken += end - open->at;
		open->at = end;
	}
	return error;
}

/* ── interfaces that go and come ─ */

static struct capture_counts count_ring(struct open_ring *open)
{
	struct capture_counts counts = open->before;
	if (open->ring) {
		struct capture_counts now = capture_ring_count(open->ring);
		counts.packets += now.packets;
		counts.drops += now.drops;
	}
	return counts;
}

struct capture_counts live_count(struct live *live)
{
	struct capture_counts counts = { 0 };
	for (unsigned i = 0; i < live->count; i++) {
		struct capture_counts one = count_ring(&live->rings[i]);
		counts.packets += one.packets;
		counts.drops += one.drops;
	}
	return counts;
}

static void take_answer(struct live *live, const struct capture_opener_answer *answer, int descriptor)
{
	struct open_ring *open = &live->rings[answer->interface];
	const struct capture_socket made = { descriptor, answer->index, answer->link };
	struct capture_ring *ring = NULL;
	struct failure failure;

	if (descriptor >= 0 && capture_ring_new(&made, live->settings->ring, &ring, &failure) != OK)
		return;
	if (ring) {
		open->before = count_ring(open);
		capture_ring_free(open->ring);
		open->ring = ring;
		open->index = answer->index;
		open->at = open->count = 0;
	}
	if (!answer->up || answer->index != open->index || !open->down)
		return;
	open->down = false;
	log_write(LOG_INFO, "an interface is back",
	    LOG_FIELD_STRING("interface", live->settings[answer->interface].interface));
}

static void ask(struct live *live)
{
	struct capture_opener_answer answer;
	struct failure failure;
	int descriptor;
	enum error error = OK;

	while (
	    live->opener >= 0 && (error = capture_opener_answered(live->opener, &answer, &descriptor, &failure)) == OK)
		if (answer.interface < live->count)
			take_answer(live, &answer, descriptor);
	if (live->opener >= 0 && error != ERROR_AGAIN) {
		log_write(LOG_ERROR, "the process that opens is gone: an interface that goes away does not come back");
		close(live->opener);
		live->opener = -1;
	}
	for (unsigned i = 0; i < live->count && live->opener >= 0; i++)
		if (live->rings[i].down)
			capture_opener_ask(live->opener, i, live->rings[i].index, &failure);
}

static void wait_for_frames(struct live *live, bool pending)
{
	struct pollfd ready[LIVE_INTERFACES];

	for (unsigned i = 0; i < live->count; i++)
		ready[i] = (struct pollfd){ live->rings[i].down ? -1 : capture_ring_descriptor(live->rings[i].ring),
			POLLIN, 0 };
	/* frames that wait for other interfaces would have poll() come back at once */
	int found = pending ? (poll(NULL, 0, 10), 0) : poll(ready, live->count, (int)(TICK / MILLISECOND));
	for (unsigned i = 0; i < live->count && found > 0; i++) {
		if (!(ready[i].revents & POLLERR) || !capture_ring_down(live->rings[i].ring))
			continue;
		live->rings[i].down = true;
		log_write(LOG_WARNING, "an interface is down or away",
		    LOG_FIELD_STRING("interface", live->settings[i].interface));
	}
}

/* ── its life ─ */

static enum error tick(struct live *live, const struct live_visitor *visitor, nanoseconds now, struct failure *failure)
{
	nanoseconds monotonic = time_monotonic(), passed = monotonic - live->ticked;
	uint64_t lost = live_count(live).drops, more = lost - live->lost;
	bool down = false;

	for (unsigned i = 0; i < live->count; i++)
		down |= live->rings[i].down;
	live->ticked = monotonic;
	live->lost = lost;
	if (down && monotonic - live->asked >= ASK_EVERY) {
		live->asked = monotonic;
		ask(live);
	}
	return visitor->clock(visitor->context, now, more, down ? passed : 0, failure);
}

static bool has_pending(const struct live *live)
{
	for (unsigned i = 0; i < live->count; i++)
		if (live->rings[i].at < live->rings[i].count)
			return true;
	return false;
}

/* What arrived until now, when the last blocks have been handed over. */
static enum error end(
    struct live *live, const struct live_visitor *visitor, nanoseconds *ended, struct failure *failure)
{
	bool drained = false;
	enum error error = OK;

	*ended = time_now();
	poll(NULL, 0, (int)(SETTLE / MILLISECOND));
	while (!error && !drained)
		error = take(live, visitor, *ended, *ended, &drained, failure);
	return error ? error : tick(live, visitor, *ended, failure);
}

enum error live_run(struct live *live, const struct live_visitor *visitor, const volatile sig_atomic_t *stop,
    nanoseconds *ended, struct failure *failure)
{
	enum error error = OK;

	live->ticked = time_monotonic();
	while (!error && !*stop) {
		bool drained = false;
		nanoseconds settled = time_now() - SETTLE;
		error = take(live, visitor, settled, INT64_MAX, &drained, failure);
		if (!error && time_monotonic() - live->ticked >= TICK)
			error = tick(live, visitor, drained ? settled : 0, failure);
		if (!error && drained && !*stop)
			wait_for_frames(live, has_pending(live));
	}
	return error ? error : end(live, visitor, ended, failure);
}

enum error live_open(
    const struct capture_settings *settings, unsigned count, struct live **made, struct failure *failure)
{
	struct live *live = calloc(1, sizeof *live);
	struct capture_socket socket;
	enum error error = OK;

	if (!live || !(live->rings = calloc(count, sizeof *live->rings))) {
		free(live);
		return fail(failure, ERROR_MEMORY, "no memory for live capture");
	}
	*live = (struct live){ .settings = settings, .rings = live->rings, .count = count, .opener = -1 };
	error = capture_opener_start(settings, count, &live->opener, failure);
	for (unsigned i = 0; i < count && !error; i++) {
		error = capture_sockets(&settings[i], &socket, failure);
		if (!error)
			error = capture_ring_new(&socket, settings[i].ring, &live->rings[i].ring, failure);
		live->rings[i].index = error ? 0 : socket.index;
	}
	live->began = time_now();
	if (error)
		live_close(live);
	else
		*made = live;
	return error;
}

nanoseconds live_began(const struct live *live)
{
	return live->began;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	for (unsigned i = 0; i < live->count; i++)
		capture_ring_free(live->rings[i].ring);
	if (live->opener >= 0)
		close(live->opener);
	free(live->rings);
	free(live);
}
