/*
 * What memberships add up to: who reads, gives to and keeps a community at a moment, who may know its members, and
 * where an organisation may be named. In: the snapshot. Pure; called by policy.c for each scope, by policy_release.c,
 * and by whoever makes renderings. Parents are followed for at most as many steps as there are communities, so that
 * even a circle of them, which the store refuses, ends.
 */
#include "model/policy.h"

const struct community_standing *policy_community(const struct policy_snapshot *snapshot, uint32_t community)
{
	for (size_t i = 0; i < snapshot->community_count; i++) {
		if (snapshot->communities[i].community == community)
			return &snapshot->communities[i];
	}
	return NULL;
}

static bool stands(const struct community_standing *community, nanoseconds now)
{
	return community->active && community->from <= now && (community->to == 0 || now < community->to);
}

bool policy_community_stands(const struct policy_snapshot *snapshot, uint32_t community)
{
	const struct community_standing *found = policy_community(snapshot, community);
	return found && stands(found, snapshot->now);
}

/* Whether `whole` is reached from `part` upwards; with `standing` only over communities that stand. */
static bool leads_to(const struct policy_snapshot *snapshot, uint32_t part, uint32_t whole, bool standing)
{
	const struct community_standing *at = policy_community(snapshot, part);
	for (size_t steps = 0; at && steps < snapshot->community_count; steps++) {
		if (standing && !stands(at, snapshot->now))
			return false;
		if (at->community == whole)
			return true;
		at = policy_community(snapshot, at->parent);
	}
	return false;
}

bool policy_is_within(const struct policy_snapshot *snapshot, uint32_t community, uint32_t whole)
{
	return leads_to(snapshot, community, whole, false);
}

static const struct organisation_standing *find_organisation(
    const struct policy_snapshot *snapshot, uint32_t organisation)
{
	for (size_t i = 0; i < snapshot->organisation_count; i++) {
		if (snapshot->organisations[i].organisation == organisation)
			return &snapshot->organisations[i];
	}
	return NULL;
}

static enum standing standing_of(const struct membership *membership, uint32_t community)
{
	switch (membership->role) {
	case MEMBERSHIP_READER:
		return STANDING_READS;
	case MEMBERSHIP_MEMBER:
		return STANDING_GIVES;
	case MEMBERSHIP_STEWARD:
		return membership->community == community ? STANDING_KEEPS : STANDING_GIVES;
	case MEMBERSHIP_ROLES:
		break;
	}
	return STANDING_NONE;
}

enum standing policy_standing(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community)
{
	const struct organisation_standing *who = find_organisation(snapshot, organisation);
	enum standing best = STANDING_NONE;
	if (!who || !who->active)
		return STANDING_NONE;
	for (size_t i = 0; i < snapshot->membership_count; i++) {
		const struct membership *membership = &snapshot->memberships[i];
		if (membership->organisation != organisation || membership->from > snapshot->now ||
		    (membership->to != 0 && membership->to <= snapshot->now))
			continue;
		enum standing standing = standing_of(membership, community);
		if (standing > best && leads_to(snapshot, membership->community, community, true))
			best = standing;
	}
	for (size_t i = 0; i < snapshot->community_count && best < STANDING_GIVES; i++) {
		const struct community_standing *open = &snapshot->communities[i];
		if (open->kind == COMMUNITY_OPEN && leads_to(snapshot, open->community, community, true))
			best = STANDING_GIVES;
	}
	return best;
}

bool policy_knows_members(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community)
{
	enum standing standing = policy_standing(snapshot, organisation, community);
	if (standing < STANDING_READS)
		return false;
	if (standing == STANDING_KEEPS)
		return true;
	const struct community_standing *at = policy_community(snapshot, community);
	if (at->kind == COMMUNITY_OPEN) /* its members are all organisations */
		return false;
	for (size_t steps = 0; at && steps < snapshot->community_count; steps++) {
		if (at->hidden)
			return false;
		at = policy_community(snapshot, at->parent);
	}
	return true;
}

bool policy_knows_organisation(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t other)
{
	for (size_t i = 0; i < snapshot->community_count; i++) {
		uint32_t community = snapshot->communities[i].community;
		if (policy_knows_members(snapshot, organisation, community) &&
		    policy_standing(snapshot, other, community) >= STANDING_READS)
			return true;
	}
	return false;
}

bool policy_may_name(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community)
{
	if (organisation == 0)
		return true;
	const struct organisation_standing *who = find_organisation(snapshot, organisation);
	if (!who)
		return false;
	switch (who->naming) {
	case NAMING_ANYWHERE:
		return true;
	case NAMING_WITHIN:
		return policy_is_within(snapshot, community, who->circle);
	case NAMING_NOWHERE:
	case NAMINGS:
		break;
	}
	return false;
}
