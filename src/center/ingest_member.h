/*
 * An organisation as ingest sees it: its quota, and its queues before the two things that all organisations share: the
 * front's time, in which bodies are read, and the keeper's, in which alerts are stored and judged.
 *
 * Turns are a deficit round robin (Shreedhar, Varghese: Efficient fair queuing using deficit round-robin, 1996): a lane
 * whose turn it is may use so many bytes of work; what it used beyond is taken off its next turn. An organisation with
 * a greater quota gets more of each turn, in proportion.
 */
#ifndef NOROSHI_CENTER_INGEST_MEMBER_H
#define NOROSHI_CENTER_INGEST_MEMBER_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

struct ingest;
struct member;

/* One organisation's batches before one of the two. */
struct lane {
	struct member *member;
	struct ingest *first, **last;
	struct lane *next; /* of those with work to do, in turns */
	bool in_turn;
	int64_t deficit; /* bytes that it may still use in this turn; negative: in debt */
};

struct member {
	uint32_t organisation;
	double weight; /* of its turns: its quota against the configured one, 1/4 … 16 */
	/* The quota: a token bucket. */
	double rate, tokens; /* alerts a second, and how many may come now; negative: in debt */
	double expected;     /* what the batches that were let in and not read yet will take */
	double byte_cost;    /* alerts for a byte of a body, as its batches were of late */
	bool known;          /* byte_cost is more than a guess */
	nanoseconds refilled;
	uint64_t queued; /* bytes of its bodies that are held */
	uint64_t unsent; /* bytes of parts that were read and wait for the keeper */
	struct lane reading, storing;
	/* What it was refused since that was last written to the log. */
	uint64_t refused;
	nanoseconds said;
};

/* At most 16,384 organisations; they stay for as long as the process runs. */
struct member_table;
struct member_table *member_table_new(void);
struct member *member_of(struct member_table *table, uint32_t organisation); /* NULL: no room */

/* Refills by the time that went by: `rate` alerts a second, at most what comes together in `burst` seconds. A changed
 * rate starts full. */
void member_refill(struct member *member, double rate, double burst);

/* What a body of so many bytes will probably take of the quota, and what it took when it was read. */
double member_expect(const struct member *member, uint64_t body);
void member_charge(struct member *member, uint64_t body, double cost);

void lane_append(struct lane *lane, struct ingest *ingest);
void lane_remove(struct lane *lane, struct ingest *ingest); /* fine when it is not in it */

struct turns {
	struct lane *first, **last;
};
void turns_init(struct turns *turns);
void turns_add(struct turns *turns, struct lane *lane); /* fine when it is in already */
/* Whose turn it is: the head, which stays there until what it may use is used up or it has nothing to do. NULL: nobody
 * has. */
struct lane *turns_next(struct turns *turns);
void turns_charge(struct turns *turns, uint64_t bytes); /* what the head has used */
/* Takes the head out of the turns: it has to wait for something else. */
void turns_leave(struct turns *turns);

#endif
