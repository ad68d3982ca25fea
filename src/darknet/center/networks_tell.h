/*
 * Telling the contacts of networks that are no member's, in the keeper (networks.h, store/networks.h).
 */
#ifndef NOROSHI_DARKNET_NETWORKS_TELL_H
#define NOROSHI_DARKNET_NETWORKS_TELL_H

#include "darknet/center/adapter.h"
#include "match/origin.h"

/* Inside the transaction of the lines: what waits for contacts, and the batches that are due. Nothing is told while no
 * mail is configured; it waits. */
enum error networks_tell(struct darknet_work *work, struct failure *failure);

/* What is known of networks, read when it is first asked for; NULL: nothing (the log says why). */
const struct origins *networks_origins(struct darknet_state *state);

/* What became of a mail of the topic "mail"; those that are no batch's are passed over. */
enum error networks_delivered(struct center *center, const char *topic, const void *body, size_t size,
    enum error result, const char *words, nanoseconds now, struct failure *failure);

#endif
