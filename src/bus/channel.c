/*
 * Channels between our processes: framing, limits, queues. In: bytes of a peer process, which is treated as hostile
 * (the front parses what strangers send); out: whole messages. Called by center/ for each pair of processes.
 *
 * Nothing blocks. Reading takes memory only as bytes arrive, so that a header alone cannot make us reserve its body.
 */
#include "bus/channel.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER 16
#define INPUT_ROOM ((size_t)64 << 10) /* what the buffer is when no large message is under way */
#define INPUT_ROUND ((size_t)1 << 20) /* bytes taken in one round: other descriptors want to be served too */

struct queue {
	char *at;
	size_t start, end, room;
};

struct channel {
	struct loop *loop;
	struct watch *watch, *resume;
	int descriptor;
	channel_callback received;
	channel_closed_callback closed;
	void *context;
	struct queue in, out;
	bool paused, mute; /* mute: the peer reads no more, sending is over */
	bool lost;         /* something that was sent did not arrive */
	bool ended, told;  /* ended: nothing more will be read, `why`; told: the owner knows */
	bool busy, freed;  /* freed while busy: goes when the callback returned */
	struct failure why;
};

static size_t queued(const struct queue *queue)
{
	return queue->end - queue->start;
}

/* Room for `more` bytes behind the end. */
static bool queue_reserve(struct queue *queue, size_t more)
{
	if (queue->start == queue->end)
		queue->start = queue->end = 0;
	if (queue->room - queue->end >= more)
		return true;
	if (queue->start >= queue->room / 2 && queue->room - queued(queue) >= more) {
		memmove(queue->at, queue->at + queue->start, queued(queue));
		queue->end -= queue->start;
		queue->start = 0;
		return true;
	}
	size_t room = queue->room ? queue->room : INPUT_ROOM;
	while (room - queued(queue) < more)
		room *= 2;
	char *at = malloc(room);
	if (!at)
		return false;
	if (queue->at)
		memcpy(at, queue->at + queue->start, queued(queue));
	free(queue->at);
	*queue = (struct queue){ .at = at, .end = queued(queue), .room = room };
	return true;
}

/* An empty queue keeps little memory. */
static void queue_relax(struct queue *queue)
{
	if (queue->start == queue->end && queue->room > INPUT_ROUND) {
		free(queue->at);
		*queue = (struct queue){ 0 };
	}
}

static void update_want(struct channel *channel)
{
	unsigned want = 0;
	if (!channel->paused && !channel->ended)
		want |= LOOP_READ;
	if (queued(&channel->out) > 0 && !channel->mute)
		want |= LOOP_WRITE;
	if (channel->watch)
		watch_want(channel->watch, want);
}

static void end(struct channel *channel, enum error code, const char *words)
{
	if (channel->ended)
		return;
	channel->ended = true;
	if (code == ERROR_SYSTEM)
		fail_errno(&channel->why, "%s", words);
	else
		fail(&channel->why, code, "%s", words);
}

/* ── sending ─ */

/* No more can be sent. Shutting down makes sure that the end comes behind what the peer sent before, which is still
 * read. */
static void end_sending(struct channel *channel)
{
	channel->mute = true;
	channel->lost = channel->lost || queued(&channel->out) > 0;
	free(channel->out.at);
	channel->out = (struct queue){ 0 };
	shutdown(channel->descriptor, SHUT_RDWR);
}

static void end_broken(struct channel *channel)
{
	channel->lost = true;
	end_sending(channel);
}

static void write_queue(struct channel *channel)
{
	while (queued(&channel->out) > 0 && !channel->mute) {
		ssize_t sent = send(channel->descriptor, channel->out.at + channel->out.start, queued(&channel->out),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0)
			channel->out.start += (size_t)sent;
		else if (sent < 0 && errno == EAGAIN)
			break;
		else if (sent < 0 && errno != EINTR)
			end_broken(channel);
	}
	queue_relax(&channel->out);
}

