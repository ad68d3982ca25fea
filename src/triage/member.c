/*
 * One organisation within triage. See member.h.
 */
#include "triage/member.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MOST 65536u
#define HABITS_MOST 262144u
#define NAMES_LEAST 4096u /* what an organisation may always have */
#define HABITS_LEAST 1024u
#define NAME_ROUGHLY 96u /* bytes, of a name with its text */

struct member *member_new(struct triage *triage, uint32_t organisation)
{
	struct member *member = calloc(1, sizeof *member);
	if (!member)
		return NULL;
	member->organisation = organisation;
	order_init(&member->order, triage->waiting_most);
	enum error error = identities_init(&member->identities, &triage->claims, NAMES_MOST);
	if (!error)
		error = judge_init(&member->final, HABITS_MOST);
	if (!error && triage->settings.provisional)
		error = judge_init(&member->early, HABITS_MOST);
	if (error) {
		member_free(member);
		return NULL;
	}
	return member;
}

void member_free(struct member *member)
{
	if (!member)
		return;
	identities_free(&member->identities);
	order_free(&member->order);
	judge_free(&member->final);
	judge_free(&member->early);
	free(member);
}

size_t member_memory(const struct member *member)
{
	return sizeof *member + names_memory(&member->identities.names) + order_memory(&member->order) +
	       judge_memory(&member->final) + judge_memory(&member->early);
}

/* What a judge's callbacks need to know. */
struct speaker {
	struct triage *triage;
	struct member *member;
};

static enum verdict verdict_by_rule(
    const struct speaker *speaker, enum verdict verdict, uint32_t rule, struct uuid *decision)
{
	if (rule == RULE_KNOWN_SOURCE)
		return VERDICT_KNOWN_SOURCE;
	if (rule == RULE_FOREIGN)
		return VERDICT_FOREIGN;
	if (!rule || rule > speaker->triage->rules.count)
		return verdict;
	*decision = speaker->triage->rules.items[rule - 1].id;
	return speaker->triage->rules.items[rule - 1].verdict;
}

static void final_judged(void *context, const struct pending *alert, enum verdict verdict,
    const struct episode *episode, uint32_t rule, enum verdict before)
{
	const struct speaker *speaker = context;
	struct triage_judgement judgement = { .alert = alert->id,
		.organisation = speaker->member->organisation,
		.occurred = alert->occurred,
		.position = alert->position,
		.revised = before != VERDICT_PENDING,
		.before = before };
	judgement.verdict = verdict_by_rule(speaker, verdict, rule, &judgement.rule);
	if (episode)
		judgement.event = episode->id;
	speaker->member->counts.verdicts[judgement.verdict]++;
	if (judgement.revised)
		speaker->member->counts.verdicts[before]--;
	speaker->triage->sink.judged(speaker->triage->sink.context, &judgement);
}

static void tell(const struct speaker *speaker, struct episode *episode, bool provisional)
{
	struct event *event = malloc(sizeof *event);
	if (!event)
		return;
	episode_event(episode, &speaker->member->identities.names, speaker->member->organisation, event);
	event->provisional = provisional;
	event->campaign = campaign_of(&speaker->triage->campaigns, episode, &speaker->member->identities.names,
	    speaker->member->organisation, provisional, speaker->triage->sink.campaign, speaker->triage->sink.context);
	speaker->triage->sink.event(speaker->triage->sink.context, event);
	free(event);
	episode->changed = false;
	episode->told = true;
}

static struct early_event *provisional_known(struct member *member, struct uuid id)
{
	for (uint32_t i = 0; i < member->provisional_count; i++)
		if (uuid_equal(member->provisional[i].id, id))
			return &member->provisional[i];
	return NULL;
}

/* The final judge told the event: the early judge's episode of the same id has nothing to add up to there. */
static void confirm_early(struct member *member, const struct episode *episode)
{
	struct early_event *early = provisional_known(member, episode->id);
	if (early)
		early->confirmed = true;
	for (uint32_t i = 0; i < member->early.episode_count; i++)
		if (uuid_equal(member->early.episodes[i]->id, episode->id))
			member->early.episodes[i]->confirmed = episode->last;
}

