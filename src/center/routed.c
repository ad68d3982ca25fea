/*
 * Who gets which alert of a part. See routed.h.
 */
#include "center/routed.h"

#include "match/territory.h"
#include "model/appearance.h"

#include <stdlib.h>
#include <string.h>

struct share {
	uint32_t organisation, alerts;
	struct builder encoded;
	nanoseconds oldest, newest;
};

struct split {
	struct share *shares; /* the first is the owner's */
	size_t count, room;
};

static struct share *share_of(struct split *split, uint32_t organisation)
{
	for (size_t i = 0; i < split->count; i++)
		if (split->shares[i].organisation == organisation)
			return &split->shares[i];
	if (split->count == split->room) {
		struct share *more = array_grow(split->shares, &split->room, 8, sizeof *split->shares);
		if (!more)
			return NULL;
		split->shares = more;
	}
	split->shares[split->count] = (struct share){ .organisation = organisation };
	return &split->shares[split->count++];
}

static struct hash128 epoch_of(const struct history_batch *batch, uint32_t organisation)
{
	struct builder bytes = { 0 };
	put_u64(&bytes, batch->epoch.high);
	put_u64(&bytes, batch->epoch.low);
	put_u32(&bytes, organisation);
	struct hash128 epoch = bytes.failed ? batch->epoch : hash128_bytes(bytes.at, bytes.size, 7);
	builder_free(&bytes);
	return epoch;
}

static bool share_add(struct split *split, const struct part *part, struct alert alert, uint32_t organisation)
{
	struct share *share = share_of(split, organisation);
	if (!share)
		return false;
	alert.organisation = organisation;
	if (organisation != part->batch.organisation)
		alert.id.epoch = epoch_of(&part->batch, organisation);
	alert_encode(&alert, &share->encoded);
	if (share->alerts == 0 || alert.occurred < share->oldest)
		share->oldest = alert.occurred;
	if (share->alerts == 0 || alert.occurred > share->newest)
		share->newest = alert.occurred;
	share->alerts++;
	return !share->encoded.failed;
}

/* Of what a telescope tells, the source alone concerns somebody: who held it is the host concerned, or nobody is. */
static size_t concerned(const struct territory *territory, const struct part *part, struct alert *alert,
    uint32_t organisations[static TERRITORY_CONCERNED])
{
	if (!part->telescope)
		return territory_concerned(territory, alert, organisations);
	organisations[0] = territory_owner(territory, alert->source, alert->occurred);
	alert->host = TEXT_NONE;
	alert->host_address = organisations[0] ? alert->source : (struct address){ 0 };
	return organisations[0] != 0;
}

static enum error share_out(
    const struct territory *territory, const struct part *part, struct split *split, struct failure *failure)
{
	struct reader from = reader_of(part->encoded, part->size);
	bool kept = share_of(split, part->batch.organisation) != NULL;
	for (uint32_t i = 0; i < part->batch.alerts && kept; i++) {
		struct alert alert;
		uint32_t organisations[TERRITORY_CONCERNED];
		enum error error = alert_decode(&from, &alert, failure);
		if (error != OK)
			return error;
		size_t count = concerned(territory, part, &alert, organisations);
		if (count == 0)
			kept = share_add(split, part, alert, part->batch.organisation);
		for (size_t j = 0; j < count && kept; j++)
			kept = share_add(split, part, alert, organisations[j]);
	}
	return kept ? OK : fail(failure, ERROR_MEMORY, "no memory for a batch");
}

static struct part *part_of(const struct part *whole, const struct share *share)
{
	struct part *part = malloc(sizeof *part + share->encoded.size);
	if (!part)
		return NULL;
	*part = *whole;
	part->next = part->others = NULL;
	part->records = share->organisation == whole->batch.organisation ? whole->records : NULL;
	part->size = share->encoded.size;
	part->batch.alerts = share->alerts;
	part->is_other = share->organisation != whole->batch.organisation;
	if (part->is_other) {
		part->oldest = share->oldest;
		part->newest = share->newest;
		part->batch.organisation = share->organisation;
		part->batch.epoch = epoch_of(&whole->batch, share->organisation);
		part->batch.lines = share->alerts; /* the others are counted with the owner's */
		part->batch.skipped = part->batch.malformed = 0;
	}
	if (part->size)
		memcpy(part->encoded, share->encoded.at, part->size);
	return part;
}

enum error routed_split(struct keeper *keeper, struct part **whole, struct part **others, struct failure *failure)
{
	struct split split = { 0 };
	struct part *parts = NULL, **last = &parts, *own = NULL;
	enum error error = routed_load(keeper, failure);
	if (error == OK)
		error = share_out(keeper->territory, *whole, &split, failure);
	for (size_t i = 0; i < split.count && error == OK; i++) {
		struct part *part = part_of(*whole, &split.shares[i]);
		if (!part)
			error = fail(failure, ERROR_MEMORY, "no memory for a batch");
		else if (i == 0)
			own = part;
		else {
			*last = part;
			last = &part->next;
		}
	}
	for (size_t i = 0; i < split.count; i++)
		builder_free(&split.shares[i].encoded);
	free(split.shares);
	if (error != OK) {
		parts_free(parts);
		free(own);
		return error;
	}
	free(*whole);
	*whole = own;
	*others = parts;
	return OK;
}
