/*
 * A channel between two of our processes: messages of a known kind and bounded length over a SOCK_STREAM socket pair.
 *
 * A message is u32 size, u16 kind, u16 flags, u64 correlation, then `size` bytes of body (base/codec.h). A peer that breaks
 * the framing or exceeds the limit closes the channel: it is never "repaired".
 */
#ifndef NOROSHI_BUS_CHANNEL_H
#define NOROSHI_BUS_CHANNEL_H

#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"

#include <stdint.h>

#define CHANNEL_LARGEST (64u << 20) /* bytes of one body */

struct channel;

struct message {
	uint16_t kind;        /* meaning: center/message.h */
	uint64_t correlation; /* an answer carries its question's */
	struct text body;     /* valid for the callback */
};

typedef void (*channel_callback)(void *context, const struct message *message);
/* `failure` says why; code ERROR_END when the peer closed in order. */
typedef void (*channel_closed_callback)(void *context, const struct failure *failure);

/* Takes the descriptor over. Reads when the loop says so; writes what channel_send() queued. */
enum error channel_new(struct loop *loop, int descriptor, channel_callback received, channel_closed_callback closed,
    void *context, struct channel **channel, struct failure *failure);
void channel_free(struct channel *channel);
enum error channel_send(struct channel *channel, uint16_t kind, uint64_t correlation, struct text body);
size_t channel_waiting(const struct channel *channel); /* bytes queued and not yet written */
void channel_pause(struct channel *channel, bool paused); /* stop reading: back-pressure */

/* A connected pair, close-on-exec. */
enum error channel_pair(int descriptors[2], struct failure *failure);

#endif