/* The bytes that went out at once; a peer that is gone shows as `mute`. */
static size_t write_now(struct channel *channel, char header[HEADER], struct text body)
{
	struct iovec parts[2] = { { header, HEADER }, { (void *)body.at, body.size } };
	struct msghdr whole = { .msg_iov = parts, .msg_iovlen = body.size ? 2 : 1 };
	ssize_t sent;
	do
		sent = sendmsg(channel->descriptor, &whole, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN)
		end_broken(channel);
	return sent < 0 ? 0 : (size_t)sent;
}

static void write_header(char header[HEADER], uint16_t kind, uint64_t correlation, size_t size)
{
	uint32_t size_little = htole32((uint32_t)size);
	uint16_t kind_little = htole16(kind);
	uint64_t correlation_little = htole64(correlation);
	memset(header, 0, HEADER);
	memcpy(header, &size_little, 4);
	memcpy(header + 4, &kind_little, 2);
	memcpy(header + 8, &correlation_little, 8);
}

enum error channel_send(struct channel *channel, uint16_t kind, uint64_t correlation, struct text body)
{
	if (channel->mute || channel->ended)
		return ERROR_END;
	size_t whole = HEADER + body.size;
	if (body.size > CHANNEL_LARGEST || queued(&channel->out) + whole > CHANNEL_MOST_WAITING)
		return ERROR_LIMIT;
	char header[HEADER];
	write_header(header, kind, correlation, body.size);
	size_t sent = queued(&channel->out) == 0 ? write_now(channel, header, body) : 0;
	if (channel->mute)
		return ERROR_END;
	if (sent < whole) {
		if (!queue_reserve(&channel->out, whole - sent)) {
			/* A message of which a part went out cannot be taken back. */
			if (sent > 0)
				end_broken(channel);
			return ERROR_MEMORY;
		}
		char *to = channel->out.at + channel->out.end;
		if (sent < HEADER) {
			memcpy(to, header + sent, HEADER - sent);
			to += HEADER - sent;
			sent = HEADER;
		}
		if (whole > sent)
			memcpy(to, body.at + (sent - HEADER), whole - sent);
		channel->out.end = (size_t)(to - channel->out.at) + (whole - sent);
		update_want(channel);
	}
	return OK;
}

size_t channel_waiting(const struct channel *channel)
{
	return queued(&channel->out);
}

/* ── receiving ─ */

/* Takes the next whole message off the buffer. False when there is none (yet); a broken header ends the channel. */
static bool take_message(struct channel *channel, struct message *message)
{
	struct queue *in = &channel->in;
	if (queued(in) < HEADER)
		return false;
	uint32_t size;
	uint16_t kind, flags;
	uint64_t correlation;
	const char *header = in->at + in->start;
	memcpy(&size, header, 4);
	memcpy(&kind, header + 4, 2);
	memcpy(&flags, header + 6, 2);
	memcpy(&correlation, header + 8, 8);
	size = le32toh(size);
	if (size > CHANNEL_LARGEST || flags != 0) {
		end(channel, ERROR_INPUT,
		    flags ? "the peer process sent a message with unknown flags"
			  : "the peer process sent a message that is larger than allowed");
		in->start = in->end = 0;
		return false;
	}
	if (queued(in) - HEADER < size)
		return false;
	*message = (struct message){ le16toh(kind), le64toh(correlation), { header + HEADER, size } };
	in->start += HEADER + size;
	return true;
}

/* How much to make room for: what the message under way lacks, but never more than was already received of it. */
static size_t room_to_read(const struct queue *in)
{
	size_t lacking = 0;
	if (queued(in) >= HEADER) {
		uint32_t size;
		memcpy(&size, in->at + in->start, 4);
		lacking = HEADER + (size_t)le32toh(size) - queued(in);
		if (lacking > queued(in))
			lacking = queued(in);
	}
	return lacking > INPUT_ROOM / 4 ? lacking : INPUT_ROOM / 4;
}

