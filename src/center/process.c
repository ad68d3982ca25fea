/*
 * A child of the supervisor: its loop, its configuration, its beginning and end.
 */
#include "center/process.h"

#include "base/log.h"
#include "center/confine.h"
#include "center/link.h"
#include "center/message.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUPERVISOR_DESCRIPTOR 3
#define LINK_DESCRIPTOR 4

const char *process_state_folder(const struct process *process)
{
	return *process->wishes.state ? process->wishes.state : process->settings.state;
}

void process_history_folder(const struct process *process, char to[static 4352])
{
	if (process->settings.history && *process->settings.history && !*process->wishes.state)
		snprintf(to, 4352, "%s", process->settings.history);
	else
		snprintf(to, 4352, "%s/history", process_state_folder(process));
}

static void send_words(struct process *process, uint16_t kind, struct text first, struct text second)
{
	struct builder body = { 0 };
	put_text(&body, first);
	if (kind == MESSAGE_READY)
		put_text(&body, second);
	if (!body.failed && process->supervisor)
		channel_send(process->supervisor, kind, 0, (struct text){ body.at, body.size });
	builder_free(&body);
}

void process_ready(struct process *process, const char *address, struct text facts)
{
	send_words(process, MESSAGE_READY, text_of(address), facts);
}

void process_end(struct process *process, int status)
{
	process->status = status;
	loop_stop(process->loop);
}

static void process_stop(struct process *process)
{
	if (process->stopping)
		return;
	process->stopping = true;
	if (process->configured && process->hooks->stop)
		process->hooks->stop(process);
	else
		process_end(process, 0);
}

struct configuration {
	char path[4096];
	struct text content, certificate, key; /* in the message */
};

static enum error configuration_decode(
    struct process *process, struct text body, struct configuration *configuration, struct failure *failure)
{
	struct reader from = reader_of(body.at, body.size);
	if (get_u32(&from) != MESSAGE_VERSION)
		return fail(failure, ERROR_VERSION, "the supervisor is of another version");
	struct text name = get_text(&from);
	configuration->content = get_text(&from);
	bool fits =
	    text_copy(name, configuration->path, sizeof configuration->path) && wishes_decode(&from, &process->wishes);
	configuration->certificate = get_text(&from);
	configuration->key = get_text(&from);
	return fits && reader_done(&from)
		   ? OK
		   : fail(failure, ERROR_CORRUPT, "the supervisor's configuration message does not fit its kind");
}

static void say_kept(void *context, const char *group, const char *option)
{
	struct process *process = context;
	char name[128];
	if (*process->wishes.listen && strcmp(option, "listen") == 0)
		return; /* the command line says where */
	if (process->kind != PROCESS_KEEPER)
		return; /* once is enough */
	snprintf(name, sizeof name, "%s.%s", group, option);
	log_write(LOG_WARNING,
	    "an option was changed that is taken at the start: it stays as it was until the next one",
	    LOG_FIELD_STRING("option", name));
}

/* The first one, or one over settings that are in use. */
static enum error settings_read(
    struct process *process, const struct configuration *configuration, bool first, struct failure *failure)
{
	enum error error =
	    settings_try(configuration->path, configuration->content, process->wishes.listen, NULL, failure);
	if (error != OK)
		return error;
	settings_groups(&process->settings, process->groups);
	if (!first)
		return config_reload_text(
		    configuration->path, configuration->content, process->groups, say_kept, process, failure);
	error = config_read_text(configuration->path, configuration->content, process->groups, failure);
	if (error == OK)
		settings_listen(&process->settings, process->wishes.listen);
	return error;
}

static void link_ready(void *context, int descriptor, unsigned ready)
{
	(void)ready;
	struct process *process = context;
	struct failure failure = { 0 };
	uint8_t peer;
	int channel;
	enum error error;
	while ((error = link_receive(descriptor, &peer, &channel, &failure)) == OK) {
		if (peer < PROCESS_COUNT)
			process->hooks->peer(process, (enum process_kind)peer, channel);
		else
			close(channel);
	}
	if (error != ERROR_AGAIN && process->link) {
		watch_stop(process->link);
		process->link = NULL;
	}
}

static enum error configured_first(struct process *process, struct failure *failure)
{
	process->configured = true;
	enum error error = process->hooks->start(process, failure);
	/* Other processes are heard from now on: before, there was nothing to hear them with. */
	if (error == OK) {
		process->link = loop_descriptor(process->loop, LINK_DESCRIPTOR, LOOP_READ, link_ready, process);
		if (!process->link)
			error = fail(failure, ERROR_MEMORY, "no memory to start");
	}
	process->configured = error == OK;
	return error;
}

static void take_configuration(struct process *process, struct text body)
{
	struct failure failure = { 0 };
	struct configuration configuration = { 0 };
	bool first = !process->configured;
	enum error error = configuration_decode(process, body, &configuration, &failure);
	if (error == OK)
		error = settings_read(process, &configuration, first, &failure);
	if (error == OK && first)
		error = configured_first(process, &failure);
	else if (error == OK && process->hooks->reload)
		error = process->hooks->reload(process, configuration.certificate, configuration.key, &failure);
	if (error != OK) {
		send_words(process, MESSAGE_REFUSED, text_of(failure.words), TEXT_NONE);
		if (first)
			process_stop(process);
	} else if (!first) {
		process_ready(process, "", TEXT_NONE);
	}
}

static void supervisor_said(void *context, const struct message *message)
{
	struct process *process = context;
	if (message->kind == MESSAGE_CONFIGURATION)
		take_configuration(process, message->body);
	else if (message->kind == MESSAGE_STOP)
		process_stop(process);
}

static void supervisor_gone(void *context, const struct failure *failure)
{
	struct process *process = context;
	log_write(LOG_ERROR, "the supervisor is gone: stopping", LOG_FIELD_STRING("why", failure->words));
	process_stop(process);
}

static void signalled(void *context, int signal)
{
	(void)signal;
	process_stop(context);
}

static enum error process_open(struct process *process, struct failure *failure)
{
	fcntl(SUPERVISOR_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
	fcntl(LINK_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
	enum error error = confine_early(failure);
	if (error != OK || (error = loop_new(&process->loop, failure)) != OK)
		return error;
	process->counters = counters_new();
	if (!process->counters || !loop_signal(process->loop, SIGTERM, signalled, process))
		return fail(failure, ERROR_MEMORY, "no memory to start");
	return channel_new(process->loop, SUPERVISOR_DESCRIPTOR, supervisor_said, supervisor_gone, process,
	    &process->supervisor, failure);
}

int process_run(enum process_kind kind, const struct process_hooks *hooks, void *self)
{
	struct process process = { .kind = kind, .hooks = hooks, .self = self };
	struct failure failure = { 0 };
	/* The terminal sends SIGINT to the whole group: the supervisor decides what it means. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (process_open(&process, &failure) != OK || loop_run(process.loop, &failure) != OK) {
		log_write(LOG_ERROR, "cannot run", LOG_FIELD_STRING("why", failure.words));
		return 1;
	}
	if (process.stopping && process.configured && hooks->end)
		hooks->end(&process);
	return process.status;
}
