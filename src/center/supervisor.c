/*
 * The supervisor of a centre.
 */
#include "center/supervisor.h"

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "bus/channel.h"
#include "center/link.h"
#include "center/message.h"
#include "center/settings.h"
#include "http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST (200 * MILLISECOND)
#define BACKOFF_READY SECOND
#define BACKOFF_LONGEST (30 * SECOND)
#define STOP_PATIENCE (15 * SECOND)
#define CONFIG_LARGEST (1u << 20)

struct child {
	struct supervisor *supervisor;
	enum process_kind kind;
	pid_t pid; /* 0 = does not run */
	int link;
	struct channel *channel;
	struct watch *restart, *kill;
	bool ready, told;
	unsigned starts;
	nanoseconds started, backoff;
};

struct supervisor {
	const struct supervisor_settings *settings;
	struct loop *loop;
	struct wishes wishes;
	char *config; /* content of the file */
	size_t config_size;
	struct text certificate, key; /* malloc()ed; while a reload goes on */
	struct child children[PROCESS_COUNT];
	char address[128];
	char *facts;
	bool announced, stopping;
	int status;
};

/* The order of the end: first nobody new, then nothing outward, then what was gathered is stored. */
static const enum process_kind stop_order[PROCESS_COUNT] = { PROCESS_FRONT, PROCESS_COURIER, PROCESS_KEEPER };

static void child_start(struct child *child);

static void send_configuration(struct child *child)
{
	struct supervisor *supervisor = child->supervisor;
	struct builder body = { 0 };
	struct wishes wishes = supervisor->wishes;
	wishes.restarted = child->starts > 1;
	put_u32(&body, MESSAGE_VERSION);
	put_text(&body, text_of(supervisor->settings->config ? supervisor->settings->config : "command line"));
	put_text(&body, (struct text){ supervisor->config, supervisor->config_size });
	wishes_encode(&wishes, &body);
	bool renews = child->kind == PROCESS_FRONT && child->ready;
	put_text(&body, renews ? supervisor->certificate : TEXT_NONE);
	put_text(&body, renews ? supervisor->key : TEXT_NONE);
	if (!body.failed)
		channel_send(child->channel, MESSAGE_CONFIGURATION, 0, (struct text){ body.at, body.size });
	if (body.at)
		explicit_bzero(body.at, body.size);
	builder_free(&body);
}

static void tls_forget(struct supervisor *supervisor)
{
	struct text *texts[] = { &supervisor->certificate, &supervisor->key };
	for (size_t i = 0; i < 2; i++) {
		if (texts[i]->at)
			explicit_bzero((char *)texts[i]->at, texts[i]->size);
		free((char *)texts[i]->at);
		*texts[i] = TEXT_NONE;
	}
}

/* Which pairs speak to each other: everybody with the keeper. */
static void join(struct supervisor *supervisor, enum process_kind a, enum process_kind b)
{
	struct child *first = &supervisor->children[a], *second = &supervisor->children[b];
	struct failure failure = { 0 };
	int pair[2];
	if (!first->pid || !second->pid)
		return;
	if (channel_pair(pair, &failure) != OK) {
		log_write(LOG_ERROR, "cannot join two processes", LOG_FIELD_STRING("why", failure.words));
		return;
	}
	if (link_send(first->link, (uint8_t)b, pair[0], &failure) != OK ||
	    link_send(second->link, (uint8_t)a, pair[1], &failure) != OK)
		log_write(LOG_WARNING, "cannot join two processes", LOG_FIELD_STRING("why", failure.words));
	close(pair[0]);
	close(pair[1]);
}

static void join_all(struct supervisor *supervisor, enum process_kind kind)
{
	if (kind != PROCESS_COURIER)
		join(supervisor, PROCESS_FRONT, PROCESS_KEEPER);
	if (kind != PROCESS_FRONT)
		join(supervisor, PROCESS_COURIER, PROCESS_KEEPER);
}

