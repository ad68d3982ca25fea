/*
 * Records that are no alerts (model/kept_record.h) at the centre: a history (history.h) for each organisation, because
 * each says for itself how long its records are kept (capture policy, centre_days).
 *
 *   FOLDER/N/NNNNNNNN.records     N: number of the organisation
 *
 * What history promises holds for each of them. A history that failed is closed and opened anew when it is next needed;
 * the others go on. One thread.
 */
#ifndef NOROSHI_STORE_RECORD_STORE_H
#define NOROSHI_STORE_RECORD_STORE_H

#include "store/history.h"

#define RECORDS_FOLDER "records" /* in the folder of history */

struct record_store;

/* Opens every organisation's; one that cannot be opened is said in the log and tried again when it is needed. */
enum error record_store_open(const char *folder, struct record_store **records, struct failure *failure);
void record_store_close(struct record_store *records); /* NULL is fine */

/* As of history, for the organisation of the batch. `batch->alerts` counts the records; *position (may be NULL) is that
 * of the first in its organisation's history. */
enum error record_store_seen(struct record_store *records, const struct history_batch *batch, uint64_t *end,
    struct history_batch *stored, struct failure *failure);
enum error record_store_append(struct record_store *records, const struct history_batch *batch, struct text encoded,
    uint64_t *position, struct failure *failure);
/* When it fails, what was appended since the last one is gone, and the next call fails too, until something is asked or
 * appended. */
enum error record_store_sync(struct record_store *records, uint32_t organisation, struct failure *failure);

/* Where a search goes on; organisation 0: at the beginning, or that was all. */
struct record_place {
	uint32_t organisation;
	uint64_t position;
};
#define RECORDS_BUDGET (32u << 20) /* bytes that one search unpacks at most, unless it says so itself */

/* The records of the organisations that the scope covers, by organisation, of each from the newest received backwards.
 * Of `query` start, newest_first and received_from are not looked at. `place` says where to begin, and becomes
 * where to go on: fewer than `limit` results do not say that there are no more. */
enum error record_store_find(struct record_store *records, const struct scope *scope, const struct history_query *query,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct record_place *place,
    struct failure *failure);

/* How many are kept that were received on the days (UTC, since 1970) from `first` to `last`. For scopes that count. */
uint64_t record_store_count(
    const struct record_store *records, const struct scope *scope, uint32_t organisation, int64_t first, int64_t last);

/* Every frame of the organisation's that is behind a position, in order of appending (history_replay()); nothing when
 * it has none. Its end: the position that its next record will get, 0 without any. */
enum error record_store_replay(struct record_store *records, const struct scope *scope, uint32_t organisation,
    uint64_t from_position,
    enum error (*each)(void *context, const struct history_batch *batch, uint64_t first_position,
	struct reader *encoded, struct failure *failure),
    void *context, struct failure *failure);
uint64_t record_store_end(const struct record_store *records, uint32_t organisation);

/* Everything of an organisation that was received before `before` is read no more; segments with nothing else in them
 * are removed, and the oldest ones until `most` bytes are left (0: no limit). For background work. */
enum error record_store_expire(struct record_store *records, const struct scope *scope, uint32_t organisation,
    nanoseconds before, uint64_t most, uint64_t *removed, struct failure *failure);
/* Each organisation that has some. */
void record_store_organisations(
    const struct record_store *records, void (*each)(void *context, uint32_t organisation), void *context);

uint32_t record_store_bad_frames(const struct record_store *records);

/* As history_files(), of all organisations; nothing when the folder is not there. */
enum error record_store_files(const char *folder,
    enum error (*each)(void *context, uint32_t organisation, const char *name, uint64_t most, struct failure *failure),
    void *context, struct failure *failure);

#endif
