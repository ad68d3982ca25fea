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
	ROLE_COUNT
};
const char *role_code(enum role role);
bool role_parse(struct text code, enum role *role);

/* What a route or a background job wants to do. */
enum action {
	ACTION_ALERT_APPEND,
	ACTION_ALERT_READ,
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
	ACTION_SELF,           /* one's own account and session */
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
	} * organisations;
	size_t organisation_count;
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

/* Which nouns a scope opens: a scope for counting does not read events, one for reading does not decide. The store asks
 * before it looks at organisations; a NO is ERROR_DENIED and a mistake of the program, not of the person. */
enum noun {
	NOUN_ORGANISATION,
	NOUN_SENSOR,
	NOUN_ACCOUNT,
	NOUN_ALERT,
	NOUN_EVENT,
	NOUN_DECISION,
	NOUN_NOTICE,
	NOUN_COUNTER,
	NOUN_LOG,
	NOUN_CAMPAIGN,
	NOUN_MACHINE, /* enrolments and certificates */
	NOUN_CAPTURE,
	NOUN_COUNT
};
bool scope_reads(const struct scope *scope, enum noun noun);
bool scope_writes(const struct scope *scope, enum noun noun);
/* What the table says, for the manual and for property tests: 0 = no, 1 = one's own organisation (for ACTION_SELF:
 * one's own account), 2 = all. */
int policy_reach(enum role role, enum action action);

#endif
