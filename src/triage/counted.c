/*
 * What triage counts for people: the funnel of each organisation and day, and the hits of standing decisions. They go
 * into the store with a checkpoint (checkpoint.c), or come back when it did not come about. See adapter.h.
 */
#include "triage/adapter.h"

#include "base/memory.h"

#include <stdlib.h>

static struct funnel *funnel_of(struct adapter *adapter, uint32_t organisation, nanoseconds occurred)
{
	int32_t day = (int32_t)(occurred / DAY);
	struct counted *counted = &adapter->counted;
	for (size_t i = counted->funnel_count; i--;)
		if (counted->funnel[i].organisation == organisation && counted->funnel[i].day == day)
			return &counted->funnel[i];
	if (counted->funnel_count == counted->funnel_room) {
		void *more = array_grow(counted->funnel, &counted->funnel_room, 64, sizeof *counted->funnel);
		if (!more)
			return NULL;
		counted->funnel = more;
	}
	struct funnel *funnel = &counted->funnel[counted->funnel_count++];
	*funnel = (struct funnel){ .organisation = organisation, .day = day };
	return funnel;
}

void funnel_note(
    struct adapter *adapter, uint32_t organisation, nanoseconds occurred, enum verdict verdict, int64_t amount)
{
	struct funnel *funnel = funnel_of(adapter, organisation, occurred);
	if (funnel)
		funnel->verdicts[verdict] += (uint64_t)amount;
}

void funnel_alert(struct adapter *adapter, uint32_t organisation, nanoseconds occurred)
{
	struct funnel *funnel = funnel_of(adapter, organisation, occurred);
	if (!funnel)
		return;
	funnel->alerts++;
	funnel->verdicts[VERDICT_PENDING]++;
}

void funnel_late(struct adapter *adapter, uint32_t organisation, nanoseconds received, uint64_t amount)
{
	struct funnel *funnel = amount ? funnel_of(adapter, organisation, received) : NULL;
	if (funnel)
		funnel->late += amount;
}

static void hits_add(struct counted *counted, struct uuid decision, uint64_t count, nanoseconds last)
{
	size_t i = 0;
	while (i < counted->hit_count && !uuid_equal(counted->hits[i].decision, decision))
		i++;
	if (i == counted->hit_room) {
		void *more = array_grow(counted->hits, &counted->hit_room, 16, sizeof *counted->hits);
		if (!more)
			return;
		counted->hits = more;
	}
	if (i == counted->hit_count)
		counted->hits[counted->hit_count++] = (struct hits){ .decision = decision };
	counted->hits[i].count += count;
	if (last > counted->hits[i].last)
		counted->hits[i].last = last;
}

void hits_note(struct adapter *adapter, struct uuid decision, nanoseconds occurred)
{
	hits_add(&adapter->counted, decision, 1, occurred);
}

void counted_free(struct counted *counted)
{
	free(counted->funnel);
	free(counted->hits);
	*counted = (struct counted){ 0 };
}

void counted_return(struct adapter *adapter)
{
	struct counted *leaving = &adapter->leaving;
	for (size_t i = 0; i < leaving->funnel_count; i++) {
		const struct funnel *from = &leaving->funnel[i];
		struct funnel *to = funnel_of(adapter, from->organisation, from->day * DAY);
		if (!to)
			continue;
		to->alerts += from->alerts;
		to->late += from->late;
		for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++)
			to->verdicts[verdict] += from->verdicts[verdict];
	}
	for (size_t i = 0; i < leaving->hit_count; i++)
		hits_add(&adapter->counted, leaving->hits[i].decision, leaving->hits[i].count, leaving->hits[i].last);
	counted_free(leaving);
}

enum error counted_store(struct adapter *adapter, struct failure *failure)
{
	struct store *store = adapter->center->store;
	const struct counted *counted = &adapter->leaving;
	enum error error = OK;
	for (size_t i = 0; i < counted->funnel_count && !error; i++)
		error = store_funnel_add(store, adapter->scope, &counted->funnel[i], failure);
	for (size_t i = 0; i < counted->hit_count && !error; i++) {
		error = store_decision_hit(store, adapter->scope, counted->hits[i].decision, counted->hits[i].count,
		    counted->hits[i].last, failure);
		if (error == ERROR_NOT_FOUND) /* nobody has that decision any more */
			error = OK;
	}
	return error;
}
