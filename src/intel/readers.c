/*
 * Reads of what was released: noted in memory, written in small transactions (intel/readers.h).
 */
#include "intel/readers.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/loop.h"
#include "model/capability.h"
#include "store/handover.h"

#include <stdlib.h>
#include <string.h>

#define READERS_NAME "readers"
#define READERS_WAITING 4096u /* reads that are not written yet; further ones are counted as lost */
#define READERS_SLICE 256u    /* written in one transaction */
#define TYPES_LONGEST 255u

struct noted {
	bool page;
	uint32_t community;
	unsigned objects; /* that were given */
	int64_t added;    /* of one */
	struct reading reading;
	struct reading_stretch stretch; /* of a page; its types lie in `types` */
	char types[TYPES_LONGEST + 1];
};

struct readers_state {
	struct noted waiting[READERS_WAITING]; /* a ring */
	size_t first, count;
	struct watch *again;
	struct counter *written, *lost;
};

static struct readers_state *state_of(const struct center *center)
{
	return center_state(center, READERS_NAME);
}

/* ── noting ─ */

static struct noted *room(struct readers_state *state)
{
	if (state->count == READERS_WAITING) {
		counter_add(state->lost, 1);
		return NULL;
	}
	return &state->waiting[(state->first + state->count++) % READERS_WAITING];
}

static void note_one(struct call *call, enum reading_way way, uint32_t community, int64_t added, uint32_t owner)
{
	struct readers_state *state = state_of(call->center);
	uint32_t reader = call->subject->organisation;
	struct noted *noted = state && reader && reader != owner ? room(state) : NULL;
	if (!noted)
		return;
	noted->page = false;
	noted->community = community;
	noted->objects = 1;
	noted->added = added;
	noted->reading = (struct reading){ reader, way, 1, call->now, call->now };
}

void readers_note_opened(struct call *call, const struct release *release)
{
	if (release->rendering.size)
		note_one(call, READING_OPENED, release->community, release->added / MICROSECOND, release->organisation);
}

void readers_note_entry(struct call *call, const struct collection *collection, const struct entry *entry)
{
	note_one(call, READING_DELIVERED, collection->community, entry->added, entry->organisation);
}

/* With commas between; false: there is no room for them. */
static bool write_types(const struct entry_query *query, char types[static TYPES_LONGEST + 1])
{
	size_t size = 0;
	for (uint32_t i = 0; i < query->type_count; i++) {
		struct text type = query->types[i];
		if (size + type.size + 1 > TYPES_LONGEST)
			return false;
		if (i)
			types[size++] = ',';
		memcpy(types + size, type.at, type.size);
		size += type.size;
	}
	types[size] = 0;
	return true;
}

static unsigned specs_of(const struct entry_query *query)
{
	unsigned specs = 0;
	for (uint32_t i = 0; i < query->spec_count; i++)
		specs |= query->specs[i] == 20 ? 1u : query->specs[i] == 21 ? 2u : 0u;
	return specs;
}

/* The page before went on behind this one's beginning: one stretch. */
static bool joins(const struct readers_state *state, const struct reading_stretch *stretch, const char *types)
{
	const struct noted *last =
	    state->count ? &state->waiting[(state->first + state->count - 1) % READERS_WAITING] : NULL;
	return last && last->page && last->stretch.community == stretch->community &&
	       last->stretch.organisation == stretch->organisation && last->stretch.tlp == stretch->tlp &&
	       last->stretch.specs == stretch->specs && last->stretch.upto == stretch->after &&
	       strcmp(last->types, types) == 0;
}

void readers_note_page(struct call *call, const struct collection *collection, const struct entry_query *query,
    int64_t reached, unsigned objects)
{
	struct readers_state *state = state_of(call->center);
	const struct reading_stretch stretch = { .community = collection->community,
		.organisation = call->subject->organisation,
		.tlp = collection->tlp,
		.specs = specs_of(query),
		.after = query->after,
		.upto = reached,
		.when = call->now };
	char types[TYPES_LONGEST + 1];
	if (!state || !stretch.organisation || stretch.after >= stretch.upto)
		return;
	if (!write_types(query, types)) {
		counter_add(state->lost, 1);
		return;
	}
	if (joins(state, &stretch, types)) {
		struct noted *last = &state->waiting[(state->first + state->count - 1) % READERS_WAITING];
		last->stretch.upto = stretch.upto;
		last->objects += objects;
		return;
	}
	struct noted *noted = room(state);
	if (!noted)
		return;
	noted->page = true;
	noted->community = collection->community;
	noted->objects = objects;
	noted->stretch = stretch;
	memcpy(noted->types, types, sizeof types);
}

