/*
 * Observations of a document, and which ways they fulfil a pattern; see stix_observed.h.
 */
#include "match/stix_observed.h"

#include "base/hash.h"
#include "match/stix_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct observation {
	struct json_value data; /* the observed-data object */
	nanoseconds first, last;
	uint32_t times;
};

struct named {
	struct text id;
	struct json_value object;
};

struct stix_observed {
	struct observation *all; /* by time */
	uint32_t count;
	size_t room;
	struct named *names; /* by id */
	size_t name_count, name_room;
};

/* ── collecting ─ */

static int by_time(const void *a, const void *b)
{
	const struct observation *one = a, *other = b;
	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->last < other->last ? -1 : one->last > other->last;
}

static int by_id(const void *a, const void *b)
{
	return text_compare(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static enum error take_observation(struct stix_observed *observed, struct json_value object, struct failure *failure)
{
	struct observation one = { .data = object, .times = 1 };
	struct text first = json_text(json_get(object, "first_observed")),
		    last = json_text(json_get(object, "last_observed"));
	uint64_t times;
	if (!time_parse(first, 0, &one.first, NULL) || !time_parse(last, 0, &one.last, NULL) || one.last < one.first)
		return fail(failure, ERROR_INPUT,
		    "%.*s: first_observed and last_observed: two times in their order were expected",
		    (int)(json_text(json_get(object, "id")).size % 200), json_text(json_get(object, "id")).at);
	if (json_to_u64(json_get(object, "number_observed"), &times) && times > 0)
		one.times = times < UINT32_MAX ? (uint32_t)times : UINT32_MAX;
	if (observed->count == STIX_OBSERVATIONS_MOST)
		return fail(failure, ERROR_LIMIT, "more than %u observations", STIX_OBSERVATIONS_MOST);
	if (observed->count == observed->room) {
		struct observation *larger = array_grow(observed->all, &observed->room, 16, sizeof *larger);
		if (!larger)
			return fail(failure, ERROR_MEMORY, "no memory for observations");
		observed->all = larger;
	}
	observed->all[observed->count++] = one;
	return OK;
}

static enum error take_name(struct stix_observed *observed, struct json_value object, struct failure *failure)
{
	if (observed->name_count == observed->name_room) {
		struct named *larger = array_grow(observed->names, &observed->name_room, 16, sizeof *larger);
		if (!larger)
			return fail(failure, ERROR_MEMORY, "no memory for observations");
		observed->names = larger;
	}
	observed->names[observed->name_count++] = (struct named){ json_text(json_get(object, "id")), object };
	return OK;
}

static enum error take_object(struct stix_observed *observed, struct json_value object, struct failure *failure)
{
	bool observation = text_equal(json_text(json_get(object, "type")), TEXT("observed-data"));
	return observation ? take_observation(observed, object, failure) : take_name(observed, object, failure);
}

enum error stix_observed_new(struct json_value document, struct stix_observed **observed, struct failure *failure)
{
	struct stix_observed *new = calloc(1, sizeof *new);
	struct json_walk walk = { 0 };
	enum error error = new ? OK : fail(failure, ERROR_MEMORY, "no memory for observations");
	struct json_value list = json_kind(document) == JSON_IS_ARRAY ? document
				 : text_equal(json_text(json_get(document, "type")), TEXT("bundle"))
				     ? json_get(document, "objects")
				     : (struct json_value){ 0 };
	if (!error && !json_exists(list))
		error = take_object(new, document, failure);
	while (!error && json_next(list, &walk))
		error = take_object(new, walk.value, failure);
	if (error) {
		stix_observed_free(new);
		return error;
	}
	if (new->count)
		qsort(new->all, new->count, sizeof *new->all, by_time);
	if (new->name_count)
		qsort(new->names, new->name_count, sizeof *new->names, by_id);
	*observed = new;
	return OK;
}

void stix_observed_free(struct stix_observed *observed)
{
	if (!observed)
		return;
	free(observed->all);
	free(observed->names);
	free(observed);
}

uint32_t stix_observed_count(const struct stix_observed *observed)
{
	return observed->count;
}

struct text stix_observed_id(const struct stix_observed *observed, uint32_t number)
{
	return json_text(json_get(observed->all[number].data, "id"));
}

/* ── one observation ─ */

struct view {
	const struct stix_observed *observed;
	struct json_value local; /* the dictionary of version 2.0 */
};

static struct json_value follow(void *context, struct text id)
{
	const struct view *view = context;
	const struct named wanted = { .id = id };
	struct json_walk walk = { 0 };
	while (json_exists(view->local) && json_next(view->local, &walk))
		if (text_equal(walk.key, id))
			return walk.value;
	const struct named *found = view->observed->name_count ? bsearch(&wanted, view->observed->names,
								     view->observed->name_count, sizeof wanted, by_id)
							       : NULL;
	return found ? found->object : (struct json_value){ 0 };
}

static bool observation_holds(struct stix_tests *tests, const struct stix_observed *observed,
    const struct observation *observation, const struct stix_node *comparison)
{
	struct json_value references = json_get(observation->data, "object_refs");
	struct view view = { observed, json_get(observation->data, "objects") };
	const struct stix_scene scene = { follow, &view };
	struct json_walk walk = { 0 };
	while (json_exists(view.local) && json_next(view.local, &walk))
		if (stix_tests_hold(tests, comparison, &scene, walk.value))
			return true;
	walk = (struct json_walk){ 0 };
	while (json_exists(references) && json_next(references, &walk))
		if (stix_tests_hold(tests, comparison, &scene, follow(&view, json_text(walk.value))))
			return true;
	return false;
}

/* ── ways to fulfil ─ */

/* A way: which observations, by number and each once; from when to when. */
struct binding {
	const uint32_t *observations;
	uint32_t count, times; /* times: as often as these were observed, of a way with one observation */
	nanoseconds first, last;
};

struct ways {
	struct binding *all;
	uint32_t count;
};

struct trial {
	struct stix_tests *tests;
	const struct stix_observed *observed;
	struct arena *arena;
	double span; /* nanoseconds: what takes longer is not within some WITHIN around it */
	bool limited;
	struct failure *failure;
};

static enum error no_room(const struct trial *trial)
{
	return fail(trial->failure, ERROR_MEMORY, "no memory to try a pattern");
}

static enum error add(struct trial *trial, struct ways *ways, struct binding way)
{
	if (!ways->all && !(ways->all = arena_take(trial->arena, STIX_BINDINGS * sizeof *ways->all)))
		return no_room(trial);
	if (ways->count == STIX_BINDINGS) {
		trial->limited = true;
		return OK;
	}
	ways->all[ways->count++] = way;
	return OK;
}

static enum error try_observations(struct trial *trial, const struct stix_node *node, struct ways *ways)
{
	enum error error = OK;
	for (uint32_t i = 0; i < trial->observed->count && !error; i++) {
		const struct observation *one = &trial->observed->all[i];
		if (!observation_holds(trial->tests, trial->observed, one, node->first))
			continue;
		uint32_t *number = arena_take(trial->arena, sizeof *number);
		if (!number)
			return no_room(trial);
		*number = i;
		error = add(trial, ways, (struct binding){ number, 1, one->times, one->first, one->last });
	}
	return error;
}

/* Both lists by number: true when they share none; `to` is what they hold together. */
static bool merge(const struct binding *a, const struct binding *b, uint32_t *to)
{
	uint32_t i = 0, j = 0, count = 0;
	while (i < a->count || j < b->count) {
		if (i < a->count && j < b->count && a->observations[i] == b->observations[j])
			return false;
		bool left = j == b->count || (i < a->count && a->observations[i] < b->observations[j]);
		to[count++] = left ? a->observations[i++] : b->observations[j++];
	}
	return true;
}

/* Each way of the one with each of the other that uses other observations; `in_order`: the other after the one. */
static enum error combine(
    struct trial *trial, const struct ways *a, const struct ways *b, bool in_order, struct ways *to)
{
	enum error error = OK;
	for (uint32_t i = 0; i < a->count && !error && to->count < STIX_BINDINGS; i++)
		for (uint32_t j = 0; j < b->count && !error && to->count < STIX_BINDINGS; j++) {
			const struct binding *one = &a->all[i], *other = &b->all[j];
			if (in_order && other->first < one->last)
				continue;
			nanoseconds first = one->first < other->first ? one->first : other->first;
			nanoseconds last = one->last > other->last ? one->last : other->last;
			if ((double)(last - first) > trial->span)
				continue;
			uint32_t *numbers = arena_take(trial->arena, (one->count + other->count) * sizeof *numbers);
			if (!numbers)
				return no_room(trial);
			if (merge(one, other, numbers))
				error = add(
				    trial, to, (struct binding){ numbers, one->count + other->count, 1, first, last });
		}
	trial->limited |= to->count == STIX_BINDINGS;
	return error;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *one = a, *other = b;
	return *one < *other ? -1 : *one > *other;
}

/* Adds the way to `sum`, whose numbers have room, unless it uses an observation that is marked `mark` already. */
static bool take_way(struct binding *sum, uint32_t *numbers, uint32_t *marks, uint32_t mark, const struct binding *way)
{
	for (uint32_t i = 0; i < way->count; i++)
		if (marks[way->observations[i]] == mark)
			return false;
	for (uint32_t i = 0; i < way->count; i++) {
		marks[way->observations[i]] = mark;
		numbers[sum->count++] = way->observations[i];
	}
	uint32_t times = way->count == 1 ? way->times : 1; /* an observation that counts several times is as many */
	sum->times = times < UINT32_MAX - sum->times ? sum->times + times : UINT32_MAX;
	sum->first = sum->count == way->count || way->first < sum->first ? way->first : sum->first;
	sum->last = sum->count == way->count || way->last > sum->last ? way->last : sum->last;
	return true;
}

/* `times` ways behind each other in time are the closest that there are: from each way on, the next ones that share
 * nothing with those before. */
static enum error repeat(struct trial *trial, const struct ways *ways, uint32_t times, struct ways *to)
{
	enum error error = OK;
	uint32_t *marks = arena_take(trial->arena, trial->observed->count * sizeof *marks);
	uint32_t *numbers = arena_take(trial->arena, trial->observed->count * sizeof *numbers);
	if (!marks || !numbers)
		return no_room(trial);
	for (uint32_t i = 0; i < ways->count && !error; i++) {
		struct binding sum = { 0 };
		for (uint32_t j = i; j < ways->count && sum.times < times; j++)
			take_way(&sum, numbers, marks, i + 1, &ways->all[j]);
		if (sum.times < times)
			continue;
		uint32_t *kept = arena_take(trial->arena, sum.count * sizeof *kept);
		if (!kept)
			return no_room(trial);
		sum.observations = memcpy(kept, numbers, sum.count * sizeof *kept);
		qsort(kept, sum.count, sizeof *kept, by_number);
		sum.times = 1;
		error = add(trial, to, sum);
	}
	return error;
}

static int by_end(const void *a, const void *b)
{
	const struct binding *one = a, *other = b;
	if (one->last != other->last)
		return one->last < other->last ? -1 : 1;
	return one->first < other->first ? 1 : one->first > other->first ? -1 : 0;
}

static enum error try_node(struct trial *trial, const struct stix_node *node, struct ways *ways);

static enum error try_joined(struct trial *trial, const struct stix_node *node, struct ways *ways)
{
	enum error error = try_node(trial, node->first, ways);
	for (const struct stix_node *at = node->first->next; at && !error; at = at->next) {
		struct ways other = { 0 }, both = { 0 };
		if (node->kind != STIX_EITHER && ways->count == 0)
			return OK;
		error = try_node(trial, at, &other);
		for (uint32_t i = 0; i < other.count && !error && node->kind == STIX_EITHER; i++)
			error = add(trial, ways, other.all[i]);
		if (error || node->kind == STIX_EITHER)
			continue;
		error = combine(trial, ways, &other, node->kind == STIX_FOLLOWED_BY, &both);
		*ways = both;
	}
	return error;
}

static enum error try_qualified(struct trial *trial, const struct stix_node *node, struct ways *ways)
{
	struct ways inner = { 0 };
	double span = trial->span, own = node->seconds * (double)SECOND;
	if (node->kind == STIX_WITHIN && own < span)
		trial->span = own;
	enum error error = try_node(trial, node->first, &inner);
	trial->span = span;
	if (!error && node->kind == STIX_REPEATS) {
		if (inner.count)
			qsort(inner.all, inner.count, sizeof *inner.all, by_end);
		return repeat(trial, &inner, node->times, ways);
	}
	for (uint32_t i = 0; i < inner.count && !error; i++) {
		const struct binding *way = &inner.all[i];
		bool fits = node->kind == STIX_WITHIN ? (double)(way->last - way->first) <= own
						      : way->first >= node->start && way->last < node->stop;
		if (fits)
			error = add(trial, ways, *way);
	}
	return error;
}

static enum error try_node(struct trial *trial, const struct stix_node *node, struct ways *ways)
{
	switch (node->kind) {
	case STIX_OBSERVATION:
		return try_observations(trial, node, ways);
	case STIX_ALSO:
	case STIX_EITHER:
	case STIX_FOLLOWED_BY:
		return try_joined(trial, node, ways);
	default:
		return try_qualified(trial, node, ways);
	}
}

enum error stix_pattern_try(const struct stix_pattern *pattern, const struct stix_observed *observed,
    struct arena *arena, struct stix_match *match, struct failure *failure)
{
	struct trial trial = { .observed = observed, .arena = arena, .span = INFINITY, .failure = failure };
	struct ways ways = { 0 };
	*match = (struct stix_match){ 0 };
	enum error error = stix_tests_new(pattern, &trial.tests, failure);
	if (error)
		return error;
	error = try_node(&trial, pattern->root, &ways);
	match->limited = trial.limited || stix_tests_limited(trial.tests);
	if (!error && ways.count) {
		match->met = true;
		match->count = ways.all[0].count;
		match->observations = ways.all[0].observations;
		match->first = ways.all[0].first;
		match->last = ways.all[0].last;
	}
	stix_tests_free(trial.tests);
	return error;
}
