/*
 * The telescopes in the keeper: takes what they tell as it becomes durable, and tells who is concerned.
 *
 *   alerts() ─► lines of telescopes ─► held by an organisation ─► appearance (store) ─► owners_tell.c: bulletin
 *                                  └► held by nobody here ─► counted; the alert stays in history
 *   tick()   ─► what was taken since, the position in history behind it, what is due: one transaction
 *
 * What is counted of records (day tables, views) is counts_*.c's.
 *
 * Lines wait in memory for the tick, a second at most. The position in history that the store has is that of the last
 * transaction: what was not yet in one when the keeper died is read from history again, so that nothing is lost and
 * nothing told twice.
 */
#ifndef NOROSHI_DARKNET_ADAPTER_H
#define NOROSHI_DARKNET_ADAPTER_H

#include "base/counter.h"
#include "model/appearance.h"
#include "model/capability.h"
#include "store/store.h"

#define DARKNET_WAITING 65536u /* lines; when so many wait they do not wait for the tick */

struct origins;

struct darknet_line {
	uint32_t organisation; /* that held the address; 0 = none here did */
	struct appeared what;
};

struct darknet_state {
	struct center *center;
	struct darknet_line *waiting;
	size_t waiting_count, waiting_room;
	uint64_t position, kept_position; /* in history: behind what was taken; as the store has it */
	nanoseconds kept;                 /* by the monotonic clock */
	bool behind;                      /* some could not be taken: all behind it wait for the next start */
	uint64_t kept_appearances;        /* in the store */
	bool counted;                     /* they were */
	nanoseconds looked, expired;      /* by the monotonic clock: for what is due, for what is old */
	struct counter *lines[APPEARANCE_KINDS], *foreign, *disbelieved, *beyond, *told, *beyond_sightings,
	    *without_contact;
	struct origins *origins; /* networks_origins() */
	bool origins_asked;
};

enum error darknet_start(struct center *center, struct failure *failure);
void darknet_tick(struct center *center, nanoseconds now);
void darknet_stop(struct center *center);
enum error darknet_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure);
uint64_t darknet_replay_from(struct center *center);

/* What a piece of the adapter's work needs; inside a transaction. */
struct darknet_work {
	struct darknet_state *state;
	struct store *store;
	const struct scope *scope; /* background */
	struct arena *arena;
	nanoseconds now;
	uint64_t without_contact; /* lines of others for which there is no contact */
};

#define DARKNET_NAME "darknet" /* of the state (center_state()), and of background work */

/* owners_tell.c: what waits becomes appearances; what is due becomes bulletins (*more: there was some). */
enum error owners_take_lines(struct darknet_work *work, struct failure *failure);
enum error owners_tell(struct darknet_work *work, bool *more, struct failure *failure);

#endif