static void final_told(void *context, struct episode *episode, bool final)
{
	const struct speaker *speaker = context;
	if (!episode->told)
		speaker->member->counts.events_opened++;
	confirm_early(speaker->member, episode);
	tell(speaker, episode, false);
	if (final)
		speaker->member->counts.events_closed++;
}

/* The early judge's verdicts are told only for what belongs to an event: noise can wait for the final one. */
static void early_judged(void *context, const struct pending *alert, enum verdict verdict,
    const struct episode *episode, uint32_t rule, enum verdict before)
{
	const struct speaker *speaker = context;
	(void)rule;
	(void)before;
	if (!episode || alert->occurred < speaker->member->order.watermark)
		return;
	struct triage_judgement judgement = { .alert = alert->id,
		.organisation = speaker->member->organisation,
		.occurred = alert->occurred,
		.position = alert->position,
		.provisional = true,
		.verdict = verdict,
		.event = episode->id };
	speaker->triage->sink.judged(speaker->triage->sink.context, &judgement);
}

static bool final_has(const struct member *member, struct uuid id)
{
	for (uint32_t i = 0; i < member->final.episode_count; i++)
		if (uuid_equal(member->final.episodes[i]->id, id))
			return true;
	return false;
}

static void early_told(void *context, struct episode *episode, bool final)
{
	const struct speaker *speaker = context;
	struct member *member = speaker->member;
	struct early_event *early = provisional_known(member, episode->id);
	(void) final;
	if ((episode->confirmed && episode->last <= episode->confirmed) || episode->last < member->order.watermark)
		return; /* the final judge has seen all of it */
	if (episode->confirmed && !final_has(member, episode->id))
		return; /* it was told for the last time: nothing would ever say that it is final again */
	if (!early && member->provisional_count < MEMBER_EARLY) {
		early = &member->provisional[member->provisional_count++];
		*early = (struct early_event){ .id = episode->id, .confirmed = episode->confirmed != 0 };
	}
	if (!early)
		return;
	early->last = episode->last;
	tell(speaker, episode, true);
}

static struct judge_sink final_sink(struct speaker *speaker)
{
	return (struct judge_sink){ speaker, final_judged, final_told };
}

static struct judge_sink early_sink(struct speaker *speaker)
{
	return (struct judge_sink){ speaker, early_judged, early_told };
}

static void tell_changed(struct judge *judge, const struct judge_sink *sink)
{
	for (uint32_t i = 0; i < judge->episode_count; i++)
		if (judge->episodes[i]->state != EPISODE_WEAK && judge->episodes[i]->changed)
			sink->told(sink->context, judge->episodes[i], false);
}

static void judge_ordered(struct triage *triage, struct member *member, bool all, struct uuid space)
{
	struct speaker speaker = { triage, member };
	struct judge_sink sink = final_sink(&speaker);
	const struct item *item;
	while ((item = order_next(&member->order, all))) {
		triage->waiting--;
		judge_item(&member->final, &triage->judging, item, space, &sink);
	}
}

static uint32_t bounded(uint64_t wanted, uint32_t least, uint32_t most)
{
	return wanted < least ? least : wanted > most ? most : (uint32_t)wanted;
}

/* What each organisation may remember when all of them share the configured memory: half of it for habits (of both
 * judges), an eighth for names. The rest is for episodes, recent noise, and alerts that wait for their order. */
static void share_memory(const struct triage *triage, struct member *member)
{
	if (member->sharing == triage->member_count)
		return;
	member->sharing = triage->member_count;
	uint64_t share = triage->settings.memory / (triage->member_count ? triage->member_count : 1);
	unsigned judges = triage->settings.provisional ? 2 : 1;
	/* A table is at most three quarters full and doubles: count each habit as two slots. */
	uint32_t habits = bounded(share / 2 / judges / (2 * sizeof(struct habit)), HABITS_LEAST, HABITS_MOST);
	member->final.normal.most = member->early.normal.most = habits;
	member->identities.names.most = bounded(share / 8 / NAME_ROUGHLY, NAMES_LEAST, NAMES_MOST);
}

