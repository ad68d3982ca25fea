/*
 * What a campaign's events share, and the order of their steps. See analysis.h.
 */
#include "triage/analysis.h"

#include "base/hash.h"
#include "triage/claim.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (4 * ANALYSIS_NAMES)

struct analysis *analysis_new(struct arena *arena)
{
	struct analysis *analysis = arena_take(arena, sizeof *analysis);
	if (!analysis)
		return NULL;
	analysis->arena = arena;
	analysis->names = arena_take(arena, ANALYSIS_NAMES * sizeof *analysis->names);
	analysis->slots = arena_take(arena, SLOTS * sizeof *analysis->slots);
	return analysis->names && analysis->slots ? analysis : NULL;
}

enum error analysis_add_event(
    struct analysis *analysis, const struct event *event, const struct event_standing *standing)
{
	if (analysis->event_count == ANALYSIS_EVENTS) {
		analysis->events_dropped = true;
		return OK;
	}
	struct event *copy = arena_take(analysis->arena, sizeof *copy);
	if (!copy)
		return ERROR_MEMORY;
	*copy = *event;
	analysis->events[analysis->event_count++] =
	    (struct analysis_event){ copy, *standing, standing->state != EVENT_DISMISSED };
	return OK;
}

/* ── names ─ */

bool shared_by(const struct shared_name *name, uint32_t event)
{
	return (name->events[event / 64] >> (event % 64)) & 1;
}

static void note_name(struct analysis *analysis, enum shared_kind kind, struct text text, uint32_t event)
{
	if (text.size == 0)
		return;
	for (size_t at = hash_bytes(text.at, text.size, kind) % SLOTS;; at = (at + 1) % SLOTS) {
		struct shared_name *name = analysis->slots[at] ? &analysis->names[analysis->slots[at] - 1] : NULL;
		if (name && (name->kind != kind || !text_equal(text_of(name->name), text)))
			continue;
		if (!name && analysis->name_count == ANALYSIS_NAMES) {
			analysis->names_dropped++;
			return;
		}
		if (!name) {
			const char *copy = arena_string(analysis->arena, text);
			if (!copy)
				return;
			name = &analysis->names[analysis->name_count++];
			*name = (struct shared_name){ .name = copy, .kind = kind };
			analysis->slots[at] = analysis->name_count;
		}
		name->events[event / 64] |= 1ULL << (event % 64);
		return;
	}
}

static void note_address(struct analysis *analysis, struct address address, uint32_t event)
{
	char text[PREFIX_TEXT];
	if (!address_exists(address) || address_is_private(address))
		return;
	if (address_is_v4(address))
		address_format(address, text);
	else
		prefix_format(prefix_of(address, 64), text);
	note_name(analysis, SHARED_ADDRESS, text_of(text), event);
}

static void note_account(struct analysis *analysis, struct text account, uint32_t event)
{
	if (text_find(account, TEXT("@")) > 0)
		note_name(analysis, SHARED_ACCOUNT, account, event);
}

static void note_listed(struct analysis *analysis, const struct event *event, uint32_t index)
{
	for (uint32_t i = 0; i < event->source_count; i++) {
		struct address address;
		if (address_parse(text_of(event->sources[i].name), &address))
			note_address(analysis, address, index);
	}
	for (uint32_t i = 0; i < event->signature_count; i++)
		note_name(analysis, SHARED_SIGNATURE, text_of(event->signatures[i].name), index);
	for (uint32_t i = 0; i < event->account_count; i++)
		note_account(analysis, text_of(event->accounts[i].name), index);
}

/* ── order ─ */

static int by_first(const void *first, const void *second)
{
	const struct event *a = ((const struct analysis_event *)first)->event;
	const struct event *b = ((const struct analysis_event *)second)->event;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}

/* How many different organisations the events have for which `has` is set. */
static uint32_t organisations_of(const struct analysis *analysis, const struct shared_name *name)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < analysis->event_count; i++) {
		bool met = name && !shared_by(name, i);
		for (uint32_t before = 0; before < i && !met; before++)
			met = (!name || shared_by(name, before)) &&
			      analysis->events[before].event->organisation == analysis->events[i].event->organisation;
		count += !met;
	}
	return count;
}

void analysis_order(struct analysis *analysis)
{
	qsort(analysis->events, analysis->event_count, sizeof *analysis->events, by_first);
	analysis->organisations = organisations_of(analysis, NULL);
	for (uint32_t i = 0; i < analysis->event_count; i++)
		if (analysis->events[i].counts)
			note_listed(analysis, analysis->events[i].event, i);
}

