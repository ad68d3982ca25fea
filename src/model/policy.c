/*
 * Who may see and do what. In: a subject, an action and the snapshot of organisations. Out: a scope, or nothing. Called
 * for each request by the keeper and for each background work; every read of the store and of history demands its
 * result.
 *
 * The tables below are the whole policy, but for what memberships and releases add up to (policy_community.c,
 * policy_release.c). Nothing else in the program may ask for a role.
 */
#include "model/policy.h"

#include <string.h>

enum reach { NO, OWN, ALL };

/* role × action. A member does not decide about events: else whoever took over one member's account could silence what
 * the centre should see. An administrator gives access and therefore has none to contents; an auditor reads who did
 * what. */
static const uint8_t rules[ACTION_COUNT][ROLE_COUNT] = {
	/*                            none administrator analyst member auditor sensor (device) */
	[ACTION_ALERT_APPEND] = { NO, NO, NO, NO, NO, OWN },
	[ACTION_ALERT_READ] = { NO, NO, ALL, OWN, NO, NO },
	/* Communications as such: whoever may read no alert reads no record. */
	[ACTION_RECORD_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_EVENT_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_EVENT_DECIDE] = { NO, NO, ALL, NO, NO, NO },
	[ACTION_DECISION_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_DECISION_WRITE] = { NO, NO, ALL, NO, NO, NO },
	[ACTION_NOTICE_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_NOTICE_WRITE] = { NO, NO, ALL, NO, NO, NO },
	[ACTION_NOTICE_ACKNOWLEDGE] = { NO, NO, NO, OWN, NO, NO },
	[ACTION_ORGANISATION_READ] = { NO, ALL, ALL, OWN, ALL, NO },
	[ACTION_ORGANISATION_WRITE] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_SENSOR_READ] = { NO, ALL, ALL, OWN, NO, NO },
	[ACTION_SENSOR_WRITE] = { NO, ALL, NO, NO, NO, NO },
	/* Members set their own sensors up; to end one is not theirs, for the reason above. */
	[ACTION_SENSOR_ENROL] = { NO, ALL, NO, OWN, NO, NO },
	[ACTION_MACHINE_RENEW] = { NO, NO, NO, NO, NO, OWN },
	[ACTION_ACCOUNT_READ] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_ACCOUNT_WRITE] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_LOG_READ] = { NO, NO, NO, NO, ALL, NO },
	[ACTION_COUNTER_READ] = { NO, ALL, ALL, OWN, ALL, NO },
	/* What joins organisations is the centre's alone: to one member it would tell of another. */
	[ACTION_CAMPAIGN_READ] = { NO, NO, ALL, NO, NO, NO },
	[ACTION_CAMPAIGN_WRITE] = { NO, NO, ALL, NO, NO, NO },
	/* The centre may not widen what members give it. */
	[ACTION_CAPTURE_KEEP] = { NO, NO, NO, NO, NO, OWN },
	[ACTION_CAPTURE_READ] = { NO, ALL, ALL, OWN, ALL, NO },
	[ACTION_CAPTURE_WRITE] = { NO, ALL, NO, OWN, NO, NO },
	[ACTION_CAPTURE_LOOSEN] = { NO, NO, NO, OWN, NO, NO },
	/* Of communities one's own are those that `circles` below says. */
	[ACTION_COMMUNITY_READ] = { NO, ALL, ALL, OWN, ALL, NO },
	[ACTION_COMMUNITY_WRITE] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_MEMBERSHIP_READ] = { NO, ALL, ALL, OWN, ALL, NO },
	[ACTION_MEMBERSHIP_WRITE] = { NO, ALL, NO, OWN, NO, NO },
	[ACTION_NAMING_READ] = { NO, NO, ALL, OWN, ALL, NO },
	[ACTION_NAMING_WRITE] = { NO, NO, NO, OWN, NO, NO },
	[ACTION_ITEM_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_ITEM_WRITE] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_RELEASE_WRITE] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_SHARED_KEEP] = { NO, NO, NO, NO, NO, OWN },
	[ACTION_LIST_READ] = { NO, NO, NO, OWN, NO, NO, OWN },
	/* Of what others' telescopes counted a member sees the sum, where it names nobody:
	   darknet/center/counts_view.h. */
	[ACTION_TELESCOPE_READ] = { NO, NO, ALL, OWN, NO, NO },
	[ACTION_TELESCOPE_PUBLISH] = { NO, NO, ALL, NO, NO, NO },
	/* Which sources were left out as members' own tells whose they are. */
	[ACTION_FINDING_SHARE] = { NO, NO, ALL, NO, NO, NO },
	[ACTION_CLEANUP_WRITE] = { NO, NO, NO, OWN, NO, NO },
	[ACTION_APPEARANCE_READ] = { NO, NO, ALL, OWN, NO, NO },
	/* Whom the centre tells outside is its own affair. */
	[ACTION_NETWORK_READ] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_NETWORK_WRITE] = { NO, ALL, NO, NO, NO, NO },
	[ACTION_SELF] = { NO, OWN, OWN, OWN, OWN, NO },
};

