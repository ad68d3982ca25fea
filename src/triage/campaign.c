/*
 * Campaigns across organisations. See campaign.h.
 */
#include "triage/campaign.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_APART (7 * DAY)
#define SIGNATURE_APART HOUR
#define STRONG_EVIDENCE 2.0
#define PROBES 16          /* also: so many events of one key are told apart; of more, the newest */
#define SIGNATURE_KEY 2ULL /* the bit that tells keys of signatures from those of addresses */
#define ADDRESS_SEED 0x61646472ULL
#define SIGNATURE_SEED 0x7369676eULL

enum error campaigns_init(struct campaigns *campaigns)
{
	*campaigns = (struct campaigns){ 0 };
	campaigns->events = calloc(CAMPAIGN_EVENTS, sizeof *campaigns->events);
	campaigns->ties = calloc(CAMPAIGN_TIES, sizeof *campaigns->ties);
	if (campaigns->events && campaigns->ties)
		return OK;
	campaigns_free(campaigns);
	return ERROR_MEMORY;
}

void campaigns_free(struct campaigns *campaigns)
{
	free(campaigns->events);
	free(campaigns->ties);
	*campaigns = (struct campaigns){ 0 };
}

static struct campaign_event *event_known(struct campaigns *campaigns, struct uuid id)
{
	for (uint32_t i = 0; i < campaigns->event_count; i++)
		if (uuid_equal(campaigns->events[i].id, id))
			return &campaigns->events[i];
	return NULL;
}

static struct campaign_event *event_note(
    struct campaigns *campaigns, const struct episode *episode, uint32_t organisation, bool *earlier_now)
{
	struct campaign_event *event = event_known(campaigns, episode->id);
	if (!event) {
		event = &campaigns->events[campaigns->event_next];
		campaigns->event_next = (campaigns->event_next + 1) % CAMPAIGN_EVENTS;
		if (campaigns->event_count < CAMPAIGN_EVENTS)
			campaigns->event_count++;
		*event = (struct campaign_event){ .id = episode->id, .organisation = organisation };
	}
	*earlier_now = episode->first < event->first;
	event->first = episode->first;
	event->last = episode->last;
	return event;
}

static bool earlier(const struct campaign_event *a, const struct campaign_event *b)
{
	return a->first != b->first ? a->first < b->first : memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes) < 0;
}

/* Every event of the campaigns of these two, and they themselves, are one campaign, named after its earliest event. */
static void name_campaign(struct campaigns *campaigns, struct campaign_event *a, struct campaign_event *b,
    campaign_callback changed, void *context)
{
	struct uuid of_a = a->campaign, of_b = b->campaign;
	struct campaign_event *earliest = NULL;
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < campaigns->event_count; i++) {
			struct campaign_event *event = &campaigns->events[i];
			bool member = event == a || event == b ||
				      (!uuid_is_nil(event->campaign) &&
					  (uuid_equal(event->campaign, of_a) || uuid_equal(event->campaign, of_b)));
			if (!member)
				continue;
			if (pass == 0) {
				earliest = !earliest || earlier(event, earliest) ? event : earliest;
			} else {
				struct uuid name = uuid_derived(earliest->id, "campaign", 8);
				bool differs = !uuid_equal(event->campaign, name);
				event->campaign = name;
				if (differs && event != a && changed)
					changed(context, event->id, event->organisation, name);
			}
		}
}

/* An event is told again as it grows, so these two are compared for the last time when both are whole, whichever was
 * told first. */
static bool near(const struct campaign_event *a, const struct campaign_event *b, uint64_t key)
{
	nanoseconds apart = key & SIGNATURE_KEY ? SIGNATURE_APART : ADDRESS_APART;
	return a->first - b->last <= apart && b->first - a->last <= apart;
}

static bool together(const struct campaign_event *a, const struct campaign_event *b)
{
	return !uuid_is_nil(a->campaign) && uuid_equal(a->campaign, b->campaign);
}

/* The event joins every event of another organisation that carries the key, not only the newest: which one that is
 * would depend on who was told first (rule 6). */
static void join_all(
    struct campaigns *campaigns, struct campaign_event *event, uint64_t key, campaign_callback changed, void *context)
{
	for (unsigned i = 0; i < PROBES; i++) {
		const struct tie *probe = &campaigns->ties[(key + i) % CAMPAIGN_TIES];
		if (probe->key != key || probe->organisation == event->organisation)
			continue;
		struct campaign_event *other = event_known(campaigns, probe->event);
		if (other && !together(event, other) && near(event, other, key))
			name_campaign(campaigns, event, other, changed, context);
	}
}

static void tie(
    struct campaigns *campaigns, struct campaign_event *event, uint64_t key, campaign_callback changed, void *context)
{
	struct tie *slot = NULL;
	for (unsigned i = 0; i < PROBES; i++) {
		struct tie *probe = &campaigns->ties[(key + i) % CAMPAIGN_TIES];
		if (probe->key == key && uuid_equal(probe->event, event->id)) {
			slot = probe;
			break;
		}
		if (!slot || (slot->key && (!probe->key || probe->last < slot->last)))
			slot = probe;
	}
	join_all(campaigns, event, key, changed, context);
	*slot = (struct tie){ key, event->id, event->organisation, event->last };
}

static int by_id(const void *a, const void *b)
{
	const struct campaign_event *const *x = a, *const *y = b;
	return memcmp((*x)->id.bytes, (*y)->id.bytes, sizeof(*x)->id.bytes);
}

