/*
 * An organisation as ingest sees it: its quota (a token bucket of alerts) and the queue of its batches that wait to be
 * read.
 */
#ifndef NOROSHI_CENTER_INGEST_MEMBER_H
#define NOROSHI_CENTER_INGEST_MEMBER_H

#include "center/ingest.h"

struct member {
	uint32_t organisation;
	double rate, tokens; /* alerts a second, and how many may come now; negative: in debt */
	nanoseconds refilled;
	uint64_t queued; /* bytes of its bodies that are held */
	struct ingest *first, **last;
	struct member *next; /* of those with something to read, in turns */
	bool in_turn;
};

/* At most 16,384 organisations; they stay for as long as the process runs. */
struct member_table;
struct member_table *member_table_new(void);
struct member *member_of(struct member_table *table, uint32_t organisation); /* NULL: no room */

/* Refills by the time that went by; `rate` alerts a second, at most what comes together in `burst` seconds. A changed
 * rate starts full. */
void member_refill(struct member *member, double rate, double burst);

void member_append(struct member *member, struct ingest *ingest);
void member_remove(struct member *member, struct ingest *ingest); /* fine when it is not in the queue */

#endif
