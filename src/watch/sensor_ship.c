/*
 * A sensor, a recorder and an agent as one command; see sensor_ship.h.
 *
 * In: the command line. --center, --token-file, --ca, --machine, --agent, --records, --keep and --keep-records are for
 * shipping, all else is the sensor's. Out: the exit status of the sensor, or 2 when what it recorded could not be kept
 * or shipped.
 */
#include "watch/sensor_ship.h"

#include "base/dump.h"
#include "base/file.h"
#include "base/log.h"
#include "base/size.h"
#include "base/time.h"
#include "watch/machine.h"
#include "watch/options.h"
#include "watch/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/proc/self/exe"
#define KEEP_INITIAL (4ull << 30)
#define ARGUMENTS_MOST 64      /* of the agent */
#define PATIENCE (40 * SECOND) /* with a process that was told to end: the agent may wait 30 s for an answer */
#define TEXT_MOST 4300

struct ship_run {
	const struct command_shipping *shipping;
	char *verb;
	const char *center, *token_file, *authorities, *machine, *agent_file, *folder, *keep;
	const char **sensor_arguments; /* with NULL behind the last */
	int sensor_count;
	bool keep_records;
	uint64_t limit;
	char records[TEXT_MOST], pattern[TEXT_MOST], state[TEXT_MOST], policy[TEXT_MOST], shared[TEXT_MOST];
	struct capture_policy initial;
	sigset_t before, waited;
	pid_t sensor, recorder, agent, follow; /* follow: 0 when a configuration file says where the centre is */
	int sensor_status, recorder_status;
	bool told_to_end;
};

/* ── the command line ─ */

/* Where the value of an option of ours goes; NULL: it is the sensor's. */
static const char **place_of(struct ship_run *run, const char *word)
{
	const struct {
		const char *name;
		const char **to;
	} options[] = { { "--center", &run->center }, { "--token-file", &run->token_file },
		{ "--ca", &run->authorities }, { "--machine", &run->machine }, { "--agent", &run->agent_file },
		{ "--records", &run->folder }, { "--keep", &run->keep } };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(word, options[i].name) == 0)
			return options[i].to;
	return NULL;
}

bool sensor_ship_wanted(int argc, char **argv)
{
	const char *const words[] = { "--center", "--machine", "--agent" };
	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			if (strcmp(argv[i], words[k]) == 0)
				return true;
	return false;
}

static enum error take_words(int argc, char **argv, struct ship_run *run, struct failure *failure)
{
	const char *output = run->shipping->output;
	run->sensor_arguments = calloc((size_t)argc + 6, sizeof *run->sensor_arguments);
	if (!run->sensor_arguments)
		return fail(failure, ERROR_MEMORY, "no memory for the options");
	const char *fixed[] = { "noroshi", run->verb };
	for (size_t i = 0; i < 2; i++)
		run->sensor_arguments[run->sensor_count++] = fixed[i];
	for (int i = 1; i < argc; i++) {
		const char **to = place_of(run, argv[i]);
		if (to && i + 1 == argc)
			return fail(failure, ERROR_USAGE, "%s should have a value", argv[i]);
		if (strcmp(argv[i], output) == 0)
			return fail(failure, ERROR_USAGE, "%s and --center: records go to one of the two", output);
		if (strcmp(argv[i], "--keep-records") == 0)
			run->keep_records = true;
		else if (to)
			*to = argv[++i];
		else
			run->sensor_arguments[run->sensor_count++] = argv[i];
	}
	run->sensor_arguments[run->sensor_count++] = output;
	run->sensor_arguments[run->sensor_count++] = "-";
	return OK;
}

/* Who is shown to which centre: the agent would say the same, but each time that it is started. */
static enum error check_centre(const struct ship_run *run, struct failure *failure)
{
	if (run->agent_file)
		return run->center || run->token_file || run->authorities || run->machine
			   ? fail(failure, ERROR_USAGE, "--agent names a file that says everything about the centre")
			   : OK;
	if (!run->machine)
		return run->center && run->token_file ? OK
						      : fail(failure, ERROR_USAGE,
							    "--center and --token-file, or --machine, should say which "
							    "centre and who is shown to it");
	if (run->token_file || run->authorities)
		return fail(failure, ERROR_USAGE, "--machine takes the place of --token-file and --ca");
	struct machine *machine = NULL;
	enum error error = machine_open(run->machine, &machine, failure);
	machine_free(machine);
	return error;
}

