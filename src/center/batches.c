/*
 * Batches of alerts in the keeper: admission, removal of doubles, storing, acknowledgement, hand-over to the
 * capabilities.
 *
 *   front: MESSAGE_ADMIT ─► may this one append?          ─► MESSAGE_ADMITTED
 *   front: MESSAGE_INGEST parts ─► history_append()
 *   end of the round: one history_sync() for all ─► MESSAGE_INGESTED for each ─► each capability's `alerts`
 *
 * Rule 3: an acknowledgement leaves only after the sync. When the sync fails, everything of the round is answered 503,
 * history is closed and opened again (which repairs its tail), and clients send the same batches once more.
 */
#include "base/codec.h"
#include "base/file_journal.h"
#include "base/log.h"
#include "bus/channel.h"
#include "center/capabilities.h"
#include "center/keeping.h"
#include "center/message.h"
#include "center/part.h"
#include "center/routed.h"
#include "center/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct batches {
	struct part *first, **last;
	bool full; /* said that the disk is */
	struct counter *alerts, *records, *parts, *repeated, *refused, *sync_seconds;
};

enum error batches_new(struct batches **to, struct counters *counters, struct failure *failure)
{
	struct batches *batches = calloc(1, sizeof *batches);
	if (!batches)
		return fail(failure, ERROR_MEMORY, "no memory for batches");
	batches->last = &batches->first;
	batches->alerts =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_alerts_stored", "Alerts made durable.", NULL, TEXT_NONE);
	batches->records = counter_get(counters, COUNTER_TOTAL, "noroshi_records_stored",
	    "Records that are no alerts, made durable.", NULL, TEXT_NONE);
	batches->parts =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_batches", "Parts of batches.", "result", TEXT("stored"));
	batches->repeated =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_batches", "Parts of batches.", "result", TEXT("repeated"));
	batches->refused =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_batches", "Parts of batches.", "result", TEXT("refused"));
	batches->sync_seconds = counter_get(counters, COUNTER_HISTOGRAM, "noroshi_history_sync_seconds",
	    "Time to make the batches of one round durable.", NULL, TEXT_NONE);
	*to = batches;
	return OK;
}

/* The path, and what the system says of it, are not the sender's business; a full disk is. */
static void refuse(struct failure *failure, enum error why)
{
	if (why == ERROR_LIMIT)
		fail(failure, why, "The centre's disk is full: nothing of this batch is stored. Send it again later.");
	else
		fail(failure, ERROR_SYSTEM, "The centre cannot store alerts just now.");
}

/* Whether its alerts may be other organisations' than its own. */
static bool is_routed(const struct sensor *sensor)
{
	return sensor->routes || sensor->telescope;
}

/* Status 200, or why who shows this may not append; fills who it is. */
static uint16_t admit(struct keeper *keeper, const struct credential *credential, struct subject *subject,
    struct organisation *organisation, struct sensor *sensor, struct failure *failure)
{
	struct work work;
	struct policy_snapshot snapshot = { 0 };
	uint16_t status = 503;
	if (work_begin(&work, "ingest", failure) != OK)
		return 503;
	enum error error = subject_of_credential(keeper, &work, credential, subject, failure);
	if (error == ERROR_NOT_FOUND) {
		failure->code = ERROR_DENIED;
		status = 401;
	} else if (error == OK &&
		   store_snapshot(keeper->store, keeper->center.now(), work.arena, &snapshot, failure) == OK) {
		const struct scope *scope = policy_scope(&snapshot, subject, ACTION_ALERT_APPEND, work.arena);
		if (!scope) {
			fail(failure, ERROR_DENIED, "Only sensors of active organisations may send alerts.");
			status = 403;
		} else if (store_organisation_get(keeper->store, scope, subject->organisation, organisation, failure) ==
			       OK &&
			   store_sensor_get(keeper->store, scope, subject->sensor, sensor, failure) == OK)
			status = 200;
	}
	if (status == 200 && !keeper->history) {
		refuse(failure, keeper->history_away);
		status = 503;
	}
	work_end(&work);
	return status;
}

