/*
 * Campaigns across organisations. See campaign.h.
 */
#include "triage/campaign.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_APART (7 * DAY)
#define SIGNATURE_APART HOUR
#define STRONG_EVIDENCE 2.0
#define PROBES 8
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
    struct campaigns *campaigns, const struct episode *episode, uint32_t organisation)
{
	struct campaign_event *event = event_known(campaigns, episode->id);
	if (!event) {
		event = &campaigns->events[campaigns->event_next];
		campaigns->event_next = (campaigns->event_next + 1) % CAMPAIGN_EVENTS;
		if (campaigns->event_count < CAMPAIGN_EVENTS)
			campaigns->event_count++;
		*event = (struct campaign_event){ .id = episode->id, .organisation = organisation };
	}
	event->first = episode->first;
	event->last = episode->last;
	return event;
}

static bool earlier(const struct campaign_event *a, const struct campaign_event *b)
{
	return a->first != b->first ? a->first < b->first : memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes) < 0;
}

/* The two become one campaign, named after its earliest event whatever the order in which they were told. */
static void join(struct campaigns *campaigns, struct campaign_event *a, struct campaign_event *b,
    campaign_callback changed, void *context)
{
	struct uuid of_a = a->campaign, of_b = b->campaign;
	struct campaign_event *earliest = NULL;
	if (!uuid_is_nil(of_a) && uuid_equal(of_a, of_b))
		return;
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

static void tie(struct campaigns *campaigns, struct campaign_event *event, uint64_t key, nanoseconds apart,
    campaign_callback changed, void *context)
{
	struct tie *slot = NULL;
	for (unsigned i = 0; i < PROBES; i++) {
		struct tie *probe = &campaigns->ties[(key + i) % CAMPAIGN_TIES];
		if (probe->key == key) {
			slot = probe;
			break;
		}
		if (!slot || !probe->key || (slot->key && probe->last < slot->last))
			slot = probe;
	}
	if (slot->key == key && slot->organisation != event->organisation && event->first - slot->last <= apart &&
	    slot->last - event->last <= apart) {
		struct campaign_event *other = event_known(campaigns, slot->event);
		if (other)
			join(campaigns, event, other, changed, context);
	}
	*slot = (struct tie){ key, event->id, event->organisation, event->last };
}

struct uuid campaign_of(struct campaigns *campaigns, const struct episode *episode, const struct names *names,
    uint32_t organisation, campaign_callback changed, void *context)
{
	struct campaign_event *event = event_note(campaigns, episode, organisation);
	for (uint32_t i = 0; episode->sources.entries && i <= episode->sources.mask; i++) {
		const struct tally_entry *entry = &episode->sources.entries[i];
		if (entry->alerts && !address_is_private(entry->key))
			tie(campaigns, event, hash_bytes(&entry->key, sizeof entry->key, ADDRESS_SEED) | 1,
			    ADDRESS_APART, changed, context);
	}
	for (uint32_t i = 0; i < episode->evidence_count; i++) {
		const struct evidence *piece = &episode->evidence[i];
		bool attack = piece->kind == CLAIM_ATTEMPT || piece->kind == CLAIM_COMPROMISE;
		if (attack && piece->value >= STRONG_EVIDENCE)
			tie(campaigns, event, hash_u64(names_hash(names, piece->signature), SIGNATURE_SEED) | 1,
			    SIGNATURE_APART, changed, context);
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