/* Reads once. False when there is nothing more for now. */
static bool read_some(struct channel *channel, size_t *got)
{
	struct queue *in = &channel->in;
	if (!queue_reserve(in, room_to_read(in))) {
		end(channel, ERROR_MEMORY, "no memory for a message of the peer process");
		return false;
	}
	ssize_t size = recv(channel->descriptor, in->at + in->end, in->room - in->end, MSG_DONTWAIT);
	if (size > 0) {
		in->end += (size_t)size;
		*got += (size_t)size;
		return true;
	}
	if (size == 0)
		end(channel, ERROR_END, "the peer process closed the channel");
	else if (errno == EINTR)
		return true;
	else if (errno != EAGAIN)
		end(channel, ERROR_SYSTEM, "the channel to the peer process broke");
	return false;
}

static void release(struct channel *channel)
{
	watch_stop(channel->watch);
	watch_stop(channel->resume);
	close(channel->descriptor);
	free(channel->in.at);
	free(channel->out.at);
	free(channel);
}

static void deliver(struct channel *channel)
{
	struct message message;
	while (!channel->paused && !channel->freed && take_message(channel, &message))
		channel->received(channel->context, &message);
}

static void tell_end(struct channel *channel)
{
	if (channel->why.code == ERROR_END && queued(&channel->in) > 0)
		fail(&channel->why, ERROR_INPUT, "the peer process went away in the middle of a message");
	else if (channel->why.code == ERROR_END && (channel->lost || queued(&channel->out) > 0))
		fail(&channel->why, ERROR_SYSTEM, "the peer process went away before it had read what was sent");
	channel->told = true;
	end_sending(channel);
	watch_stop(channel->watch);
	channel->watch = NULL;
	channel->closed(channel->context, &channel->why);
}

/* One turn: what was read before and what can be read now. The owner's callbacks may do anything to the channel. */
static void serve(struct channel *channel, bool readable)
{
	size_t got = 0;
	channel->busy = true;
	deliver(channel);
	while (readable && !channel->paused && !channel->freed && !channel->ended && got < INPUT_ROUND) {
		readable = read_some(channel, &got);
		deliver(channel);
	}
	if (channel->ended && !channel->paused && !channel->freed && !channel->told)
		tell_end(channel);
	channel->busy = false;
	if (channel->freed) {
		release(channel);
		return;
	}
	queue_relax(&channel->in);
	update_want(channel);
}

static void on_ready(void *context, int descriptor, unsigned ready)
{
	struct channel *channel = context;
	(void)descriptor;
	if (ready & LOOP_WRITE)
		write_queue(channel);
	if (ready & LOOP_CLOSED && !(ready & LOOP_READ) && channel->paused)
		end_sending(channel); /* what the peer sent before it went is read when the owner resumes */
	serve(channel, ready & (LOOP_READ | LOOP_CLOSED));
}

static void on_resume(void *context)
{
	struct channel *channel = context;
	watch_stop(channel->resume);
	channel->resume = NULL;
	serve(channel, false);
}

void channel_pause(struct channel *channel, bool paused)
{
	if (channel->paused == paused || channel->told)
		return;
	channel->paused = paused;
	update_want(channel);
	/* Messages that lie in the buffer make no descriptor ready: they come in the next round. */
	if (!paused && !channel->busy && !channel->resume && (queued(&channel->in) > 0 || channel->ended)) {
		channel->resume = loop_timer(channel->loop, 0, 0, on_resume, channel);
		if (!channel->resume)
			serve(channel, false);
	}
}

/* ── making and ending ─ */

enum error channel_new(struct loop *loop, int descriptor, channel_callback received, channel_closed_callback closed,
    void *context, struct channel **channel, struct failure *failure)
{
	struct channel *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for a channel");
	made->loop = loop;
	made->descriptor = descriptor;
	made->received = received;
	made->closed = closed;
	made->context = context;
	made->watch = loop_descriptor(loop, descriptor, LOOP_READ, on_ready, made);
	if (!made->watch) {
		free(made);
		return fail_errno(failure, "cannot watch a channel");
	}
	*channel = made;
	return OK;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	channel->freed = true;
	if (!channel->busy)
		release(channel);
}

enum error channel_pair(int descriptors[2], struct failure *failure)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors) < 0)
		return fail_errno(failure, "cannot make a channel between processes");
	return OK;
}
