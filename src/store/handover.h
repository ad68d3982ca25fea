/*
 * What organisations and the centre hand over to each other: a count for each organisation, month (JST) and kind, kept
 * for good. A part of the state store (store.h). Counted where it happens, in the same transaction; where the centre is
 * kept out (a community whose `centre` is false) nothing is counted.
 */
#ifndef NOROSHI_STORE_HANDOVER_H
#define NOROSHI_STORE_HANDOVER_H

#include "store/store.h"

enum handover {
	/* from the organisation */
	HANDOVER_GIVEN = 1,  /* objects pushed, uploaded or fetched from its server, and taken */
	HANDOVER_REFUSED,    /* and not taken */
	HANDOVER_RELEASED,   /* releases of its items */
	HANDOVER_INDICATORS, /* of these, of indicators */
	HANDOVER_SIGHTED,    /* how often it met what is shared */
	/* to the organisation */
	HANDOVER_DELIVERED, /* objects given to it by TAXII */
	HANDOVER_OPENED,    /* releases that it opened */
	HANDOVER_SENT,      /* objects pushed to its server, and taken there */
	HANDOVER_NOT_TAKEN, /* and refused there */
	HANDOVERS
};
/* "given", "refused" …: names of columns. */
const char *handover_code(enum handover what);

/* In a transaction. Nothing when `community` (0 = none) keeps the centre out, or `count` is 0. */
enum error store_handover_add(struct store *, uint32_t organisation, uint32_t community, enum handover what,
    uint64_t count, nanoseconds when, struct failure *);

/* A month is year × 12 + month − 1. Those in [first, last] of organisations that the scope covers (of one alone unless
 * 0), by organisation, month and kind. */
int32_t handover_month(nanoseconds when);
struct handed {
	uint32_t organisation;
	int32_t month;
	enum handover what;
	uint64_t count;
};
enum error store_handover_each(struct store *, const struct scope *, uint32_t organisation, int32_t first, int32_t last,
    void (*each)(void *, const struct handed *), void *context, struct failure *);

#endif
