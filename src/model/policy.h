/*
 * Who may see and do what: decided here and nowhere else (rule 10). A pure function over a snapshot that the store
 * loads.
 *
 * A scope is what a policy decision yields and what every read function of store.h and history.h demands. It cannot be
 * made by hand: the struct is opaque outside policy.c, and background work takes a named one that is logged.
 */
#ifndef NOROSHI_MODEL_POLICY_H
#define NOROSHI_MODEL_POLICY_H

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "model/community.h"
#include "model/notice.h" /* enum tlp */

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_NONE = 0,
	ROLE_ADMINISTRATOR, /* of the centre: accounts, organisations, sensors, configuration; not the contents of
			       events */
	ROLE_ANALYST,       /* of the centre: every organisation's alerts and events; decisions, notices */
	ROLE_MEMBER,        /* of one organisation: its own events, notices, alerts */
	ROLE_AUDITOR,       /* reads the log of who did and saw what, and counts; changes nothing */
	ROLE_SENSOR, /* one sensor by token or certificate: appends alerts for its organisation, and renews itself */
	ROLE_DEVICE, /* a member's firewall, resolver or proxy by token: reads its lists and nothing else */
	ROLE_COUNT
};
const char *role_code(enum role role);
bool role_parse(struct text code, enum role *role);

/* What a route or a background job wants to do. */
enum action {
	ACTION_ALERT_APPEND,
	ACTION_ALERT_READ,
	ACTION_RECORD_READ,
	ACTION_EVENT_READ,
	ACTION_EVENT_DECIDE,
	ACTION_DECISION_READ,
	ACTION_DECISION_WRITE,
	ACTION_NOTICE_READ,
	ACTION_NOTICE_WRITE,
	ACTION_NOTICE_ACKNOWLEDGE,
	ACTION_ORGANISATION_READ,
	ACTION_ORGANISATION_WRITE,
	ACTION_SENSOR_READ,
	ACTION_SENSOR_WRITE,
	ACTION_SENSOR_ENROL,  /* give a machine the right to a certificate as this sensor */
	ACTION_MACHINE_RENEW, /* of a machine with a certificate: its own */
	ACTION_ACCOUNT_READ,
	ACTION_ACCOUNT_WRITE,
	ACTION_LOG_READ,
	ACTION_COUNTER_READ,
	ACTION_CAMPAIGN_READ, /* of the centre alone */
	ACTION_CAMPAIGN_WRITE,
	ACTION_CAPTURE_KEEP, /* a sensor asks for the policy that it is to keep to */
	ACTION_CAPTURE_READ,
	ACTION_CAPTURE_WRITE,  /* making a capture policy stricter */
	ACTION_CAPTURE_LOOSEN, /* the organisation's own people alone */
	ACTION_COMMUNITY_READ,
	ACTION_COMMUNITY_WRITE,
	ACTION_MEMBERSHIP_READ, /* who the members of a community are: where that is not hidden */
	ACTION_MEMBERSHIP_WRITE,
	ACTION_NAMING_READ,
	ACTION_NAMING_WRITE, /* where an organisation may be named: its own people alone */
	ACTION_ITEM_READ,    /* items and what was released to one's communities */
	ACTION_ITEM_WRITE,   /* giving items; they belong to one's own organisation */
	ACTION_RELEASE_WRITE,
	ACTION_SHARED_KEEP,       /* a sensor asks for the indicators that are shared with its organisation */
	ACTION_LIST_READ,         /* lists of what is in force, for devices */
	ACTION_TELESCOPE_READ,    /* what telescopes counted */
	ACTION_TELESCOPE_PUBLISH, /* figures that stay */
	ACTION_FINDING_SHARE,     /* what telescopes found, as indicators */
	ACTION_CLEANUP_WRITE,     /* what became of an address: its owner's own people alone */
	ACTION_APPEARANCE_READ,   /* addresses of one's own that appeared in telescopes, and what became of them */
	ACTION_NETWORK_READ,      /* contacts of networks that are no member's, and what waits for them */
	ACTION_NETWORK_WRITE,
	ACTION_SELF, /* one's own account and session */
	ACTION_COUNT
};
const char *action_code(enum action action);

/* Who asks. Loaded by the store from a session or a token; zeroed = a stranger. */
struct subject {
	struct uuid account; /* of an account or of a sensor */
	enum role role;
	uint32_t organisation; /* for members and sensors; 0 for the centre's people */
	uint32_t sensor;
	bool disabled;
	char name[64]; /* for the log */
};

