/*
 * A run over interfaces: frames to the telescope, and the clock to bins, checkpoints and tables; see run.h.
 */
#include "darknet/verb/run.h"

#include "base/log.h"

#include <signal.h>
#include <string.h>

#define LOSS (10 * SECOND)      /* what the kernel lost is judged over such times … */
#define LOSS_MOST 0.1           /* … of which more than this share says nothing of who was silent */
#define LOG_EVERY (10 * SECOND) /* with --progress; and of frames that were lost, at most */

volatile sig_atomic_t run_stop;

struct watch_over {
	struct run *run;
	nanoseconds logged;
	uint64_t dropped_logged, saves;
	nanoseconds judged; /* so far losses were; what there was by then: */
	uint64_t frames, dropped;
};

static void on_end(int signal)
{
	(void)signal;
	run_stop = 1;
}

static enum error take_frames(void *context, const struct frame *frames, size_t count, struct failure *failure)
{
	struct run *run = ((struct watch_over *)context)->run;
	run->frames += count;
	return telescope_frames(run->telescope, frames, count, failure);
}

static void say(struct watch_over *watch)
{
	struct run *run = watch->run;
	nanoseconds now = time_monotonic();
	bool lost = run->dropped > watch->dropped_logged;

	if (now - watch->logged < LOG_EVERY || !(lost || run->options.progress))
		return;
	watch->logged = now;
	watch->dropped_logged = run->dropped;
	log_write(lost ? LOG_WARNING : LOG_INFO, lost ? "the kernel lost frames" : "listening",
	    LOG_FIELD_NUMBER("frames", run->frames), LOG_FIELD_NUMBER("dropped", run->dropped));
}

/* Packets wait in the kernel's ring while a history is gathered, not while it is written. */
static void say_saved(struct watch_over *watch)
{
	if (!watch->run->keeper)
		return;
	struct trends_saves saves = trends_keeper_saves(watch->run->keeper);
	if (saves.count == watch->saves)
		return;
	watch->saves = saves.count;
	log_write(LOG_INFO, "the history is saved", LOG_FIELD_NUMBER("bytes", saves.bytes),
	    LOG_FIELD_NUMBER("held_ms", (uint64_t)(saves.held_most / MILLISECOND)));
}

/* Lost packets are no fall of anything. A few of many lost are not told: who can make a little be lost would else keep
 * it from seeing changes. Where others listen on, an interface that is down is told by what is missing. */
static void tell_lost(struct watch_over *watch, nanoseconds now, nanoseconds away)
{
	struct run *run = watch->run;
	if (!run->trends)
		return;
	if (away && run->options.interface_count == 1)
		trends_lost(run->trends, now - away, now);
	if (now / LOSS == watch->judged / LOSS)
		return;
	double lost = (double)(run->dropped - watch->dropped), got = (double)(run->frames - watch->frames);
	if (lost > LOSS_MOST * (lost + got))
		trends_lost(run->trends, watch->judged, now);
	watch->judged = now;
	watch->frames = run->frames;
	watch->dropped = run->dropped;
}

/* Bins that ended are told, and stand in the tables. */
static enum error close_bins(struct run *run, nanoseconds now, struct failure *failure)
{
	nanoseconds length = run->options.settings.sources.bin ? run->options.settings.sources.bin : HOUR;
	nanoseconds bin = now - now % length;

	telescope_close(run->telescope, now);
	return run->days && bin > run->tables_until ? run_awake(run, bin, failure) : OK;
}

static enum error on_clock(void *context, nanoseconds now, uint64_t lost, nanoseconds away, struct failure *failure)
{
	struct watch_over *watch = context;
	struct run *run = watch->run;
	enum error error = OK;

	run->dropped += lost;
	if (run->lines) {
		lines_dropped(run->lines, lost);
		lines_away(run->lines, away);
	}
	run->away += away;
	tell_lost(watch, now ? now : time_now(), away);
	if (now)
		error = close_bins(run, now, failure);
	if (!error && run->lines) {
		if (now)
			lines_clock(run->lines, now);
		error = lines_flush(run->lines, failure);
	}
	if (!error && run->keeper)
		error = trends_keeper_tick(run->keeper, failure);
	say_saved(watch);
	say(watch);
	return error;
}

enum error run_live(struct run *run, nanoseconds *end, struct failure *failure)
{
	const struct sigaction ended = { .sa_handler = on_end };
	struct watch_over watch = { .run = run, .logged = time_monotonic(), .judged = live_began(run->live) };
	const struct live_visitor visitor = { take_frames, on_clock, &watch };

	sigaction(SIGINT, &ended, NULL);
	sigaction(SIGTERM, &ended, NULL);
	signal(SIGHUP, SIG_IGN); /* what ships its lines hands these on */
	signal(SIGUSR1, SIG_IGN);
	log_write(LOG_INFO, "listening", LOG_FIELD_NUMBER("interfaces", run->options.interface_count),
	    LOG_FIELD_NUMBER("addresses", run->space->size));
	enum error error = live_run(run->live, &visitor, &run_stop, end, failure);
	log_write(LOG_INFO, "done", LOG_FIELD_NUMBER("frames", run->frames), LOG_FIELD_NUMBER("dropped", run->dropped));
	return error;
}