/* ── writing ─ */

static enum error write_reading(
    struct center *center, const struct scope *scope, struct noted *noted, struct failure *failure)
{
	if (!noted->page)
		return store_reading_add(center->store, scope, noted->added, &noted->reading, failure);
	noted->stretch.types = text_of(noted->types);
	enum error error = store_reading_stretch(center->store, scope, &noted->stretch, failure);
	if (error != ERROR_LIMIT)
		return error;
	counter_add(state_of(center)->lost, 1);
	return OK;
}

static enum error write_one(
    struct center *center, const struct scope *scope, struct noted *noted, struct failure *failure)
{
	bool opened = !noted->page && noted->reading.way == READING_OPENED;
	enum error error = write_reading(center, scope, noted, failure);
	return error ? error
		     : store_handover_add(center->store,
			   noted->page ? noted->stretch.organisation : noted->reading.organisation, noted->community,
			   opened ? HANDOVER_OPENED : HANDOVER_DELIVERED, noted->objects,
			   noted->page ? noted->stretch.when : noted->reading.first, failure);
}

static enum error write_slice(struct center *center, const struct scope *scope, size_t count, struct failure *failure)
{
	struct readers_state *state = state_of(center);
	enum error error = store_begin(center->store, failure);
	if (error)
		return error;
	for (size_t i = 0; i < count && !error; i++)
		error = write_one(center, scope, &state->waiting[(state->first + i) % READERS_WAITING], failure);
	if (!error)
		error = store_commit(center->store, failure);
	if (error)
		store_rollback(center->store);
	return error;
}

static void write_waiting(struct center *center);

static void go_on(void *context)
{
	struct center *center = context;
	struct readers_state *state = state_of(center);
	watch_stop(state->again);
	state->again = NULL;
	write_waiting(center);
}

/* What cannot be written now stays until it can, or until there is no more room. */
static void write_waiting(struct center *center)
{
	struct readers_state *state = state_of(center);
	struct failure failure = { 0 };
	size_t count = state->count < READERS_SLICE ? state->count : READERS_SLICE;
	struct arena *arena = count ? arena_new(0) : NULL;
	if (!arena)
		return;
	const struct scope *scope = policy_background(READERS_NAME, arena);
	enum error error = scope ? write_slice(center, scope, count, &failure)
				 : fail(&failure, ERROR_MEMORY, "no memory for what was read");
	arena_free(arena);
	if (error) {
		log_write(LOG_ERROR, "what was read cannot be written", LOG_FIELD_STRING("why", failure.words));
		return;
	}
	counter_add(state->written, count);
	state->first = (state->first + count) % READERS_WAITING;
	state->count -= count;
	if (state->count && !state->again) /* others first */
		state->again = loop_timer(center->loop, MILLISECOND, 0, go_on, center);
}

/* ── life ─ */

static struct counter *counter(struct center *center, const char *result)
{
	return counter_get(center->counters, COUNTER_TOTAL, "noroshi_reads",
	    "Reads of what was released: pages and single objects.", "result", text_of(result));
}

static enum error start(struct center *center, struct failure *failure)
{
	struct readers_state *state = calloc(1, sizeof *state);
	if (!state || !center_set_state(center, READERS_NAME, state)) {
		free(state);
		return fail(failure, ERROR_MEMORY, "no memory for what is read");
	}
	state->written = counter(center, "written");
	state->lost = counter(center, "lost");
	return OK;
}

static void tick(struct center *center, nanoseconds now)
{
	(void)now;
	if (!state_of(center)->again)
		write_waiting(center);
}

static void stop(struct center *center)
{
	struct readers_state *state = state_of(center);
	size_t before = SIZE_MAX;
	if (!state)
		return;
	while (state->count && state->count < before) { /* until nothing is left, or nothing can be written */
		before = state->count;
		write_waiting(center);
		watch_stop(state->again);
		state->again = NULL;
	}
	free(state);
	center_set_state(center, READERS_NAME, NULL);
}

const struct capability readers_capability = {
	.name = READERS_NAME,
	.start = start,
	.tick = tick,
	.stop = stop,
};
