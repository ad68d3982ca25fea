/*
 * The courier: the only process that connects outward. Takes one message of the outbox at a time from the keeper, calls
 * the capability whose topic it is, reports what came of it; and turns with remotes (errands.h). It has no store and
 * may write no file.
 */
#include "base/log.h"
#include "center/capabilities.h"
#include "center/center.h"
#include "center/confine.h"
#include "center/errands.h"
#include "center/message.h"
#include "center/message_read.h"
#include "center/process.h"

#include <string.h>
#include <unistd.h>

struct courier {
	struct channel *keeper;
	struct errands *errands;
	struct counter *delivered, *failed;
};

static enum error deliver(const char *topic, struct text body, struct failure *failure)
{
	for (size_t i = 0; capabilities[i]; i++)
		for (const char *const *each = capabilities[i]->topics; each && *each; each++)
			if (strcmp(*each, topic) == 0 && capabilities[i]->deliver)
				return capabilities[i]->deliver(topic, body.at, body.size, failure);
	return fail(failure, ERROR_USAGE, "nobody delivers messages of the topic %s", topic);
}

static void keeper_said(void *context, const struct message *message)
{
	struct process *process = context;
	struct courier *courier = process->self;
	if (message->kind == MESSAGE_TURN && courier->errands)
		errands_begin(courier->errands, message);
	if (message->kind != MESSAGE_DELIVER)
		return;
	struct deliver wanted;
	if (!deliver_read(message->body, &wanted))
		return;
	struct failure failure = { 0 };
	enum error error = deliver(wanted.topic, wanted.letter, &failure);
	log_write(error == OK ? LOG_INFO : LOG_WARNING, error == OK ? "delivered" : "not delivered",
	    LOG_FIELD_STRING("topic", wanted.topic), LOG_FIELD_NUMBER("number", wanted.number),
	    LOG_FIELD_STRING("answer", failure.words));
	struct builder body = { 0 };
	put_u64(&body, wanted.number);
	put_u16(&body, (uint16_t)error);
	put_text(&body, text_of(failure.words));
	if (!body.failed && courier->keeper)
		channel_send(
		    courier->keeper, MESSAGE_DELIVERED, message->correlation, (struct text){ body.at, body.size });
	builder_free(&body);
}

static void keeper_gone(void *context, const struct failure *failure)
{
	(void)failure;
	struct process *process = context;
	struct courier *courier = process->self;
	channel_free(courier->keeper);
	courier->keeper = NULL;
	if (courier->errands)
		errands_keeper(courier->errands, NULL);
}

static void courier_peer(struct process *process, enum process_kind kind, int descriptor)
{
	struct courier *courier = process->self;
	struct failure failure = { 0 };
	if (kind != PROCESS_KEEPER) {
		close(descriptor);
		return;
	}
	channel_free(courier->keeper);
	courier->keeper = NULL;
	if (channel_new(process->loop, descriptor, keeper_said, keeper_gone, process, &courier->keeper, &failure) != OK)
		log_write(LOG_ERROR, "no channel to the keeper", LOG_FIELD_STRING("why", failure.words));
	if (courier->errands)
		errands_keeper(courier->errands, courier->keeper);
}

/* What name resolution and TLS read, and the files that the configuration names. */
static enum error courier_confine(struct process *process, struct failure *failure)
{
	struct confine_path paths[64] = { { "/etc", false }, { "/usr/lib", false }, { "/lib", false },
		{ "/usr/share", false }, { "/run", false }, { "/dev", false }, { "/proc/self", false } };
	size_t count = 7;
	count += confine_options(process->groups, true, paths + count, sizeof paths / sizeof *paths - count);
	bool landlocked;
	enum error error = confine_files(paths, count, &landlocked, failure);
	if (error == OK && !landlocked)
		log_write(LOG_WARNING, "this kernel has no Landlock: the courier is not confined to its files");
	return error;
}

static enum error courier_start(struct process *process, struct failure *failure)
{
	struct courier *courier = process->self;
	enum error error = confine_user(process->settings.user, process->wishes.ephemeral, failure);
	if (error == OK)
		error = courier_confine(process, failure);
	if (error == OK)
		error = errands_new(process->loop, &courier->errands, failure);
	if (error == OK)
		errands_keeper(courier->errands, courier->keeper);
	if (error == OK)
		process_ready(process, "", TEXT_NONE);
	return error;
}

static void courier_stop(struct process *process)
{
	process_end(process, 0);
}

int courier_run(void)
{
	static const struct process_hooks hooks = {
		.start = courier_start,
		.peer = courier_peer,
		.stop = courier_stop,
	};
	struct courier courier = { 0 };
	return process_run(PROCESS_COURIER, &hooks, &courier);
}
