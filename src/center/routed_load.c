/*
 * Whose addresses are whose, and what their owners' capture policies allow: loaded from the store for the keeper, and
 * told to the front, which reduces each record of a routing sensor before anything is stored (ingest_routed.c).
 */
#include "center/routed.h"

#include "bus/channel.h"
#include "center/message.h"
#include "match/territory.h"

#include <stdlib.h>

#define TERRITORY_EVERY SECOND /* a change of address spaces holds after so long at most */
#define SPACES_MOST 1000000

struct loading {
	struct keeper *keeper;
	const struct work *work;
	struct organisation_space *spaces;
	size_t count, room;
	struct builder policies; /* of MESSAGE_TERRITORY */
	uint32_t policy_count;
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

/* Spaces of bodies that are not active are nobody's: their members are not let in. */
static void take_organisation(void *context, const struct organisation *organisation)
{
	struct loading *loading = context;
	size_t before = loading->count;
	if (organisation->active && loading->error == OK)
		loading->error = store_space_each(loading->keeper->store, loading->work->scope, organisation->number,
		    take_space, loading, loading->failure);
	if (loading->count > before && loading->error == OK)
		take_policy(loading, organisation->number);
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
	if (error == OK)
		error = tell(keeper, &loading, failure);
	struct territory *territory;
	if (error == OK)
		error = territory_new(loading.spaces, loading.count, &territory, failure);
	if (error == OK) {
		territory_free(keeper->territory);
		keeper->territory = territory;
		keeper->territory_loaded = time_monotonic();
		keeper->territory_generation = keeper->front_generation;
	}
	free(loading.spaces);
	builder_free(&loading.policies);
	work_end(&work);
	return error;
}

enum error routed_load(struct keeper *keeper, struct failure *failure)
{
	bool fresh = keeper->territory && time_monotonic() - keeper->territory_loaded <= TERRITORY_EVERY;
	return fresh && keeper->territory_generation == keeper->front_generation ? OK : load(keeper, failure);
}
