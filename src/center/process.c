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
	if (process->configured)
		process->hooks->stop(process);
	else
		process_end(process, 0);
}

static enum error settings_read(struct process *process, struct reader *from, struct failure *failure)
{
	if (get_u32(from) != MESSAGE_VERSION)
		return fail(failure, ERROR_VERSION, "the supervisor is of another version");
	struct text name = get_text(from), content = get_text(from);
	char path[4096];
	if (!text_copy(name, path, sizeof path) || !wishes_decode(from, &process->wishes) || !reader_done(from))
		return fail(failure, ERROR_CORRUPT, "the supervisor's configuration message does not fit its kind");
	settings_groups(&process->settings, process->groups);
	/* Read into a copy of the centre's group first: what two options say together is checked before anything
	 * changes. */
	struct center_settings settings = { 0 };
	struct option_group groups[SETTINGS_GROUPS];
	settings_groups(&settings, groups);
	enum error error = config_read_text(path, content, groups, failure);
	if (error != OK)
		return error;
	if (*process->wishes.listen && settings.listen) {
		free(settings.listen);
		settings.listen = strdup(process->wishes.listen);
	}
	error = settings_check(&settings, failure);
	if (error != OK)
		return error;
	process->settings = settings;
	return OK;
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

static void take_configuration(struct process *process, struct text body)
{
	struct failure failure = { 0 };
	struct reader from = reader_of(body.at, body.size);
	enum error error = settings_read(process, &from, &failure);
	bool first = !process->configured;
	if (error == OK && first) {
		process->configured = true;
		error = process->hooks->start(process, &failure);
		/* Other processes are heard from now on: before, there was nothing to hear them with. */
		if (error == OK) {
			process->link = loop_descriptor(process->loop, LINK_DESCRIPTOR, LOOP_READ, link_ready, process);
			if (!process->link)
				error = fail(&failure, ERROR_MEMORY, "no memory to start");
		}
		if (error != OK)
			process->configured = false;
	}
	if (error != OK) {
		send_words(process, MESSAGE_REFUSED, text_of(failure.words), TEXT_NONE);
		if (first)
			process_stop(process);
		return;
	}
	if (!first) {
		if (process->hooks->reload)
			process->hooks->reload(process);
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
	return process.status;
}
