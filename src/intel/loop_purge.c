/*
 * What was withdrawn stays for sensors that were away, and then goes for good, in slices (intel/loop_inner.h): a sensor
 * that was away for longer takes everything anew (center/feed.c).
 *
 * Rows do not say when they were withdrawn; their numbers do, by a mark: the greatest number at some time. Once the
 * mark is as old as the configuration says, what was withdrawn up to it goes, and the next mark is set. So what is
 * withdrawn stays for one to two such times.
 */
#include "intel/loop_inner.h"

#include <inttypes.h>
#include <stdio.h>

#define MARK "shared.purge" /* "number seconds" */
#define LOOKED_EVERY SECOND

static enum error read_mark(
    struct center *center, uint64_t *number, nanoseconds *since, struct arena *arena, struct failure *failure)
{
	struct text value, seconds;
	uint64_t when = 0;
	enum error error = store_value_get(center->store, MARK, arena, &value, failure);
	*number = 0;
	*since = 0;
	if (error == ERROR_NOT_FOUND)
		return OK;
	if (error)
		return error;
	seconds = value;
	struct text first = text_cut(&seconds, ' ');
	if (!text_to_u64(first, number) || !text_to_u64(seconds, &when))
		return fail(failure, ERROR_CORRUPT, "the mark of what was withdrawn cannot be read");
	*since = (nanoseconds)when * SECOND;
	return OK;
}

static enum error set_mark(struct center *center, nanoseconds now, struct failure *failure)
{
	char words[64];
	uint64_t last;
	enum error error = store_shared_last(center->store, &last, failure);
	snprintf(words, sizeof words, "%" PRIu64 " %" PRIu64, last, (uint64_t)(now / SECOND));
	return error ? error : store_value_put(center->store, MARK, text_of(words), failure);
}

enum error loop_purge(
    struct center *center, const struct scope *scope, bool *more, struct arena *arena, struct failure *failure)
{
	struct loop_state *state = loop_state_of(center);
	nanoseconds now = center->now(), since;
	uint64_t number;
	if (!state->purging && state->purge_looked && time_monotonic() - state->purge_looked < LOOKED_EVERY)
		return OK;
	state->purge_looked = time_monotonic();
	enum error error = read_mark(center, &number, &since, arena, failure);
	if (error)
		return error;
	if (since == 0 || since > now)
		return set_mark(center, now, failure);
	if (now - since < loop_configured()->kept)
		return OK;
	error = store_shared_purge(center->store, scope, number, &state->purging, failure);
	*more |= state->purging;
	return error || state->purging ? error : set_mark(center, now, failure);
}
