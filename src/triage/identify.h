/*
 * From an alert to an item: names become numbers, the words become a claim. One set of identities for each
 * organisation.
 */
#ifndef NOROSHI_TRIAGE_IDENTIFY_H
#define NOROSHI_TRIAGE_IDENTIFY_H

#include "triage/item.h"
#include "triage/names.h"

/* Claims, each worked out once for all organisations: they use the same rules, and looking for all the words of claim.c
 * in a signature takes 14 µs. Bounded; what does not fit is worked out again. */
struct known_claim {
	bool known;
	struct claim claim;
};
struct claims {
	struct names words;        /* category and signature as one text */
	struct known_claim *found; /* by number in `words` */
	size_t room;
};

enum error claims_init(struct claims *claims);
void claims_free(struct claims *claims);

struct identities {
	struct claims *claims; /* of all organisations */
	struct names names;    /* of signatures, hosts, detectors, accounts */
};

/* An item as it is worked out of an alert's words, to be used again for alerts that say the same. */
struct identified {
	bool known;
	struct item item; /* but for its times, id and position */
	struct address outside;
};

enum error identities_init(struct identities *identities, struct claims *claims, uint32_t most);
void identities_free(struct identities *identities);
/* Fills `item` but for its times, id and position. Gives the address of the far side too, exact where item.remote is
 * grouped; absent when there is none. */
struct address item_identify(struct identities *identities, const struct alert *alert, struct item *item);

#endif