static void announce(struct supervisor *supervisor)
{
	for (int i = 0; i < PROCESS_COUNT; i++)
		if (!supervisor->children[i].ready)
			return;
	if (supervisor->announced)
		return;
	supervisor->announced = true;
	log_write(LOG_INFO, "the centre is ready", LOG_FIELD_STRING("address", supervisor->address));
	if (supervisor->settings->announce) {
		const char *facts = supervisor->facts && *supervisor->facts ? supervisor->facts : "{}";
		printf("{\"address\":\"%s\",\"pid\":%d,\"processes\":{", supervisor->address, (int)getpid());
		for (int i = 0; i < PROCESS_COUNT; i++)
			printf("%s\"%s\":%d", i ? "," : "", process_name((enum process_kind)i),
			    (int)supervisor->children[i].pid);
		printf("}%s%s\n", facts[1] == '}' ? "" : ",", facts + 1);
		fflush(stdout);
	}
}

static void stop_next(struct supervisor *supervisor);

static void stop_begin(struct supervisor *supervisor, int status)
{
	if (supervisor->stopping)
		return;
	supervisor->stopping = true;
	supervisor->status = status;
	stop_next(supervisor);
}

static void child_ready(struct child *child, struct text body)
{
	struct supervisor *supervisor = child->supervisor;
	struct reader from = reader_of(body.at, body.size);
	struct text address = get_text(&from), facts = get_text(&from);
	if (!reader_done(&from))
		return;
	if (child->ready) {
		log_write(LOG_INFO, "configuration reloaded", LOG_FIELD_STRING("process", process_name(child->kind)));
		return;
	}
	child->ready = true;
	if (address.size > 0) {
		text_copy(address, supervisor->address, sizeof supervisor->address);
		/* A front that is restarted takes the same port again. */
		const char *authority = strstr(supervisor->address, "://");
		if (authority)
			snprintf(supervisor->wishes.listen, sizeof supervisor->wishes.listen, "%s", authority + 3);
	}
	if (facts.size > 0 && !supervisor->facts)
		supervisor->facts = strndup(facts.at, facts.size);
	announce(supervisor);
}

static void child_said(void *context, const struct message *message)
{
	struct child *child = context;
	struct supervisor *supervisor = child->supervisor;
	if (message->kind == MESSAGE_READY)
		child_ready(child, message->body);
	if (message->kind != MESSAGE_REFUSED)
		return;
	struct reader from = reader_of(message->body.at, message->body.size);
	char words[512];
	text_copy(get_text(&from), words, sizeof words);
	log_write(LOG_ERROR, child->ready ? "configuration refused: the old one stays" : "cannot start",
	    LOG_FIELD_STRING("process", process_name(child->kind)), LOG_FIELD_STRING("why", words));
	if (!supervisor->announced && !supervisor->stopping) {
		fprintf(stderr, "noroshi center: %s: %s\n", process_name(child->kind), words);
		stop_begin(supervisor, 2);
	}
}

static void child_closed(void *context, const struct failure *failure)
{
	(void)failure; /* SIGCHLD tells the rest */
	struct child *child = context;
	channel_free(child->channel);
	child->channel = NULL;
}

/* In the new process, between fork and exec: only what is safe there. */
static void child_exec(enum process_kind kind, int channel, int link)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Both may sit on 3 or 4 already: move them away first. */
	channel = fcntl(channel, F_DUPFD_CLOEXEC, 10);
	link = fcntl(link, F_DUPFD_CLOEXEC, 10);
	/* Standard output belongs to the supervisor's one line. */
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (channel < 0 || link < 0 || nowhere < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 ||
	    dup2(channel, 3) < 0 || dup2(link, 4) < 0)
		_exit(1);
	execl("/proc/self/exe", "noroshi", "center", "--process", process_name(kind), (char *)NULL);
	_exit(1);
}

