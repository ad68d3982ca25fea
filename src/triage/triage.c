/*
 * Triage: keeps the organisations apart, puts each one's alerts into order, and has them judged. See triage.h.
 *
 *   alert → item (identify) → order → judge (final)  → verdicts, events
 *                    └──────────────→ judge (early)  → provisional events
 */
#include "triage/member.h"

#include "model/appearance.h"

#include <stdlib.h>
#include <string.h>

static const struct uuid event_space = { { 0x6e, 0x6f, 0x72, 0x6f, 0x73, 0x68, 0x69, 0x80, 0x80, 'e', 'v', 'e', 'n',
    't', 0, 1 } };

void triage_settings_default(struct triage_settings *settings)
{
	*settings = (struct triage_settings){
		.lateness = 10 * MINUTE,
		.clamp = 10 * 365 * DAY,
		.clamp_future = 10 * MINUTE,
		.learning = 12 * HOUR,
		.join = 3 * HOUR,
		.longest = 8 * HOUR,
		.open = 4,
		.open_any = 6,
		.memory = 192u << 20,
		.organisations = 10000,
	};
}

enum error triage_new(const struct triage_settings *settings, const struct triage_sink *sink, struct triage **triage,
    struct failure *failure)
{
	struct triage *made = calloc(1, sizeof *made);
	if (!made || campaigns_init(&made->campaigns) != OK || claims_init(&made->claims) != OK ||
	    rules_set(&made->rules, NULL, 0, failure) != OK) {
		if (made)
			triage_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for triage");
	}
	made->settings = *settings;
	made->waiting_most = settings->memory / 4 / sizeof(struct item);
	made->sink = *sink;
	made->judging = (struct judge_settings){ .learning = settings->learning,
		.join = settings->join,
		.longest = settings->longest,
		.open = settings->open,
		.open_any = settings->open_any };
	*triage = made;
	return OK;
}

void triage_free(struct triage *triage)
{
	if (!triage)
		return;
	for (uint32_t i = 0; i < triage->member_count; i++)
		member_free(triage->members[i]);
	free(triage->members);
	free(triage->slots);
	campaigns_free(&triage->campaigns);
	claims_free(&triage->claims);
	rules_free(&triage->rules);
	free(triage);
}

enum error triage_set_rules(
    struct triage *triage, const struct triage_rule *rules, size_t count, struct failure *failure)
{
	return rules_set(&triage->rules, rules, count, failure);
}

void triage_set_known(struct triage *triage,
    const char *(*known)(void *context, const struct alert *alert, struct address remote), void *context)
{
	triage->known = known;
	triage->known_context = context;
}

/* ── the organisations ─ */

static struct member *member_find(const struct triage *triage, uint32_t number)
{
	for (uint32_t at = (uint32_t)hash_u64(number, 0) & triage->slot_mask; triage->slots && triage->slots[at];
	     at = (at + 1) & triage->slot_mask)
		if (triage->members[triage->slots[at] - 1]->organisation == number)
			return triage->members[triage->slots[at] - 1];
	return NULL;
}

static bool slots_grow(struct triage *triage)
{
	uint32_t size = triage->slots ? (triage->slot_mask + 1) * 2 : 64;
	uint32_t *slots = calloc(size, sizeof *slots);
	struct member **members = realloc(triage->members, size * sizeof(struct member *));
	if (members)
		triage->members = members;
	if (!slots || !members) {
		free(slots);
		return false;
	}
	free(triage->slots);
	triage->slots = slots;
	triage->slot_mask = size - 1;
	for (uint32_t i = 0; i < triage->member_count; i++) {
		uint32_t at = (uint32_t)hash_u64(triage->members[i]->organisation, 0) & triage->slot_mask;
		while (slots[at])
			at = (at + 1) & triage->slot_mask;
		slots[at] = i + 1;
	}
	return true;
}

struct member *triage_member(struct triage *triage, uint32_t number, struct failure *failure)
{
	struct member *member = member_find(triage, number);
	if (member)
		return member;
	if (triage->member_count >= triage->settings.organisations) {
		fail(failure, ERROR_LIMIT, "organisation %u is beyond the limit of %u organisations", number,
		    triage->settings.organisations);
		return NULL;
	}
	if ((!triage->slots || triage->member_count * 2 >= triage->slot_mask) && !slots_grow(triage)) {
		fail(failure, ERROR_MEMORY, "no memory for a further organisation");
		return NULL;
	}
	member = member_new(triage, number);
	if (!member) {
		fail(failure, ERROR_MEMORY, "no memory for a further organisation");
		return NULL;
	}
	uint32_t at = (uint32_t)hash_u64(number, 0) & triage->slot_mask;
	while (triage->slots[at])
		at = (at + 1) & triage->slot_mask;
	triage->members[triage->member_count++] = member;
	triage->slots[at] = triage->member_count;
	return member;
}

