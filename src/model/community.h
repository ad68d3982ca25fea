/*
 * Communities (コミュニティ): the circles within which items are shared, and who is in them. Decision 0080.
 *
 * Communities nest (the members of a part are members of the whole) and overlap. Who is a member of what, at a time, is
 * answered by model/policy.h alone.
 */
#ifndef NOROSHI_MODEL_COMMUNITY_H
#define NOROSHI_MODEL_COMMUNITY_H

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "model/organisation.h"

#include <stdbool.h>
#include <stdint.h>

#define COMMUNITY_WORDS 1024 /* bytes with the NUL of purpose, content, recipients */

enum community_kind {
	COMMUNITY_SECTOR,    /* セプター, a sector body */
	COMMUNITY_COUNCIL,   /* across sectors */
	COMMUNITY_ISAC,      /* of companies of one trade */
	COMMUNITY_CLOSED,    /* a few who work on something */
	COMMUNITY_BILATERAL, /* two */
	COMMUNITY_OPEN,      /* every active organisation is a member */
	COMMUNITY_KINDS
};
const char *community_kind_code(enum community_kind kind); /* "sector", "council", … */
bool community_kind_parse(struct text code, enum community_kind *kind);

struct community {
	uint32_t number; /* 1 …; stable */
	struct uuid id;
	char name[NAME_SIZE]; /* short and unique: "water", "closed-2026-03" */
	char title_ja[NAME_SIZE], title_en[NAME_SIZE];
	enum community_kind kind;
	uint32_t parent; /* the whole that it is a part of; 0 = none. No cycles */
	/* What is shared here, why, and with whom beyond the members it may be: shown with every item (I20). */
	char purpose[COMMUNITY_WORDS], content[COMMUNITY_WORDS], recipients[COMMUNITY_WORDS];
	bool hidden;                      /* members do not learn who the members are */
	bool centre;                      /* the centre's analysts read what is released here */
	nanoseconds valid_from, valid_to; /* for an event with a beginning and an end; 0 = none */
	bool active;
	uint64_t version; /* for If-Match */
};

enum membership_role {
	MEMBERSHIP_READER,  /* reads */
	MEMBERSHIP_MEMBER,  /* and gives items */
	MEMBERSHIP_STEWARD, /* and releases the items of the community to wider ones, and keeps its members */
	MEMBERSHIP_ROLES
};
const char *membership_role_code(enum membership_role role);
bool membership_role_parse(struct text code, enum membership_role *role);

struct membership {
	uint32_t community, organisation;
	enum membership_role role;
	nanoseconds from, to; /* to: 0 = open. What was ended stays as a row, for "what did they have" */
	uint64_t version;
};

/* Where an organisation may be named to others, by its own people's word. */
enum naming {
	NAMING_ANYWHERE, /* nobody said anything */
	NAMING_WITHIN,   /* in one community and its parts */
	NAMING_NOWHERE,
	NAMINGS
};
const char *naming_code(enum naming naming); /* "anywhere", "within", "nowhere" */
bool naming_parse(struct text code, enum naming *naming);

/* ERROR_INPUT with the field and what was expected. Whether the parent makes a cycle is the store's to see. */
enum error community_check(const struct community *community, struct failure *failure);

#endif