/* Which communities an action reaches for somebody of an organisation. The centre's people reach all of them, but
 * analysts none that keeps the centre out. */
enum circles { NONE, READ, GIVEN_TO, KEPT, MEMBERS_KNOWN };
static const uint8_t circles[ACTION_COUNT] = {
	[ACTION_COMMUNITY_READ] = READ,
	[ACTION_COMMUNITY_WRITE] = KEPT,
	[ACTION_MEMBERSHIP_READ] = MEMBERS_KNOWN,
	[ACTION_MEMBERSHIP_WRITE] = KEPT,
	[ACTION_ITEM_READ] = READ,
	[ACTION_ITEM_WRITE] = GIVEN_TO,
	[ACTION_RELEASE_WRITE] = GIVEN_TO,
	[ACTION_SHARED_KEEP] = READ,
	[ACTION_LIST_READ] = READ,
};

#define R(noun) (1u << NOUN_##noun)
#define EVENT_SIDE (R(ORGANISATION) | R(SENSOR) | R(ALERT) | R(EVENT) | R(DECISION) | R(NOTICE) | R(COUNTER))

#define ITEM_SIDE (R(ITEM) | R(RELEASE) | R(COLLECTION))

/* Which nouns a scope for an action opens, for reading and for writing. */
static const struct opening {
	uint32_t reads, writes;
} openings[ACTION_COUNT] = {
	[ACTION_ALERT_APPEND] = { R(ORGANISATION) | R(SENSOR) | R(CAPTURE),
	    R(SENSOR) | R(ALERT) | R(RECORD) | R(COUNTER) },
	[ACTION_ALERT_READ] = { EVENT_SIDE, 0 },
	[ACTION_RECORD_READ] = { EVENT_SIDE | R(RECORD), 0 },
	[ACTION_EVENT_READ] = { EVENT_SIDE, 0 },
	[ACTION_EVENT_DECIDE] = { EVENT_SIDE, R(EVENT) | R(DECISION) },
	[ACTION_DECISION_READ] = { EVENT_SIDE, 0 },
	[ACTION_DECISION_WRITE] = { EVENT_SIDE, R(DECISION) },
	[ACTION_NOTICE_READ] = { EVENT_SIDE, 0 },
	[ACTION_NOTICE_WRITE] = { EVENT_SIDE, R(NOTICE) | R(EVENT) },
	[ACTION_NOTICE_ACKNOWLEDGE] = { EVENT_SIDE, R(NOTICE) },
	[ACTION_ORGANISATION_READ] = { R(ORGANISATION) | R(SENSOR), 0 },
	[ACTION_ORGANISATION_WRITE] = { R(ORGANISATION) | R(SENSOR), R(ORGANISATION) },
	[ACTION_SENSOR_READ] = { R(ORGANISATION) | R(SENSOR) | R(MACHINE), 0 },
	[ACTION_SENSOR_WRITE] = { R(ORGANISATION) | R(SENSOR) | R(MACHINE), R(SENSOR) | R(MACHINE) },
	[ACTION_SENSOR_ENROL] = { R(ORGANISATION) | R(SENSOR) | R(MACHINE), R(MACHINE) },
	[ACTION_MACHINE_RENEW] = { R(ORGANISATION) | R(SENSOR) | R(MACHINE), R(MACHINE) },
	[ACTION_ACCOUNT_READ] = { R(ORGANISATION) | R(SENSOR) | R(ACCOUNT), 0 },
	[ACTION_ACCOUNT_WRITE] = { R(ORGANISATION) | R(SENSOR) | R(ACCOUNT), R(ACCOUNT) },
	[ACTION_LOG_READ] = { R(ORGANISATION) | R(LOG), 0 },
	[ACTION_COUNTER_READ] = { R(ORGANISATION) | R(SENSOR) | R(COUNTER), 0 },
	[ACTION_CAMPAIGN_READ] = { EVENT_SIDE | R(CAMPAIGN), 0 },
	[ACTION_CAMPAIGN_WRITE] = { EVENT_SIDE | R(CAMPAIGN), R(CAMPAIGN) },
	[ACTION_CAPTURE_KEEP] = { R(CAPTURE), 0 },
	[ACTION_CAPTURE_READ] = { R(ORGANISATION) | R(SENSOR) | R(CAPTURE), 0 },
	[ACTION_CAPTURE_WRITE] = { R(ORGANISATION) | R(SENSOR) | R(CAPTURE), R(CAPTURE) },
	[ACTION_CAPTURE_LOOSEN] = { R(ORGANISATION) | R(CAPTURE), R(CAPTURE) },
	[ACTION_COMMUNITY_READ] = { R(ORGANISATION) | R(COMMUNITY) | R(COLLECTION), 0 },
	[ACTION_COMMUNITY_WRITE] = { R(ORGANISATION) | R(COMMUNITY) | R(COLLECTION), R(COMMUNITY) | R(COLLECTION) },
	[ACTION_MEMBERSHIP_READ] = { R(ORGANISATION) | R(COMMUNITY) | R(MEMBERSHIP), 0 },
	[ACTION_MEMBERSHIP_WRITE] = { R(ORGANISATION) | R(COMMUNITY) | R(MEMBERSHIP), R(MEMBERSHIP) },
	[ACTION_NAMING_READ] = { R(ORGANISATION) | R(NAMING), 0 },
	[ACTION_NAMING_WRITE] = { R(ORGANISATION) | R(NAMING), R(NAMING) },
	[ACTION_ITEM_READ] = { R(ORGANISATION) | R(COMMUNITY) | ITEM_SIDE, 0 },
	[ACTION_ITEM_WRITE] = { R(ORGANISATION) | R(COMMUNITY) | ITEM_SIDE, ITEM_SIDE },
	[ACTION_RELEASE_WRITE] = { R(ORGANISATION) | R(COMMUNITY) | ITEM_SIDE, R(RELEASE) | R(COLLECTION) },
	[ACTION_SHARED_KEEP] = { R(COMMUNITY) | R(RELEASE), 0 },
	[ACTION_LIST_READ] = { R(COMMUNITY) | R(RELEASE), 0 },
	[ACTION_TELESCOPE_READ] = { R(ORGANISATION) | R(SENSOR) | R(TELESCOPE), 0 },
	[ACTION_TELESCOPE_PUBLISH] = { R(ORGANISATION) | R(SENSOR) | R(TELESCOPE), R(TELESCOPE) },
	[ACTION_FINDING_SHARE] = { R(ORGANISATION) | R(SENSOR) | R(ALERT) | R(RECORD) | R(ITEM), R(ITEM) },
	[ACTION_CLEANUP_WRITE] = { R(ORGANISATION) | R(CLEANUP) | R(APPEARANCE), R(CLEANUP) },
	[ACTION_APPEARANCE_READ] = { R(ORGANISATION) | R(CLEANUP) | R(APPEARANCE), 0 },
	[ACTION_NETWORK_READ] = { R(NETWORK), 0 },
	[ACTION_NETWORK_WRITE] = { R(NETWORK), R(NETWORK) },
	[ACTION_SELF] = { R(ORGANISATION) | R(ACCOUNT), R(ACCOUNT) },
};
#undef R