static enum error child_spawn(struct child *child, struct failure *failure)
{
	int channel[2], link[2];
	enum error error = channel_pair(channel, failure);
	if (error != OK)
		return error;
	error = link_pair(link, failure);
	if (error != OK) {
		close(channel[0]);
		close(channel[1]);
		return error;
	}
	child->pid = fork();
	if (child->pid == 0)
		child_exec(child->kind, channel[1], link[1]);
	close(channel[1]);
	close(link[1]);
	if (child->pid < 0) {
		child->pid = 0;
		close(channel[0]);
		close(link[0]);
		return fail_errno(failure, "cannot start a process");
	}
	child->link = link[0];
	child->started = time_monotonic();
	child->starts++;
	child->ready = child->told = false;
	return channel_new(
	    child->supervisor->loop, channel[0], child_said, child_closed, child, &child->channel, failure);
}

static void child_restart(void *context)
{
	struct child *child = context;
	watch_stop(child->restart);
	child->restart = NULL;
	if (!child->supervisor->stopping)
		child_start(child);
}

/* Who cannot even start is tried ever more seldom; who ran before is missed. */
static void child_later(struct child *child, bool was_ready)
{
	nanoseconds longest = was_ready ? BACKOFF_READY : BACKOFF_LONGEST;
	if (time_monotonic() - child->started > MINUTE)
		child->backoff = 0;
	child->backoff = child->backoff ? child->backoff * 2 : BACKOFF_FIRST;
	if (child->backoff > longest)
		child->backoff = longest;
	child->restart = loop_timer(child->supervisor->loop, child->backoff, 0, child_restart, child);
}

static void child_start(struct child *child)
{
	struct failure failure = { 0 };
	if (child_spawn(child, &failure) != OK) {
		log_write(LOG_ERROR, "cannot start a process", LOG_FIELD_STRING("process", process_name(child->kind)),
		    LOG_FIELD_STRING("why", failure.words));
		if (!child->pid)
			child_later(child, false);
		return;
	}
	send_configuration(child);
	join_all(child->supervisor, child->kind);
}

static void child_kill(void *context)
{
	struct child *child = context;
	watch_stop(child->kill);
	child->kill = NULL;
	if (child->pid) {
		log_write(LOG_WARNING, "did not stop in time: killed",
		    LOG_FIELD_STRING("process", process_name(child->kind)));
		kill(child->pid, SIGKILL);
	}
}

static void stop_next(struct supervisor *supervisor)
{
	for (int i = 0; i < PROCESS_COUNT; i++) {
		struct child *child = &supervisor->children[stop_order[i]];
		if (!child->pid)
			continue;
		if (!child->told) {
			child->told = true;
			if (child->channel)
				channel_send(child->channel, MESSAGE_STOP, 0, TEXT_NONE);
			child->kill = loop_timer(supervisor->loop, STOP_PATIENCE, 0, child_kill, child);
		}
		return;
	}
	loop_stop(supervisor->loop);
}

static void child_ended(struct child *child, int status)
{
	struct supervisor *supervisor = child->supervisor;
	pid_t pid = child->pid;
	bool was_ready = child->ready;
	child->pid = 0;
	child->ready = false;
	close(child->link);
	channel_free(child->channel);
	child->channel = NULL;
	if (child->kill)
		watch_stop(child->kill);
	child->kill = NULL;
	if (supervisor->stopping) {
		stop_next(supervisor);
		return;
	}
	child_later(child, was_ready);
	char how[64], next[64];
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "exit code %d", WEXITSTATUS(status));
	snprintf(next, sizeof next, "it is started again in %lld ms", (long long)(child->backoff / MILLISECOND));
	log_write(LOG_ERROR, "a process ended", LOG_FIELD_STRING("process", process_name(child->kind)),
	    LOG_FIELD_NUMBER("pid", pid), LOG_FIELD_STRING("how", how), LOG_FIELD_STRING("next", next));
}

static void children_changed(void *context, int signal)
{
	(void)signal;
	struct supervisor *supervisor = context;
	int status;
	for (int i = 0; i < PROCESS_COUNT; i++) {
		struct child *child = &supervisor->children[i];
		if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid)
			child_ended(child, status);
	}
}

static void told_to_stop(void *context, int signal)
{
	log_write(LOG_INFO, "stopping", LOG_FIELD_STRING("signal", strsignal(signal)));
	stop_begin(context, 0);
}

