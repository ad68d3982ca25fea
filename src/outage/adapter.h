/*
 * Outage in the keeper: takes the alerts of `noroshi probe` as they become durable, says whose site each is about, and
 * tells: the owner of a site that does not answer, and all members of a disturbance that many share; sectors are named,
 * organisations are not.
 *
 * What is remembered is of the running process; after a restart a disturbance that goes on may be told once more.
 */
#ifndef NOROSHI_OUTAGE_ADAPTER_H
#define NOROSHI_OUTAGE_ADAPTER_H

#include "base/counter.h"
#include "model/capability.h"
#include "outage/outage.h"
#include "store/store.h"

#define OUTAGE_TOLD 1024 /* organisations whose last alarm is remembered */
#define OUTAGE_DOWN 1024 /* sites that were told to be down and are not yet told to be up */

struct outage_state {
	struct center *center;
	struct outage outage;
	struct {
		uint32_t organisation;
		nanoseconds when;
	} told[OUTAGE_TOLD];
	size_t told_count, told_next;
	struct {
		uint32_t organisation; /* 0: none */
		uint64_t host;         /* hash */
		nanoseconds since;
	} down[OUTAGE_DOWN]; /* a ring */
	size_t down_next;
	struct counter *troubles, *foreign, *signals, *alarms;
};

enum error outage_start(struct center *center, struct failure *failure);
void outage_tick(struct center *center, nanoseconds now);
void outage_stop(struct center *center);
enum error outage_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure);

/* owner.c: whose the host is, by the domains of all organisations at that time; 0 = nobody's. The longest decides. */
enum error outage_owner(struct store *store, const struct scope *scope, struct text host, nanoseconds when,
    uint32_t *organisation, struct failure *failure);

/* tell.c; inside a transaction. */
struct outage_telling {
	struct center *center;
	const struct scope *scope;
	struct arena *arena;
	nanoseconds now;
};
enum error outage_tell_owner(struct outage_telling *telling, uint32_t organisation, struct text host, nanoseconds since,
    struct failure *failure);
/* The same site answers again. */
enum error outage_tell_again(struct outage_telling *telling, uint32_t organisation, struct text host, nanoseconds since,
    nanoseconds again, struct failure *failure);
enum error outage_tell_all(
    struct outage_telling *telling, const struct outage_picture *picture, struct failure *failure);
enum error outage_tell_target(struct outage_telling *telling, const struct announcement *announcement,
    uint32_t organisation, struct failure *failure);

#endif
