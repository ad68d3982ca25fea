/*
 * Who sees an item, who reads which of its releases, and which releases are allowed (the table of decision 0080). Pure:
 * in go the snapshot, a scope made from it, and what is known of the releases; out comes yes or no, or why not. Called
 * by the store for every release that is read or made.
 */
#include "model/policy.h"

#include "base/catalog.h"

static bool is_named(const struct release_standing *release, uint32_t organisation)
{
	for (uint32_t i = 0; i < release->named_count; i++) {
		if (release->named[i] == organisation)
			return true;
	}
	return false;
}

/* One of the owner's own people, or for the centre's own items one of its analysts. */
static bool owns(const struct scope *scope, uint32_t owner)
{
	if (scope_is_background(scope))
		return true;
	return scope_covers_all(scope) ? owner == 0 : scope_covers(scope, owner);
}

bool policy_item_read(const struct scope *scope, uint32_t owner, const struct release_standing *releases, size_t count)
{
	if (!scope_reads(scope, NOUN_ITEM))
		return false;
	if (owns(scope, owner))
		return true;
	if (!scope_covers_all(scope))
		return false;
	bool given = count == 0;
	for (size_t i = 0; i < count; i++)
		given = given || scope_covers_community(scope, releases[i].community);
	return given;
}

bool policy_release_read(const struct scope *scope, const struct release_standing *release)
{
	if (!scope_reads(scope, NOUN_RELEASE) || release->withdrawn)
		return false;
	if (owns(scope, release->organisation))
		return true;
	if (!scope_covers_community(scope, release->community))
		return false;
	return scope_covers_all(scope) || release->tlp < TLP_RED ||
	       is_named(release, scope_subject(scope)->organisation);
}

bool policy_release_known(const struct scope *scope, const struct release_standing *release)
{
	if (!scope_reads(scope, NOUN_RELEASE))
		return false;
	if (owns(scope, release->organisation))
		return true;
	if (scope_covers_all(scope))
		return scope_covers_community(scope, release->community);
	return policy_release_read(scope, release);
}

static bool is_better(const struct release_standing *one, const struct release_standing *other)
{
	if (one->taken_out != other->taken_out)
		return one->taken_out < other->taken_out;
	return one->decided > other->decided;
}

size_t policy_release_choose(const struct scope *scope, const struct release_standing *releases, size_t count)
{
	size_t best = count;
	for (size_t i = 0; i < count; i++) {
		if (policy_release_read(scope, &releases[i]) &&
		    (best == count || is_better(&releases[i], &releases[best])))
			best = i;
	}
	return best;
}

bool policy_release_public(const struct policy_snapshot *snapshot, const struct release_standing *release)
{
	const struct community_standing *community = policy_community(snapshot, release->community);
	return release->tlp == TLP_CLEAR && !release->withdrawn && community && community->kind == COMMUNITY_OPEN &&
	       policy_community_stands(snapshot, release->community);
}

/* ── making releases ─ */

static bool keeps(const struct policy_snapshot *snapshot, const struct scope *scope, uint32_t community)
{
	if (scope_covers_all(scope))
		return scope_covers_community(scope, community);
	return policy_standing(snapshot, scope_subject(scope)->organisation, community) == STANDING_KEEPS;
}

/* Whether it is for this one to release the item, whatever the TLP. */
static enum release_answer may_release(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_wish *wish)
{
	if (!scope_writes(scope, NOUN_RELEASE) || !policy_community_stands(snapshot, wish->community) ||
	    !scope_covers_community(scope, wish->community))
		return RELEASE_UNKNOWN;
	const struct release_standing *from = wish->from;
	if (from && (from->organisation != wish->organisation || !policy_release_read(scope, from)))
		return RELEASE_UNKNOWN;
	if (owns(scope, wish->organisation))
		return RELEASE_ALLOWED;
	if (!from)
		return scope_covers_all(scope) ? RELEASE_ALLOWED : RELEASE_UNKNOWN;
	return keeps(snapshot, scope, from->community) ? RELEASE_ALLOWED : RELEASE_NOT_YOURS;
}

static enum release_answer check_tlp(const struct scope *scope, const struct release_wish *wish)
{
	enum tlp least = wish->item_tlp;
	if (wish->from && wish->from->tlp > least)
		least = wish->from->tlp;
	bool owner = owns(scope, wish->organisation);
	if (!owner && least == TLP_RED)
		return RELEASE_OWNER_ONLY;
	if ((!owner || scope_is_background(scope)) && wish->tlp < least)
		return RELEASE_LOOSER;
	return RELEASE_ALLOWED;
}

