/*
 * A channel between two of our processes: messages of a known kind and bounded length over a SOCK_STREAM socket pair.
 *
 * A message is u32 size, u16 kind, u16 flags, u64 correlation, then `size` bytes of body (base/codec.h). A peer that
 * breaks the framing or exceeds the limit closes the channel: it is never "repaired".
 */
#ifndef NOROSHI_BUS_CHANNEL_H
#define NOROSHI_BUS_CHANNEL_H

#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_LARGEST (64u << 20)       /* bytes of one body */
#define CHANNEL_MOST_WAITING (256u << 20) /* bytes queued and not yet written */

struct channel;

struct message {
	uint16_t kind;        /* meaning: center/message.h */
	uint64_t correlation; /* an answer carries its question's */
	struct text body;     /* valid for the callback */
};

typedef void (*channel_callback)(void *context, const struct message *message);
/* Called once, from the loop, after the last whole message; `failure` says why: ERROR_END when the peer closed in
 * order, ERROR_INPUT when it broke the framing, exceeded the limit or went away in the middle of a message,
 * ERROR_SYSTEM when the connection broke. The channel still has to be freed. */
typedef void (*channel_closed_callback)(void *context, const struct failure *failure);

/* Takes the descriptor over (on success). Reads when the loop says so; writes what channel_send() queued. The callbacks
 * may do anything to the channel, also free it. One thread: the loop's. */
enum error channel_new(struct loop *loop, int descriptor, channel_callback received, channel_closed_callback closed,
    void *context, struct channel **channel, struct failure *failure);
/* What is queued and not yet written is lost. NULL is fine. */
void channel_free(struct channel *channel);

/* Never blocks. The message is written at once or queued; `body` is free afterwards. Nothing was sent when it fails.
 *
 * ERROR_LIMIT: the body is larger than CHANNEL_LARGEST, or the peer does not keep up and CHANNEL_MOST_WAITING would be
 * exceeded: the caller sheds or holds back (it should have, by channel_waiting(), long before).
 *
 * ERROR_END: the peer is gone; the closed callback comes when everything that it sent was read.
 *
 * ERROR_MEMORY: no memory; when a part had already gone out, the channel ends. */
enum error channel_send(struct channel *channel, uint16_t kind, uint64_t correlation, struct text body);
size_t channel_waiting(const struct channel *channel); /* bytes queued and not yet written */

/* Stops reading: back-pressure. At most one message more than what the kernel holds is kept. While paused, the end of
 * the peer is not reported; it is after resuming, behind the messages that were waiting. */
void channel_pause(struct channel *channel, bool paused);

/* A connected pair, close-on-exec. */
enum error channel_pair(int descriptors[2], struct failure *failure);

#endif