/* ── alerts in ─ */

static nanoseconds clamped(struct triage *triage, struct member *member, const struct alert *alert)
{
	nanoseconds time = alert->occurred, received = alert->received;
	if (received && triage->settings.clamp && time < received - triage->settings.clamp)
		time = received - triage->settings.clamp;
	if (received && triage->settings.clamp_future && time > received + triage->settings.clamp_future)
		time = received + triage->settings.clamp_future;
	if (time < 0)
		time = 0;
	member->counts.clamped += time != alert->occurred;
	return time;
}

/* What the alert's words mean. It may be used again unless a name found no place: there may be one later. */
static void identify(struct member *member, const struct alert *alert, struct identified *to)
{
	uint64_t refused = member->identities.names.refused;
	to->outside = item_identify(&member->identities, alert, &to->item);
	to->known = member->identities.names.refused == refused;
}

enum error triage_add_again(struct triage *triage, const struct alert *alert, uint64_t position,
    struct identified *again, struct failure *failure)
{
	struct member *member = triage->last;
	if (!member || member->organisation != alert->organisation)
		member = triage->last = triage_member(triage, alert->organisation, failure);
	if (!member)
		return failure ? failure->code : ERROR_LIMIT;
	if (!again->known)
		identify(member, alert, again);
	struct item item = again->item;
	item.occurred = clamped(triage, member, alert);
	item.received = alert->received;
	item.id = alert->id;
	item.position = position;
	item.rule = appearance_is_foreign(alert) ? RULE_FOREIGN : rules_match(&triage->rules, alert, again->outside);
	if (!item.rule && triage->known && item.kind < CLAIM_CHANGE &&
	    triage->known(triage->known_context, alert, again->outside))
		item.rule = RULE_KNOWN_SOURCE;
	member->counts.alerts++;
	member_take(triage, member, &item, event_space);
	return OK;
}

enum error triage_add(struct triage *triage, const struct alert *alert, uint64_t position, struct failure *failure)
{
	struct identified once = { 0 };
	return triage_add_again(triage, alert, position, &once, failure);
}

void triage_advance(struct triage *triage, nanoseconds now)
{
	for (uint32_t i = 0; i < triage->member_count; i++)
		member_advance(triage, triage->members[i], now, event_space);
}

void triage_advance_organisation(struct triage *triage, uint32_t organisation, nanoseconds now)
{
	struct member *member = member_find(triage, organisation);
	if (member)
		member_advance(triage, member, now, event_space);
}

void triage_finish_organisation(struct triage *triage, uint32_t organisation)
{
	struct member *member = member_find(triage, organisation);
	if (!member)
		return;
	member_finish(triage, member, event_space);
	member_forget(triage, member);
}

void triage_finish(struct triage *triage)
{
	for (uint32_t i = 0; i < triage->member_count; i++)
		member_finish(triage, triage->members[i], event_space);
}

/* ── counts ─ */

static void add_counts(const struct member *member, struct triage_counts *counts)
{
	counts->alerts += member->counts.alerts;
	for (int i = 0; i < VERDICT_COUNT; i++)
		counts->verdicts[i] += member->counts.verdicts[i];
	counts->late += member->order.late;
	counts->clamped += member->counts.clamped;
	counts->forgotten += member->counts.forgotten + member->final.forgotten + member->final.normal.forgotten +
			     member->identities.names.refused + member->order.hurried;
	counts->events_opened += member->counts.events_opened;
	counts->events_closed += member->counts.events_closed;
	size_t memory = member_memory(member);
	counts->memory += memory > member->counts.memory ? memory : member->counts.memory;
}

void triage_count(const struct triage *triage, struct triage_counts *counts)
{
	*counts = (struct triage_counts){ 0 };
	for (uint32_t i = 0; i < triage->member_count; i++)
		add_counts(triage->members[i], counts);
}

void triage_count_organisation(const struct triage *triage, uint32_t organisation, struct triage_counts *counts)
{
	*counts = (struct triage_counts){ 0 };
	struct member *member = member_find(triage, organisation);
	if (member)
		add_counts(member, counts);
}
