/*
 * The judge of one organisation. See judge.h, and docs/triage.md for the method.
 *
 *   item → surprise (normal) → evidence, weighted by claim → episode → open? → event
 *        ↘ little evidence: noise with a reason, remembered for a while
 */
#include "triage/judge.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SURPRISE 1.2 /* decades: one in sixteen; below it an occurrence is no evidence */
#define LEAST_ODDS 0.00399 /* a bit more than 10 to the power of -2 LEAST_SURPRISE */
#define OFFSET 0.7
#define LEAST_EVIDENCE 0.2
#define FADED 0.3
#define IDLE (30 * MINUTE)
#define HOT 1.0         /* decades left: what is known of such an episode still joins it */
#define LOOK_BACK HOUR  /* remembered noise is joined from this long before the first evidence */
#define COINCIDENCE 0.5 /* expected pieces of unrelated evidence, above which nearness in time is no link */
#define LEVEL_WIDTH 0.25
#define ECHO_LEAST 50 /* occurrences before a signature can be called an echo */
#define ECHO_SHARE 0.8
#define TOGETHER (2 * SECOND)
#define BURST_MOST 2.0 /* decades that many repetitions of an attempt can add */

static const double claim_weight[CLAIM_COUNT] = {
	[CLAIM_ROUTINE] = 0.2,
	[CLAIM_FAILED] = 0.3,
	[CLAIM_RECONNAISSANCE] = 0.5,
	[CLAIM_ANOMALY] = 0.7,
	[CLAIM_ATTEMPT] = 1.0,
	[CLAIM_CHANGE] = 1.5,
	[CLAIM_COMPROMISE] = 1.5,
};

enum error judge_init(struct judge *judge, uint32_t habits)
{
	*judge = (struct judge){ 0 };
	return normal_init(&judge->normal, habits);
}

void judge_free(struct judge *judge)
{
	for (uint32_t i = 0; i < judge->episode_count; i++)
		episode_free(judge->episodes[i]);
	free(judge->remembered);
	free(judge->echoes);
	free(judge->lately);
	normal_free(&judge->normal);
	*judge = (struct judge){ 0 };
}

static bool room_by_number(void **items, uint32_t *room, uint32_t number, size_t size)
{
	if (number < *room)
		return true;
	uint32_t wanted = (number + 16) * 2;
	char *larger = realloc(*items, wanted * size);
	if (!larger)
		return false;
	memset(larger + *room * size, 0, (wanted - *room) * size);
	*items = larger;
	*room = wanted;
	return true;
}

/* Whether this signature only repeats what another detector says: it nearly always comes together with another's alert.
 */
static bool echoes_another(struct judge *judge, const struct item *item)
{
	if (!room_by_number((void **)&judge->lately, &judge->lately_room, item->host, sizeof *judge->lately) ||
	    !room_by_number((void **)&judge->echoes, &judge->echo_room, item->signature, sizeof *judge->echoes))
		return false;
	struct lately *lately = &judge->lately[item->host];
	struct echo *echo = &judge->echoes[item->signature];
	bool together =
	    lately->detector && lately->detector != item->detector && item->occurred - lately->occurred <= TOGETHER;
	echo->all++;
	echo->accompanied += together;
	*lately = (struct lately){ item->occurred, item->detector };
	return item->kind <= CLAIM_ANOMALY && echo->all >= ECHO_LEAST && echo->accompanied >= ECHO_SHARE * echo->all;
}

/* ── how rare evidence of this weight is here ─ */

static unsigned level_of(double value)
{
	double level = value / LEVEL_WIDTH;
	return level >= JUDGE_LEVELS - 1 ? JUDGE_LEVELS - 1 : (unsigned)level;
}

static void note_level(struct judge *judge, nanoseconds time, double value)
{
	if (time > judge->levels_at) {
		double kept = exp2(-(double)(time - judge->levels_at) / (double)DAY);
		for (unsigned i = 0; i < JUDGE_LEVELS; i++)
			judge->levels[i] *= kept;
		judge->levels_at = time;
	}
	unsigned level = level_of(value);
	if (time - judge->level_minute[level] >= MINUTE) {
		judge->levels[level]++;
		judge->level_minute[level] = time;
	}
}

