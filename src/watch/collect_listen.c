/*
 * Receiving datagrams of exporters on UDP sockets. Whoever can send to the port can make flows up: `--from` says who
 * may, and the network has to keep others from writing under those addresses.
 */
#include "watch/collect.h"

#include "base/loop.h"
#include "watch/udp_socket.h"

#include <signal.h>

#define AT_ONCE 256 /* datagrams of one socket before others have their turn */

struct listening {
	struct collector *collector;
	struct loop *loop;
	struct udp_socket sockets[COLLECT_LISTENS_MOST];
	size_t count;
};

static bool receive_one(struct listening *listening, size_t which)
{
	static char room[DATAGRAM_MOST];
	struct datagram datagram;
	if (!udp_receive(&listening->sockets[which], room, &datagram))
		return false;
	collector_datagram(listening->collector, datagram.sender, time_now(), datagram.bytes.at, datagram.bytes.size);
	return true;
}

static void note_drops(struct listening *listening)
{
	for (size_t i = 0; i < listening->count; i++)
		listening->collector->counts.dropped += udp_dropped(&listening->sockets[i]);
}

static void on_datagrams(void *context, int descriptor, unsigned ready)
{
	struct listening *listening = context;
	size_t which = 0;
	(void)ready;
	while (which < listening->count && listening->sockets[which].descriptor != descriptor)
		which++;
	for (unsigned i = 0; i < AT_ONCE && which < listening->count && receive_one(listening, which); i++)
		;
}

static void on_round(void *context)
{
	struct listening *listening = context;
	if (!collector_flush(listening->collector))
		loop_stop(listening->loop);
}

static void on_signal(void *context, int number)
{
	struct listening *listening = context;
	(void)number;
	for (size_t i = 0; i < listening->count; i++) /* what is there already still counts */
		while (receive_one(listening, i))
			;
	note_drops(listening);
	loop_stop(listening->loop);
}

static void on_time(void *context)
{
	struct listening *listening = context;
	collector_time(listening->collector, time_now());
	note_drops(listening);
	collector_report(listening->collector, stderr);
}

static enum error open_all(
    struct listening *listening, const struct collect_listen *listens, size_t count, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < count && !error; i++) {
		error = udp_open(listens[i].address, listens[i].port, &listening->sockets[i], failure);
		if (error)
			break;
		listening->count++;
		if (!loop_descriptor(
			listening->loop, listening->sockets[i].descriptor, LOOP_READ, on_datagrams, listening))
			error = fail(failure, ERROR_MEMORY, "no memory to watch a socket");
	}
	return error;
}

enum error collector_listen(struct collector *collector, const struct collect_listen *listens, size_t count,
    nanoseconds every, struct failure *failure)
{
	struct listening listening = { .collector = collector };
	enum error error = loop_new(&listening.loop, failure);
	if (error)
		return error;
	error = open_all(&listening, listens, count, failure);
	if (!error && (!loop_signal(listening.loop, SIGINT, on_signal, &listening) ||
			  !loop_signal(listening.loop, SIGTERM, on_signal, &listening) ||
			  !loop_timer(listening.loop, every, every, on_time, &listening)))
		error = fail(failure, ERROR_MEMORY, "no memory for the loop");
	if (!error) {
		loop_after_round(listening.loop, on_round, &listening);
		fprintf(stderr, "noroshi collect: ready\n");
		error = loop_run(listening.loop, failure);
	}
	loop_free(listening.loop);
	for (size_t i = 0; i < listening.count; i++)
		udp_close(&listening.sockets[i]);
	return error;
}
