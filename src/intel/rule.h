/*
 * The release rule: what of an indicator travels to sensors by itself, with which action, and what waits for a person.
 * A pure function; the loop is not a weapon (issue "The exchange").
 *
 *   indicator, its source, its community's rule, confirmations, protected ground → decision with reasons
 *
 * Each reason caps the action twice: for what travels by itself, and for what a person may release. An action above the
 * first cap and below the second waits; above both it is refused. Caps only ever lower: a new reason cannot let more
 * through. Observe is the default: without an action asked for, nothing more than that travels.
 */
#ifndef NOROSHI_INTEL_RULE_H
#define NOROSHI_INTEL_RULE_H

#include "base/hash.h"
#include "base/time.h"
#include "intel/ground.h"
#include "model/item.h"

#define RULE_VALUES 1024u

/* What an indicator compares, in the forms that sensors compare; what travels is written from these. */
struct rule_value {
	enum indicator_kind kind;
	const uint8_t *form;
	size_t size;
};
/* The compared form of a value as people write it: defanged ("hxxp://evil[.]example") and in any script too. Returns
 * its size; 0: it is none of the kind. */
size_t rule_value_form(enum indicator_kind kind, struct text value, uint8_t to[static INDICATOR_VALUE]);

/* Whoever vouches for it, the giver first: a person, a source, or both. */
struct rule_voice {
	struct uuid account; /* nil: no person (a feed, another's TAXII server) */
	uint32_t source;     /* organisations and feeds that depend on each other have the same number; 0 = none */
	unsigned trust;      /* of that source: 0 = none, 1 = it is heard, 2 = as good as one's own */
};

struct rule_indicator {
	const struct rule_value *values;
	size_t value_count;
	bool comparable; /* its pattern says no more than its values: sensors can decide it */
	enum item_action asked;
	enum tlp tlp;
	enum pap pap;
	nanoseconds from, until; /* 0 = open */
	bool revoked, false_positive;
	bool held; /* another than its owner withdrew it before */
};

struct rule_source {
	bool killed;             /* the switch: nothing of it is in force anywhere */
	unsigned trust;          /* as above */
	uint64_t released, most; /* released by itself within the time of the rate; at most so many */
};

struct rule_community {
	enum item_action alone; /* at most this travels by itself */
	unsigned trust;         /* the least that a source needs for anything to travel by itself */
};

enum rule_why {
	RULE_MALFORMED, /* a value cannot be compared, or there is none */
	RULE_PATTERN,   /* says more than single values */
	RULE_REVOKED,
	RULE_FALSE_POSITIVE,
	RULE_EXPIRED,
	RULE_NOT_YET,
	RULE_KILLED,
	RULE_RED,      /* TLP:RED goes to named people, not to machines */
	RULE_OWN,      /* a member's own */
	RULE_OWN_NEAR, /* holds a member's own: a name above, a network around */
	RULE_LISTED,   /* a warning list knows it */
	RULE_LISTED_NEAR,
	RULE_BROAD,     /* a network or name that holds very many */
	RULE_DISGUISED, /* a host that some programs read as another address */
	RULE_NETWORK,   /* more than one address: a person looks before it is blocked */
	RULE_GENERAL,   /* a fingerprint or subject that harmless others may have */
	RULE_RATE,
	RULE_TRUST,
	RULE_COMMUNITY,
	RULE_PAP,         /* PAP:AMBER and RED: it may be looked for, not acted upon */
	RULE_UNCONFIRMED, /* blocking needs two people or two independent sources */
	RULE_HELD,        /* somebody else than its owner withdrew it */
	RULE_WHYS
};
const char *rule_why_code(enum rule_why why);  /* stable: "members-own" */
const char *rule_why_words(enum rule_why why); /* a gettext msgid: one sentence */

enum { RULE_NOTHING = -1 }; /* below every enum item_action */
struct rule_decision {
	int alone;     /* travels at once with this action; RULE_NOTHING: it does not */
	int by_person; /* at most this when somebody releases it, with what they confirm counted; RULE_NOTHING: refused
			*/
	bool waits;    /* a person may release it with more than it travels with alone */
	uint32_t whys; /* bits of enum rule_why */
	size_t value[RULE_WHYS]; /* of reasons about one value: which one, the first */
};

/* `voices`: at most one for each account and source is counted. `ground` is asked, never changed. */
struct rule_decision rule_decide(const struct rule_indicator *indicator, const struct rule_source *source,
    const struct rule_community *community, const struct rule_voice *voices, size_t voice_count,
    const struct ground *ground, nanoseconds now);

#endif
