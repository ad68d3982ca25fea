/*
 * Fleet in the keeper: hears what is delivered, judges every sensor each second, keeps the gaps that begin and end, and
 * tells their owners.
 *
 *   keeper: heard() for each part of a batch ─► fleet.h ─► gaps (store), log, metrics
 *   tick() ─► fleet.h for each sensor ─► the same; tell.c ─► bulletins (store) ─► notify
 *
 * What a sensor was doing when the keeper was killed is read from the store again: its habit as of at most a minute
 * before, its open gaps exactly.
 */
#ifndef NOROSHI_FLEET_ADAPTER_H
#define NOROSHI_FLEET_ADAPTER_H

#include "base/counter.h"
#include "fleet/fleet.h"
#include "model/capability.h"
#include "model/organisation.h"
#include "store/store.h"

struct fleet_entry {
	struct fleet_sensor habit;
	char name[NAME_SIZE];
	bool revoked, dirty;
};

/* One sentence of a bulletin. */
struct fleet_news {
	struct gap gap;
	char name[NAME_SIZE]; /* of the sensor */
};

struct fleet {
	struct center *center;
	struct arena *arena; /* of the scope */
	const struct scope *scope;
	struct fleet_settings settings;
	struct fleet_entry *entries; /* by number */
	size_t count, room;
	struct fleet_news *over; /* gaps that ended and whose beginning was told, since the last tick */
	size_t over_count, over_room;
	struct gap *bare; /* open gaps of organisations without a sensor that works */
	size_t bare_count, bare_room;
	bool writing; /* a transaction is open */
	bool failed;  /* and something in it failed */
	struct failure failure;
	nanoseconds awake, looked, saved, expired;
	struct counter *states[GAP_KINDS + 1], *begun[GAP_KINDS], *bare_gauge, *told;
};

enum error fleet_start(struct center *center, struct failure *failure);
void fleet_tick(struct center *center, nanoseconds now);
void fleet_stop(struct center *center);
void fleet_heard(struct center *center, const struct heard *heard);

struct fleet_entry *fleet_find(struct fleet *fleet, uint32_t sensor); /* NULL: not met yet */
/* Opens a transaction when none is open; false when that fails. Whoever begins a piece of work ends it. */
bool fleet_begin(struct fleet *fleet);
void fleet_end(struct fleet *fleet);

/* tell.c: bulletins about what begins and what is over, inside a transaction. */
void fleet_tell(struct fleet *fleet, nanoseconds now);
/* bare.c: organisations none of whose sensors works. */
void fleet_look_for_bare(struct fleet *fleet, nanoseconds now);

#endif