struct scope {
	enum action action;
	bool background, all;
	struct subject subject;
	char name[48];
	uint32_t organisation[1];
	size_t count;
	bool all_communities;
	uint32_t *communities; /* ascending */
	size_t community_count;
};

static const char *const role_codes[ROLE_COUNT] = {
	[ROLE_NONE] = "none",
	[ROLE_ADMINISTRATOR] = "administrator",
	[ROLE_ANALYST] = "analyst",
	[ROLE_MEMBER] = "member",
	[ROLE_AUDITOR] = "auditor",
	[ROLE_SENSOR] = "sensor",
	[ROLE_DEVICE] = "device",
};

const char *role_code(enum role role)
{
	return (unsigned)role < ROLE_COUNT ? role_codes[role] : "none";
}

bool role_parse(struct text code, enum role *role)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		if (text_equal(code, text_of(role_codes[i]))) {
			*role = (enum role)i;
			return true;
		}
	}
	return false;
}

static const char *const action_codes[ACTION_COUNT] = {
	[ACTION_ALERT_APPEND] = "alert.append",
	[ACTION_ALERT_READ] = "alert.read",
	[ACTION_RECORD_READ] = "record.read",
	[ACTION_EVENT_READ] = "event.read",
	[ACTION_EVENT_DECIDE] = "event.decide",
	[ACTION_DECISION_READ] = "decision.read",
	[ACTION_DECISION_WRITE] = "decision.write",
	[ACTION_NOTICE_READ] = "notice.read",
	[ACTION_NOTICE_WRITE] = "notice.write",
	[ACTION_NOTICE_ACKNOWLEDGE] = "notice.acknowledge",
	[ACTION_ORGANISATION_READ] = "organisation.read",
	[ACTION_ORGANISATION_WRITE] = "organisation.write",
	[ACTION_SENSOR_READ] = "sensor.read",
	[ACTION_SENSOR_WRITE] = "sensor.write",
	[ACTION_SENSOR_ENROL] = "sensor.enrol",
	[ACTION_MACHINE_RENEW] = "machine.renew",
	[ACTION_ACCOUNT_READ] = "account.read",
	[ACTION_ACCOUNT_WRITE] = "account.write",
	[ACTION_LOG_READ] = "log.read",
	[ACTION_COUNTER_READ] = "counter.read",
	[ACTION_CAMPAIGN_READ] = "campaign.read",
	[ACTION_CAMPAIGN_WRITE] = "campaign.write",
	[ACTION_CAPTURE_KEEP] = "capture.keep",
	[ACTION_CAPTURE_READ] = "capture.read",
	[ACTION_CAPTURE_WRITE] = "capture.write",
	[ACTION_CAPTURE_LOOSEN] = "capture.loosen",
	[ACTION_COMMUNITY_READ] = "community.read",
	[ACTION_COMMUNITY_WRITE] = "community.write",
	[ACTION_MEMBERSHIP_READ] = "membership.read",
	[ACTION_MEMBERSHIP_WRITE] = "membership.write",
	[ACTION_NAMING_READ] = "naming.read",
	[ACTION_NAMING_WRITE] = "naming.write",
	[ACTION_ITEM_READ] = "item.read",
	[ACTION_ITEM_WRITE] = "item.write",
	[ACTION_RELEASE_WRITE] = "release.write",
	[ACTION_SHARED_KEEP] = "shared.keep",
	[ACTION_LIST_READ] = "list.read",
	[ACTION_TELESCOPE_READ] = "telescope.read",
	[ACTION_TELESCOPE_PUBLISH] = "telescope.publish",
	[ACTION_FINDING_SHARE] = "finding.share",
	[ACTION_CLEANUP_WRITE] = "cleanup.write",
	[ACTION_APPEARANCE_READ] = "appearance.read",
	[ACTION_NETWORK_READ] = "network.read",
	[ACTION_NETWORK_WRITE] = "network.write",
	[ACTION_SELF] = "self",
};

