/*
 * The main thread of live capture; see sensor_live.h.
 */
#include "watch/sensor_live.h"

#include "base/log.h"
#include "base/loop.h"
#include "net/sandbox.h"
#include "watch/opener.h"
#include "watch/sensor_lists.h"
#include "watch/sensor_report.h"
#include "watch/sensor_worker.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ASK_EVERY SECOND      /* after an interface that is down or away */
#define PATIENCE (5 * SECOND) /* at the end, with whoever takes the records */

struct live_interface {
	int index;
	bool down; /* said */
};

struct live {
	const struct sensor_options *options;
	struct opener_settings opening;
	struct loop *loop;
	int opener; /* -1: gone, and said */
	struct sink *sink;
	struct sensor_lists lists;
	struct sensor_behaviour *behaviour;
	struct worker *workers[CAPTURE_WORKERS_MOST];
	struct live_interface interfaces[SENSOR_INTERFACES_MOST];
	nanoseconds begun;
	struct sink_counts written;
	struct failure refused;        /* at the start: why it cannot begin */
	enum opener_what awaited_what; /* at the start */
	unsigned awaited;              /* so many answers of it; 0 = the work has begun */
};

/* ── what the opener answers ─ */

static void take_state(struct live *live, const struct opener_answer *answer)
{
	struct live_interface *interface = &live->interfaces[answer->number];

	if (answer->index == 0 || !answer->up || !interface->down)
		return;
	interface->down = false;
	log_write(
	    LOG_INFO, "an interface is back", LOG_FIELD_STRING("interface", live->options->interfaces[answer->number]));
}

static void take_ring(struct live *live, const struct opener_answer *answer, int descriptor)
{
	const struct capture_socket socket = { descriptor, answer->index, answer->link };
	struct live_interface *interface = &live->interfaces[answer->number];
	struct failure failure;
	struct capture_ring *ring;
	enum error error = answer->error ? fail(&failure, answer->error, "%s", answer->words)
					 : capture_ring_new(&socket, live->options->capture.ring, &ring, &failure);

	if (error && live->awaited > 0)
		live->refused = failure;
	if (error) /* and is asked for again */
		return;
	worker_ring(live->workers[answer->worker], answer->number, ring);
	interface->index = answer->index;
	take_state(live, answer); /* one that came anew may be down still */
}

static void take_eve(struct live *live, const struct opener_answer *answer, int descriptor)
{
	if (answer->error && live->awaited > 0)
		fail(&live->refused, answer->error, "%s", answer->words);
	else if (answer->error)
		log_write(LOG_ERROR, "records go on to where they went", LOG_FIELD_STRING("why", answer->words));
	else if (live->sink)
		sink_reopen(live->sink, descriptor);
	else
		sink_new(descriptor, live->options->eve, live->options->queue, &live->sink, &live->refused);
}

static void take_answer(struct live *live, const struct opener_answer *answer, int descriptor)
{
	switch (answer->what) {
	case OPENER_SETS:
		sensor_lists_set(&live->lists, answer, descriptor);
		break;
	case OPENER_INTERFACE:
		take_ring(live, answer, descriptor);
		break;
	case OPENER_STATE:
		take_state(live, answer);
		break;
	case OPENER_EVE:
		take_eve(live, answer, descriptor);
		break;
	case OPENER_CHANGES:
		sensor_lists_changes(&live->lists, descriptor);
		break;
	}
	if (live->awaited > 0 && live->lists.refused.code)
		live->refused = live->lists.refused;
	if (live->awaited > 0 && answer->what == live->awaited_what)
		live->awaited--;
}

static void opener_ready(void *context, int opener, unsigned ready)
{
	struct live *live = context;
	struct opener_answer answer;
	struct failure failure;
	int descriptor;
	enum error error;

	(void)ready;
	while ((error = opener_answered(opener, &answer, &descriptor, &failure)) == OK)
		take_answer(live, &answer, descriptor);
	if (error == ERROR_AGAIN || live->opener < 0)
		return;
	live->opener = -1;
	log_write(
	    LOG_ERROR, "the process that opens is gone: sets, the file of records and interfaces stay as they are");
}

static void ask(struct live *live, enum opener_what what, unsigned number, int index)
{
	struct failure failure;

	if (live->opener >= 0)
		opener_ask(live->opener, (struct opener_question){ what, number, index }, &failure);
}

/* ── counters ─ */

static struct sensor_totals count(struct live *live, struct eve_worker *workers)
{
	unsigned number = live->options->capture.workers;
	struct sink_counts written = live->sink ? sink_count(live->sink) : live->written;
	struct sensor_totals totals = { .forgotten = sensor_behaviour_forgotten(live->behaviour),
		.capture = { .live = true,
		    .workers = workers,
		    .worker_count = number,
		    .output_records = written.records,
		    .output_dropped = written.dropped,
		    .output_waiting = written.waiting,
		    .sets_taken = live->lists.sets_taken,
		    .sets_refused = live->lists.sets_refused,
		    .changes_taken = live->lists.changes_taken,
		    .changes_refused = live->lists.changes_refused } };

