/*
 * Errands of the courier.
 *
 *   MESSAGE_TURN ─► a thread: HTTP, reading, parts ─► the loop (eventfd) ─► MESSAGE_TURNED, then MESSAGE_PUSH …
 *
 * A thread has all that it needs in its errand and shares nothing but the list of those that are done. A turn has an
 * end (remote.within), so no thread stays.
 */
#include "center/errands.h"

#include "base/log.h"
#include "center/item_part.h"
#include "center/message.h"
#include "center/turn.h"
#include "intel/settings.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ERRANDS_MOST 16u /* more than any keeper asks for at once */
#define NETWORKS_MOST 64u

struct part {
	struct part *next;
	struct builder body;
};

struct errand {
	struct errand *next;
	struct errands *errands;
	uint64_t correlation;
	char *asked; /* the message's body, which the turn's envelope points into */
	struct turn turn;
	char credential[4400], authorities[4400];
	struct prefix networks[NETWORKS_MOST];
	size_t network_count;
	/* what came of it */
	struct turned turned;
	struct item_part part;
	struct part *parts, **last;
	uint64_t objects;
};

struct errands {
	struct channel *keeper;
	pthread_mutex_t mutex;
	struct errand *done; /* under the mutex */
	int event;
	unsigned under_way; /* of the loop's thread */
};

static void errand_free(struct errand *errand)
{
	while (errand->parts) {
		struct part *part = errand->parts;
		errand->parts = part->next;
		builder_free(&part->body);
		free(part);
	}
	builder_free(&errand->turned.answer.failures);
	item_part_free(&errand->part);
	free(errand->asked);
	free(errand);
}

/* ── on the thread ─ */

static enum error end_part(struct errand *errand, bool last)
{
	struct part *part = calloc(1, sizeof *part);
	if (!part)
		return ERROR_MEMORY;
	*errand->last = part;
	errand->last = &part->next;
	item_part_write(&errand->part, errand->turn.import, last, errand->objects, &part->body);
	return part->body.failed ? ERROR_MEMORY : OK;
}

static enum error take_item(void *context, const struct item *item, struct arena *arena)
{
	struct errand *errand = context;
	errand->objects++;
	item_part_add(&errand->part, item, arena);
	return errand->part.encoded.size > ITEM_PART ? end_part(errand, false) : OK;
}

static enum error take_refused(void *context, const char *words)
{
	struct errand *errand = context;
	errand->objects++;
	item_part_refuse(&errand->part, words, time_now());
	return OK;
}

static void *run(void *context)
{
	struct errand *errand = context;
	struct errands *errands = errand->errands;
	const struct remote *remote = &errand->turn.remote;
	struct turned *turned = &errand->turned;
	struct failure failure = { 0 };
	const struct remote_reader reader = { take_item, take_refused, errand };
	const struct remote_turn asked = { .url = remote->url,
		.there = remote->there,
		.user = remote->user,
		.credential = errand->credential,
		.authorities = errand->authorities,
		.networks = errand->networks,
		.network_count = errand->network_count,
		.objects = remote->objects,
		.bytes = remote->bytes,
		.within = remote->within,
		.after = remote->after,
		.next = remote->next,
		.name = remote->name,
		.etag = remote->etag,
		.changed = remote->changed,
		.tlp = remote->tlp,
		.status = remote->status,
		.envelope = errand->turn.envelope,
		.gone = errand->turn.gone };
	bool feed = remote->kind == REMOTE_FEED;
	turned->result = errand->turn.way == REMOTE_POLL
			     ? (feed ? remote_feed : remote_poll)(&asked, &reader, &turned->answer, &failure)
			 : asked.gone.size ? remote_delete(&asked, &turned->answer, &failure)
					   : remote_push(&asked, &turned->answer, &failure);
	if (turned->result == OK && turned->answer.objects > 0 && end_part(errand, true) != OK)
		turned->result = fail(&failure, ERROR_MEMORY, "no memory for a page");
	if (turned->result != OK)
		text_copy(text_of(failure.words), turned->words, sizeof turned->words);
	turned->failures = (struct text){ turned->answer.failures.at, turned->answer.failures.size };
	pthread_mutex_lock(&errands->mutex);
	errand->next = errands->done;
	errands->done = errand;
	pthread_mutex_unlock(&errands->mutex);
	eventfd_write(errands->event, 1);
	return NULL;
}

/* ── on the loop ─ */

