/*
 * bus/channel.h: any bytes of a peer, in pieces, give whole messages within the limits and then exactly one end. The
 * first byte says how the rest is cut into pieces.
 *
 * Sources: bus/channel.c.
 */
#include "bus/channel.h"
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	struct loop *loop;
	struct channel *channel;
	const uint8_t *at;
	size_t left, piece, given;
	int descriptor;
	bool closed;
	unsigned turn;
};

static void on_message(void *context, const struct message *message)
{
	struct peer *peer = context;
	CHECK(!peer->closed && message->body.size <= CHANNEL_LARGEST);
	peer->given += 16 + message->body.size;
	uint8_t sum = 0;
	for (size_t i = 0; i < message->body.size; i++)
		sum = (uint8_t)(sum + message->body.at[i]);
	if (sum % 7 == 1)
		channel_pause(peer->channel, true);
}

static void on_closed(void *context, const struct failure *failure)
{
	struct peer *peer = context;
	CHECK(!peer->closed && failure->code != OK);
	peer->closed = true;
	loop_stop(peer->loop);
}

static void give_piece(void *context)
{
	struct peer *peer = context;
	if (peer->turn++ % 3 == 2)
		channel_pause(peer->channel, false);
	if (peer->descriptor < 0)
		return;
	size_t size = peer->left < peer->piece ? peer->left : peer->piece;
	ssize_t sent = size ? send(peer->descriptor, peer->at, size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	if (sent > 0) {
		peer->at += sent;
		peer->left -= (size_t)sent;
	}
	if (peer->left == 0 || peer->closed) {
		close(peer->descriptor);
		peer->descriptor = -1;
	}
}

/* Keeps the rounds coming without waiting: a timer that is due at once, again and again. */
static void next_round(void *context)
{
	struct peer *peer = context;
	give_piece(peer);
	CHECK(peer->closed || loop_timer(peer->loop, 0, 0, next_round, peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];
	struct failure failure;
	if (size == 0 || size > 65536)
		return 0;
	struct peer peer = { .at = data + 1, .left = size - 1, .piece = (size_t)(data[0] + 1) * (size / 512 + 1) };
	CHECK(channel_pair(pair, &failure) == OK && loop_new(&peer.loop, &failure) == OK);
	peer.descriptor = pair[1];
	CHECK(channel_new(peer.loop, pair[0], on_message, on_closed, &peer, &peer.channel, &failure) == OK);
	next_round(&peer);
	CHECK(loop_run(peer.loop, &failure) == OK);
	CHECK(peer.closed && peer.given <= size - 1);
	channel_free(peer.channel);
	loop_free(peer.loop);
	if (peer.descriptor >= 0)
		close(peer.descriptor);
	return 0;
}
