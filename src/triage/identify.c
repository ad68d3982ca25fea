/*
 * From an alert to an item: which host it concerns, who is on the other side, what it claims. Called by triage.c.
 */
#include "triage/identify.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_SEED 0x7369676eULL
#define CONTENT_SEED 0x636f6e74ULL

void identities_free(struct identities *identities)
{
	names_free(&identities->names);
	free(identities->signatures);
	*identities = (struct identities){ 0 };
}

enum error identities_init(struct identities *identities, uint32_t most)
{
	*identities = (struct identities){ 0 };
	return names_init(&identities->names, most);
}

static struct claim claim_cached(struct identities *identities, uint32_t number, const struct alert *alert)
{
	uint64_t category = hash_text(alert->category, 1);
	if (number >= identities->signature_room) {
		uint32_t room = (number + 16) * 2;
		struct signature_claim *larger = realloc(identities->signatures, room * sizeof *larger);
		if (!larger)
			return claim_of(alert->detector, alert->signature, alert->category);
		memset(larger + identities->signature_room, 0, (room - identities->signature_room) * sizeof *larger);
		identities->signatures = larger;
		identities->signature_room = room;
	}
	struct signature_claim *cached = &identities->signatures[number];
	if (!number || !cached->known || cached->category != category)
		*cached = (struct signature_claim){ true, category,
			claim_of(alert->detector, alert->signature, alert->category) };
	return cached->claim;
}

/* The host that the alert concerns is the one inside: named by the detector, or the private one of the two sides. */
static struct address address_inside(const struct alert *alert)
{
	struct address host = address_exists(alert->host_address) ? alert->host_address : alert->target;
	if (!address_exists(host))
		return alert->host.size ? host : alert->source;
	bool outbound = address_exists(alert->source) && address_is_private(alert->source) && !address_is_private(host);
	return outbound ? alert->source : host;
}

static struct address address_outside(const struct alert *alert, struct address inside)
{
	if (address_exists(alert->source) && !address_equal(alert->source, inside))
		return alert->source;
	if (address_exists(alert->target) && !address_equal(alert->target, inside))
		return alert->target;
	return (struct address){ 0 };
}

static uint8_t kind_of(struct claim claim, const struct alert *alert)
{
	enum claim_kind kind = claim.kind;
	if (alert->outcome == OUTCOME_FAILED && kind > CLAIM_FAILED && kind != CLAIM_RECONNAISSANCE)
		return CLAIM_FAILED;
	if (kind == CLAIM_ANOMALY && alert->severity >= SEVERITY_HIGH)
		return CLAIM_ATTEMPT;
	const uint16_t looking = 1u << TACTIC_RECONNAISSANCE | 1u << TACTIC_DISCOVERY;
	if (kind == CLAIM_ANOMALY && alert->tactics)
		return alert->tactics & (uint16_t)~looking ? CLAIM_ATTEMPT : CLAIM_RECONNAISSANCE;
	return (uint8_t)kind;
}

static uint64_t content_of(const struct alert *alert, const struct item *item)
{
	uint64_t parts[] = { item->signature_key, item->host_key, hash_bytes(&item->remote, sizeof item->remote, 0),
		hash_text(alert->account, 2), hash_text(alert->object, 3),
		(uint64_t)alert->source_port << 48 | (uint64_t)alert->target_port << 32 | item->repeats };
	return hash_bytes(parts, sizeof parts, CONTENT_SEED);
}

struct address item_identify(
    struct identities *identities, const struct alert *alert, uint64_t position, struct item *item)
{
	*item = (struct item){
		.occurred = alert->occurred,
		.received = alert->received,
		.id = alert->id,
		.position = position,
		.repeats = alert->repeats,
		.severity = (uint8_t)alert->severity,
		.outcome = (uint8_t)alert->outcome,
	};
	item->signature = names_number(&identities->names, alert->signature);
	item->detector = names_number(&identities->names, alert->detector);
	item->account = names_number(&identities->names, alert->account);
	item->signature_key = hash_text(alert->signature, hash_text(alert->detector, SIGNATURE_SEED));
	struct address inside = address_inside(alert);
	char text[ADDRESS_TEXT];
	struct text host = alert->host.size ? alert->host : text_of(address_format(inside, text));
	item->host = names_number(&identities->names, host);
	item->host_key = host.size ? hash_text(host, 4) : 5;
	struct address outside = address_outside(alert, inside);
	item->remote = address_group(outside);
	struct claim claim = claim_cached(identities, item->signature, alert);
	item->kind = kind_of(claim, alert);
	item->tactics = claim.tactics | alert->tactics;
	item->content = content_of(alert, item);
	return outside;
}
