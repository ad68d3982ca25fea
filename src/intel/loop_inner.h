/*
 * The loop at the centre, inside intel/ only: what its files share (loop.h).
 */
#ifndef NOROSHI_INTEL_LOOP_INNER_H
#define NOROSHI_INTEL_LOOP_INNER_H

#include "base/counter.h"
#include "base/json.h"
#include "base/loop.h"
#include "intel/loop.h"
#include "intel/rule.h"
#include "store/shared.h"

#define LOOP_NAME "loop"

#define LOOP_TOLD 1024     /* organisations whose bulletins are counted */
#define LOOP_TOLD_MOST 10  /* bulletins to one of them in an hour; events are there for all */
#define SHARED_SIGHTED 64u /* values of an indicator whose sighting vouches for them */

struct loop_rates;

struct loop_state {
	struct warninglists *lists;
	struct ground *ground, *listed; /* listed: warning lists alone; made when first asked for */
	struct hash128 ground_mark;     /* of the spaces that it was made of */
	nanoseconds loaded;             /* monotonic */
	struct loop_rates *rates;
	struct watch *again;
	/* loop_work.c */
	bool sweep_wanted, sweep_all, sweeping, sweeping_all; /* all: else blocks alone */
	uint32_t swept;                                       /* up to this id */
	nanoseconds sweep_began, sweep_ended;                 /* monotonic */
	struct counter *travels, *waits, *refused, *crowded, *met;
	bool purging;             /* loop_purge.c: there is more to remove */
	nanoseconds purge_looked; /* monotonic */
	/* loop_met.c */
	struct {
		uint32_t organisation, count; /* bulletins of this hour */
		nanoseconds since;            /* monotonic */
	} told[LOOP_TOLD];
	size_t told_next;
	uint64_t position, kept_position; /* in history: of the next alert; as the store has it */
	nanoseconds kept;                 /* monotonic */
};

/* What is judged: values in their compared forms, who vouches, and the canonical JSON of the values. */
struct judging {
	struct rule_value *values;
	struct rule_indicator indicator;
	struct rule_voice voices[SHARED_VOICES + 2];
	uint32_t lower[SHARED_VOICES]; /* rows of the same values that travel with less than was asked for them */
	size_t voice_count, lower_count;
	uint32_t itself; /* id of its own row; 0 = none yet */
	struct center *center;
	struct builder body;
};

struct loop_state *loop_state_of(struct center *center);
enum error loop_ground(struct center *center, struct arena *arena, struct failure *failure);
/* center->protection (model/capability.h). */
enum error loop_protection(struct center *center, struct prefix network, enum protection *protection,
    struct arena *arena, struct failure *failure);

enum error judging_take(struct judging *judging, const struct text *types, const struct text *values, size_t count,
    struct arena *arena, struct failure *failure);
/* Of a row that is there: its values, time and voices. */
enum error judging_row(struct judging *judging, const struct shared *row, struct arena *arena, struct failure *failure);
void judging_voice(struct judging *judging, uint32_t source, struct uuid account, unsigned trust);
/* `again`: it is judged once more, so its rate is not asked. */
enum error judging_decide(struct judging *judging, struct center *center, uint32_t community, uint32_t organisation,
    bool again, struct rule_decision *decision, struct arena *arena, struct failure *failure);

struct loop_rates *loop_rates_new(void);
void loop_rates_free(struct loop_rates *rates); /* NULL is fine */
/* How many of the source travelled by themselves in the last hour, in this community. */
enum error loop_rate_of(
    struct center *center, uint32_t community, uint32_t organisation, uint64_t *count, struct failure *failure);
void loop_rate_note(struct center *center, uint32_t community, uint32_t organisation);
/* Whether so many of the source wait that no further one is taken. */
enum error loop_crowded(struct center *center, uint32_t organisation, bool *crowded, struct failure *failure);
void loop_crowd_note(struct center *center, uint32_t organisation);

/* A sighting was released to this community (loop_met.c). */
enum error loop_sighted(struct center *center, const struct item *sighting, uint32_t community, enum tlp tlp,
    struct arena *arena, struct failure *failure);
/* Inside a transaction: how far alerts were read. */
enum error loop_keep_position(struct center *center, struct failure *failure);

/* One slice of what was withdrawn long ago. */
enum error loop_purge(
    struct center *center, const struct scope *scope, bool *more, struct arena *arena, struct failure *failure);

/* Work in slices (loop_work.c): what is over, what has begun, sources that are stopped, and what the ground or the loss
 * of a voice lowers. */
void loop_work(struct center *center);

#endif
