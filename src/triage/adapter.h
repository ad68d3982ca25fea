/*
 * Triage in the keeper: feeds stored alerts to triage.h and puts what comes out into store and history. Its hooks are
 * those of model/capability.h; adapter.c keeps the state, publish.c writes events, counted.c counts the funnel,
 * checkpoint.c survives restarts, decisions.c makes standing decisions into rules.
 *
 * Recovery: a checkpoint (a file, and a value in the store that names it) holds everything that triage knew when it had
 * seen history up to a position. After a restart the keeper hands on what came behind that position, and the same comes
 * out again: events are replaced by themselves, verdicts overwritten by equal ones. The funnel's counts go into the
 * store in the same transaction as the checkpoint's name, so that nothing is counted twice.
 */
#ifndef NOROSHI_TRIAGE_ADAPTER_H
#define NOROSHI_TRIAGE_ADAPTER_H

#include "base/memory.h"
#include "model/capability.h"
#include "store/history.h"
#include "store/store.h"
#include "triage/known.h"
#include "triage/triage.h"

struct news { /* of one event, not yet in the store */
	struct uuid id;
	uint32_t organisation;
	struct builder encoded; /* event_encode(); empty: taken back */
	struct uuid campaign;   /* not nil: only the campaign changed */
};

struct hits { /* of a standing decision */
	struct uuid decision;
	uint64_t count;
	nanoseconds last;
};

/* What was counted since a checkpoint and goes into the store with the next. */
struct counted {
	struct funnel *funnel; /* by organisation and day */
	size_t funnel_count, funnel_room;
	struct hits *hits;
	size_t hit_count, hit_room;
};

struct saving; /* checkpoint.c: a checkpoint on its way to the disk */

struct adapter {
	struct center *center;
	struct triage *triage;
	struct warninglists *lists; /* NULL = none configured */
	struct arena *arena;        /* of the scope */
	const struct scope *scope;
	struct news *news;
	size_t news_count, news_room;
	struct counted counted, leaving; /* since the newest checkpoint was begun; those that belong to it */
	/* Events that were provisional in the store at the start and that nobody spoke of since. */
	struct uuid *provisional;
	size_t provisional_count;
	nanoseconds started;
	uint64_t position;                          /* everything before it was handed to triage */
	uint64_t generation;                        /* of the newest checkpoint */
	uint64_t checkpointed;                      /* position in it */
	struct saving *saving;                      /* NULL = none is under way */
	nanoseconds checkpoint_at, checkpoint_held; /* monotonic; how long all else waited for it */
	uint64_t rules_hash;
	uint8_t position_key[32]; /* position.c */
	bool unjudged_said;       /* that alerts cannot be judged */
	bool judging_failed;      /* said once */
	struct counter *unjudged, *alerts, *late, *memory, *checkpoint_seconds;
};

enum error adapter_start(struct center *center, struct failure *failure);
void adapter_tick(struct center *center, nanoseconds now);
void adapter_stop(struct center *center);
enum error adapter_alerts(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure);
uint64_t adapter_replay_from(struct center *center);

/* position.c: center->position (model/capability.h) */
uint64_t position_shown(const struct center *center, uint64_t position, bool hide);
/* position.c: the key by which positions leave the centre, made at the first start */
enum error position_key_load(struct adapter *adapter, struct failure *failure);

/* publish.c */
void news_event(struct adapter *adapter, const struct event *event);
void news_campaign(struct adapter *adapter, struct uuid event, uint32_t organisation, struct uuid campaign);
enum error news_publish(struct adapter *adapter, struct failure *failure);
enum error provisional_note(struct adapter *adapter, struct failure *failure);
enum error provisional_forget(struct adapter *adapter, struct failure *failure);

/* counted.c */
void funnel_note(
    struct adapter *adapter, uint32_t organisation, nanoseconds occurred, enum verdict verdict, int64_t amount);
void funnel_alert(struct adapter *adapter, uint32_t organisation, nanoseconds occurred);
void funnel_late(struct adapter *adapter, uint32_t organisation, nanoseconds received, uint64_t amount);
void hits_note(struct adapter *adapter, struct uuid decision, nanoseconds occurred);
/* What leaves with a checkpoint: into the store (inside the caller's transaction), or back, for the next one to take.
 */
enum error counted_store(struct adapter *adapter, struct failure *failure);
void counted_return(struct adapter *adapter);
void counted_free(struct counted *counted);

/* checkpoint.c */
/* Takes a copy of what triage knows, and has a thread write and sync it meanwhile. */
enum error checkpoint_begin(struct adapter *adapter, struct failure *failure);
/* When it is written, or when it shall be waited for: makes it the one that counts. */
enum error checkpoint_end(struct adapter *adapter, bool wait, struct failure *failure);
enum error checkpoint_write(struct adapter *adapter, struct failure *failure); /* both at once */
void checkpoint_drop(struct adapter *adapter); /* waits for its thread; the one before it still counts */
/* Loads the newest. Without a usable one triage starts from the beginning of history, and the counts of the funnel are
 * cleared. */
enum error checkpoint_read(struct adapter *adapter, struct failure *failure);
/* The checkpoint that goes with what the store says now; "" before the first one. */
enum error checkpoint_resting(struct store *store, char name[static 64], struct failure *failure);

/* A triage that knows nothing, in place of what there is. */
enum error adapter_triage(struct adapter *adapter, struct failure *failure);

/* decisions.c: standing decisions as rules; rereads them when they changed. */
enum error rules_refresh(struct adapter *adapter, struct failure *failure);

#endif
