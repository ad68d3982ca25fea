/*
 * What the turns with other servers share, whatever they speak: remote_talk.c (TAXII), remote_feed.c (feeds). For this
 * room only.
 */
#ifndef NOROSHI_INTEL_REMOTE_INNER_H
#define NOROSHI_INTEL_REMOTE_INNER_H

#include "http/client.h"
#include "intel/remote_talk.h"

struct talk {
	const struct remote_turn *turn;
	struct client *client;
	char authorization[1600]; /* a header, or "" */
	nanoseconds end;          /* monotonic */
};

/* Bounded in time and bytes by the turn; talk_close() also when it failed. */
enum error talk_open(struct talk *talk, const struct remote_turn *turn, struct failure *failure);
void talk_close(struct talk *talk);

#endif