void member_take(struct triage *triage, struct member *member, const struct item *item, struct uuid space)
{
	struct speaker speaker = { triage, member };
	share_memory(triage, member);
	/* Alerts that wait for their order share a quarter of all: whoever has a burst may use what the others leave.
	 */
	size_t left = triage->waiting_most > triage->waiting ? triage->waiting_most - triage->waiting : 0;
	member->order.most = member->order.count + left;
	if (item->received > member->arrived)
		member->arrived = item->received;
	if (triage->settings.provisional) {
		struct judge_sink sink = early_sink(&speaker);
		judge_item(&member->early, &triage->judging, item, space, &sink);
	}
	if (order_add(&member->order, item, triage->settings.lateness)) {
		triage->waiting++;
	} else {
		struct judge_sink sink = final_sink(&speaker);
		judge_item(&member->final, &triage->judging, item, space, &sink);
	}
	judge_ordered(triage, member, false, space);
}

/* A provisional event that the final order did not make is taken back. */
static void take_back(struct triage *triage, struct member *member, bool all)
{
	for (uint32_t i = 0; i < member->provisional_count; i++) {
		struct early_event *early = &member->provisional[i];
		if (!all && early->last >= member->order.watermark)
			continue;
		if (!early->confirmed) {
			struct event *event = calloc(1, sizeof *event);
			if (event) {
				event->id = early->id;
				event->organisation = member->organisation;
				event->provisional = true;
				triage->sink.event(triage->sink.context, event);
				free(event);
			}
			campaign_forget(&triage->campaigns, early->id, triage->sink.campaign, triage->sink.context);
		}
		*early = member->provisional[--member->provisional_count];
		i--;
	}
}

void member_advance(struct triage *triage, struct member *member, nanoseconds now, struct uuid space)
{
	struct speaker speaker = { triage, member };
	/* Time passes for a stream that fell silent as it does for us: by as much as nothing arrived. */
	nanoseconds newest = member->order.newest[0];
	if (now > member->arrived && member->arrived && newest > INT64_MIN) {
		nanoseconds silent = now - member->arrived;
		if (silent >= triage->settings.lateness)
			order_advance(&member->order, newest + 1);
		judge_ordered(triage, member, false, space);
		if (silent > triage->settings.lateness && member->final.episode_count) {
			struct judge_sink sink = final_sink(&speaker);
			judge_advance(
			    &member->final, &triage->judging, newest + silent - triage->settings.lateness, &sink);
		}
	}
	struct judge_sink sink = final_sink(&speaker);
	tell_changed(&member->final, &sink);
	if (!triage->settings.provisional)
		return;
	struct judge_sink early = early_sink(&speaker);
	tell_changed(&member->early, &early);
	take_back(triage, member, false);
}

void member_finish(struct triage *triage, struct member *member, struct uuid space)
{
	struct speaker speaker = { triage, member };
	struct judge_sink sink = final_sink(&speaker), early = early_sink(&speaker);
	judge_ordered(triage, member, true, space);
	order_trim(&member->order);
	judge_finish(&member->final, &sink);
	judge_finish(&member->early, &early);
	take_back(triage, member, true);
}

static void judge_renew(struct judge *judge, struct triage_counts *counts)
{
	struct judge fresh;
	if (judge_init(&fresh, HABITS_MOST) != OK)
		return; /* then it stays as it is */
	counts->forgotten += judge->forgotten + judge->normal.forgotten;
	judge_free(judge);
	*judge = fresh;
}

void member_forget(struct triage *triage, struct member *member)
{
	struct identities fresh;
	member->counts.memory = member_memory(member);
	judge_renew(&member->final, &member->counts);
	if (triage->settings.provisional)
		judge_renew(&member->early, &(struct triage_counts){ 0 });
	if (identities_init(&fresh, &triage->claims, NAMES_MOST) == OK) {
		member->counts.forgotten += member->identities.names.refused;
		identities_free(&member->identities);
		member->identities = fresh;
	}
	member->sharing = 0;
}
