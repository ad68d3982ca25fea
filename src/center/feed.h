/*
 * The feed of what is shared: from the store to every machine that follows. Inside center/ only.
 *
 *   a change commits → feed_round() (keeper) → MESSAGE_SHARED → front → http/push.c → sensors
 *   a machine comes: its number → GET /v1/sensor/indicators → what changed since, and then as it changes
 */
#ifndef NOROSHI_CENTER_FEED_H
#define NOROSHI_CENTER_FEED_H

#include "center/keeper.h"

/* At the end of each round: what has a number that was not told yet goes to the front. */
void feed_round(struct keeper *keeper);
/* A change was committed; when it may concern who follows what, all machines come again. */
void feed_changed(struct keeper *keeper, enum action action);

void feed_end(struct keeper *keeper);

/* Numbers given so far mean nothing any more: every machine takes everything anew. */
enum error feed_begin_anew(struct store *store, struct failure *failure);

extern const struct route feed_routes[];

#endif
