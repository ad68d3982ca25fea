/*
 * What triage keeps of an alert while it waits and is judged: names as numbers, everything of fixed size.
 */
#ifndef NOROSHI_TRIAGE_ITEM_H
#define NOROSHI_TRIAGE_ITEM_H

#include "model/alert.h"
#include "model/reason.h"
#include "triage/claim.h"

#include <stdint.h>

struct item {
	nanoseconds occurred, received;
	struct fact_id id;
	uint64_t position;      /* the caller's handle */
	uint64_t content;       /* hash of what the alert says: puts alerts of one moment into an order of their own */
	uint64_t signature_key; /* hash of detector and signature */
	uint64_t host_key;      /* hash of the host's name */
	uint32_t signature, detector, host, account; /* numbers in the organisation's names; 0 = none */
	uint32_t rule;                               /* index of the rule that takes it out, + 1; 0 = none */
	struct address remote; /* the other side of the traffic, as it is counted (rule 11); may be absent */
	uint32_t repeats;
	uint16_t tactics;
	uint8_t kind; /* enum claim_kind, with the alert's own outcome and severity considered */
	uint8_t severity, outcome;
};

/* The order of rule 6: by time, then by content, then by identity. */
int item_compare(const struct item *a, const struct item *b);

#endif