/* The capture policy goes along with an admission. */
static uint16_t put_policy(struct keeper *keeper, uint32_t organisation, struct builder *body, struct failure *failure)
{
	struct work work;
	struct capture_version version = { .policy = capture_policy_default };
	struct builder line = { 0 };
	enum error error = work_begin(&work, "ingest", failure);
	if (error == OK)
		error = store_capture_get(keeper->store, work.scope, organisation, &version, failure);
	work_end(&work);
	capture_policy_write(&version.policy, &line);
	put_u64(body, version.version);
	put_text(body, (struct text){ line.at, line.size });
	body->failed |= line.failed;
	builder_free(&line);
	return error == OK ? 200 : 503;
}

void batches_admit(struct keeper *keeper, const struct message *message)
{
	struct reader from = reader_of(message->body.at, message->body.size);
	struct credential credential;
	get_credential(&from, &credential);
	get_text(&from); /* the client's address */
	if (!reader_done(&from))
		return;
	struct subject subject = { 0 };
	struct organisation organisation = { 0 };
	struct failure failure = { 0 };
	struct sensor sensor = { 0 };
	uint16_t status = admit(keeper, &credential, &subject, &organisation, &sensor, &failure);
	bool routes = is_routed(&sensor);
	struct builder policy = { 0 }, body = { 0 };
	if (status == 200)
		status = put_policy(keeper, subject.organisation, &policy, &failure);
	if (status == 200 && routes && routed_load(keeper, &failure) != OK)
		status = 503;
	put_u16(&body, status);
	put_u32(&body, subject.organisation);
	put_u32(&body, subject.sensor);
	put_u8(&body, routes);
	put_u8(&body, sensor.telescope);
	put_u64(&body, organisation.quota > 0 ? (uint64_t)(organisation.quota * 1000) : 0);
	if (policy.size > 0)
		put_bytes(&body, policy.at, policy.size);
	else
		put_u64(&body, 0), put_text(&body, TEXT_NONE);
	put_text(&body, text_of(status == 200 ? "" : failure.words));
	if (!body.failed && !policy.failed && keeper->front)
		channel_send(
		    keeper->front, MESSAGE_ADMITTED, message->correlation, (struct text){ body.at, body.size });
	builder_free(&policy);
	builder_free(&body);
}

/* A full disk is said once when it begins and once when it is over. */
static void space_said(struct batches *batches, const struct failure *failure)
{
	bool full = failure->code == ERROR_LIMIT;
	if (full && !batches->full)
		log_write(LOG_ERROR, "the disk is full: batches are refused with 503 until there is space",
		    LOG_FIELD_STRING("why", failure->words));
	if (!full && failure->code == OK && batches->full)
		log_write(LOG_INFO, "there is space again: batches are stored");
	batches->full = failure->code == OK ? false : batches->full || full;
}

static void part_append(struct keeper *keeper, struct part *part)
{
	struct text encoded = { part->encoded, part->size };
	part->stored = history_append(keeper->history, &part->batch, encoded, &part->position, &part->failure) == OK;
	/* Of a full disk history takes care unless it is lost, and what is no batch is refused before anything is
	 * written. */
	part->unsure = !part->stored && ((part->failure.code != ERROR_LIMIT && part->failure.code != ERROR_CORRUPT) ||
					    history_is_lost(keeper->history));
	space_said(keeper->batches, &part->failure);
	if (part->unsure)
		log_write(LOG_ERROR, "a batch cannot be stored", LOG_FIELD_STRING("why", part->failure.words));
	if (!part->stored && part->failure.code != ERROR_CORRUPT)
		refuse(&part->failure, part->failure.code);
}

/* The frames of the others, before the owner's own: what is there already, from a try that was interrupted, is passed
 * over. */
static bool others_append(struct keeper *keeper, struct part *part)
{
	for (struct part **place = &part->others; *place;) {
		struct part *other = *place;
		uint64_t seen = history_seen(keeper->history, &other->batch, &(struct history_batch){ 0 });
		if (seen > other->batch.sequence_first && seen < other->batch.sequence_end) {
			struct part *trimmed = part_trim(other, seen);
			if (!trimmed)
				return refuse(&part->failure, ERROR_MEMORY), false;
			free(other);
			*place = other = trimmed;
		} else if (seen >= other->batch.sequence_end) {
			*place = other->next;
			free(other);
			continue;
		}
		part_append(keeper, other);
		if (!other->stored) {
			part->failure = other->failure;
			part->unsure = other->unsure;
			return false;
		}
		place = &other->next;
	}
	return true;
}

