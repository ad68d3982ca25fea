/*
 * Batches of alerts in the front, from their headers to their answers. Inside center/ only: ingest.c lets them in and
 * answers, ingest_turns.c shares out the front's and the keeper's time, ingest_read.c turns a body into parts.
 */
#ifndef NOROSHI_CENTER_INGEST_H
#define NOROSHI_CENTER_INGEST_H

#include "base/stream.h"
#include "center/credential.h"
#include "center/front.h"
#include "center/ingest_member.h"
#include "formats/capture.h"
#include "formats/format.h"
#include "http/header.h"

#define INGEST_PROBLEMS 10

enum ingest_state {
	INGEST_ADMISSION, /* the keeper is asked who shows this */
	INGEST_BODY,      /* coming in */
	INGEST_READY,     /* waits to be read, or is being read: in member->reading */
	INGEST_STORING,   /* waits for the keeper: in member->storing as long as parts are unsent */
};

/* A part as it goes to the keeper: the message's body is complete but for the counts, which stand at a known place. */
struct ingest_part {
	struct ingest_part *next;
	struct builder body;
};

struct ingest {
	struct ingest *next; /* in its organisation's lane */
	struct ingest *all_next, *all_previous;
	struct front *front;
	uint64_t number; /* of the exchange; 0 once the client is gone */
	enum ingest_state state;
	struct member *member; /* whose queue and quota; set at admission */
	struct credential credential;
	uint32_t organisation, sensor;
	char batch[130], map[1026];
	struct hash128 epoch;
	struct agent_word agent;
	bool from_file, complete; /* complete: the whole body is here */
	uint64_t offset, preamble;
	const struct format *format; /* NULL = by content */
	struct format_settings settings;
	struct capture_policy policy; /* of the organisation, as it was at admission */
	uint64_t policy_version;
	struct capture_counts captured;
	bool routes;                        /* the sensor watches many organisations: ingest_routed.c */
	struct capture_counts captured_for; /* by the policies of those */
	struct capture_columns *columns;    /* what the header of a body of text says; made with the first line */
	struct format_reader *whose;        /* tells whose a line is; made with the first one */
	struct format_settings whose_settings;
	nanoseconds received;
	struct builder body;
	uint64_t reserved;         /* bytes counted in the member's queue */
	double expected;           /* alerts counted in what is expected of the member */
	nanoseconds waiting_since; /* monotonic: when the whole body was here */
	/* while it is read */
	struct stream *stream;
	struct format_reader *reader;
	struct format_counts counts, counted; /* so far; up to the last part that was cut */
	uint64_t preamble_lines;
	uint64_t part_first;    /* sequence */
	uint64_t last_sequence; /* of the last alert; 0 = none yet */
	uint64_t unpacked;      /* bytes of lines so far */
	uint32_t part_alerts, part_records;
	struct builder part, kept;              /* encoded alerts, and records */
	struct ingest_part *parts, **last_part; /* those that are not sent yet */
	json_t *problems;
	/* while it is stored */
	unsigned waiting; /* parts without an answer */
	bool all_repeated;
	uint16_t status;
	uint64_t lines, alerts, records, skipped, malformed;
	char words[256];
};

struct ingests {
	struct front *front;
	struct member_table *members;
	struct capture_reducer *reducer;
	struct routing *routing; /* ingest_routed.c; NULL = no sensor that routes came yet */
	struct turns reading, storing;
	uint64_t total;   /* bytes of bodies */
	unsigned holding; /* organisations that have some */
	/* What the keeper has and did not answer yet, in the order in which it was sent. */
	struct flight {
		uint64_t number; /* of the exchange */
		uint64_t bytes;
	} * flights;
	unsigned flight_first, flight_count;
	uint64_t flying; /* bytes of them */
	struct ingest *all;
	struct watch *timer;
	struct counter *accepted, *lines, *alerts, *records, *malformed, *duplicate_keys, *implausible, *quota, *queue,
	    *protocol, *dropped, *slow, *refused, *queued_bytes, *seconds;
};

/* Reads on for a while: up to `alerts` alerts, or as many lines that are none. OK: more to do; ERROR_END: read to the
 * end, `parts` holds all; else what the client is told. */
enum error ingest_read(struct ingest *ingest, unsigned alerts, struct failure *failure);
void ingest_read_free(struct ingest *ingest); /* what only reading needs */

/* What of a line may be read, stored and judged: of a routing sensor, what the policies of those whose it is allow too,
 * and of a line that is nobody's for sure, what all of them allow. */
bool ingest_reduce_routed(void *context, const struct format *format, struct text line, struct text *to);
bool ingest_reduce_by(struct ingest *ingest, const struct capture_policy *policy, struct capture_counts *counts,
    const struct format *format, struct text line, struct text *to);

/* Has each line reduced to what the policy allows; false when the policy cannot be read. */
bool ingest_capture(struct ingest *ingest, uint64_t version, struct text policy);
uint64_t ingest_dropped(const struct ingest *ingest); /* fields */
void ingest_tell_dropped(struct ingest *ingest);      /* to the counters and the keeper */

/* The whole body is here. */
void ingest_ready(struct ingest *ingest);
/* Out of every lane, its parts freed. */
void ingest_leave(struct ingest *ingest);
/* An answer of the keeper about a part of this exchange: its place is free. */
void ingests_landed(struct ingests *ingests, uint64_t number);
bool turns_open(struct ingests *ingests); /* false without memory */
/* The keeper went away with everything that it had. */
void ingests_nothing_flies(struct ingests *ingests);
/* Answers and forgets. */
void ingest_refuse(struct ingest *ingest, uint16_t status, const char *words, uint32_t retry_after);

#endif