/* Pieces of evidence at least this strong that are expected by chance within `interval`. */
static double expected_by_chance(const struct judge *judge, nanoseconds time, double value, nanoseconds interval)
{
	double exposure =
	    (1 - exp2(-(double)(time - judge->normal.start) / (double)DAY)) * (double)DAY / M_LN2 + (double)HOUR;
	double pieces = 0;
	for (unsigned i = level_of(value); i < JUDGE_LEVELS; i++)
		pieces += judge->levels[i];
	return pieces / exposure * (double)interval;
}

/* ── episodes ─ */

static bool is_active(const struct episode *episode)
{
	return episode->state != EPISODE_CLOSED;
}

/* 3: the same host or remote side; 2: the same account; 1: too near in time to be chance; 0: unrelated. */
static unsigned relation(
    const struct judge *judge, const struct episode *episode, const struct item *item, double value)
{
	if (item->host && tally_has(&episode->hosts, tally_number(item->host)))
		return 3;
	if (address_exists(item->remote) && tally_has(&episode->sources, item->remote))
		return 3;
	if (item->account && tally_has(&episode->accounts, tally_number(item->account)))
		return 2;
	nanoseconds apart = item->occurred > episode->evidence_at ? item->occurred - episode->evidence_at : 0;
	return expected_by_chance(judge, item->occurred, value, apart + MINUTE) < COINCIDENCE;
}

static bool better(const struct episode *a, unsigned relation_a, const struct episode *b, unsigned relation_b)
{
	if ((a->state == EPISODE_OPEN) != (b->state == EPISODE_OPEN))
		return a->state == EPISODE_OPEN;
	if (relation_a != relation_b)
		return relation_a > relation_b;
	if (a->sum > b->sum || a->sum < b->sum)
		return a->sum > b->sum;
	return fact_id_compare(&a->first_id, &b->first_id) < 0;
}

static void drop_episode(struct judge *judge, uint32_t at)
{
	episode_free(judge->episodes[at]);
	judge->episodes[at] = judge->episodes[--judge->episode_count];
}

static void close_episode(struct episode *episode)
{
	episode->state = EPISODE_CLOSED;
	episode->sum = episode->telling = 0;
}

void judge_advance(
    struct judge *judge, const struct judge_settings *settings, nanoseconds time, const struct judge_sink *sink)
{
	for (uint32_t i = 0; i < judge->episode_count; i++) {
		struct episode *episode = judge->episodes[i];
		if (episode->state == EPISODE_CLOSED) {
			if (time - episode->last <= settings->join && time - episode->first < settings->longest)
				continue;
			sink->told(sink->context, episode, true);
			drop_episode(judge, i--);
			continue;
		}
		nanoseconds idle = time - episode->evidence_at;
		bool over = time - episode->started > settings->longest - LOOK_BACK;
		if (idle <= IDLE && !over)
			continue;
		double left = episode->sum * exp2(-(double)idle / EPISODE_HALF_LIFE);
		if (left >= FADED && !over)
			continue;
		if (episode->state == EPISODE_OPEN)
			close_episode(episode);
		else
			drop_episode(judge, i--);
	}
}

void judge_finish(struct judge *judge, const struct judge_sink *sink)
{
	while (judge->episode_count) {
		if (judge->episodes[0]->state != EPISODE_WEAK)
			sink->told(sink->context, judge->episodes[0], true);
		drop_episode(judge, 0);
	}
}

/* The weakest active episode makes room. An open one is never forgotten for a weak one. */
static void make_room(struct judge *judge, const struct judge_sink *sink)
{
	if (judge->episode_count < JUDGE_EPISODES)
		return;
	uint32_t weakest = 0;
	for (uint32_t i = 1; i < judge->episode_count; i++)
		if (better(judge->episodes[weakest], 0, judge->episodes[i], 0))
			weakest = i;
	if (judge->episodes[weakest]->state != EPISODE_WEAK)
		sink->told(sink->context, judge->episodes[weakest], true);
	drop_episode(judge, weakest);
	judge->forgotten++;
}

