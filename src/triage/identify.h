/*
 * From an alert to an item: names become numbers, the words become a claim. One set of identities for each
 * organisation.
 */
#ifndef NOROSHI_TRIAGE_IDENTIFY_H
#define NOROSHI_TRIAGE_IDENTIFY_H

#include "triage/item.h"
#include "triage/names.h"

struct signature_claim {
	bool known;
	uint64_t category;
	struct claim claim;
};

struct identities {
	struct names names;                 /* of signatures, hosts, detectors, accounts */
	struct signature_claim *signatures; /* by number: what its words claim, worked out once */
	uint32_t signature_room;
};

enum error identities_init(struct identities *identities, uint32_t most);
void identities_free(struct identities *identities);
/* Gives the address of the far side too, exact where item.remote is grouped; absent when there is none. */
struct address item_identify(
    struct identities *identities, const struct alert *alert, uint64_t position, struct item *item);

#endif
