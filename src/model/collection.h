/*
 * Collections: a community at a TLP, the unit of TAXII; and imports: bundles and envelopes that somebody gave, with
 * what became of them. Decision 0080.
 */
#ifndef NOROSHI_MODEL_COLLECTION_H
#define NOROSHI_MODEL_COLLECTION_H

#include "model/community.h"
#include "model/item.h"

#define COLLECTION_ALIAS 64   /* bytes with the NUL */
#define COLLECTIONS_MOST 4095 /* that were ever made in one centre */

/* Who of the community reads or gives: from this role on. */
enum collection_right {
	COLLECTION_READERS = MEMBERSHIP_READER,
	COLLECTION_MEMBERS = MEMBERSHIP_MEMBER,
	COLLECTION_STEWARDS = MEMBERSHIP_STEWARD,
	COLLECTION_CENTRE, /* the centre's analysts alone */
	COLLECTION_RIGHTS
};
const char *collection_right_code(enum collection_right right); /* "reader", "member", "steward", "centre" */
bool collection_right_parse(struct text code, enum collection_right *right);

struct collection {
	uint32_t number; /* 1 …; stable */
	struct uuid id;
	uint32_t community;
	enum tlp tlp; /* not RED: that goes to named organisations */
	char title[NAME_SIZE], description[COMMUNITY_WORDS];
	char alias[COLLECTION_ALIAS]; /* "" = none; a-z 0-9 - . _, no UUID; unique */
	enum collection_right read, write;
	nanoseconds created;
	bool active;
	uint64_t version; /* for If-Match */
};
/* ERROR_INPUT with the field and what was expected. */
enum error collection_check(const struct collection *collection, struct failure *failure);

/* What one import did: TAXII's status resource. */
struct import {
	struct uuid id;
	uint32_t organisation;          /* whose the items become; 0 = the centre's */
	struct uuid account;            /* who gave them, and alone may ask */
	uint32_t collection;            /* 0 = none: the items are kept, and released by hand */
	nanoseconds received, finished; /* finished: 0 = pending */
	uint64_t total, good, bad;
	struct text failures; /* JSON list of {"id","version","message"}, the first IMPORT_FAILURES; arena */
};
#define IMPORT_FAILURES 200

#endif