static void keep_pending(struct episode *episode, const struct pending *alert)
{
	if (episode->pending_count == EPISODE_PENDING)
		return;
	if (episode->pending_count == episode->pending_room) {
		void *more = array_grow(episode->pending, &episode->pending_room, 8, sizeof *episode->pending);
		if (!more)
			return;
		episode->pending = more;
	}
	episode->pending[episode->pending_count++] = *alert;
}

/* Weak episodes that this alert ties to the same host or remote side are one with it. */
static void draw_together(struct judge *judge, struct episode *best, const struct item *item, double value)
{
	for (uint32_t i = 0; i < judge->episode_count; i++) {
		struct episode *episode = judge->episodes[i];
		if (episode == best || episode->state != EPISODE_WEAK || relation(judge, episode, item, value) < 3)
			continue;
		for (uint32_t n = 0; n < episode->pending_count; n++)
			keep_pending(best, &episode->pending[n]);
		episode_absorb(best, episode);
		drop_episode(judge, i--);
	}
}

/* The episode that this evidence belongs to. */
static struct episode *episode_for(
    struct judge *judge, const struct item *item, double value, const struct judge_sink *sink)
{
	struct episode *best = NULL;
	unsigned best_relation = 0;
	for (uint32_t i = 0; i < judge->episode_count; i++) {
		struct episode *episode = judge->episodes[i];
		if (!is_active(episode))
			continue;
		unsigned found = relation(judge, episode, item, value);
		if (!found)
			continue;
		episode_fade(episode, item->occurred);
		if (!best || better(episode, found, best, best_relation)) {
			best = episode;
			best_relation = found;
		}
	}
	if (best) {
		if (best_relation == 3 && best->state == EPISODE_WEAK)
			draw_together(judge, best, item, value);
		return best;
	}
	make_room(judge, sink);
	best = episode_new(item);
	if (best)
		judge->episodes[judge->episode_count++] = best;
	return best;
}

static void judge_as(const struct judge_sink *sink, const struct item *item, enum verdict verdict,
    const struct episode *episode, enum verdict before)
{
	sink->judged(sink->context, &(struct pending){ item->id, item->position, item->occurred, (uint8_t)verdict },
	    verdict, episode, 0, before);
}

/* ── what was remembered ─ */

/* What recurs here every day does not explain an event: only the rest is worth remembering. */
static bool may_belong(enum verdict verdict)
{
	return verdict == VERDICT_FAILED || verdict == VERDICT_RECONNAISSANCE || verdict == VERDICT_UNREMARKABLE;
}

/* Makes room for another, up to the bound; beyond it the oldest is overwritten. */
static bool remembered_room(struct judge *judge)
{
	if (judge->remembered_count < judge->remembered_room || judge->remembered_room == JUDGE_REMEMBERED)
		return true;
	uint32_t room = judge->remembered_room ? judge->remembered_room * 4 : 64;
	struct remembered *larger = realloc(judge->remembered, room * sizeof *larger);
	if (!larger)
		return judge->remembered_room != 0;
	judge->remembered = larger;
	judge->remembered_next = judge->remembered_count;
	judge->remembered_room = room;
	return true;
}

static void remember(struct judge *judge, const struct item *item, enum verdict verdict)
{
	if (!remembered_room(judge))
		return;
	judge->remembered[judge->remembered_next] = (struct remembered){ *item, (uint8_t)verdict };
	judge->remembered_next = (judge->remembered_next + 1) % judge->remembered_room;
	if (judge->remembered_count < judge->remembered_room)
		judge->remembered_count++;
}

/* Joins what was seen before on the event's hosts or from its remote side as context. */
static void join_remembered(struct judge *judge, struct episode *episode, const struct judge_sink *sink)
{
	for (uint32_t n = 0; n < judge->remembered_count; n++) {
		uint32_t oldest = judge->remembered_next + judge->remembered_room - judge->remembered_count;
		struct remembered *old = &judge->remembered[(oldest + n) % judge->remembered_room];
		if (old->verdict == VERDICT_CONTEXT || old->item.occurred < episode->started - LOOK_BACK)
			continue;
		bool same_remote = address_exists(old->item.remote) && tally_has(&episode->sources, old->item.remote);
		if (!same_remote && !(old->item.host && tally_has(&episode->hosts, tally_number(old->item.host))))
			continue;
		enum verdict before = (enum verdict)old->verdict;
		old->verdict = VERDICT_CONTEXT;
		episode->earlier += old->item.kind == CLAIM_RECONNAISSANCE || old->item.kind == CLAIM_FAILED;
		episode_count(episode, &old->item, true);
		judge_as(sink, &old->item, VERDICT_CONTEXT, episode, before);
	}
}

