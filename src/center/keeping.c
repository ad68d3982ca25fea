/*
 * Records of batches: from a part of a batch to the store of records, and out of it when their time is over. In: parts
 * (part.h), capture policies. Out: frames of records, durable before the part is acknowledged.
 */
#include "center/keeping.h"

#include "base/log.h"
#include "center/routed.h"
#include "store/record_store.h"

#include <stdlib.h>

static bool refuse(struct part *part, enum error error)
{
	return fail(&part->failure, error,
		   error == ERROR_LIMIT
		       ? "The centre's disk is full: not all of this batch is stored. Send it again later."
		       : "The centre cannot store records just now."),
	       false;
}

/* One organisation's share; `*place` may become another part, without what is there. */
static enum error append(struct keeper *keeper, struct part **place)
{
	struct part *share = *place;
	uint64_t seen = 0;
	struct history_batch before = { 0 };
	enum error error = record_store_seen(keeper->records, &share->batch, &seen, &before, &share->failure);
	if (error)
		return error;
	if (seen >= share->batch.sequence_end) {
		share->repeated = true;
		share->batch.lines = before.lines;
		share->batch.alerts = before.alerts;
		share->batch.skipped = before.skipped;
		share->batch.malformed = before.malformed;
		return OK;
	}
	if (seen > share->batch.sequence_first) {
		struct part *trimmed = part_trim(share, seen);
		if (!trimmed)
			return ERROR_MEMORY;
		trimmed->next = share->next;
		free(share);
		*place = share = trimmed;
	}
	error = record_store_append(keeper->records, &share->batch, (struct text){ share->encoded, share->size },
	    &share->position, &share->failure);
	share->stored = !error;
	if (error && error != ERROR_LIMIT)
		log_write(LOG_ERROR, "records of a batch cannot be stored",
		    LOG_FIELD_NUMBER("organisation", share->batch.organisation),
		    LOG_FIELD_STRING("why", share->failure.words));
	return error;
}

bool keeping_store(struct keeper *keeper, struct part *part)
{
	struct part *others = NULL;
	part->records->telescope = part->telescope;
	if (part->routes && routed_split(keeper, &part->records, &others, &part->failure) != OK)
		return false;
	part->records->next = others;
	for (struct part **place = &part->records; *place; place = &(*place)->next) {
		if ((*place)->batch.alerts == 0)
			continue;
		enum error error = append(keeper, place);
		if (error)
			return refuse(part, error);
	}
	return true;
}

void keeping_sync(struct keeper *keeper, struct part *parts)
{
	for (struct part *part = parts; part; part = part->next)
		for (struct part *share = part->records; share; share = share->next) {
			struct failure why;
			/* What was met as a repetition may be one of a frame of this very round. */
			if (!share->stored && !share->repeated)
				continue;
			if (record_store_sync(keeper->records, share->batch.organisation, &why) == OK) {
				share->durable = share->stored;
				continue;
			}
			log_write(LOG_ERROR, "records cannot be made durable: their batches are refused",
			    LOG_FIELD_NUMBER("organisation", share->batch.organisation),
			    LOG_FIELD_STRING("why", why.words));
			part->unkept = true;
			refuse(part, why.code);
		}
}

bool keeping_repeats(const struct part *part)
{
	for (const struct part *share = part->records; share; share = share->next)
		if (share->batch.alerts > 0 && !share->repeated)
			return false;
	return true;
}

/* ── retention ─ */

struct expiry {
	struct keeper *keeper;
	const struct work *work;
};

static void expire_one(void *context, uint32_t organisation)
{
	const struct expiry *expiry = context;
	struct keeper *keeper = expiry->keeper;
	struct capture_version version = { .policy = capture_policy_default };
	struct failure failure;
	uint64_t removed = 0;
	enum error error = store_capture_get(keeper->store, expiry->work->scope, organisation, &version, &failure);
	if (!error)
		error = record_store_expire(keeper->records, expiry->work->scope, organisation,
		    keeper->center.now() - (nanoseconds)version.policy.centre_days * DAY,
		    keeper->process->settings.records_size, &removed, &failure);
	if (error)
		log_write(LOG_ERROR, "old records cannot be removed", LOG_FIELD_NUMBER("organisation", organisation),
		    LOG_FIELD_STRING("why", failure.words));
	if (removed > 0)
		log_write(LOG_INFO, "records beyond centre_days or center.records_size were removed",
		    LOG_FIELD_NUMBER("organisation", organisation), LOG_FIELD_NUMBER("records", removed));
}

void keeping_expire(struct keeper *keeper, const struct work *work)
{
	struct expiry expiry = { keeper, work };
	record_store_organisations(keeper->records, expire_one, &expiry);
}