/* The members of a campaign that lost one find together anew, by the ties that are left. */
static void regroup(struct campaigns *campaigns, struct uuid campaign, campaign_callback changed, void *context)
{
	struct campaign_event **members = malloc(campaigns->event_count * sizeof(struct campaign_event *));
	size_t count = 0;
	if (!members)
		return;
	for (uint32_t i = 0; i < campaigns->event_count; i++)
		if (uuid_equal(campaigns->events[i].campaign, campaign)) {
			campaigns->events[i].campaign = (struct uuid){ 0 };
			members[count++] = &campaigns->events[i];
		}
	qsort(members, count, sizeof *members, by_id);
	for (uint32_t i = 0; i < CAMPAIGN_TIES && count > 0; i++) {
		struct campaign_event sought = { .id = campaigns->ties[i].event }, *at = &sought;
		struct campaign_event **member =
		    campaigns->ties[i].key ? bsearch(&at, members, count, sizeof *members, by_id) : NULL;
		if (member)
			join_all(campaigns, *member, campaigns->ties[i].key, NULL, NULL);
	}
	for (size_t i = 0; i < count; i++)
		if (changed && !uuid_equal(members[i]->campaign, campaign))
			changed(context, members[i]->id, members[i]->organisation, members[i]->campaign);
	free(members);
}

static void untie(struct campaigns *campaigns, struct campaign_event *event, campaign_callback changed, void *context)
{
	struct uuid campaign = event->campaign;
	for (uint32_t i = 0; i < CAMPAIGN_TIES; i++)
		if (campaigns->ties[i].key && uuid_equal(campaigns->ties[i].event, event->id))
			campaigns->ties[i] = (struct tie){ 0 };
	event->campaign = (struct uuid){ 0 };
	if (!uuid_is_nil(campaign))
		regroup(campaigns, campaign, changed, context);
}

void campaign_forget(struct campaigns *campaigns, struct uuid id, campaign_callback changed, void *context)
{
	struct campaign_event *event = event_known(campaigns, id);
	if (!event)
		return;
	untie(campaigns, event, changed, context);
	event->id = (struct uuid){ 0 }; /* its place in the ring is used again in its turn */
}

struct uuid campaign_of(struct campaigns *campaigns, const struct episode *episode, const struct names *names,
    uint32_t organisation, bool provisional, campaign_callback changed, void *context)
{
	bool earlier_now;
	struct campaign_event *event = event_note(campaigns, episode, organisation, &earlier_now);
	if (event->provisional && !provisional) /* what it was before its order was certain leaves no trace (rule 6) */
		untie(campaigns, event, changed, context);
	event->provisional = provisional;
	if (earlier_now && !uuid_is_nil(event->campaign))
		name_campaign(campaigns, event, event, changed, context);
	for (uint32_t i = 0; episode->sources.entries && i <= episode->sources.mask; i++) {
		const struct tally_entry *entry = &episode->sources.entries[i];
		if (entry->alerts && !address_is_private(entry->key))
			tie(campaigns, event,
			    (hash_bytes(&entry->key, sizeof entry->key, ADDRESS_SEED) | 1) & ~SIGNATURE_KEY, changed,
			    context);
	}
	for (uint32_t i = 0; i < episode->evidence_count; i++) {
		const struct evidence *piece = &episode->evidence[i];
		bool attack = piece->kind == CLAIM_ATTEMPT || piece->kind == CLAIM_COMPROMISE;
		if (attack && piece->value >= STRONG_EVIDENCE)
			tie(campaigns, event,
			    hash_u64(names_hash(names, piece->signature), SIGNATURE_SEED) | 1 | SIGNATURE_KEY, changed,
			    context);
	}
	return event->campaign;
}

void campaigns_save(const struct campaigns *campaigns, struct builder *to)
{
	put_u32(to, campaigns->event_next);
	put_u32(to, campaigns->event_count);
	put_bytes(to, campaigns->events, campaigns->event_count * sizeof *campaigns->events);
	uint32_t used = 0;
	for (uint32_t i = 0; i < CAMPAIGN_TIES; i++)
		used += campaigns->ties[i].key != 0;
	put_u32(to, used);
	for (uint32_t i = 0; i < CAMPAIGN_TIES; i++)
		if (campaigns->ties[i].key) {
			put_u32(to, i);
			put_bytes(to, &campaigns->ties[i], sizeof campaigns->ties[i]);
		}
}

enum error campaigns_load(struct campaigns *campaigns, struct reader *from)
{
	campaigns->event_next = get_u32(from) % CAMPAIGN_EVENTS;
	uint32_t count = get_u32(from);
	if (count > CAMPAIGN_EVENTS)
		return ERROR_CORRUPT;
	const void *events = get_bytes(from, count * sizeof *campaigns->events);
	if (events)
		memcpy(campaigns->events, events, count * sizeof *campaigns->events);
	campaigns->event_count = events ? count : 0;
	uint32_t used = get_u32(from);
	for (uint32_t n = 0; n < used && !from->failed; n++) {
		uint32_t at = get_u32(from);
		const void *bytes = get_bytes(from, sizeof(struct tie));
		if (!bytes || at >= CAMPAIGN_TIES)
			return ERROR_CORRUPT;
		memcpy(&campaigns->ties[at], bytes, sizeof(struct tie));
	}
	return from->failed ? ERROR_CORRUPT : OK;
}
