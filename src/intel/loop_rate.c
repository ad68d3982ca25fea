/*
 * What communities say of sources, and how much each source gave (intel/loop_inner.h).
 *
 * Counts are by minute over an hour, in memory: read from the store when a source first gives something, so that a
 * restart forgets nothing that still stands. What a transaction counted that failed stays counted: never too few.
 */
#include "intel/loop_inner.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES 60u
#define WAITING_LOOKED_AT (10 * SECOND)

struct rate {
	uint32_t community, organisation;
	int64_t last; /* minute of the newest count */
	uint32_t minutes[MINUTES];
	uint64_t sum;
	/* of the row of community 0 */
	nanoseconds looked; /* monotonic; 0 = never */
	uint64_t waiting;
};

struct loop_rates {
	struct rate **slots; /* open addressing */
	size_t count, room;
};

struct loop_rates *loop_rates_new(void)
{
	return calloc(1, sizeof(struct loop_rates));
}

void loop_rates_free(struct loop_rates *rates)
{
	if (!rates)
		return;
	for (size_t i = 0; i < rates->room; i++)
		free(rates->slots[i]);
	free(rates->slots);
	free(rates);
}

static struct rate **slot_of(struct rate **slots, size_t room, uint32_t community, uint32_t organisation)
{
	size_t at = hash_u64((uint64_t)community << 32 | organisation, 7) % room;
	while (slots[at] && (slots[at]->community != community || slots[at]->organisation != organisation))
		at = (at + 1) % room;
	return &slots[at];
}

static bool grow(struct loop_rates *rates)
{
	size_t room = rates->room ? 2 * rates->room : 64;
	struct rate **slots = calloc(room, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < rates->room; i++)
		if (rates->slots[i])
			*slot_of(slots, room, rates->slots[i]->community, rates->slots[i]->organisation) =
			    rates->slots[i];
	free(rates->slots);
	rates->slots = slots;
	rates->room = room;
	return true;
}

/* Made when it is not there; NULL without memory. */
static struct rate *rate_of(struct loop_rates *rates, uint32_t community, uint32_t organisation, bool *made)
{
	*made = false;
	if (2 * rates->count >= rates->room && !grow(rates))
		return NULL;
	struct rate **slot = slot_of(rates->slots, rates->room, community, organisation);
	if (!*slot && (*slot = calloc(1, sizeof **slot))) {
		(*slot)->community = community;
		(*slot)->organisation = organisation;
		rates->count++;
		*made = true;
	}
	return *slot;
}

static void pass(struct rate *rate, int64_t minute)
{
	for (unsigned i = 0; i < MINUTES && rate->last < minute; i++) {
		rate->last++;
		rate->sum -= rate->minutes[rate->last % MINUTES];
		rate->minutes[rate->last % MINUTES] = 0;
	}
	rate->last = minute > rate->last ? minute : rate->last;
}

static void add(void *context, unsigned minute, uint64_t count)
{
	struct rate *rate = context;
	unsigned at = (unsigned)((rate->last - MINUTES + 1 + (minute < MINUTES ? minute : MINUTES - 1)) % MINUTES);
	uint32_t most = count < UINT32_MAX / 2 ? (uint32_t)count : UINT32_MAX / 2;
	rate->minutes[at] += most;
	rate->sum += most;
}

enum error loop_rate_of(
    struct center *center, uint32_t community, uint32_t organisation, uint64_t *count, struct failure *failure)
{
	bool made;
	int64_t minute = center->now() / MINUTE;
	struct rate *rate = rate_of(loop_state_of(center)->rates, community, organisation, &made);
	if (!rate)
		return fail(failure, ERROR_MEMORY, "no memory for rates");
	enum error error = OK;
	if (made) {
		rate->last = minute;
		error = store_shared_given(
		    center->store, community, organisation, (minute - MINUTES + 1) * MINUTE, add, rate, failure);
	}
	pass(rate, minute);
	*count = rate->sum;
	return error;
}

void loop_rate_note(struct center *center, uint32_t community, uint32_t organisation)
{
	bool made;
	struct rate *rate = rate_of(loop_state_of(center)->rates, community, organisation, &made);
	if (rate && !made) {
		rate->minutes[rate->last % MINUTES]++;
		rate->sum++;
	}
}

enum error loop_crowded(struct center *center, uint32_t organisation, bool *crowded, struct failure *failure)
{
	bool made;
	uint64_t most = (uint64_t)loop_configured()->waiting;
	struct rate *rate = rate_of(loop_state_of(center)->rates, 0, organisation, &made);
	enum error error = rate ? OK : fail(failure, ERROR_MEMORY, "no memory for rates");
	if (!error && (!rate->looked || time_monotonic() - rate->looked > WAITING_LOOKED_AT)) {
		error =
		    store_shared_waiting_count(center->store, organisation, (unsigned)most, &rate->waiting, failure);
		rate->looked = time_monotonic();
	}
	*crowded = !error && rate->waiting >= most;
	return error;
}

void loop_crowd_note(struct center *center, uint32_t organisation)
{
	bool made;
	struct rate *rate = rate_of(loop_state_of(center)->rates, 0, organisation, &made);
	if (rate)
		rate->waiting++;
}

/* ── what a community says ─ */

enum error loop_rule_of(
    struct center *center, uint32_t community, uint32_t organisation, struct shared_rule *rule, struct failure *failure)
{
	const struct loop_settings *settings = loop_configured();
	enum indicator_action alone = INDICATOR_ALERT;
	struct shared_rule of_source;
	indicator_action_named(text_of(settings->alone), &alone);
	*rule = (struct shared_rule){ .community = community,
		.alone = (enum item_action)alone,
		.least = 1,
		.trust = 1,
		.rate = (uint64_t)settings->rate };
	enum error error = store_shared_rule_get(center->store, community, 0, rule, failure);
	if (error && error != ERROR_NOT_FOUND)
		return error;
	if (organisation == 0) /* the centre is as good as one's own */
		rule->trust = 2;
	else if (organisation != LOOP_ANY &&
		 (error = store_shared_rule_get(center->store, community, organisation, &of_source, failure)) == OK) {
		rule->trust = of_source.trust;
		rule->rate = of_source.rate;
	}
	rule->organisation = organisation;
	return error == ERROR_NOT_FOUND ? OK : error;
}
