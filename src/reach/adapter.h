/*
 * The hooks of reach in the keeper: what is due goes out, those who are silent are reminded, dispatches whose time is
 * over are closed; and what the mail server said of each mail.
 */
#ifndef NOROSHI_REACH_ADAPTER_H
#define NOROSHI_REACH_ADAPTER_H

#include "model/capability.h"

void reach_tick(struct center *center, nanoseconds now);
enum error reach_delivered(struct center *center, const char *topic, const void *body, size_t size, enum error result,
    const char *words, nanoseconds now, struct failure *failure);

#endif