/* ── opening ─ */

static struct episode *continued_by(
    struct judge *judge, const struct judge_settings *settings, const struct episode *opening)
{
	for (uint32_t i = 0; i < judge->episode_count; i++) {
		struct episode *episode = judge->episodes[i];
		if (episode->state == EPISODE_CLOSED && opening->started - episode->last <= settings->join &&
		    opening->last - episode->first < settings->longest - LOOK_BACK &&
		    episode_common(episode, opening) >= 2)
			return episode;
	}
	return NULL;
}

static void judge_pending(struct episode *episode, const struct episode *event, const struct judge_sink *sink)
{
	for (uint32_t i = 0; i < episode->pending_count; i++)
		sink->judged(sink->context, &episode->pending[i], VERDICT_EVENT, event, 0,
		    (enum verdict)episode->pending[i].verdict);
	free(episode->pending);
	episode->pending = NULL;
	episode->pending_count = 0;
	episode->pending_room = 0;
}

/* Opens it as an event, or as the continuation of one that closed a while ago. Returns the event. */
static struct episode *open_episode(struct judge *judge, const struct judge_settings *settings, struct episode *episode,
    const struct item *item, struct uuid space, const struct judge_sink *sink)
{
	struct episode *event = continued_by(judge, settings, episode);
	if (event) {
		judge_pending(episode, event, sink);
		episode_absorb(event, episode);
		for (uint32_t i = 0; i < judge->episode_count; i++)
			if (judge->episodes[i] == episode) {
				drop_episode(judge, i);
				break;
			}
	} else {
		event = episode;
		struct builder name = { 0 };
		put_u32(&name, event->first_id.sensor);
		put_u64(&name, event->first_id.epoch.high);
		put_u64(&name, event->first_id.epoch.low);
		put_u64(&name, event->first_id.sequence);
		event->id = uuid_derived(space, name.at, name.size);
		builder_free(&name);
		event->opened = item->received;
		judge_pending(event, event, sink);
	}
	event->state = EPISODE_OPEN;
	event->changed = true;
	join_remembered(judge, event, sink);
	return event;
}

/* ── one alert ─ */

static double claim_by_itself(const struct item *item)
{
	bool grave = item->severity >= SEVERITY_HIGH,
	     slight = item->severity == SEVERITY_LOW || item->severity == SEVERITY_INFO;
	if (item->kind == CLAIM_COMPROMISE)
		return slight ? 2.5 : 5;
	if (item->kind == CLAIM_ATTEMPT)
		return grave ? 5 : slight ? 1 : 2;
	return 0;
}

static enum verdict noise_verdict(const struct item *item, double count, bool echo)
{
	if (echo)
		return VERDICT_DUPLICATE;
	if (item->kind == CLAIM_FAILED)
		return VERDICT_FAILED;
	if (item->kind == CLAIM_RECONNAISSANCE)
		return VERDICT_RECONNAISSANCE;
	return count >= 3 || item->kind == CLAIM_ROUTINE ? VERDICT_BACKGROUND : VERDICT_UNREMARKABLE;
}

/* An open event that this alert, though no evidence by itself, belongs to: it repeats a piece of its evidence. */
static struct episode *event_repeated_by(struct judge *judge, const struct item *item)
{
	for (uint32_t i = 0; i < judge->episode_count; i++) {
		struct episode *episode = judge->episodes[i];
		if (episode->state != EPISODE_OPEN || !episode_knows(episode, item->signature_key ^ item->host_key))
			continue;
		episode_fade(episode, item->occurred);
		if (episode->sum >= HOT)
			return episode;
	}
	return NULL;
}

