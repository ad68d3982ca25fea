/*
 * Renders what a version before had put into collections as it came (store/schema.c): once, at the first start, before
 * anybody reads. What cannot be told there is withdrawn. In slices, each with how far it came, so that one that is
 * killed goes on where it stopped.
 */
#include "base/log.h"
#include "intel/naming.h"
#include "store/release.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_NAME "exchange.unrendered"
#define SLICE 500

struct rerendering {
	struct center *center;
	const struct scope *scope;
	struct policy_snapshot snapshot;
	struct arena *arena; /* of one release */
	nanoseconds after;
	uint64_t changed, withdrawn;
	bool over;
};

static enum error render_one(struct rerendering *work, struct release *release, struct failure *failure)
{
	struct render_rule rule;
	struct rendering rendering;
	struct failure why;
	struct store *store = work->center->store;
	enum error error =
	    naming_rule(work->center, &work->snapshot, release->community, release->organisation, &rule, failure);
	if (error || (!rule.secrets && !rule.centre.size))
		return error;
	error = render_item(&rule, release->rendering, work->arena, &rendering, &why);
	if (error == ERROR_DENIED || error == ERROR_INPUT) {
		work->withdrawn++;
		return store_release_withdraw(
		    store, work->scope, &work->snapshot, release->id, work->center->now(), text_of(why.words), failure);
	}
	if (error)
		return fail(failure, error, "%s", why.words);
	work->changed += rendering.taken_out > 0;
	release->shown = rendering.id;
	release->removed = rendering.removed;
	release->taken_out = rendering.taken_out;
	release->rendering = rendering.bytes;
	return store_release_rewrite(store, work->scope, release, failure);
}

static enum error render_slice(struct rerendering *work, struct failure *failure)
{
	enum error error = OK;
	char after[24];
	for (unsigned i = 0; i < SLICE && !error && !work->over; i++) {
		struct release release;
		arena_clear(work->arena);
		error =
		    store_release_next(work->center->store, work->scope, work->after, work->arena, &release, failure);
		work->over = error == ERROR_END;
		if (error == OK) {
			work->after = release.added;
			error = render_one(work, &release, failure);
		}
	}
	if (error && !work->over)
		return error;
	snprintf(after, sizeof after, "%lld", work->over ? -1ll : (long long)work->after);
	return store_value_put(work->center->store, KEY_NAME, text_of(after), failure);
}

static enum error render_all(struct rerendering *work, struct failure *failure)
{
	struct store *store = work->center->store;
	while (!work->over) {
		enum error error = store_begin(store, failure);
		if (!error)
			error = render_slice(work, failure);
		if (!error)
			error = store_commit(store, failure);
		else
			store_rollback(store);
		if (error)
			return error;
	}
	log_write(LOG_INFO, "what lay in collections was looked through for what may not be told",
	    LOG_FIELD_NUMBER("changed", (int64_t)work->changed),
	    LOG_FIELD_NUMBER("withdrawn", (int64_t)work->withdrawn));
	return OK;
}

enum error naming_rerender(struct center *center, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct text value;
	struct rerendering work = { .center = center, .arena = arena_new(0) };
	enum error error = arena && work.arena ? store_value_get(center->store, KEY_NAME, arena, &value, failure)
					       : fail(failure, ERROR_MEMORY, "no memory for renderings");
	long long after = error ? -1 : strtoll(value.at, NULL, 10);
	if (after >= 0) {
		work.after = after;
		/* Nobody asks: what was told before the rule was is put right. */
		work.scope = policy_background("renderings", arena);
		error = store_snapshot(center->store, center->now(), arena, &work.snapshot, failure);
		error = error ? error : render_all(&work, failure);
	}
	arena_free(work.arena);
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error;
}
