/*
 * `noroshi agent`: the agent on an event loop: inotify and a timer say when to look, signals say when to end.
 */
#include "watch/command.h"

#include "base/dump.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "watch/agent.h"
#include "watch/machine.h"
#include "watch/options.h"
#include "watch/receive.h"
#include "watch/refused.h"
#include "watch/ship.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON (50 * MILLISECOND) /* between a change in a folder and the look at it: several changes come together */
#define REPORT_EVERY MINUTE
#define RECEIVER_AGAIN (5 * SECOND) /* after it ended by itself */

struct run {
	const struct agent_options *options;
	struct agent *agent;
	struct shipper *shipper;
	struct loop *loop;
	struct watch *work; /* the timer of the next step; NULL = none */
	nanoseconds due;    /* of `work` */
	int inotify;
	bool names_changed; /* since the last scan */
	bool scan_failed;   /* said already */
	struct receive_settings receive;
	pid_t receiver; /* the process that takes syslog messages; 0 = none */
	struct watch *again;
};

static void work(void *context);

static void work_in(struct run *run, nanoseconds delay)
{
	nanoseconds due = time_monotonic() + delay;

	if (run->work && run->due <= due)
		return;
	if (run->work)
		watch_stop(run->work);
	run->due = due;
	run->work = loop_timer(run->loop, delay, 0, work, run);
	if (!run->work)
		loop_stop(run->loop);
}

static void watch_folder(void *context, const char *folder)
{
	struct run *run = context;

	/* the same folder again gives the same watch; what cannot be watched is found by the scans */
	inotify_add_watch(run->inotify, folder, IN_MODIFY | IN_CREATE | IN_MOVE | IN_DELETE | IN_CLOSE_WRITE);
}

static void scan(struct run *run)
{
	struct failure failure;

	run->names_changed = false;
	if (agent_scan(run->agent, time_monotonic(), &failure) != OK) {
		if (!run->scan_failed)
			log_write(LOG_ERROR, "not every file can be followed", LOG_FIELD_STRING("why", failure.words));
		run->scan_failed = true;
	}
	agent_folders(run->agent, watch_folder, run);
}

/* One step; then the next one at once, when the centre may be asked again, or when something happens. */
static void work(void *context)
{
	struct run *run = context;

	watch_stop(run->work);
	run->work = NULL;
	if (run->names_changed || agent_wants_scan(run->agent))
		scan(run);
	enum agent_next next = agent_work(run->agent, time_monotonic());
	if (next == AGENT_MORE || agent_wants_scan(run->agent)) {
		work_in(run, 0);
	} else if (next == AGENT_WAIT && run->options->once && agent_denied(run->agent)) {
		loop_stop(run->loop); /* nothing will change that while we wait */
	} else if (next == AGENT_WAIT) {
		nanoseconds wait = agent_wake(run->agent) - time_monotonic();
		work_in(run, wait > 0 ? wait : 0);
	} else if (run->options->once) {
		loop_stop(run->loop);
	}
}

static void scan_due(void *context)
{
	struct run *run = context;

	run->names_changed = true;
	work_in(run, 0);
}

static void folder_changed(void *context, int descriptor, unsigned ready)
{
	struct run *run = context;
	char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t size;

	(void)ready;
	while ((size = read(descriptor, events, sizeof events)) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct inotify_event *event = (const void *)(events + at);
			if (event->mask & (IN_CREATE | IN_MOVE | IN_DELETE | IN_Q_OVERFLOW | IN_IGNORED))
				run->names_changed = true;
			at += (ssize_t)(sizeof *event + event->len);
		}
	work_in(run, SOON);
}

static void report(void *context)
{
	struct run *run = context;
	struct agent_counts counts;
	struct failure failure;

	agent_count(run->agent, &counts);
	if (agent_save_counts(run->options->state, &counts, &failure) != OK)
		log_write(LOG_WARNING, "counters cannot be saved", LOG_FIELD_STRING("why", failure.words));
	log_write(LOG_INFO, "agent", LOG_FIELD_NUMBER("files", counts.files),
	    LOG_FIELD_NUMBER("waiting", counts.waiting_files), LOG_FIELD_NUMBER("batches", counts.batches),
	    LOG_FIELD_NUMBER("lines", counts.lines), LOG_FIELD_NUMBER("alerts", counts.alerts),
	    LOG_FIELD_NUMBER("malformed", counts.malformed), LOG_FIELD_NUMBER("refused", counts.refused_lines),
	    LOG_FIELD_NUMBER("too_long", counts.too_long), LOG_FIELD_NUMBER("lost_bytes", counts.lost_bytes),
	    LOG_FIELD_NUMBER("withheld_fields", counts.withheld), LOG_FIELD_NUMBER("spooled", counts.spooled));
}

