/*
 * The loop at the centre: an indicator that somebody gives to a community passes the release rule, and travels to the
 * sensors of its members, or waits for a person. In the keeper, inside the transaction of whoever calls.
 *
 *   a route, TAXII, an import → loop_give() → rule → store/shared.h → center/feed.c → sensors
 *
 * Protected ground (members' own, warning lists) is loaded when it is first needed and then again once it is older than
 * a second: a member's new network is protected from the next second on.
 */
#ifndef NOROSHI_INTEL_LOOP_H
#define NOROSHI_INTEL_LOOP_H

#include "model/capability.h"
#include "model/item.h"
#include "store/store.h"

struct loop_settings {
	char *warninglists, *kinds; /* folder and table (match/warninglist.h); empty = none */
	char *alone;                /* "observe", "alert", "block": at most this travels by itself */
	int64_t rate;               /* of one source, an hour */
};
const struct loop_settings *loop_configured(void);
extern const struct capability loop_capability;

enum error loop_start(struct center *center, struct failure *failure);
void loop_stop_all(struct center *center);
void loop_tick(struct center *center, nanoseconds now);

struct loop_gift {
	uint32_t community, organisation;
	struct text item; /* the owner's name for it; empty: made of its values */
	const struct text *types, *values;
	size_t count;
	enum item_action asked;
	enum tlp tlp;
	enum pap pap;
	nanoseconds from, until;
	struct uuid account; /* nil: no person gives it */
};
struct loop_answer {
	uint32_t id;
	bool travels, waits;
	enum item_action action;
	uint32_t whys; /* bits; loop_why() */
};
/* ERROR_INPUT: a value is none of its type. Refused ones (revoked source, TLP:RED) are stored nowhere: travels and
 * waits are false. */
enum error loop_give(struct center *center, const struct scope *scope, const struct loop_gift *gift,
    struct loop_answer *answer, struct arena *arena, struct failure *failure);
/* A person lets one that waits travel. ERROR_CONFLICT: the rule lets nobody do that; its words say why. */
enum error loop_release(struct center *center, const struct scope *scope, uint32_t id, struct uuid account,
    struct loop_answer *answer, struct arena *arena, struct failure *failure);

/* The reasons in `whys`, one after the other from *next = 0 on; NULL at the end. */
const char *loop_why(uint32_t whys, unsigned *next, const char **words);

#endif