/* Certificate and key as they are in their files now: the front can no longer read them. */
static enum error tls_take(
    struct supervisor *supervisor, const struct center_settings *settings, struct failure *failure)
{
	struct text *certificate = &supervisor->certificate, *key = &supervisor->key;
	char *at;
	tls_forget(supervisor);
	if (!settings->tls_key || !*settings->tls_key)
		return OK;
	enum error error = file_read(settings->tls_certificate, CONFIG_LARGEST, &at, &certificate->size, failure);
	if (error != OK)
		return error;
	certificate->at = at;
	error = file_read(settings->tls_key, CONFIG_LARGEST, &at, &key->size, failure);
	if (error != OK)
		return error;
	key->at = at;
	return tls_check(*certificate, *key, failure);
}

static enum error look_closer(void *context, const struct center_settings *settings, struct failure *failure)
{
	struct supervisor *supervisor = context;
	if (geteuid() == 0 && !(settings->user && *settings->user) && !supervisor->wishes.ephemeral)
		return fail(failure, ERROR_USAGE,
		    "the centre was started by root: set center.user to the account that its processes run as");
	/* At the start the front reads the files itself. */
	return supervisor->announced ? tls_take(supervisor, settings, failure) : OK;
}

/* Reads the file and checks it here, so that a bad one reaches nobody. */
static enum error config_take(struct supervisor *supervisor, struct failure *failure)
{
	const char *path = supervisor->settings->config;
	char *content = NULL;
	size_t size = 0;
	struct settings_look look = { look_closer, supervisor };
	if (path && file_read(path, CONFIG_LARGEST, &content, &size, failure) != OK)
		return failure->code;
	enum error error = settings_try(path ? path : "command line", (struct text){ content, size },
	    supervisor->settings->wishes.listen, &look, failure);
	if (error != OK) {
		free(content);
		return error;
	}
	free(supervisor->config);
	supervisor->config = content;
	supervisor->config_size = size;
	return OK;
}

static void told_to_reload(void *context, int signal)
{
	(void)signal;
	struct supervisor *supervisor = context;
	struct failure failure = { 0 };
	if (config_take(supervisor, &failure) != OK)
		log_write(
		    LOG_ERROR, "configuration refused: the old one stays", LOG_FIELD_STRING("why", failure.words));
	else
		for (int i = 0; i < PROCESS_COUNT; i++)
			if (supervisor->children[i].channel)
				send_configuration(&supervisor->children[i]);
	tls_forget(supervisor);
}

static enum error supervisor_start(struct supervisor *supervisor, struct failure *failure)
{
	enum error error = config_take(supervisor, failure);
	if (error != OK || (error = loop_new(&supervisor->loop, failure)) != OK)
		return error;
	if (!loop_signal(supervisor->loop, SIGCHLD, children_changed, supervisor) ||
	    !loop_signal(supervisor->loop, SIGTERM, told_to_stop, supervisor) ||
	    !loop_signal(supervisor->loop, SIGINT, told_to_stop, supervisor) ||
	    !loop_signal(supervisor->loop, SIGHUP, told_to_reload, supervisor))
		return fail(failure, ERROR_MEMORY, "no memory to start");
	for (int i = 0; i < PROCESS_COUNT; i++) {
		supervisor->children[i] = (struct child){ .supervisor = supervisor, .kind = (enum process_kind)i };
		child_start(&supervisor->children[i]);
	}
	return OK;
}

int supervisor_run(const struct supervisor_settings *settings)
{
	struct supervisor supervisor = { .settings = settings, .wishes = settings->wishes };
	struct failure failure = { 0 };
	signal(SIGPIPE, SIG_IGN);
	enum error error = supervisor_start(&supervisor, &failure);
	if (error == OK)
		error = loop_run(supervisor.loop, &failure);
	loop_free(supervisor.loop);
	free(supervisor.config);
	free(supervisor.facts);
	if (error != OK) {
		fprintf(stderr, "noroshi center: %s\n", failure.words);
		return error == ERROR_INPUT || error == ERROR_USAGE ? 2 : 1;
	}
	return supervisor.status;
}