void analysis_add_alert(struct analysis *analysis, uint32_t event, const struct history_hit *hit)
{
	const struct alert *alert = &hit->alert;
	char signature[sizeof analysis->events[0].event->signatures[0].name];
	analysis->alerts++;
	if (!analysis->events[event].counts)
		return;
	note_address(analysis, alert->source, event);
	note_address(analysis, alert->target, event);
	text_copy(alert->signature, signature, sizeof signature); /* cut as the events cut it */
	note_name(analysis, SHARED_SIGNATURE, text_of(signature), event);
	note_account(analysis, alert->account, event);
	uint16_t tactics = alert->tactics | claim_of(alert->detector, alert->signature, alert->category).tactics;
	for (unsigned i = 0; i < TACTIC_COUNT && hit->verdict == VERDICT_EVENT; i++) {
		struct analysis_step *first = &analysis->first[event][i];
		bool earlier = !first->position || alert->occurred < first->when ||
			       (alert->occurred == first->when && hit->position < first->position);
		if (tactics & 1u << i && earlier)
			*first = (struct analysis_step){ (enum tactic)i, event, alert->occurred, hit->position };
	}
}

/* ── the end ─ */

static int compare_names(const void *first, const void *second)
{
	const struct shared_name *a = *(const struct shared_name *const *)first;
	const struct shared_name *b = *(const struct shared_name *const *)second;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->organisations != b->organisations)
		return a->organisations > b->organisations ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int compare_steps(const void *first, const void *second)
{
	const struct analysis_step *a = first, *b = second;
	if (a->when != b->when)
		return a->when < b->when ? -1 : 1;
	if (a->tactic != b->tactic)
		return a->tactic < b->tactic ? -1 : 1;
	return a->event < b->event ? -1 : a->event > b->event;
}

/* An event says a tactic although no alert that is kept shows it: not before the event began. */
static void complete_steps(struct analysis *analysis)
{
	for (uint32_t e = 0; e < analysis->event_count; e++) {
		const struct analysis_event *cited = &analysis->events[e];
		for (unsigned i = 0; i < TACTIC_COUNT && cited->counts; i++)
			if (cited->event->tactics & 1u << i && !analysis->first[e][i].position)
				analysis->first[e][i] =
				    (struct analysis_step){ (enum tactic)i, e, cited->event->first, 0 };
	}
}

static bool same_body(const struct analysis *analysis, const struct analysis_step *a, const struct analysis_step *b)
{
	return a->tactic == b->tactic &&
	       analysis->events[a->event].event->organisation == analysis->events[b->event].event->organisation;
}

/* All first times by time, then of each tactic and organisation the earliest. */
static void order_steps(struct analysis *analysis)
{
	struct analysis_step *steps = analysis->steps;
	uint32_t count = 0, kept = 0;
	for (uint32_t e = 0; e < analysis->event_count; e++)
		for (unsigned i = 0; i < TACTIC_COUNT; i++)
			if (analysis->first[e][i].when)
				steps[count++] = analysis->first[e][i];
	qsort(steps, count, sizeof *steps, compare_steps);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t before = 0;
		while (before < kept && !same_body(analysis, &steps[before], &steps[i]))
			before++;
		if (before == kept)
			steps[kept++] = steps[i];
	}
	analysis->step_count = kept;
}

enum error analysis_finish(struct analysis *analysis, struct failure *failure)
{
	analysis->shared = arena_take(analysis->arena, (analysis->name_count + 1) * sizeof *analysis->shared);
	analysis->steps =
	    arena_take(analysis->arena, (size_t)(analysis->event_count + 1) * TACTIC_COUNT * sizeof *analysis->steps);
	if (!analysis->shared || !analysis->steps)
		return fail(failure, ERROR_MEMORY, "campaign: no memory");
	for (uint32_t i = 0; i < analysis->name_count; i++) {
		struct shared_name *name = &analysis->names[i];
		name->organisations = organisations_of(analysis, name);
		if (name->organisations >= 2)
			analysis->shared[analysis->shared_count++] = name;
	}
	qsort(analysis->shared, analysis->shared_count, sizeof *analysis->shared, compare_names);
	complete_steps(analysis);
	order_steps(analysis);
	return OK;
}