/* Without anything to deliver: else the centre could not tell a quiet network from a dead agent. */
static void hello(void *context)
{
	struct run *run = context;
	struct agent_counts counts;

	agent_count(run->agent, &counts);
	shipper_lost(run->shipper, counts.lost_bytes);
	nanoseconds heard = shipper_heard(run->shipper);
	if (heard && time_monotonic() - heard < run->options->heartbeat)
		return;
	if (counts.waiting_files == 0 && !shipper_hello(run->shipper))
		log_write(LOG_WARNING, "the centre did not hear that the agent is there");
}

static void tend(void *context)
{
	const struct run *run = context;

	shipper_tend(run->shipper);
}

static void end(void *context, int signal)
{
	struct run *run = context;

	(void)signal;
	loop_stop(run->loop);
}

static void begin_receiver(void *context)
{
	struct run *run = context;
	struct failure failure;

	if (run->again)
		watch_stop(run->again);
	run->again = NULL;
	if (receive_start(&run->receive, &run->receiver, &failure) == OK)
		return;
	run->receiver = 0;
	log_write(LOG_ERROR, "syslog is not received", LOG_FIELD_STRING("why", failure.words));
	run->again = loop_timer(run->loop, RECEIVER_AGAIN, 0, begin_receiver, run);
}