static enum error check(struct ship_run *run, struct failure *failure)
{
	if (!run->folder)
		return fail(failure, ERROR_USAGE, "--records should name a folder for records that wait");
	enum error error = check_centre(run, failure);
	if (error)
		return error;
	run->limit = KEEP_INITIAL;
	if (run->keep && !size_parse(text_of(run->keep), &run->limit))
		return fail(failure, ERROR_USAGE, "--keep is a size such as \"4 GiB\", not \"%.60s\"", run->keep);
	snprintf(run->records, sizeof run->records, "%s/records", run->folder);
	snprintf(run->pattern, sizeof run->pattern, "%s/records/*.json", run->folder);
	snprintf(run->state, sizeof run->state, "%s/agent", run->folder);
	snprintf(run->policy, sizeof run->policy, "%s/agent/capture-policy", run->folder);
	snprintf(run->shared, sizeof run->shared, "%s/shared", run->folder);
	if (run->shipping->shared && !run->agent_file) {
		run->sensor_arguments[run->sensor_count++] = "--shared";
		run->sensor_arguments[run->sensor_count++] = run->shared;
	}
	return OK;
}

/* What may be recorded before the centre was asked: what the member's own file says, over the default. */
static enum error first_policy(struct ship_run *run, struct failure *failure)
{
	struct agent_options options = { 0 };
	enum error error = agent_options_file(run->agent_file, &options, failure);
	run->initial = options.capture;
	agent_options_free(&options);
	return error;
}

/* ── processes ─ */

/* In a child: ends when the parent does, with signals as they were before. */
static void become_child(const struct ship_run *run, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(2);
	sigprocmask(SIG_SETMASK, &run->before, NULL);
}

static pid_t start(const struct ship_run *run, char *const *arguments, int output)
{
	pid_t parent = getpid(), child = fork();
	if (child != 0)
		return child;
	become_child(run, parent);
	if (output >= 0)
		dup2(output, STDOUT_FILENO);
	execv(PROGRAM, arguments);
	fprintf(stderr, "noroshi %s: cannot start %s: %s\n", run->verb, arguments[1], strerror(errno));
	_exit(2);
}

static pid_t start_agent(const struct ship_run *run, bool once)
{
	const char *words[ARGUMENTS_MOST] = { "noroshi", "agent" };
	size_t count = 2;
	const char *const pairs[][2] = { { "--config", run->agent_file }, { "--server", run->center },
		{ "--token-file", run->token_file }, { "--ca", run->authorities }, { "--machine", run->machine },
		{ "--state", run->state }, { "--format", "eve" } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i][1]) {
			words[count++] = pairs[i][0];
			words[count++] = pairs[i][1];
		}
	if (run->keep_records || run->shipping->records)
		words[count++] = "--keep-records";
	if (once)
		words[count++] = "--once";
	words[count++] = run->pattern;
	return start(run, (char *const *)words, STDERR_FILENO);
}

static pid_t start_follow(const struct ship_run *run)
{
	const char *words[ARGUMENTS_MOST] = { "noroshi", "follow", "--to", run->shared };
	size_t count = 4;
	const char *const pairs[][2] = { { "--server", run->center }, { "--token-file", run->token_file },
		{ "--ca", run->authorities }, { "--machine", run->machine } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i][1]) {
			words[count++] = pairs[i][0];
			words[count++] = pairs[i][1];
		}
	return run->agent_file || !run->shipping->shared ? 0 : start(run, (char *const *)words, STDERR_FILENO);
}

/* ── the recorder's process ─ */

static volatile sig_atomic_t hurry;

static void take_end(int signal)
{
	(void)signal;
	hurry = 1;
}

/* Until the sensor's end of the pipe is closed, whoever asks it to end. While the disk is full the pipe waits: of
 * capture files the sensor waits too, live it drops and counts what its queue does not take. */
