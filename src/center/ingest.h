/*
 * One batch of alerts in the front, from its headers to its answer. Inside center/ only: ingest.c moves batches along
 * and keeps the queues of organisations, ingest_read.c turns a body into parts.
 */
#ifndef NOROSHI_CENTER_INGEST_H
#define NOROSHI_CENTER_INGEST_H

#include "base/stream.h"
#include "center/front.h"
#include "formats/format.h"

#define INGEST_PROBLEMS 10

enum ingest_state { INGEST_ADMISSION, INGEST_BODY, INGEST_READY, INGEST_STORING, INGEST_DONE };

/* A part as it goes to the keeper: the message's body is complete but for the counts, which stand at a known place. */
struct ingest_part {
	struct ingest_part *next;
	struct builder body;
};

struct ingest {
	struct ingest *next; /* in its organisation's queue */
	struct ingest *all_next, *all_previous;
	struct front *front;
	uint64_t number; /* of the exchange; 0 once the client is gone */
	enum ingest_state state;
	struct member *member; /* whose queue and quota; set at admission */
	uint8_t token[32];
	uint32_t organisation, sensor;
	char batch[130], map[1026];
	struct hash128 epoch;
	bool from_file, complete; /* complete: the whole body is here */
	uint64_t offset, preamble;
	const struct format *format; /* NULL = by content */
	struct format_settings settings;
	nanoseconds received;
	struct builder body;
	uint64_t reserved; /* bytes counted in the member's queue */
	/* while it is read */
	struct stream *stream;
	struct format_reader *reader;
	struct format_counts counts, counted; /* so far; up to the last part that was cut */
	uint64_t preamble_lines;
	uint64_t part_first;    /* sequence */
	uint64_t last_sequence; /* of the last alert; 0 = none yet */
	uint32_t part_alerts;
	struct builder part; /* encoded alerts */
	struct ingest_part *parts, **last_part;
	json_t *problems;
	/* while it is stored */
	unsigned waiting; /* parts without an answer */
	bool all_repeated;
	uint16_t status;
	uint64_t lines, alerts, skipped, malformed;
	char words[256];
};

/* Reads up to `lines` further alerts. OK: more to do; ERROR_END: read to the end, `parts` holds all; else what the
 * client is told. */
enum error ingest_read(struct ingest *ingest, unsigned alerts, struct failure *failure);
void ingest_read_free(struct ingest *ingest); /* what only reading needs */

#endif