	for (unsigned i = 0; i < number; i++) {
		struct worker_counts one = worker_count(live->workers[i]);
		observer_counts_add(&totals.counts.observer, &one.sensor.observer);
		totals.counts.records += one.sensor.records;
		totals.counts.anomalies += one.sensor.anomalies;
		totals.counts.alerts += one.sensor.alerts;
		workers[i] = (struct eve_worker){ one.capture.packets, one.capture.drops };
		totals.capture.packets += one.capture.packets;
		totals.capture.drops += one.capture.drops;
		if (one.longest_away > totals.capture.longest_away)
			totals.capture.longest_away = one.longest_away;
	}
	return totals;
}

static void write_stats(struct live *live, const struct sensor_totals *totals)
{
	const struct eve_source source = { .host = text_of(live->options->name) };
	struct builder line = { 0 };

	if (!live->sink)
		return;
	eve_stats(
	    &line, &source, time_now(), time_monotonic() - live->begun, &totals->capture, &totals->counts.observer);
	if (!line.failed)
		sink_put(live->sink, (struct text){ line.at, line.size });
	builder_free(&line);
}

static void on_stats(void *context)
{
	struct live *live = context;
	struct eve_worker workers[CAPTURE_WORKERS_MOST];
	struct sensor_totals totals = count(live, workers);

	write_stats(live, &totals);
}

/* ── signals and time ─ */

static void on_signal(void *context, int number)
{
	struct live *live = context;
	struct eve_worker workers[CAPTURE_WORKERS_MOST];

	if (number == SIGUSR1) {
		struct sensor_totals totals = count(live, workers);
		write_stats(live, &totals);
		sensor_report(live->options, &totals);
	} else if (number == SIGHUP) {
		if (live->lists.sets)
			ask(live, OPENER_SETS, 0, 0);
		if (live->opening.eve)
			ask(live, OPENER_EVE, 0, 0);
	} else {
		loop_stop(live->loop);
	}
}

static void on_second(void *context)
{
	struct live *live = context;

	for (unsigned i = 0; i < live->options->interface_count; i++) {
		struct live_interface *interface = &live->interfaces[i];
		bool down = false;
		for (unsigned k = 0; k < live->options->capture.workers; k++)
			down |= worker_saw_down(live->workers[k], i);
		if (down && !interface->down)
			log_write(LOG_WARNING, "an interface is down or away",
			    LOG_FIELD_STRING("interface", live->options->interfaces[i]));
		interface->down |= down;
		if (interface->down)
			ask(live, OPENER_INTERFACE, i, interface->index);
	}
}

/* ── the beginning ─ */

/* Until everything that was asked for came, or something cannot be had. */
static enum error await(struct live *live, enum opener_what what, unsigned answers, struct failure *failure)
{
	struct pollfd ready = { live->opener, POLLIN, 0 };

	live->awaited_what = what;
	live->awaited = answers;
	while (live->awaited > 0 && !live->refused.code && live->opener >= 0) {
		poll(&ready, 1, -1);
		opener_ready(live, live->opener, 0);
	}
	live->awaited = 0;
	if (live->opener < 0)
		return fail(failure, ERROR_SYSTEM, "the process that opens files and interfaces ended");
	if (live->refused.code)
		*failure = live->refused;
	return live->refused.code;
}

static enum error begin_output(struct live *live, struct failure *failure)
{
	if (!live->options->eve)
		return OK;
	if (!live->opening.eve)
		return sink_new(dup(STDOUT_FILENO), "standard output", live->options->queue, &live->sink, failure);
	ask(live, OPENER_EVE, 0, 0);
	return await(live, OPENER_EVE, 1, failure);
}

static enum error begin_sets(struct live *live, struct failure *failure)
{
	const struct detection_files *files = &live->options->detection.files;
	unsigned lists = 0;

	if (!detection_wanted(files))
		return OK;
	for (int kind = 0; kind < DETECTION_KINDS; kind++)
		lists += files->paths[kind] != NULL;
	live->lists.files = files;
	live->lists.loop = live->loop;
	enum error error = detection_sets_new(files, live->options->capture.workers, &live->lists.sets, failure);
	if (error)
		return error;
	ask(live, OPENER_SETS, 0, 0);
	error = await(live, OPENER_SETS, lists, failure);
	for (int kind = 0; kind < DETECTION_KINDS && !error; kind++) /* one that changed meanwhile came twice */
		while (files->paths[kind] && !live->lists.have[kind] && !error)
			error = await(live, OPENER_SETS, 1, failure);
	return error;
}

