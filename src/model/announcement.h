/*
 * An announced attack (攻撃予告, W14): somebody said in public whom they attack, and when. Entered by an analyst; each
 * target that is an organisation of ours is told at once, of itself alone.
 */
#ifndef NOROSHI_MODEL_ANNOUNCEMENT_H
#define NOROSHI_MODEL_ANNOUNCEMENT_H

#include "base/hash.h"
#include "base/time.h"
#include "model/organisation.h"

#define ANNOUNCEMENT_TARGETS 200 /* of one announcement */

struct announcement_target {
	char name[254];        /* a domain, or an organisation's short name, as it was announced or found out */
	uint32_t organisation; /* whose it is; 0 = of nobody here */
};

struct announcement {
	struct uuid id;
	char source[256];     /* where it was said: an address, a channel */
	char by[128];         /* who said it; may be empty */
	char advice[1024];    /* what every target is told to do; may be empty: then a general text */
	nanoseconds from, to; /* of the attack, as announced; 0 = not said */
	struct uuid author;
	nanoseconds created;
	const struct announcement_target *targets; /* arena-owned */
	uint32_t target_count;
};

#endif
