/*
 * Whose addresses are whose, and what their owners' capture policies allow: loaded from the store for the keeper, and
 * told to the front, which reduces each record of a routing sensor before anything is stored (ingest_routed.c).
 */
#include "center/routed.h"

#include "base/log.h"
#include "bus/channel.h"
#include "center/message.h"
#include "match/territory.h"

#include <stdlib.h>
#include <string.h>

#define TERRITORY_EVERY SECOND /* a change of address spaces holds after so long at most */
#define SPACES_MOST 1500000    /* of MESSAGE_TERRITORY: 37 bytes each, less than CHANNEL_LARGEST */

struct loading {
	struct keeper *keeper;
	const struct work *work;
	struct organisation_space *spaces;
	size_t count, room;
	struct holder { /* by the organisation's number */
		bool active, holds;
	} * holders;
	size_t holder_room;
	struct builder policies; /* of MESSAGE_TERRITORY */
	uint32_t policy_count;
	struct failure *failure;
	enum error error;
};

/* Spaces of bodies that are not active are nobody's: their members are not let in. */
static void take_organisation(void *context, const struct organisation *organisation)
{
	struct loading *loading = context;
	while (loading->error == OK && organisation->number >= loading->holder_room) {
		size_t had = loading->holder_room;
		struct holder *more = array_grow(loading->holders, &loading->holder_room, 1024, sizeof *more);
		if (!more) {
			loading->error = fail(loading->failure, ERROR_MEMORY, "no memory for organisations");
			return;
		}
		loading->holders = more;
		memset(more + had, 0, (loading->holder_room - had) * sizeof *more);
	}
	if (loading->error == OK)
		loading->holders[organisation->number].active = organisation->active;
}

static void take_space(void *context, const struct organisation_space *space)
{
	struct loading *loading = context;
	struct organisation_space *spaces = loading->spaces;
	if (loading->error != OK || space->organisation >= loading->holder_room ||
	    !loading->holders[space->organisation].active)
		return;
	loading->holders[space->organisation].holds = true;
	if (!space->prefix.length)
		return; /* a domain */
	if (loading->count == loading->room)
		spaces = array_grow(spaces, &loading->room, 256, sizeof *spaces);
	if (!spaces || loading->count == SPACES_MOST) {
		loading->error = fail(loading->failure, ERROR_LIMIT, "too many address spaces");
		return;
	}
	loading->spaces = spaces;
	loading->spaces[loading->count++] = *space;
}

static void take_policy(struct loading *loading, uint32_t organisation)
{
	struct capture_version version = { .policy = capture_policy_default };
	struct builder line = { 0 };
	loading->error =
	    store_capture_get(loading->keeper->store, loading->work->scope, organisation, &version, loading->failure);
	capture_policy_write(&version.policy, &line);
	put_u32(&loading->policies, organisation);
	put_text(&loading->policies, (struct text){ line.at, line.size });
	loading->policies.failed |= line.failed;
	loading->policy_count++;
	builder_free(&line);
}

static void put_space(struct builder *to, const struct organisation_space *space)
{
	put_u32(to, space->organisation);
	put_bytes(to, space->prefix.address.bytes, sizeof space->prefix.address.bytes);
	put_u8(to, space->prefix.length);
	put_i64(to, space->from);
	put_i64(to, space->to);
}

/* Sent when it is not what this front knows already. */
static enum error tell(struct keeper *keeper, const struct loading *loading, struct failure *failure)
{
	struct builder body = { 0 };
	put_u32(&body, loading->policy_count);
	put_bytes(&body, loading->policies.at, loading->policies.size);
	put_u32(&body, (uint32_t)loading->count);
	for (size_t i = 0; i < loading->count; i++)
		put_space(&body, &loading->spaces[i]);
	enum error error = body.failed || loading->policies.failed
			       ? fail(failure, ERROR_MEMORY, "no memory for the address spaces")
			       : OK;
	struct hash128 told =
	    error ? (struct hash128){ 0 } : hash128_bytes(body.at, body.size, keeper->front_generation);
	if (!error && keeper->front &&
	    (told.high != keeper->territory_told.high || told.low != keeper->territory_told.low)) {
		error = channel_send(keeper->front, MESSAGE_TERRITORY, 0, (struct text){ body.at, body.size });
		if (error)
			fail(failure, error, "the front cannot be told the address spaces");
		else
			keeper->territory_told = told;
	}
	builder_free(&body);
	return error;
}

static enum error read_all(struct loading *loading)
{
	struct store *store = loading->keeper->store;
	enum error error =
	    store_organisation_all(store, loading->work->scope, take_organisation, loading, loading->failure);
	if (error == OK)
		error = store_space_each(store, loading->work->scope, 0, take_space, loading, loading->failure);
	for (size_t i = 0; i < loading->holder_room && error == OK && loading->error == OK; i++)
		if (loading->holders[i].holds)
			take_policy(loading, (uint32_t)i);
	return error == OK ? loading->error : error;
}

static enum error load(struct keeper *keeper, uint64_t version, struct failure *failure)
{
	struct work work;
	nanoseconds began = time_monotonic();
	enum error error = work_begin(&work, "routing", failure);
	struct loading loading = { .keeper = keeper, .work = &work, .failure = failure };
	struct territory *territory = NULL;
	if (error != OK)
		return error;
	error = read_all(&loading);
	if (error == OK)
		error = tell(keeper, &loading, failure);
	if (error == OK)
		error = territory_new(loading.spaces, loading.count, &territory, failure);
	if (error == OK) {
		territory_free(keeper->territory);
		keeper->territory = territory;
		keeper->territory_loaded = time_monotonic();
		keeper->territory_generation = keeper->front_generation;
		keeper->territory_version = version;
		log_write(LOG_DEBUG, "whose addresses are whose was loaded",
		    LOG_FIELD_NUMBER("prefixes", loading.count),
		    LOG_FIELD_NUMBER("milliseconds", (time_monotonic() - began) / MILLISECOND));
	}
	free(loading.spaces);
	free(loading.holders);
	builder_free(&loading.policies);
	work_end(&work);
	return error;
}

/* Nothing is read again while nothing was changed: a million prefixes take the keeper's time. */
enum error routed_load(struct keeper *keeper, struct failure *failure)
{
	uint64_t version;
	bool known = keeper->territory && keeper->territory_generation == keeper->front_generation;
	if (known && time_monotonic() - keeper->territory_loaded <= TERRITORY_EVERY)
		return OK;
	enum error error = store_spaces_version(keeper->store, &version, failure);
	if (error != OK)
		return error;
	if (!known || version != keeper->territory_version)
		return load(keeper, version, failure);
	keeper->territory_loaded = time_monotonic();
	return OK;
}