static enum error record(struct recorder *recorder, int input, struct failure *failure)
{
	static char bytes[1u << 18];
	nanoseconds tended = time_monotonic();
	enum error error = OK;
	while (!error) {
		struct pollfd ready = { .fd = recorder_waits(recorder) ? -1 : input, .events = POLLIN };
		ssize_t size = 1;
		if (hurry)
			recorder_hurry(recorder);
		if (poll(&ready, 1, 1000) > 0)
			size = read(input, bytes, sizeof bytes);
		else
			ready.revents = 0;
		if (size == 0 || (size < 0 && errno != EINTR))
			break;
		if (size > 0 && ready.revents)
			error = recorder_write(recorder, (struct text){ bytes, (size_t)size }, failure);
		if (!error && time_monotonic() - tended >= SECOND) {
			tended = time_monotonic();
			error = recorder_tend(recorder, failure);
		}
	}
	while (!error && (error = recorder_tend(recorder, failure)) == OK && recorder_waits(recorder)) {
		poll(NULL, 0, 1000); /* what is there still waits for room */
		if (hurry)
			recorder_hurry(recorder);
	}
	return error;
}

static pid_t start_recorder(const struct ship_run *run, int input)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	const struct sigaction ended = { .sa_handler = take_end };
	sigaction(SIGTERM, &ended, NULL);
	sigaction(SIGINT, &ended, NULL);
	sigprocmask(SIG_SETMASK, &run->before, NULL);
	const struct recorder_settings settings = {
		.folder = run->records, .policy_file = run->policy, .policy = run->initial, .limit = run->limit
	};
	struct recorder *recorder = NULL;
	struct failure failure;
	enum error error = recorder_new(&settings, &recorder, &failure);
	if (!error)
		error = record(recorder, input, &failure);
	uint64_t dropped = error ? 0 : recorder_dropped(recorder);
	recorder_free(recorder);
	if (error)
		fprintf(stderr, "noroshi %s: records cannot be kept: %s\n", run->verb, failure.words);
	else if (dropped)
		fprintf(stderr, "noroshi %s: the disk was full: %llu records were dropped at the end\n", run->verb,
		    (unsigned long long)dropped);
	_exit(error || dropped ? 2 : 0);
}

/* ── all of them ─ */

/* 1 is no failure: a telescope says so that it found something. */
static bool failed(int status)
{
	return status > 1;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

/* SIGTERM or SIGINT came. */
static bool told_to_end(struct ship_run *run, int signal)
{
	if (signal == SIGTERM || signal == SIGINT)
		run->told_to_end = true;
	return signal == SIGTERM || signal == SIGINT;
}

/* Until the child has ended: nothing of ours holds a file any more when we are gone. `told`: it was asked to end, as it
 * is when we are; from then on patience has an end. */
static int wait_one(struct ship_run *run, pid_t child, const char *name, bool told)
{
	nanoseconds since = time_monotonic();
	bool killed = false;
	int status = 0;

	if (child <= 0)
		return 2;
	for (;;) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		if (ended == child || (ended < 0 && errno != EINTR))
			return status_of(status);
		const struct timespec second = { .tv_sec = 1 };
		if (told_to_end(run, sigtimedwait(&run->waited, NULL, &second)) && !told) {
			kill(child, SIGTERM);
			told = true;
			since = time_monotonic();
		}
		if (told && !killed && time_monotonic() - since >= PATIENCE) {
			log_write(LOG_ERROR, "a process does not end: it is killed", LOG_FIELD_STRING("process", name));
			kill(child, SIGKILL);
			killed = true;
		}
	}
}

static void end_one(struct ship_run *run, pid_t child, const char *name, int signal)
{
	if (child <= 0)
		return;
	kill(child, signal);
	wait_one(run, child, name, true);
}