static void child_ended(void *context, int signal)
{
	struct run *run = context;
	int status;

	(void)signal;
	if (run->receiver == 0 || waitpid(run->receiver, &status, WNOHANG) != run->receiver)
		return;
	log_write(LOG_ERROR, "the receiver ended, and is started again",
	    LOG_FIELD_NUMBER("status", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
	run->receiver = 0;
	run->again = loop_timer(run->loop, RECEIVER_AGAIN, 0, begin_receiver, run);
}

/* What senders have on its way still comes in; the next start ships it. */
static void end_receiver(struct run *run)
{
	if (run->receiver == 0)
		return;
	kill(run->receiver, SIGTERM);
	while (waitpid(run->receiver, NULL, 0) < 0 && errno == EINTR)
		;
	run->receiver = 0;
}

static bool watch_all(struct run *run)
{
	const struct agent_options *options = run->options;
	nanoseconds beat = options->heartbeat / 4;

	return loop_descriptor(run->loop, run->inotify, LOOP_READ, folder_changed, run) &&
	       loop_timer(run->loop, 0, options->scan_every, scan_due, run) &&
	       loop_timer(run->loop, REPORT_EVERY, REPORT_EVERY, report, run) &&
	       loop_signal(run->loop, SIGTERM, end, run) && loop_signal(run->loop, SIGINT, end, run) &&
	       loop_signal(run->loop, SIGCHLD, child_ended, run) && loop_timer(run->loop, 0, SECOND, tend, run) &&
	       (options->once || loop_timer(run->loop, beat, beat, hello, run));
}

static enum error run_loop(struct run *run, struct failure *failure)
{
	enum error error = loop_new(&run->loop, failure);

	if (error)
		return error;
	run->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (run->inotify < 0)
		error = fail_errno(failure, "inotify");
	else if (!watch_all(run))
		error = fail(failure, ERROR_MEMORY, "no memory or descriptor for the loop");
	if (!error) {
		child_ended(run, SIGCHLD); /* before anybody waited for that signal */
		error = loop_run(run->loop, failure);
	}
	loop_free(run->loop);
	if (run->inotify >= 0)
		close(run->inotify);
	return error;
}

/* Each followed file is held open: as many descriptors as the system allows. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int finish(struct run *run)
{
	struct agent_counts counts;
	struct builder text = { 0 };

	report(run);
	agent_count(run->agent, &counts);
	if (run->options->json) {
		agent_counts_write(&counts, &text);
		build_char(&text, '\n');
		fputs(text.at ? text.at : "", stdout);
		builder_free(&text);
	} else if (run->options->once) {
		printf("%llu lines of %llu files delivered, %llu refused\n", (unsigned long long)counts.lines,
		    (unsigned long long)counts.files, (unsigned long long)counts.refused_lines);
	}
	bool whole = counts.waiting_files == 0 && counts.refused == 0 && counts.files > 0 && counts.malformed == 0 &&
		     counts.doubtful == 0 && counts.too_long == 0 && counts.broken == 0 && counts.lost_files == 0;
	return run->options->once && !whole ? 1 : 0;
}

/* The receiver comes first: it has none of the centre's secrets. `patterns` gets what it writes beside the files. */
static enum error prepare_receiver(
    struct run *run, const char **patterns, char own[static 4200], struct failure *failure)
{
	const struct agent_options *options = run->options;
	static char pattern[4300];

	for (size_t i = 0; i < options->file_count; i++)
		patterns[i] = options->files[i];
	snprintf(own, 4200, "%s/received", options->state);
	snprintf(pattern, sizeof pattern, "%s/*", own);
	patterns[options->file_count] = pattern;
	if (options->sources.count == 0 || options->once)
		return OK;
	run->receive = (struct receive_settings){ .sources = &options->sources,
		.folder = options->state,
		.limit = options->spool_limit,
		.learn = options->learn,
		.policy = options->capture };
	enum error error = directory_make(options->state, 0700, failure);
	return error ? error : receive_start(&run->receive, &run->receiver, failure);
}

static enum error agent_run(const struct agent_options *options, int *status, struct failure *failure)
{
	char policy_file[4200];
	struct machine *machine = NULL;
	struct run run = { .options = options, .inotify = -1 };
	char own[4200];
	const char **patterns = calloc(options->file_count + 1, sizeof *patterns);
	enum error error = patterns ? prepare_receiver(&run, patterns, own, failure)
				    : fail(failure, ERROR_MEMORY, "no memory for the agent");
	if (!error)
		error = options->machine ? machine_open(options->machine, &machine, failure) : OK;
	const struct ship_settings ship_settings = { .machine = machine,
		.server = options->server || !machine ? options->server : machine_server(machine),
		.token_file = options->token_file,
		.authorities = options->authorities,
		.map = options->map,
		.keep_records = options->keep_records,
		.gate = { .alone = options->capture, .limit = options->capture_limit },
		.records = &options->records,
		.policy_file = policy_file };
	snprintf(policy_file, sizeof policy_file, "%s/capture-policy", options->state);
	struct shipper *shipper = NULL;
	if (!error)
		error = shipper_new(&ship_settings, &shipper, failure);

	const struct agent_settings settings = { .patterns = patterns,
		.pattern_count = options->file_count + 1,
		.own = own,
		.folder = options->state,
		.format = options->format,
		.spool_limit = options->spool_limit,
		.refused_limit = options->refused_limit,
		.linger = options->once ? 0 : options->linger,
		.settle = options->once ? 0 : 5 * SECOND,
		.finished = options->once,
		.give_up = options->give_up,
		.retry_least = SECOND,
		.retry_most = options->retry_most,
		.deliver = ship,
		.context = shipper };
	run.shipper = shipper;
	if (!error)
		error = agent_new(&settings, &run.agent, failure);
	if (!error)
		error = run_loop(&run, failure);
	end_receiver(&run);
	if (!error)
		*status = finish(&run);
	agent_free(run.agent);
	shipper_free(shipper);
	machine_free(machine);
	free(patterns);
	return error;
}

static enum error show_status(const struct agent_options *options, struct failure *failure)
{
	struct builder text = { 0 };
	enum error error = agent_status(options->state, &text, failure);

	if (!error)
		fputs(text.at, stdout);
	builder_free(&text);
	return error;
}

static enum error retry(const struct agent_options *options, struct failure *failure)
{
	uint64_t batches, bytes;
	enum error error = refused_ask_again(options->state, failure);

	if (!error) {
		refused_sum(options->state, &batches, &bytes);
		printf("%llu refused batches, %llu bytes: the agent of this folder sends them again\n",
		    (unsigned long long)batches, (unsigned long long)bytes);
	}
	return error;
}

int agent_command(int argc, char **argv)
{
	struct agent_options options;
	struct failure failure = { 0 };
	int status = 0;
	enum error error = agent_options_read(argc, argv, &options, &failure);

	if (!error && options.help) {
		agent_options_help();
	} else if (!error && options.status) {
		error = show_status(&options, &failure);
	} else if (!error && options.retry) {
		error = retry(&options, &failure);
	} else if (!error) {
		log_setup("agent", LOG_INFO, !isatty(STDERR_FILENO));
		raise_descriptors();
		error = dump_forbid(&failure);
		if (!error)
			error = agent_run(&options, &status, &failure);
	}
	if (error)
		fprintf(stderr, "noroshi agent: %s\n", failure.words);
	agent_options_free(&options);
	return error ? 2 : status;
}