/* In a hidden community naming one who is no member must look like naming one who is. */
static enum release_answer check_named(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_wish *wish)
{
	if (wish->tlp != TLP_RED)
		return wish->named_count ? RELEASE_NAMES_REFUSED : RELEASE_ALLOWED;
	if (wish->named_count == 0)
		return RELEASE_NAMES_NEEDED;
	if (!scope_covers_all(scope) &&
	    !policy_knows_members(snapshot, scope_subject(scope)->organisation, wish->community))
		return RELEASE_ALLOWED;
	for (uint32_t i = 0; i < wish->named_count; i++) {
		if (policy_standing(snapshot, wish->named[i], wish->community) < STANDING_READS)
			return RELEASE_NOT_MEMBER;
	}
	return RELEASE_ALLOWED;
}

enum release_answer policy_release_allowed(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_wish *wish)
{
	enum release_answer answer = may_release(snapshot, scope, wish);
	if (answer == RELEASE_ALLOWED)
		answer = check_tlp(scope, wish);
	if (answer == RELEASE_ALLOWED)
		answer = check_named(snapshot, scope, wish);
	if (answer != RELEASE_ALLOWED)
		return answer;
	const struct community_standing *to = policy_community(snapshot, wish->community);
	if ((wish->tlp == TLP_AMBER || wish->tlp == TLP_AMBER_STRICT) && to->kind == COMMUNITY_OPEN)
		return RELEASE_TOO_OPEN;
	return wish->stated || to->stated ? RELEASE_ALLOWED : RELEASE_UNSTATED;
}

bool policy_release_withdraw(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_standing *release)
{
	if (!scope_writes(scope, NOUN_RELEASE) || release->withdrawn)
		return false;
	return owns(scope, release->organisation) || keeps(snapshot, scope, release->community);
}

static const char *const words[RELEASE_ANSWERS] = {
	[RELEASE_ALLOWED] = "allowed",
	[RELEASE_UNKNOWN] = N_("There is no such item or community."),
	[RELEASE_NOT_YOURS] =
	    N_("Only the item's owner, or who keeps the community that it comes from, may release it further."),
	[RELEASE_LOOSER] = N_("Only the item's owner may release it below its TLP."),
	[RELEASE_OWNER_ONLY] = N_("What is TLP:RED is released further by its owner alone."),
	[RELEASE_NAMES_NEEDED] = N_("TLP:RED needs the organisations that may read it."),
	[RELEASE_NAMES_REFUSED] = N_("Organisations are named for TLP:RED alone."),
	[RELEASE_NOT_MEMBER] = N_("An organisation that is named is no member of the community."),
	[RELEASE_TOO_OPEN] = N_("TLP:AMBER and TLP:AMBER+STRICT go to closed communities only."),
	[RELEASE_UNSTATED] = N_("Neither the release nor the community says its purpose, content and recipients."),
};

const char *release_answer_words(enum release_answer answer)
{
	return (unsigned)answer < RELEASE_ANSWERS ? words[answer] : words[RELEASE_UNKNOWN];
}

/* ── what somebody had ─ */

static nanoseconds later(nanoseconds one, nanoseconds other)
{
	return one > other ? one : other;
}

/* 0 = open. */
static nanoseconds sooner_end(nanoseconds one, nanoseconds other)
{
	if (one == 0 || other == 0)
		return one + other;
	return one < other ? one : other;
}

static bool had_between(const struct policy_snapshot *snapshot, const struct release_standing *release, uint32_t part,
    nanoseconds from, nanoseconds to)
{
	const struct community_standing *at = policy_community(snapshot, part);
	from = later(from, release->decided);
	to = sooner_end(to, release->withdrawn);
	for (size_t steps = 0; at && steps < snapshot->community_count; steps++) {
		from = later(from, at->from);
		to = sooner_end(to, at->to);
		if (at->community == release->community)
			return from <= snapshot->now && (to == 0 || from < to);
		at = policy_community(snapshot, at->parent);
	}
	return false;
}

bool policy_release_had(
    const struct policy_snapshot *snapshot, uint32_t organisation, const struct release_standing *release)
{
	if (release->tlp == TLP_RED && !is_named(release, organisation))
		return false;
	for (size_t i = 0; i < snapshot->membership_count; i++) {
		const struct membership *membership = &snapshot->memberships[i];
		if (membership->organisation == organisation &&
		    had_between(snapshot, release, membership->community, membership->from, membership->to))
			return true;
	}
	for (size_t i = 0; i < snapshot->community_count; i++) {
		if (snapshot->communities[i].kind == COMMUNITY_OPEN &&
		    had_between(snapshot, release, snapshot->communities[i].community, 0, 0))
			return true;
	}
	return false;
}
