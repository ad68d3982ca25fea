/*
 * One part of a batch of alerts in the keeper: what MESSAGE_INGEST brought, checked as if a stranger had sent it.
 * Inside center/ only: batches.c stores it and answers.
 */
#ifndef NOROSHI_CENTER_PART_H
#define NOROSHI_CENTER_PART_H

#include "bus/channel.h"
#include "center/credential.h"
#include "model/heard.h"
#include "store/history.h"

/* A part within a round. */
struct part {
	struct part *next;
	uint64_t correlation, generation; /* of the front that sent it */
	struct history_batch batch;
	uint64_t position;
	nanoseconds oldest, newest; /* occurred */
	struct heard heard;         /* what the sensor says of itself */
	bool stored;                /* appended in this round: to be handed on after the sync */
	bool repeated;              /* was in history before */
	bool empty;                 /* without an alert: only its counts matter */
	bool routes;                /* its sensor watches many organisations (routed.h) */
	bool telescope;             /* it is a telescope: of its alerts the source alone concerns somebody */
	bool is_other;        /* split off for another organisation: answered with the one that it was split off from */
	uint32_t taken, kept; /* alerts and records as they came */
	struct part *others;  /* split off from this one, to be handed on before it */
	struct part *records; /* what it brought that is no alert, as a part of its own; then its shares, one behind the
				 other */
	bool durable;         /* of a share of records: to be handed on, whatever becomes of the part */
	bool unkept;          /* its records did not become durable: it is refused, whatever became of its alerts */
	bool unsure;          /* appending it failed: nobody knows what the file holds (base/file.h) */
	struct failure failure;
	size_t size;
	char encoded[];
};

/* NULL when the body does not fit, or without memory. Whose the batch is stays open: its sensor and organisation are
 * the credential's word, set by part_own() before part_verify(). */
struct part *part_decode(const struct message *message, struct credential *credential);
void part_own(struct part *part, uint32_t sensor, uint32_t organisation);
void parts_free(struct part *part); /* and those behind it; NULL is fine */

/* What the front read is decoded once more: ERROR_CORRUPT unless each alert belongs to this sensor, organisation, epoch
 * and range, and the whole was received about `now`. Fills `oldest` and `newest`. */
enum error part_verify(struct part *part, nanoseconds now, struct failure *failure);

/* A batch was cut into other parts when it came the first time: a copy without what lies before `seen`, whose lines are
 * counted with the part that is stored. Its records stay with `part`. NULL without memory. The part must be verified.
 */
struct part *part_trim(struct part *part, uint64_t seen);

#endif
