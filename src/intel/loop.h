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
	int64_t rate;               /* of one source in one community, an hour, where that says nothing else */
	int64_t waiting;            /* of one source, at most */
	nanoseconds kept;           /* what was withdrawn stays at least so long, for sensors that were away */
};
const struct loop_settings *loop_configured(void);
extern const struct capability loop_capability;

struct history_batch;
struct shared_rule;
struct reader;
enum error loop_start(struct center *center, struct failure *failure);
enum error loop_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure);
uint64_t loop_replay_from(struct center *center);
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
	nanoseconds version; /* of an item: an older one changes nothing; 0 = it is none */
	bool revoked, false_positive;
	struct uuid account; /* nil: no person gives it */
};
struct loop_answer {
	uint32_t id;
	bool travels, waits;
	bool crowded; /* it would wait, but too many of its source do: it is not taken */
	enum item_action action;
	uint32_t whys; /* bits; loop_why() */
};
/* ERROR_INPUT: a value is none of its type. Refused ones (revoked source, TLP:RED) are stored nowhere: travels and
 * waits are false, and what stood of that name is withdrawn. */
enum error loop_give(struct center *center, const struct scope *scope, const struct loop_gift *gift,
    struct loop_answer *answer, struct arena *arena, struct failure *failure);
/* A person lets one that waits travel. ERROR_CONFLICT: the rule lets nobody do that; its words say why. */
enum error loop_release(struct center *center, const struct scope *scope, uint32_t id, struct uuid account,
    struct loop_answer *answer, struct arena *arena, struct failure *failure);

#define LOOP_SCOPE "release rule" /* of background work */
#define LOOP_ANY UINT32_MAX       /* no source: what the community says of all others */
/* What the community says of this source (loop_rate.c). */
enum error loop_rule_of(struct center *center, uint32_t community, uint32_t organisation, struct shared_rule *rule,
    struct failure *failure);
/* What stands is judged again, soon. `all`: the ground is another; else somebody does not vouch any more. */
void loop_sweep_want(struct center *center, bool all);

/* Withdraws as the store does, all that are meant; what they vouched for is judged anew. A source's many go in slices
 * once it is stopped. */
struct shared_meant;
enum error loop_withdraw(
    struct center *center, const struct scope *scope, const struct shared_meant *meant, struct failure *failure);

/* ── items (loop_items.c) ─ */

/* The one place where what is released enters the loop: an item (as the community sees it) was released to a community
 * at this TLP. Of an indicator whose pattern says no more than single values these go to the members' sensors as far as
 * the release rule lets them; an item that says nothing to sensors changes nothing. Never fails for what the item says.
 */
enum error loop_released(struct center *center, const struct item *item, uint32_t community, enum tlp tlp,
    struct arena *arena, struct failure *failure);
/* What a release to this community would bring to sensors by this giver alone, for whoever looks before deciding.
 * Warning lists are asked, members' own networks and names are not: else anybody could find out whose what is. False:
 * it says nothing to sensors, or nobody can tell just now. */
bool loop_foresee(struct center *center, const struct item *item, uint32_t community, enum tlp tlp,
    struct loop_answer *answer, struct arena *arena);
/* And where it leaves: the release of this version (0: of whichever) to this community (0: to every one) was withdrawn,
 * or the item is gone. */
enum error loop_unreleased(struct center *center, uint32_t organisation, struct text item, nanoseconds version,
    uint32_t community, struct arena *arena, struct failure *failure);
/* Its owner changed the item: what is shared of it follows where it is revoked, over, marked as a false positive or
 * asks for another action; with other values it leaves until that version is released. */
enum error loop_changed(struct center *center, const struct item *item, struct arena *arena, struct failure *failure);

/* The reasons in `whys`, one after the other from *next = 0 on; NULL at the end. */
const char *loop_why(uint32_t whys, unsigned *next, const char **words);

#endif