const char *action_code(enum action action)
{
	return (unsigned)action < ACTION_COUNT ? action_codes[action] : "background";
}

int policy_reach(enum role role, enum action action)
{
	if ((unsigned)role >= ROLE_COUNT || (unsigned)action >= ACTION_COUNT)
		return NO;
	return rules[action][role];
}

static bool organisation_is_active(const struct policy_snapshot *snapshot, uint32_t organisation)
{
	for (size_t i = 0; i < snapshot->organisation_count; i++) {
		if (snapshot->organisations[i].organisation == organisation)
			return snapshot->organisations[i].active;
	}
	return false;
}

/* Whether the subject is somebody at all, and what it says about itself fits together. */
static bool subject_stands(const struct policy_snapshot *snapshot, const struct subject *subject)
{
	if (subject->disabled || uuid_is_nil(subject->account))
		return false;
	switch (subject->role) {
	case ROLE_ADMINISTRATOR:
	case ROLE_ANALYST:
	case ROLE_AUDITOR:
		return subject->organisation == 0 && subject->sensor == 0;
	case ROLE_MEMBER:
	case ROLE_DEVICE:
		return subject->sensor == 0 && organisation_is_active(snapshot, subject->organisation);
	case ROLE_SENSOR:
		return subject->sensor != 0 && organisation_is_active(snapshot, subject->organisation);
	case ROLE_NONE:
	case ROLE_COUNT:
		break;
	}
	return false;
}