static double evidence_of(
    const struct judge *judge, const struct judge_settings *settings, const struct item *item, const struct met *met)
{
	const struct surprise *general = &met->general, *here = &met->here;
	double value = 0, learned;
	if (!surprise_is_less(general, here, LEAST_ODDS) &&
	    (learned = normal_learned(&judge->normal, item->occurred, settings->learning)) > 0) {
		double surprise = (surprise_value(general) + surprise_value(here)) / 2;
		if (surprise >= LEAST_SURPRISE)
			value = (surprise - OFFSET) * claim_weight[item->kind] * learned;
	}
	double by_itself = claim_by_itself(item);
	if (by_itself > 0) {
		double elsewhere = item->kind == CLAIM_COMPROMISE ? general->count / 64 : general->count / 8;
		value += by_itself / ((1 + here->count) * (1 + elsewhere));
	}
	return value < LEAST_EVIDENCE ? 0 : value;
}

/* An attempt that is repeated without end weighs more than one that was made once: one decade for each decade of
 * alerts. */
static double burst_of(const struct episode *episode, const struct item *item)
{
	if (item->kind != CLAIM_ATTEMPT)
		return 0;
	return fmin(BURST_MOST, log10((double)tally_count(&episode->signatures, tally_number(item->signature)) + 1));
}

static const struct met *meet(struct judge *judge, const struct item *item)
{
	struct met *met = &judge->met;
	if (met->general.settled && met->here.settled && met->occurred == item->occurred &&
	    met->signature_key == item->signature_key && met->host_key == item->host_key)
		return met;
	met->signature_key = item->signature_key;
	met->host_key = item->host_key;
	met->occurred = item->occurred;
	met->general = normal_meet(&judge->normal, item->signature_key, item->occurred, true);
	met->here = normal_meet(&judge->normal, item->signature_key ^ item->host_key, item->occurred, false);
	return met;
}

void judge_item(struct judge *judge, const struct judge_settings *settings, const struct item *item, struct uuid space,
    const struct judge_sink *sink)
{
	judge_advance(judge, settings, item->occurred, sink);
	const struct met *met = meet(judge, item);
	bool echo = echoes_another(judge, item);
	if (item->rule) {
		sink->judged(sink->context, &(struct pending){ item->id, item->position, item->occurred, 0 },
		    VERDICT_DECISION, NULL, item->rule, VERDICT_PENDING);
		return;
	}
	double value = evidence_of(judge, settings, item, met);
	if (value <= 0 || echo) {
		struct episode *event = event_repeated_by(judge, item);
		enum verdict verdict = event ? VERDICT_EVENT : noise_verdict(item, met->here.count, echo);
		if (event)
			episode_count(event, item, false);
		else if (may_belong(verdict))
			remember(judge, item, verdict);
		judge_as(sink, item, verdict, event, VERDICT_PENDING);
		return;
	}
	note_level(judge, item->occurred, value);
	struct episode *episode = episode_for(judge, item, value, sink);
	if (!episode)
		return;
	episode_prove(episode, item, value + burst_of(episode, item), met->here.count);
	episode_count(episode, item, false);
	if (episode->state == EPISODE_OPEN) {
		judge_as(sink, item, VERDICT_EVENT, episode, VERDICT_PENDING);
	} else {
		enum verdict verdict = noise_verdict(item, met->here.count, false);
		keep_pending(episode, &(struct pending){ item->id, item->position, item->occurred, (uint8_t)verdict });
		judge_as(sink, item, verdict, NULL, VERDICT_PENDING);
		if (episode->telling >= settings->open || episode->sum >= settings->open_any)
			episode = open_episode(judge, settings, episode, item, space, sink);
	}
}

size_t judge_memory(const struct judge *judge)
{
	size_t memory = normal_memory(&judge->normal) + judge->remembered_room * sizeof *judge->remembered +
			judge->echo_room * sizeof *judge->echoes + judge->lately_room * sizeof *judge->lately;
	for (uint32_t i = 0; i < judge->episode_count; i++)
		memory += episode_memory(judge->episodes[i]);
	return memory;
}