/* The facts that the decision depends on, loaded once for each request. */
struct policy_snapshot {
	const struct organisation_standing {
		uint32_t organisation,
		    parent; /* parent: 0 = none; a parent does not see its children's contents by itself */
		bool active;
		enum naming naming;
		uint32_t circle; /* for NAMING_WITHIN */
	} * organisations;
	size_t organisation_count;
	const struct community_standing {
		uint32_t community, parent;
		enum community_kind kind;
		bool active, hidden, centre;
		bool stated; /* it says its purpose, its content and its recipients */
		nanoseconds from, to;
	} * communities;
	size_t community_count;
	const struct membership *memberships; /* those that ended, too */
	size_t membership_count;
	nanoseconds now; /* the moment that is decided for */
};

struct scope; /* opaque; in the arena it was made in */

/* NULL when the subject may not do this at all. Otherwise the scope says which organisations' facts it covers. */
const struct scope *policy_scope(
    const struct policy_snapshot *snapshot, const struct subject *subject, enum action action, struct arena *arena);
/* For work that nobody asked for: "triage", "reminders", "delivery", … covers everything; the store logs its use. */
const struct scope *policy_background(const char *name, struct arena *arena);

bool scope_covers(const struct scope *scope, uint32_t organisation);
bool scope_covers_all(const struct scope *scope);
bool scope_is_background(const struct scope *scope);
enum action scope_action(const struct scope *scope);            /* ACTION_COUNT for background work */
const struct subject *scope_subject(const struct scope *scope); /* NULL for background work */
const char *scope_name(const struct scope *scope);              /* of background work, else the action's code */
/* The organisations covered, for binding into a query; *count = 0 with covers_all. */
const uint32_t *scope_organisations(const struct scope *scope, size_t *count);

/* The communities that the action reaches: those that are read, given to, kept, or whose members are known to the
 * subject. Of most actions none; of background work all. */
bool scope_covers_community(const struct scope *scope, uint32_t community);
bool scope_covers_all_communities(const struct scope *scope);
const uint32_t *scope_communities(const struct scope *scope, size_t *count); /* as scope_organisations() */

/* Which nouns a scope opens: a scope for counting does not read events, one for reading does not decide. The store asks
 * before it looks at organisations; a NO is ERROR_DENIED and a mistake of the program, not of the person. */
enum noun {
	NOUN_ORGANISATION,
	NOUN_SENSOR,
	NOUN_ACCOUNT,
	NOUN_ALERT,
	NOUN_RECORD, /* records that are no alerts: flows, names, handshakes … */
	NOUN_EVENT,
	NOUN_DECISION,
	NOUN_NOTICE,
	NOUN_COUNTER,
	NOUN_LOG,
	NOUN_CAMPAIGN,
	NOUN_MACHINE, /* enrolments and certificates */
	NOUN_CAPTURE,
	NOUN_COMMUNITY,
	NOUN_MEMBERSHIP,
	NOUN_NAMING,
	NOUN_ITEM,
	NOUN_RELEASE,
	NOUN_COLLECTION,
	NOUN_TELESCOPE,  /* counts of telescopes, and what was published of them */
	NOUN_CLEANUP,    /* what became of addresses that appeared in telescopes */
	NOUN_APPEARANCE, /* addresses that appeared in telescopes */
	NOUN_NETWORK,    /* contacts of networks of others, and what they are told */
	NOUN_COUNT
};
bool scope_reads(const struct scope *scope, enum noun noun);
bool scope_writes(const struct scope *scope, enum noun noun);
/* What the table says, for the manual and for property tests: 0 = no, 1 = one's own organisation (for ACTION_SELF:
 * one's own account), 2 = all. */
int policy_reach(enum role role, enum action action);

/* ── communities (policy_community.c) ─ */

/* What an organisation's memberships, its own and those in parts, add up to. Who keeps a part is a member of the whole
 * and no more. Nothing when the organisation is not active or the community does not stand at snapshot->now. */
enum standing { STANDING_NONE, STANDING_READS, STANDING_GIVES, STANDING_KEEPS };
enum standing policy_standing(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community);
/* Whether it learns who the members are. A hidden community hides the members of its parts, who are its own; of an open
 * one only who keeps it learns them. */