static enum error begin(struct ship_run *run, struct failure *failure)
{
	int ends[2];
	enum error error = directory_make(run->folder, 0700, failure);
	if (error)
		return error;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail_errno(failure, "no pipe to the recorder");
	run->sensor = start(run, (char *const *)run->sensor_arguments, ends[1]);
	close(ends[1]);
	run->recorder = run->sensor > 0 ? start_recorder(run, ends[0]) : -1;
	close(ends[0]);
	run->agent = run->recorder > 0 ? start_agent(run, false) : -1;
	run->follow = run->agent > 0 ? start_follow(run) : 0;
	if (run->sensor > 0 && run->recorder > 0 && run->agent > 0)
		return OK;
	error = fail_errno(failure, "a process cannot be started");
	end_one(run, run->sensor, "sensor", SIGKILL);
	end_one(run, run->recorder, "recorder", SIGKILL);
	return error;
}

static void take_signal(struct ship_run *run, int signal)
{
	if (told_to_end(run, signal)) {
		if (run->sensor > 0)
			kill(run->sensor, SIGTERM);
		if (run->recorder > 0)
			kill(run->recorder, SIGTERM);
	} else if ((signal == SIGHUP || signal == SIGUSR1) && run->sensor > 0) {
		kill(run->sensor, signal);
	}
}

/* A sensor or a recorder that fails ends the other one. */
static void take_ended(struct ship_run *run, pid_t ended, int status)
{
	if (ended == run->sensor) {
		run->sensor = -1;
		run->sensor_status = status_of(status);
		if (failed(run->sensor_status) && run->recorder > 0)
			kill(run->recorder, SIGTERM);
	} else if (ended == run->recorder) {
		run->recorder = -1;
		run->recorder_status = status_of(status);
		if (run->recorder_status != 0 && run->sensor > 0)
			kill(run->sensor, SIGTERM);
	} else if (ended == run->agent) {
		log_write(LOG_ERROR, "the agent has ended: it is started again");
		run->agent = -1;
	} else if (ended == run->follow) {
		log_write(LOG_ERROR, "what is shared is not followed: that is begun again");
		run->follow = -1;
	}
}

/* Until the sensor has ended, and the recorder with what it had; an agent that ends before is started again. */
static void watch_over(struct ship_run *run)
{
	int status;
	while (run->sensor > 0 || run->recorder > 0) {
		siginfo_t told;
		const struct timespec second = { .tv_sec = 1 };
		int signal = sigtimedwait(&run->waited, &told, &second);
		take_signal(run, signal);
		for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
			take_ended(run, ended, status);
		if (run->agent < 0 && signal < 0) /* a second has passed */
			run->agent = start_agent(run, false);
		if (run->follow < 0 && signal < 0)
			run->follow = start_follow(run);
	}
}

/* Of capture files everything is delivered; of live capture what is not goes with the next start. */
static int end(struct ship_run *run)
{
	end_one(run, run->follow, "follow", SIGTERM);
	end_one(run, run->agent, "agent", SIGTERM);
	if (failed(run->sensor_status) || run->recorder_status != 0)
		return run->recorder_status ? run->recorder_status : run->sensor_status;
	if (run->told_to_end)
		return 0;
	int status = wait_one(run, start_agent(run, true), "agent", false);
	if (!run->told_to_end)
		return status;
	log_write(LOG_INFO, "told to end: what is not delivered goes with the next start");
	return 0;
}

int sensor_ship(const struct command_shipping *shipping, int argc, char **argv)
{
	struct ship_run run = { .shipping = shipping, .verb = argv[0] };
	struct failure failure = { 0 };
	int status = 2;
	enum error error = take_words(argc, argv, &run, &failure);
	if (!error)
		error = check(&run, &failure);
	if (!error)
		error = first_policy(&run, &failure);
	if (!error)
		error = dump_forbid(&failure);
	if (!error) {
		log_setup(run.verb, LOG_INFO, !isatty(STDERR_FILENO));
		sigemptyset(&run.waited);
		const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
		for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
			sigaddset(&run.waited, signals[i]);
		sigprocmask(SIG_BLOCK, &run.waited, &run.before);
		error = begin(&run, &failure);
	}
	if (!error) {
		watch_over(&run);
		status = end(&run);
	}
	if (error)
		fprintf(stderr, "noroshi %s: %s\n", run.verb, failure.words);
	free(run.sensor_arguments);
	return error ? 2 : status;
}
