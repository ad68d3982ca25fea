/*
 * Episodes: evidence that gathers and fades. See episode.h.
 */
#include "triage/episode.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME_SIGNATURE 0.4 /* what each further host with the same signature is worth of the one before */
#define STRONG 0.8

static uint64_t address_hash(struct address key)
{
	return hash_bytes(key.bytes, sizeof key.bytes, 0);
}

struct address tally_number(uint32_t number)
{
	struct address key = { 0 };
	memcpy(key.bytes + 12, &number, sizeof number);
	return key;
}

static struct tally_entry *entry_of(const struct tally *tally, struct address key)
{
	uint32_t at = (uint32_t)address_hash(key) & tally->mask;
	while (tally->entries[at].alerts && !address_equal(tally->entries[at].key, key))
		at = (at + 1) & tally->mask;
	return &tally->entries[at];
}

static bool tally_grow(struct tally *tally)
{
	struct tally larger = { .mask = tally->entries ? tally->mask * 2 + 1 : 7 };
	larger.entries = calloc((size_t)larger.mask + 1, sizeof *larger.entries);
	if (!larger.entries)
		return false;
	for (uint32_t i = 0; tally->entries && i <= tally->mask; i++)
		if (tally->entries[i].alerts)
			*entry_of(&larger, tally->entries[i].key) = tally->entries[i];
	free(tally->entries);
	tally->entries = larger.entries;
	tally->mask = larger.mask;
	return true;
}

void tally_add(struct tally *tally, struct address key, uint64_t alerts)
{
	if (!alerts)
		return;
	if ((!tally->entries || tally->count * 4 >= tally->mask * 3) && tally->count < EPISODE_TALLY &&
	    !tally_grow(tally)) {
		tally->untold += alerts;
		return;
	}
	struct tally_entry *entry = entry_of(tally, key);
	if (!entry->alerts) {
		if (tally->count >= EPISODE_TALLY) {
			tally->untold += alerts;
			return;
		}
		entry->key = key;
		tally->count++;
	}
	entry->alerts += alerts;
}

uint64_t tally_count(const struct tally *tally, struct address key)
{
	return tally->entries ? entry_of(tally, key)->alerts : 0;
}

bool tally_has(const struct tally *tally, struct address key)
{
	return tally_count(tally, key) != 0;
}

void tally_free(struct tally *tally)
{
	free(tally->entries);
	*tally = (struct tally){ 0 };
}

struct episode *episode_new(const struct item *item)
{
	struct episode *episode = calloc(1, sizeof *episode);
	if (!episode)
		return NULL;
	episode->first = episode->last = episode->started = episode->evidence_at = item->occurred;
	episode->first_id = item->id;
	return episode;
}

void episode_free(struct episode *episode)
{
	if (!episode)
		return;
	free(episode->pending);
	free(episode->evidence);
	tally_free(&episode->hosts);
	tally_free(&episode->sources);
	tally_free(&episode->signatures);
	tally_free(&episode->detectors);
	tally_free(&episode->accounts);
	free(episode);
}

void episode_fade(struct episode *episode, nanoseconds time)
{
	if (time <= episode->evidence_at)
		return;
	double kept = exp2(-(double)(time - episode->evidence_at) / EPISODE_HALF_LIFE);
	episode->sum *= kept;
	episode->telling *= kept;
	episode->evidence_at = time;
}

bool episode_knows(const struct episode *episode, uint64_t key)
{
	for (uint32_t i = 0; i < episode->evidence_count; i++)
		if (episode->evidence[i].key == key)
			return true;
	return false;
}

/* A further piece of evidence; NULL at the bound, or without memory. */
static struct evidence *evidence_add(struct episode *episode)
{
	if (episode->evidence_count == EPISODE_EVIDENCE)
		return NULL;
	if (episode->evidence_count == episode->evidence_room) {
		void *more = array_grow(episode->evidence, &episode->evidence_room, 4, sizeof *episode->evidence);
		if (!more)
			return NULL;
		episode->evidence = more;
	}
	return &episode->evidence[episode->evidence_count++];
}

double episode_prove(struct episode *episode, const struct item *item, double value, double count)
{
	uint64_t key = item->signature_key ^ item->host_key;
	struct evidence *piece = NULL;
	unsigned elsewhere = 0;
	for (uint32_t i = 0; i < episode->evidence_count; i++) {
		if (episode->evidence[i].key == key)
			piece = &episode->evidence[i];
		else if (episode->evidence[i].signature == item->signature)
			elsewhere++;
	}
	value *= pow(SAME_SIGNATURE, elsewhere);
	double had = piece ? piece->value : 0;
	if (value <= had)
		return 0;
	if (!piece) {
		piece = evidence_add(episode);
		if (!piece)
			return 0;
		*piece = (struct evidence){ .key = key,
			.signature = item->signature,
			.host = item->host,
			.count = (float)count,
			.kind = item->kind };
	}
	piece->value = (float)value;
	episode->sum += value - had;
	if (item->kind >= CLAIM_ATTEMPT)
		episode->telling += value - had;
	if (episode->sum > episode->peak)
		episode->peak = episode->sum;
	return value - had;
}