static struct part *part_store(struct keeper *keeper, struct part *part)
{
	struct history_batch before = { 0 };
	if (!keeper->history) {
		refuse(&part->failure, keeper->history_away);
		return part;
	}
	if (part_verify(part, keeper->center.now(), &part->failure) != OK)
		return part;
	if (part->records && !keeping_store(keeper, part))
		return part;
	if (part->batch.alerts == 0) { /* nothing that could be lost or doubled */
		part->empty = true;
		return part;
	}
	uint64_t seen = history_seen(keeper->history, &part->batch, &before);
	if (seen >= part->batch.sequence_end) {
		part->repeated = true;
		part->batch.lines = before.lines;
		part->batch.alerts = before.alerts;
		part->batch.skipped = before.skipped;
		part->batch.malformed = before.malformed;
		return part;
	}
	if (seen > part->batch.sequence_first) {
		struct part *trimmed = part_trim(part, seen);
		if (!trimmed) {
			refuse(&part->failure, ERROR_MEMORY);
			return part;
		}
		trimmed->records = part->records;
		free(part);
		part = trimmed;
	}
	struct part *others;
	if (part->routes && routed_split(keeper, &part, &others, &part->failure) != OK)
		return part;
	if (part->routes)
		part->others = others;
	if (others_append(keeper, part))
		part_append(keeper, part);
	return part;
}

void batches_receive(struct keeper *keeper, const struct message *message)
{
	struct credential credential;
	struct part *part = part_decode(message, &credential);
	if (!part)
		return; /* front gives up waiting and says 503 */
	part->generation = keeper->front_generation;
	struct subject subject = { 0 };
	struct organisation organisation;
	struct sensor sensor = { 0 };
	uint16_t status = admit(keeper, &credential, &subject, &organisation, &sensor, &part->failure);
	part_own(part, subject.sensor, subject.organisation);
	part->routes = is_routed(&sensor);
	part->telescope = sensor.telescope;
	if (status == 200)
		part = part_store(keeper, part);
	struct part *first = part->others ? part->others : part;
	for (struct part *other = part->others; other; other = other->next)
		if (!other->next) {
			other->next = part;
			break;
		}
	part->others = NULL;
	*keeper->batches->last = first;
	keeper->batches->last = &part->next;
}

void batches_dropped(struct keeper *keeper, const struct message *message)
{
	struct reader from = reader_of(message->body.at, message->body.size);
	struct credential credential;
	struct sensor sensor = { 0 };
	get_credential(&from, &credential);
	uint64_t fields = get_u64(&from);
	struct subject subject = { 0 };
	struct organisation organisation = { 0 };
	struct failure ignored = { 0 };
	if (!reader_done(&from) || admit(keeper, &credential, &subject, &organisation, &sensor, &ignored) != 200)
		return;
	tally_dropped(keeper, subject.sensor, subject.organisation, fields);
}

/* Everything that it brought was there before. */
static bool is_repetition(const struct part *part)
{
	return (part->repeated || (part->empty && part->kept > 0)) && keeping_repeats(part);
}

static void part_answer(struct keeper *keeper, const struct part *part)
{
	enum error error = part->failure.code;
	bool taken = (part->repeated || part->stored || part->empty) && !part->unkept;
	uint16_t status = taken ? 200 : error == ERROR_DENIED ? 403 : 503;
	struct batches *batches = keeper->batches;
	bool repeated = is_repetition(part), stored = part->stored || (part->empty && part->kept > 0);
	counter_add(!taken     ? batches->refused
		    : repeated ? batches->repeated
		    : stored   ? batches->parts
			       : batches->refused,
	    1);
	/* Of a repetition what was said at the first time. */
	const struct history_batch *said = repeated && part->empty ? &part->records->batch : &part->batch;
	struct builder body = { 0 };
	put_u16(&body, status);
	put_u8(&body, repeated);
	put_u32(&body, said->lines);
	put_u32(&body, part->repeated ? part->batch.alerts : part->taken);
	put_u32(&body, repeated && part->records && !part->routes ? part->records->batch.alerts : part->kept);
	put_u32(&body, said->skipped);
	put_u32(&body, said->malformed);
	put_text(&body, text_of(status == 200 ? "" : part->failure.words));
	if (status == 200)
		file_mark(TEXT("acknowledged"));
	if (!body.failed && keeper->front && part->generation == keeper->front_generation)
		channel_send(keeper->front, MESSAGE_INGESTED, part->correlation, (struct text){ body.at, body.size });
	builder_free(&body);
}

