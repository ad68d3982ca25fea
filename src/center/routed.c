/*
 * Whose alerts are whose. See routed.h.
 */
#include "center/routed.h"

#include "match/territory.h"

#include <stdlib.h>
#include <string.h>

#define TERRITORY_EVERY SECOND /* a change of address spaces holds after so long at most */
#define SPACES_MOST 1000000

/* ── the territory ─ */

struct loading {
	struct keeper *keeper;
	const struct work *work;
	struct organisation_space *spaces;
	size_t count, room;
	struct failure *failure;
	enum error error;
};

static void take_space(void *context, const struct organisation_space *space)
{
	struct loading *loading = context;
	struct organisation_space *spaces = loading->spaces;
	if (loading->count == loading->room)
		spaces = array_grow(spaces, &loading->room, 256, sizeof *spaces);
	if (!spaces || loading->count == SPACES_MOST) {
		loading->error = fail(loading->failure, ERROR_LIMIT, "too many address spaces");
		return;
	}
	loading->spaces = spaces;
	loading->spaces[loading->count++] = *space;
}

/* Those of bodies that are not active are nobody's: their members are not let in. */
static void take_organisation(void *context, const struct organisation *organisation)
{
	struct loading *loading = context;
	if (organisation->active && loading->error == OK)
		loading->error = store_space_each(loading->keeper->store, loading->work->scope, organisation->number,
		    take_space, loading, loading->failure);
}

static enum error load(struct keeper *keeper, struct failure *failure)
{
	struct work work;
	enum error error = work_begin(&work, "routing", failure);
	struct loading loading = { .keeper = keeper, .work = &work, .failure = failure };
	if (error != OK)
		return error;
	error = store_organisation_all(keeper->store, work.scope, take_organisation, &loading, failure);
	if (error == OK)
		error = loading.error;
	struct territory *territory;
	if (error == OK)
		error = territory_new(loading.spaces, loading.count, &territory, failure);
	if (error == OK) {
		territory_free(keeper->territory);
		keeper->territory = territory;
		keeper->territory_loaded = time_monotonic();
	}
	free(loading.spaces);
	work_end(&work);
	return error;
}

/* ── the split ─ */

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
		size_t count = territory_concerned(territory, &alert, organisations);
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
	enum error error = OK;
	if (!keeper->territory || time_monotonic() - keeper->territory_loaded > TERRITORY_EVERY)
		error = load(keeper, failure);
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