void episode_count(struct episode *episode, const struct item *item, bool context)
{
	if (item->occurred < episode->first || (item->occurred == episode->first && episode->alerts &&
						   fact_id_compare(&item->id, &episode->first_id) < 0)) {
		episode->first = item->occurred;
		if (episode->state == EPISODE_WEAK)
			episode->first_id = item->id;
	}
	if (item->occurred > episode->last)
		episode->last = item->occurred;
	if (item->received > episode->updated)
		episode->updated = item->received;
	episode->alerts++;
	episode->context += context;
	tally_add(&episode->hosts, tally_number(item->host), item->host ? 1 : 0);
	tally_add(&episode->sources, item->remote, address_exists(item->remote) ? 1 : 0);
	tally_add(&episode->signatures, tally_number(item->signature), 1);
	tally_add(&episode->detectors, tally_number(item->detector), item->detector ? 1 : 0);
	tally_add(&episode->accounts, tally_number(item->account), item->account ? 1 : 0);
	episode->tactics |= item->tactics;
	if (item->severity > episode->severity)
		episode->severity = item->severity;
	if (item->outcome == OUTCOME_SUCCEEDED || item->kind == CLAIM_COMPROMISE)
		episode->outcome = OUTCOME_SUCCEEDED;
	episode->changed = true;
}

static void tally_absorb(struct tally *tally, struct tally *other)
{
	for (uint32_t i = 0; other->entries && i <= other->mask; i++)
		tally_add(tally, other->entries[i].key, other->entries[i].alerts);
	tally->untold += other->untold;
	tally_free(other);
}

void episode_absorb(struct episode *episode, struct episode *other)
{
	nanoseconds time = episode->evidence_at > other->evidence_at ? episode->evidence_at : other->evidence_at;
	episode_fade(episode, time);
	episode_fade(other, time);
	for (uint32_t i = 0; i < other->evidence_count; i++) {
		const struct evidence *piece = &other->evidence[i];
		uint32_t at = 0;
		while (at < episode->evidence_count && episode->evidence[at].key != piece->key)
			at++;
		if (at < episode->evidence_count) {
			if (piece->value > episode->evidence[at].value)
				episode->evidence[at].value = piece->value;
		} else {
			struct evidence *further = evidence_add(episode);
			if (further)
				*further = *piece;
		}
	}
	episode->sum += other->sum;
	episode->telling += other->telling;
	episode->peak = fmax(fmax(episode->peak, other->peak), episode->sum);
	if (other->first < episode->first)
		episode->first = other->first;
	if (other->started < episode->started)
		episode->started = other->started;
	if (other->last > episode->last)
		episode->last = other->last;
	if (other->updated > episode->updated)
		episode->updated = other->updated;
	episode->alerts += other->alerts;
	episode->context += other->context;
	episode->earlier += other->earlier;
	tally_absorb(&episode->hosts, &other->hosts);
	tally_absorb(&episode->sources, &other->sources);
	tally_absorb(&episode->signatures, &other->signatures);
	tally_absorb(&episode->detectors, &other->detectors);
	tally_absorb(&episode->accounts, &other->accounts);
	episode->tactics |= other->tactics;
	if (other->severity > episode->severity)
		episode->severity = other->severity;
	if (other->outcome > episode->outcome)
		episode->outcome = other->outcome;
	episode->changed = true;
}

unsigned episode_common(const struct episode *a, const struct episode *b)
{
	unsigned common = 0;
	for (uint32_t i = 0; i < a->evidence_count; i++)
		for (uint32_t j = 0; j < b->evidence_count; j++)
			common += a->evidence[i].key == b->evidence[j].key && a->evidence[i].value >= STRONG &&
				  b->evidence[j].value >= STRONG;
	return common;
}

static size_t tally_memory(const struct tally *tally)
{
	return tally->entries ? ((size_t)tally->mask + 1) * sizeof *tally->entries : 0;
}

size_t episode_memory(const struct episode *episode)
{
	return sizeof *episode + episode->pending_room * sizeof *episode->pending +
	       episode->evidence_room * sizeof *episode->evidence + tally_memory(&episode->hosts) +
	       tally_memory(&episode->sources) + tally_memory(&episode->signatures) +
	       tally_memory(&episode->detectors) + tally_memory(&episode->accounts);
}
