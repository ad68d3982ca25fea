/*
 * What each sensor sent since the last tick of the keeper: when, how many alerts, how much of it malformed or against
 * the capture policy. The tick and the count at the start are in keeper.h (batches_tick(), batches_recount()). Inside
 * center/ only: batches.c calls it.
 */
#ifndef NOROSHI_CENTER_TALLY_H
#define NOROSHI_CENTER_TALLY_H

#include "center/keeper.h"

struct tallies *tallies_new(void); /* NULL without memory; freed with free() */
void tally_batch(
    struct keeper *keeper, const struct history_batch *batch, nanoseconds newest, bool stored, bool repeated);
void tally_dropped(struct keeper *keeper, uint32_t sensor, uint32_t organisation, uint64_t fields);
/* Everything in history before it was added. */
void tally_position(struct keeper *keeper, uint64_t position);

#endif