static void report(struct errands *errands, struct errand *errand)
{
	const struct turned *turned = &errand->turned;
	struct builder body = { 0 };
	turned_write(turned, &body);
	bool sent = errands->keeper && !body.failed &&
		    channel_send(errands->keeper, MESSAGE_TURNED, errand->correlation,
			(struct text){ body.at, body.size }) == OK;
	for (struct part *part = errand->parts; part && sent && turned->result == OK; part = part->next)
		sent = channel_send(errands->keeper, MESSAGE_PUSH, errand->correlation,
			   (struct text){ part->body.at, part->body.size }) == OK;
	builder_free(&body);
	log_write(turned->result == OK ? LOG_INFO : LOG_WARNING, "a turn with a remote",
	    LOG_FIELD_STRING("remote", errand->turn.remote.name),
	    LOG_FIELD_STRING("way", remote_way_code(errand->turn.way)), LOG_FIELD_NUMBER("status", turned->answer.http),
	    LOG_FIELD_NUMBER("objects", turned->answer.objects), LOG_FIELD_STRING("why", turned->words));
}

static void deliver(void *context, int descriptor, unsigned ready)
{
	struct errands *errands = context;
	eventfd_t count;
	(void)ready;
	eventfd_read(descriptor, &count);
	pthread_mutex_lock(&errands->mutex);
	struct errand *errand = errands->done;
	errands->done = NULL;
	pthread_mutex_unlock(&errands->mutex);
	while (errand) {
		struct errand *next = errand->next;
		report(errands, errand);
		errand_free(errand);
		errands->under_way--;
		errand = next;
	}
}

enum error errands_new(struct loop *loop, struct errands **to, struct failure *failure)
{
	struct errands *errands = calloc(1, sizeof *errands);
	if (!errands)
		return fail(failure, ERROR_MEMORY, "no memory for errands");
	pthread_mutex_init(&errands->mutex, NULL);
	errands->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (errands->event < 0 || !loop_descriptor(loop, errands->event, LOOP_READ, deliver, errands)) {
		if (errands->event >= 0)
			close(errands->event);
		free(errands);
		return fail_errno(failure, "cannot wait for errands");
	}
	*to = errands;
	return OK;
}

void errands_keeper(struct errands *errands, struct channel *keeper)
{
	errands->keeper = keeper;
}

/* What the configuration says now: a reload must not move it under a thread. */
static bool equip(struct errand *errand)
{
	const struct intel_settings *settings = intel_configured();
	const struct remote *remote = &errand->turn.remote;
	size_t room = sizeof errand->credential;
	int credential = 0, authorities = 0;
	if (*remote->credential)
		credential = snprintf(errand->credential, room, "%s/%s", settings->remotes_folder, remote->credential);
	if (*remote->authorities)
		authorities =
		    snprintf(errand->authorities, room, "%s/%s", settings->remotes_folder, remote->authorities);
	for (size_t i = 0; i < settings->remote_networks.count && errand->network_count < NETWORKS_MOST; i++)
		errand->network_count +=
		    prefix_parse(text_of(settings->remote_networks.items[i]), &errand->networks[errand->network_count]);
	return credential < (int)room && authorities < (int)room;
}

static void refuse(struct errand *errand, enum error error, const char *words)
{
	errand->turned.result = error;
	text_copy(text_of(words), errand->turned.words, sizeof errand->turned.words);
	report(errand->errands, errand);
	errand_free(errand);
}

static bool set_out(struct errand *errand)
{
	pthread_t thread;
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	bool made = pthread_create(&thread, &attributes, run, errand) == 0;
	pthread_attr_destroy(&attributes);
	return made;
}

void errands_begin(struct errands *errands, const struct message *message)
{
	struct errand *errand = calloc(1, sizeof *errand);
	if (!errand)
		return; /* the keeper waits, and asks again */
	errand->errands = errands;
	errand->correlation = message->correlation;
	errand->last = &errand->parts;
	errand->asked = malloc(message->body.size + 1);
	if (errand->asked && message->body.size)
		memcpy(errand->asked, message->body.at, message->body.size);
	if (!errand->asked || !turn_read((struct text){ errand->asked, message->body.size }, &errand->turn)) {
		errand_free(errand);
		return;
	}
	if (!intel_remote_allowed(remote_host(&errand->turn.remote)))
		refuse(errand, ERROR_DENIED, "the configuration does not name its host in intel.remotes");
	else if (!equip(errand))
		refuse(errand, ERROR_INPUT, "intel.remotes_folder is too long");
	else if (errands->under_way >= ERRANDS_MOST || !set_out(errand))
		refuse(errand, ERROR_AGAIN, "the courier has too much to do");
	else
		errands->under_way++;
}