static enum error begin_workers(struct live *live, struct failure *failure)
{
	const struct sensor_options *options = live->options;
	enum error error = OK;

	if (options->detection.behaviour.asked &&
	    !(live->behaviour = sensor_behaviour_new(&options->detection.behaviour.settings)))
		return fail(failure, ERROR_MEMORY, "no memory for the detectors of behaviour");
	for (unsigned i = 0; i < options->capture.workers && !error; i++) {
		const struct worker_settings settings = { options, i, live->lists.sets, live->behaviour, live->sink };
		error = worker_new(&settings, &live->workers[i], failure);
	}
	for (unsigned i = 0; i < options->interface_count && !error; i++) {
		ask(live, OPENER_INTERFACE, i, 0);
		error = await(live, OPENER_INTERFACE, options->capture.workers, failure);
	}
	return error;
}

static enum error begin_loop(struct live *live, struct failure *failure)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
	enum error error = loop_new(&live->loop, failure);
	bool good = !error;

	for (size_t i = 0; good && i < sizeof signals / sizeof *signals; i++)
		good = loop_signal(live->loop, signals[i], on_signal, live);
	if (good)
		good = loop_timer(live->loop, ASK_EVERY, ASK_EVERY, on_second, live);
	if (good && live->options->stats_every)
		good = loop_timer(live->loop, live->options->stats_every, live->options->stats_every, on_stats, live);
	return good || error ? error : fail(failure, ERROR_MEMORY, "no memory to listen");
}

/* Threads are begun without rights, and get to work when the system calls are given up. */
static enum error confine(struct live *live, struct failure *failure)
{
	unsigned workers = live->options->capture.workers;
	enum error error = OK;

	for (unsigned i = 0; i < workers && !error; i++)
		error = worker_begin(live->workers[i], failure);
	if (!error && live->lists.sets)
		error = sensor_lists_begin(&live->lists, failure);
	/* from here on this thread takes changes: those that take packets come first */
	setpriority(PRIO_PROCESS, (id_t)gettid(), BEHIND_WORKERS);
	if (!error && !loop_descriptor(live->loop, live->opener, LOOP_READ, opener_ready, live))
		error = fail(failure, ERROR_MEMORY, "no memory to listen");
	if (!error)
		error = sandbox_give_up_calls(SANDBOX_LIVE, failure);
	for (unsigned i = 0; i < workers && !error; i++)
		worker_go(live->workers[i]);
	return error;
}

static enum error begin(struct live *live, struct failure *failure)
{
	const struct sensor_options *options = live->options;

	signal(SIGPIPE, SIG_IGN);
	live->begun = time_monotonic();
	live->opening =
	    (struct opener_settings){ .eve = options->eve && strcmp(options->eve, "-") != 0 ? options->eve : NULL,
		    .sets = &options->detection.files,
		    .look_every = options->look_every,
		    .interfaces = options->interfaces,
		    .interface_count = options->interface_count,
		    .capture = options->capture };
	enum error error = opener_start(&live->opening, &live->opener, failure);
	if (!error)
		error = begin_loop(live, failure); /* blocks the signals in all threads to come */
	if (!error)
		error = sandbox_give_up_rights(failure);
	if (!error)
		error = begin_sets(live, failure);
	if (!error)
		error = begin_output(live, failure);
	if (!error)
		error = begin_workers(live, failure);
	return error ? error : confine(live, failure);
}

/* ── the end ─ */

static void end(struct live *live)
{
	struct eve_worker workers[CAPTURE_WORKERS_MOST];

	if (live->sink)
		sink_wait(live->sink, PATIENCE);
	for (unsigned i = 0; i < live->options->capture.workers; i++)
		worker_stop(live->workers[i]);
	struct sensor_totals totals = count(live, workers);
	write_stats(live, &totals);
	if (live->sink)
		live->written = sink_finish(live->sink, PATIENCE);
	live->sink = NULL;
	totals = count(live, workers);
	sensor_report(live->options, &totals);
}

enum error sensor_live(const struct sensor_options *options, struct failure *failure)
{
	struct live live = { .options = options, .opener = -1 };
	enum error error = begin(&live, failure);

	/* the threads of a beginning that failed wait for a word that never comes: the process ends */
	if (error)
		return error;
	log_write(LOG_INFO, "listening", LOG_FIELD_NUMBER("interfaces", options->interface_count),
	    LOG_FIELD_NUMBER("workers", options->capture.workers));
	error = loop_run(live.loop, failure);
	taker_free(live.lists.taker);
	end(&live);
	for (unsigned i = 0; i < options->capture.workers; i++)
		worker_free(live.workers[i]);
	detection_sets_free(live.lists.sets);
	sensor_behaviour_free(live.behaviour);
	loop_free(live.loop);
	return error;
}
