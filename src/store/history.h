/*
 * History: where alerts rest, and other records (record_store.h). Append-only checksummed files in one folder; read by
 * time, organisation and id.
 *
 * Layout: segments `NNNNNNNN.alerts` of frames; a frame is one accepted batch (or a part of one): header (magic,
 * version, size, organisation, sensor, epoch, first and last sequence, batch hash, received, least and greatest
 * occurred, count, CRC-32C of header and body), body = zstd of the encoded alerts. Beside each segment
 * `NNNNNNNN.verdicts`: append-only checksummed blocks of (row, verdict, event, rule); the last one for a row counts.
 * docs/formats/history.md has the bytes. A torn tail (power cut) is cut off at open and said; a checksum error
 * elsewhere is reported with file and offset, skipped on read, and never silently dropped.
 *
 * A position names an alert for ever: segment number in the upper 32 bits, row in the segment in the lower.
 *
 * One writer process; readers in the same process. No read without a scope (rule 10).
 */
#ifndef NOROSHI_STORE_HISTORY_H
#define NOROSHI_STORE_HISTORY_H

#include "base/error.h"
#include "model/alert.h"
#include "model/kept_record.h"
#include "model/policy.h"
#include "model/reason.h"

struct history;

/* Alerts are judged; records are not, and only a scope of NOUN_RECORD reads them (store/record_store.h). */
enum history_kind { HISTORY_ALERTS, HISTORY_RECORDS };

#define HISTORY_SEGMENT_ROWS (1u << 20)    /* alerts in a segment at most */
#define HISTORY_SEGMENT_BYTES (128u << 20) /* a segment that is larger takes no further frame */

/* What one frame belongs to; identifies the batch for the removal of doubles. */
struct history_batch {
	uint32_t organisation, sensor;
	struct hash128 epoch; /* of all its alerts */
	/* Covers [first, end): for files byte offsets, for a POST batch 1 … lines + 1. */
	uint64_t sequence_first, sequence_end;
	nanoseconds received;
	uint32_t lines, alerts, skipped, malformed; /* as read by the front; a repeated POST is answered from them */
	bool last;                                  /* the batch is complete with this frame */
};

struct history_repair {
	uint64_t cut_bytes; /* torn tail that was removed */
	uint32_t bad_frames;
	char words[256]; /* empty when nothing was wrong */
};
enum error history_open(
    const char *folder, struct history **history, struct history_repair *repair, struct failure *failure);
void history_close(struct history *history);

/* `encoded` = alert_encode() of `batch->alerts` alerts one after another. Not durable before history_sync(). Gives the
 * position of the first one; the others follow. One frame's `encoded` may have 96 MiB; without alerts it may be
 * empty (a batch of malformed lines is remembered too). On a full disk it gives ERROR_LIMIT, nothing of the frame stays
 * behind, and the next append after there is space goes on. */
enum error history_append(struct history *history, const struct history_batch *batch, struct text encoded,
    uint64_t *first_position, struct failure *failure);

/* When it fails, the frames since the last one are taken back from the file, and everything further fails with the same
 * code until the history is closed and opened anew. */
enum error history_sync(struct history *history, struct failure *failure);
bool history_is_lost(const struct history *history); /* it has to be */

/* Removal of doubles: how far [sequence_first, sequence_end) of this sensor and epoch is stored already, synced or not:
 * the end of the run of stored sequences that begins at sequence_first; sequence_first itself when nothing is. *stored
 * (may be NULL) gets the sums of the counts of the frames in that run and the time the first was received. The last
 * frame of a POST batch ends at UINT64_MAX: nothing can come behind it. */
uint64_t history_seen(const struct history *history, const struct history_batch *batch, struct history_batch *stored);

/* Verdicts are re-derivable from the alerts, so they are synced with the next history_sync(), not one by one. */
enum error history_judge(struct history *history, uint64_t position, enum verdict verdict, struct uuid event,
    struct uuid rule, struct failure *failure);

/* After a restart: every frame from a position on, in order of appending, for rebuilding what was not checkpointed.
 * `each` returns an error to stop. A named background scope is required. */
enum error history_replay(struct history *history, const struct scope *scope, uint64_t from_position,
    enum error (*each)(void *context, const struct history_batch *batch, uint64_t first_position,
	struct reader *encoded, struct failure *failure),
    void *context, struct failure *failure);
uint64_t history_end(const struct history *history); /* the position that the next alert will get */

/* A question: all conditions hold. Results in order of appending. One call unpacks at most 64 MiB: *next (0 = that was
 * all) says where to go on, also when nothing was found so far. Positions are never 0. */
struct history_query {
	nanoseconds from, to;     /* occurred in [from, to); to = 0: no end */
	uint32_t organisation;    /* 0 = every one in the scope */
	uint32_t verdicts;        /* bits 1 << enum verdict; 0 = any */
	const struct uuid *event; /* NULL = any; else `event_count` of them, any of which will do (0 = 1) */
	size_t event_count;
	struct text contains; /* part of the original line, ASCII case ignored; empty = any */
	uint64_t start;       /* continue from this position (opaque cursor) */
	uint32_t limit;       /* at most this many results */
	bool newest_first;    /* from the newest backwards; `start` is then where the last answer's `next` said */
	const struct record_conditions *records; /* of records; NULL = any */
	nanoseconds received_from;               /* what came before is passed over */
	uint64_t *budget; /* bytes that may still be unpacked, counted down; NULL = 64 MiB for this call */
};
struct history_hit {
	uint64_t position;
	struct alert alert; /* borrowed for the call */
	enum verdict verdict;
	struct uuid event, rule;
};
enum error history_find(struct history *history, const struct scope *scope, const struct history_query *query,
    void (*each)(void *context, const struct history_hit *hit), void *context, uint64_t *next, struct failure *failure);
enum error history_get(struct history *history, const struct scope *scope, uint64_t position,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct failure *failure);
uint32_t history_bad_frames(const struct history *history); /* known to be damaged so far */

/* Removes whole segments whose newest alert was received before `before` (retention); says how many alerts went. */
enum error history_expire(struct history *history, nanoseconds before, uint64_t *alerts, struct failure *failure);

/* Names the files of the history in `folder`, which another process may be writing, in the order in which a copy has to
 * take them, each with the bytes to take at most: then the copy holds what was acknowledged before the call. `each`
 * gives ERROR_NOT_FOUND when a file is not there (any more). *end: the position that the copy's next alert will get. */
enum error history_files(const char *folder, enum history_kind kind,
    enum error (*each)(void *context, const char *name, uint64_t most, struct failure *failure), void *context,
    uint64_t *end, struct failure *failure);

#endif