bool policy_knows_members(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community);
/* Whether it may know that the other is there at all: both are in a community whose members it knows. */
bool policy_knows_organisation(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t other);
/* Whether it is there, active, and `now` lies in its time. */
bool policy_community_stands(const struct policy_snapshot *snapshot, uint32_t community);
/* NULL: there is none. */
const struct community_standing *policy_community(const struct policy_snapshot *snapshot, uint32_t community);
/* Whether `community` is `whole`, or a part of it at any depth. */
bool policy_is_within(const struct policy_snapshot *snapshot, uint32_t community, uint32_t whole);
/* Whether what goes to `community` may name `organisation` ("never name me outside this circle"). The centre (0) may
 * be named; an organisation that is not known may not. */
bool policy_may_name(const struct policy_snapshot *snapshot, uint32_t organisation, uint32_t community);

/* ── releases (policy_release.c) ─ */

/* What the policy has to know of a release; `decided` and `taken_out` (how many places) choose among several. */
struct release_standing {
	uint32_t organisation; /* the item's owner; 0 = the centre */
	uint32_t community;
	enum tlp tlp;
	nanoseconds decided, withdrawn; /* 0 = stands */
	uint32_t taken_out;
	const uint32_t *named; /* TLP:RED */
	uint32_t named_count;
};

/* Whether who has this scope sees the item itself, whole: its owner's people; and the centre's analysts unless it was
 * only ever released to communities that keep the centre out. `releases` are all of the item's, withdrawn ones too. */
bool policy_item_read(const struct scope *scope, uint32_t owner, const struct release_standing *releases, size_t count);
/* Whether it reads the rendering of this release. */
bool policy_release_read(const struct scope *scope, const struct release_standing *release);
/* Whether it sees that there was this release, what was taken out, and when it was withdrawn. */
bool policy_release_known(const struct scope *scope, const struct release_standing *release);
/* Which of one item's releases it reads: the one with the least taken out, then the newest, then the first in the
 * list; `count` when none. */
size_t policy_release_choose(const struct scope *scope, const struct release_standing *releases, size_t count);
/* Whether it is for everybody, so that the feeds carry it: TLP:CLEAR in an open community that stands. */
bool policy_release_public(const struct policy_snapshot *snapshot, const struct release_standing *release);

struct release_wish {
	uint32_t organisation;               /* the item's owner; 0 = the centre */
	enum tlp item_tlp;                   /* as the owner marked it */
	const struct release_standing *from; /* the step before, which is widened; NULL = from the item itself */
	uint32_t community;                  /* to */
	enum tlp tlp;
	const uint32_t *named; /* TLP:RED */
	uint32_t named_count;
	bool stated; /* it says its own purpose, content and recipients */
};
enum release_answer {
	RELEASE_ALLOWED,
	RELEASE_UNKNOWN,   /* the scope does not see the item, or does not give to the community: as what does not exist
			    */
	RELEASE_NOT_YOURS, /* reads the item, but neither owns it nor keeps the community that it comes from */
	RELEASE_LOOSER,    /* only the owner may release below the item's own TLP */
	RELEASE_OWNER_ONLY,   /* TLP:RED goes further by the owner alone */
	RELEASE_NAMES_NEEDED, /* TLP:RED names organisations, the others none */
	RELEASE_NAMES_REFUSED,
	RELEASE_NOT_MEMBER, /* one that is named is no member */
	RELEASE_TOO_OPEN,   /* TLP:AMBER and TLP:AMBER+STRICT in a community that everybody is in */
	RELEASE_UNSTATED,   /* neither the release nor the community says purpose, content and recipients */
	RELEASE_ANSWERS
};
/* `scope` is of ACTION_RELEASE_WRITE or ACTION_ITEM_WRITE (or of background work, which does as the owner does but
 * never releases below the item's TLP), made from the same snapshot; that it sees the item where `from` is NULL was
 * asked before (policy_item_read()). */
enum release_answer policy_release_allowed(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_wish *wish);
/* Whether it may take the release back: the owner's people, who keeps the community, the centre's analysts. */
bool policy_release_withdraw(
    const struct policy_snapshot *snapshot, const struct scope *scope, const struct release_standing *release);
/* For people: what is wrong and what to do. */
const char *release_answer_words(enum release_answer answer);

/* Whether the organisation could read the release at some moment of its memberships: for "what do they have". Neither
 * what ended nor what was withdrawn since takes that away. */
bool policy_release_had(
    const struct policy_snapshot *snapshot, uint32_t organisation, const struct release_standing *release);

#endif