static bool reaches_community(const struct policy_snapshot *snapshot, const struct subject *subject, enum action action,
    const struct community_standing *community)
{
	if (subject->organisation == 0)
		return circles[action] != NONE && (community->centre || subject->role != ROLE_ANALYST);
	uint32_t organisation = subject->organisation, number = community->community;
	switch ((enum circles)circles[action]) {
	case READ:
		return policy_standing(snapshot, organisation, number) >= STANDING_READS;
	case GIVEN_TO:
		return policy_standing(snapshot, organisation, number) >= STANDING_GIVES;
	case KEPT:
		return policy_standing(snapshot, organisation, number) >= STANDING_KEEPS;
	case MEMBERS_KNOWN:
		return policy_knows_members(snapshot, organisation, number);
	case NONE:
		break;
	}
	return false;
}

static bool take_communities(const struct policy_snapshot *snapshot, struct scope *scope, struct arena *arena)
{
	if (snapshot->community_count == 0)
		return true;
	scope->communities = arena_take(arena, snapshot->community_count * sizeof *scope->communities);
	if (!scope->communities)
		return false;
	for (size_t i = 0; i < snapshot->community_count; i++) {
		const struct community_standing *community = &snapshot->communities[i];
		if (reaches_community(snapshot, &scope->subject, scope->action, community))
			scope->communities[scope->community_count++] = community->community;
	}
	return true;
}

const struct scope *policy_scope(
    const struct policy_snapshot *snapshot, const struct subject *subject, enum action action, struct arena *arena)
{
	if (!subject || !subject_stands(snapshot, subject))
		return NULL;
	int reach = policy_reach(subject->role, action);
	if (reach == NO)
		return NULL;
	struct scope *scope = arena_take(arena, sizeof *scope);
	if (!scope)
		return NULL;
	scope->action = action;
	scope->subject = *subject;
	scope->all = reach == ALL;
	if (!scope->all && subject->organisation != 0) {
		scope->organisation[0] = subject->organisation;
		scope->count = 1;
	}
	return take_communities(snapshot, scope, arena) ? scope : NULL;
}

const struct scope *policy_background(const char *name, struct arena *arena)
{
	struct scope *scope = arena_take(arena, sizeof *scope);
	if (!scope)
		return NULL;
	scope->action = ACTION_COUNT;
	scope->background = true;
	scope->all = true;
	scope->all_communities = true;
	text_copy(text_of(name), scope->name, sizeof scope->name);
	return scope;
}

bool scope_covers(const struct scope *scope, uint32_t organisation)
{
	if (!scope)
		return false;
	return scope->all || (scope->count == 1 && organisation != 0 && scope->organisation[0] == organisation);
}

bool scope_covers_all(const struct scope *scope)
{
	return scope && scope->all;
}

bool scope_is_background(const struct scope *scope)
{
	return scope && scope->background;
}

enum action scope_action(const struct scope *scope)
{
	return scope ? scope->action : ACTION_COUNT;
}

const struct subject *scope_subject(const struct scope *scope)
{
	return scope && !scope->background ? &scope->subject : NULL;
}

const char *scope_name(const struct scope *scope)
{
	if (!scope)
		return "none";
	return scope->background ? scope->name : action_code(scope->action);
}

const uint32_t *scope_organisations(const struct scope *scope, size_t *count)
{
	*count = scope && !scope->all ? scope->count : 0;
	return scope ? scope->organisation : NULL;
}

bool scope_covers_community(const struct scope *scope, uint32_t community)
{
	if (!scope)
		return false;
	for (size_t i = 0; i < scope->community_count; i++) {
		if (scope->communities[i] == community)
			return true;
	}
	return scope->all_communities;
}

bool scope_covers_all_communities(const struct scope *scope)
{
	return scope && scope->all_communities;
}

const uint32_t *scope_communities(const struct scope *scope, size_t *count)
{
	*count = scope ? scope->community_count : 0;
	return scope ? scope->communities : NULL;
}

bool scope_reads(const struct scope *scope, enum noun noun)
{
	if (!scope || (unsigned)noun >= NOUN_COUNT)
		return false;
	return scope->background || (openings[scope->action].reads & (1u << noun)) != 0;
}

bool scope_writes(const struct scope *scope, enum noun noun)
{
	if (!scope || (unsigned)noun >= NOUN_COUNT)
		return false;
	return scope->background || (openings[scope->action].writes & (1u << noun)) != 0;
}
