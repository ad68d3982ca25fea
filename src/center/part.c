/*
 * Parts of batches: from MESSAGE_INGEST to what may be stored. See part.h.
 */
#include "center/part.h"

#include <stdlib.h>
#include <string.h>

/* When the front says that it received a batch: it waited there at most so long, and the clock may have been set. */
#define RECEIVED_BEFORE DAY
#define RECEIVED_AHEAD MINUTE

void parts_free(struct part *part)
{
	while (part) {
		struct part *next = part->next;
		parts_free(part->others);
		parts_free(part->records);
		free(part);
		part = next;
	}
}

/* A part of its own for the records, which come as alerts do. */
static struct part *records_of(const struct part *part, uint32_t records, struct text encoded)
{
	struct part *kept = calloc(1, sizeof *kept + encoded.size);
	if (!kept)
		return NULL;
	kept->correlation = part->correlation;
	kept->batch = part->batch;
	kept->batch.alerts = kept->taken = records;
	kept->size = encoded.size;
	memcpy(kept->encoded, encoded.at, encoded.size);
	return kept;
}

struct part *part_decode(const struct message *message, struct credential *credential)
{
	struct reader from = reader_of(message->body.at, message->body.size);
	struct history_batch batch = { 0 };
	get_credential(&from, credential);
	batch.epoch.high = get_u64(&from);
	batch.epoch.low = get_u64(&from);
	batch.sequence_first = get_u64(&from);
	batch.sequence_end = get_u64(&from);
	batch.received = get_i64(&from);
	batch.lines = get_u32(&from);
	batch.alerts = get_u32(&from);
	uint32_t records = get_u32(&from);
	batch.skipped = get_u32(&from);
	batch.malformed = get_u32(&from);
	batch.last = get_u8(&from);
	struct heard heard = { .received = batch.received };
	heard.counted = get_u8(&from) != 0;
	heard.packets = get_u64(&from);
	heard.drops = get_u64(&from);
	heard.sampling = get_u32(&from);
	heard.agent = get_u8(&from) != 0;
	heard.clock = get_i64(&from);
	heard.content = get_u64(&from);
	uint32_t size = get_u32(&from);
	const void *encoded = get_bytes(&from, size);
	size_t rest = from.failed ? 0 : (size_t)(from.end - from.at);
	if (from.failed || (rest > 0) != (records > 0))
		return NULL;
	struct part *part = calloc(1, sizeof *part + size);
	if (!part)
		return NULL;
	part->correlation = message->correlation;
	part->batch = batch;
	part->heard = heard;
	part->taken = batch.alerts;
	part->kept = records;
	part->size = size;
	if (size)
		memcpy(part->encoded, encoded, size);
	if (records && !(part->records = records_of(part, records, (struct text){ (const char *)from.at, rest }))) {
		free(part);
		return NULL;
	}
	return part;
}

void part_own(struct part *part, uint32_t sensor, uint32_t organisation)
{
	for (; part; part = part->records) {
		part->batch.sensor = sensor;
		part->batch.organisation = organisation;
	}
}

enum error part_verify(struct part *part, nanoseconds now, struct failure *failure)
{
	const struct history_batch *batch = &part->batch;
	struct reader from = reader_of(part->encoded, part->size);
	struct alert alert;
	if (batch->received < now - RECEIVED_BEFORE || batch->received > now + RECEIVED_AHEAD)
		return fail(failure, ERROR_CORRUPT, "a batch does not come from now");
	if (batch->alerts + (uint64_t)part->kept > batch->lines || batch->skipped > batch->lines ||
	    batch->malformed > (uint64_t)batch->lines + 1)
		return fail(failure, ERROR_CORRUPT, "the counts of a batch contradict each other");
	uint64_t least = batch->sequence_first;
	for (uint32_t i = 0; i < batch->alerts; i++) {
		enum error error = alert_decode(&from, &alert, failure);
		if (error != OK)
			return error;
		if (alert.id.sensor != batch->sensor || alert.organisation != batch->organisation ||
		    alert.id.epoch.high != batch->epoch.high || alert.id.epoch.low != batch->epoch.low ||
		    alert.id.sequence < least || alert.id.sequence >= batch->sequence_end ||
		    alert.received != batch->received)
			return fail(failure, ERROR_CORRUPT, "an alert does not belong to the batch that brought it");
		least = alert.id.sequence + 1;
		if (i == 0 || alert.occurred > part->newest)
			part->newest = alert.occurred;
		if (i == 0 || alert.occurred < part->oldest)
			part->oldest = alert.occurred;
	}
	if (!reader_done(&from))
		return fail(failure, ERROR_CORRUPT, "a batch does not hold what it says");
	return part->records ? part_verify(part->records, now, failure) : OK;
}

struct part *part_trim(struct part *part, uint64_t seen)
{
	struct builder rest = { 0 };
	struct reader from = reader_of(part->encoded, part->size);
	struct alert alert;
	struct history_batch batch = part->batch;
	batch.sequence_first = seen;
	batch.alerts = 0;
	batch.lines = batch.skipped = batch.malformed = 0; /* counted with the part that is stored */
	for (uint32_t i = 0; i < part->batch.alerts; i++) {
		if (alert_decode(&from, &alert, &part->failure) != OK)
			break;
		if (alert.id.sequence < seen)
			continue;
		alert_encode(&alert, &rest);
		batch.alerts++;
		batch.lines++;
	}
	struct part *trimmed = rest.failed ? NULL : malloc(sizeof *trimmed + rest.size);
	if (trimmed) {
		*trimmed = *part;
		trimmed->batch = batch;
		trimmed->records = NULL;
		trimmed->size = rest.size;
		if (rest.size)
			memcpy(trimmed->encoded, rest.at, rest.size);
	}
	builder_free(&rest);
	return trimmed;
}