static void hand_on(struct keeper *keeper, const struct part *part, bool records)
{
	for (size_t i = 0; capabilities[i]; i++) {
		struct failure failure = { 0 };
		struct reader from = reader_of(part->encoded, part->size);
		enum error (*take)(struct center *, const struct history_batch *, uint64_t, struct reader *,
		    struct failure *) = records ? capabilities[i]->records : capabilities[i]->alerts;
		if (take && take(&keeper->center, &part->batch, part->position, &from, &failure) != OK)
			log_write(LOG_ERROR, "a capability did not take a batch: it reads it again at the next start",
			    LOG_FIELD_STRING("capability", capabilities[i]->name),
			    LOG_FIELD_STRING("why", failure.words));
	}
}

/* Told whatever came of it, as long as it came: how a sensor delivers is not a matter of alerts. */
static void hear(struct keeper *keeper, const struct part *part)
{
	struct heard heard = part->heard;
	heard.organisation = part->batch.organisation;
	heard.sensor = part->batch.sensor;
	heard.oldest = part->taken ? part->oldest : 0;
	heard.newest = part->taken ? part->newest : 0;
	heard.lines = is_repetition(part) ? 0 : part->batch.lines;
	if (keeper->center.hear)
		keeper->center.hear(&keeper->center, &heard);
}

static void sync_failed(struct keeper *keeper, struct part *parts, const struct failure *failure)
{
	log_write(LOG_ERROR, "batches cannot be made durable: they are refused and history is opened anew",
	    LOG_FIELD_STRING("why", failure->words));
	/* What was met as a repetition may be one of a frame of this very round. */
	for (struct part *part = parts; part; part = part->next)
		if (part->stored || part->repeated) {
			part->stored = part->repeated = false;
			refuse(&part->failure, failure->code);
		}
	space_said(keeper->batches, failure);
	history_close(keeper->history);
	keeper->history = keeper->center.history = NULL;
	keeper->history_away = failure->code;
}

static void count_records(struct batches *batches, const struct part *part)
{
	for (const struct part *share = part->records; share && !part->unkept; share = share->next)
		counter_add(batches->records, share->stored ? share->batch.alerts : 0);
}

void batches_round(struct keeper *keeper)
{
	struct batches *batches = keeper->batches;
	struct part *parts = batches->first;
	if (!parts)
		return;
	batches->first = NULL;
	batches->last = &batches->first;
	struct failure failure = { 0 };
	const struct part *unsure = NULL;
	bool stored = false;
	for (struct part *part = parts; part; part = part->next) {
		stored |= part->stored;
		unsure = part->unsure ? part : unsure;
	}
	nanoseconds began = time_monotonic();
	keeping_sync(keeper, parts);
	if (keeper->history && stored && history_sync(keeper->history, &failure) != OK)
		sync_failed(keeper, parts, &failure);
	else if (stored)
		counter_observe(batches->sync_seconds, (double)(time_monotonic() - began) / (double)SECOND);
	for (struct part *part = parts; part; part = part->next)
		if (!part->is_other)
			part_answer(keeper, part);
	for (struct part *part = parts; part; part = part->next) {
		if (part->stored || part->repeated || part->empty) {
			tally_batch(keeper, &part->batch, part->newest, part->stored, is_repetition(part));
			if (!part->is_other)
				hear(keeper, part);
		}
		count_records(batches, part);
		for (const struct part *share = part->records; share; share = share->next)
			if (share->durable)
				hand_on(keeper, share, true);
		if (part->stored) {
			tally_position(keeper, part->position + part->batch.alerts);
			counter_add(batches->alerts, part->batch.alerts);
			hand_on(keeper, part, false);
		}
	}
	if (keeper->history && unsure)
		sync_failed(keeper, NULL, &unsure->failure);
	parts_free(parts);
}
