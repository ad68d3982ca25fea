/*
 * The verdicts of one segment: for each row the last verdict, event and rule; kept in memory for the few segments in
 * use and in `NNNNNNNN.verdicts` beside the alerts. Used by history.c and find.c.
 */
#ifndef NOROSHI_STORE_VERDICTS_H
#define NOROSHI_STORE_VERDICTS_H

#include "store/history.h"

#define VERDICTS_LOADED 8 /* segments kept in memory: 5 bytes a row */

struct verdicts; /* of all segments */
struct judged {
	enum verdict verdict;
	struct uuid event, rule;
};
/* One segment's, loaded; valid until the next verdicts_of(). */
struct verdict_set;

struct verdicts *verdicts_new(const char *folder);
void verdicts_free(struct verdicts *verdicts); /* what was not flushed is dropped */
enum error verdicts_of(struct verdicts *verdicts, uint32_t segment, struct verdict_set **set, struct failure *failure);
struct judged verdict_get(const struct verdict_set *set, uint32_t row);
/* Whether one of the rows [row, row + count) has a verdict in `verdicts` (bits; 0 = any) and one of the events (NULL =
 * any). */
bool verdict_any(const struct verdict_set *set, uint32_t row, uint32_t count, uint32_t verdicts,
    const struct uuid *events, size_t event_count);
bool uuid_among(struct uuid id, const struct uuid *ids, size_t count); /* a count of 0 is 1 */
enum error verdict_put(struct verdict_set *set, uint32_t row, const struct judged *judged, struct failure *failure);
/* Writes and syncs. When a sync fails, what it was to make durable is taken back, and everything further is
 * ERROR_SYSTEM: history has to be opened anew, and what came behind the last checkpoint judged again. */
enum error verdicts_flush(struct verdicts *verdicts, struct failure *failure);
enum error verdicts_remove(struct verdicts *verdicts, uint32_t segment, struct failure *failure);

/* Reads the blocks of a verdict file from memory; for the fuzz target and the loader. Returns the bytes that are good.
 */
size_t verdict_block_read(struct text bytes, uint32_t segment,
    bool (*each)(void *context, uint32_t row, const struct judged *judged), void *context);

#endif
