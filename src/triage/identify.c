/*
 * From an alert to an item: which host it concerns, who is on the other side, what it claims. Called by triage.c.
 */
#include "triage/identify.h"

#include "base/memory.h"
#include "model/appearance.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_SEED 0x7369676eULL
#define CONTENT_SEED 0x636f6e74ULL
#define CLAIMS_MOST 16384u

enum error claims_init(struct claims *claims)
{
	*claims = (struct claims){ 0 };
	return names_init(&claims->words, CLAIMS_MOST);
}

void claims_free(struct claims *claims)
{
	names_free(&claims->words);
	free(claims->found);
	*claims = (struct claims){ 0 };
}

static bool claims_room(struct claims *claims)
{
	size_t had = claims->room;
	if (claims->words.count < had)
		return true;
	struct known_claim *more = array_grow(claims->found, &claims->room, 64, sizeof *more);
	if (!more)
		return false;
	memset(more + had, 0, (claims->room - had) * sizeof *more);
	claims->found = more;
	return true;
}

/* Where the claim of these words is kept; NULL when it cannot be. */
static struct known_claim *claim_place(struct claims *claims, const struct alert *alert)
{
	char words[NAMES_LONGEST];
	uint16_t size = (uint16_t)alert->category.size; /* in front: where the one ends is part of what is said */
	size_t both = alert->category.size + alert->signature.size;
	if (both > sizeof words - sizeof size || !claims_room(claims))
		return NULL;
	memcpy(words, &size, sizeof size);
	if (size)
		memcpy(words + sizeof size, alert->category.at, size);
	if (alert->signature.size)
		memcpy(words + sizeof size + size, alert->signature.at, alert->signature.size);
	uint32_t number = names_number(&claims->words, (struct text){ words, sizeof size + both });
	return number ? &claims->found[number] : NULL;
}

static struct claim claim_found(struct claims *claims, const struct alert *alert)
{
	struct known_claim *place = claim_place(claims, alert);
	if (place && place->known)
		return place->claim;
	struct claim claim = claim_of(alert->detector, alert->signature, alert->category);
	if (place)
		*place = (struct known_claim){ true, claim };
	return claim;
}

enum error identities_init(struct identities *identities, struct claims *claims, uint32_t most)
{
	*identities = (struct identities){ .claims = claims };
	return names_init(&identities->names, most);
}

void identities_free(struct identities *identities)
{
	names_free(&identities->names);
	*identities = (struct identities){ 0 };
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

struct address item_identify(struct identities *identities, const struct alert *alert, struct item *item)
{
	*item = (struct item){
		.repeats = alert->repeats,
		.severity = (uint8_t)alert->severity,
		.outcome = (uint8_t)alert->outcome,
	};
	item->signature = names_number(&identities->names, alert->signature);
	item->detector = names_number(&identities->names, alert->detector);
	item->account = names_number(&identities->names, alert->account);
	item->signature_key = hash_text(alert->signature, hash_text(alert->detector, SIGNATURE_SEED));
	/* Of a telescope's alerts about strangers nothing is remembered: they would take the room of all others. */
	struct address inside = appearance_is_foreign(alert) ? (struct address){ 0 } : address_inside(alert);
	char text[ADDRESS_TEXT];
	struct text host = alert->host.size ? alert->host : text_of(address_format(inside, text));
	item->host = names_number(&identities->names, host);
	item->host_key = host.size ? hash_text(host, 4) : 5;
	struct address outside = address_outside(alert, inside);
	item->remote = address_group(outside);
	struct claim claim = claim_found(identities->claims, alert);
	item->kind = kind_of(claim, alert);
	item->tactics = claim.tactics | alert->tactics;
	item->content = content_of(alert, item);
	return outside;
}
