/*
 * Records of batches in the keeper (store/record_store.h): beside the alerts, before the same acknowledgement. Inside
 * center/ only: batches.c calls it.
 */
#ifndef NOROSHI_CENTER_KEEPING_H
#define NOROSHI_CENTER_KEEPING_H

#include "center/keeper.h"
#include "center/part.h"

/* Appends the records of a verified part, each to its organisation's: what is there already is passed over. False: the
 * part is refused, as its failure says. */
bool keeping_store(struct keeper *keeper, struct part *part);
/* At the end of a round: what was appended becomes durable. A part whose records did not is `unkept`. */
void keeping_sync(struct keeper *keeper, struct part *parts);
/* Whether each of its records was there before; true without any. */
bool keeping_repeats(const struct part *part);

/* Removes what is older than each organisation's centre_days, and what is beyond the configured size. */
void keeping_expire(struct keeper *keeper, const struct work *work);

#endif
