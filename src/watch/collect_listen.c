/*
 * Receiving datagrams of exporters on UDP sockets. Whoever can send to the port can make flows up: `--from` says who
 * may, and the network has to keep others from writing under those addresses.
 */
#include "watch/collect.h"

#include "base/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_MOST 65535
#define AT_ONCE 256              /* datagrams of one socket before others have their turn */
#define BUFFER_WANTED (16 << 20) /* bytes of the kernel's; it gives what its limit allows */

struct listening {
	struct collector *collector;
	struct loop *loop;
	int sockets[COLLECT_LISTENS_MOST];
	uint32_t overflowed[COLLECT_LISTENS_MOST]; /* the kernel's count of each socket */
	size_t count;
};

static enum error open_socket(const struct collect_listen *listen, int *opened, struct failure *failure)
{
	char text[ADDRESS_TEXT];
	int on = 1, off = 0, wanted = BUFFER_WANTED;
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(listen->port) };
	memcpy(&to.sin6_addr, listen->address.bytes, 16); /* IPv4 is mapped, in our addresses and in the kernel's */
	int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return fail_errno(failure, "no socket can be made");
	setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
	if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0)
		setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
	if (bind(descriptor, (struct sockaddr *)&to, sizeof to) != 0) {
		enum error error = fail_errno(
		    failure, "cannot listen on port %u of %s", listen->port, address_format(listen->address, text));
		close(descriptor);
		return error;
	}
	*opened = descriptor;
	return OK;
}

static void note_overflow(struct listening *listening, size_t which, struct msghdr *message)
{
	for (struct cmsghdr *about = CMSG_FIRSTHDR(message); about; about = CMSG_NXTHDR(message, about)) {
		uint32_t overflowed;
		if (about->cmsg_level != SOL_SOCKET || about->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&overflowed, CMSG_DATA(about), sizeof overflowed);
		listening->collector->counts.dropped += overflowed - listening->overflowed[which];
		listening->overflowed[which] = overflowed;
	}
}

static bool receive_one(struct listening *listening, size_t which)
{
	static uint8_t bytes[DATAGRAM_MOST];
	struct sockaddr_in6 sender = { 0 };
	char about[CMSG_SPACE(sizeof(uint32_t))];
	struct iovec part = { bytes, sizeof bytes };
	struct msghdr message = { .msg_name = &sender,
		.msg_namelen = sizeof sender,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = about,
		.msg_controllen = sizeof about };
	struct address exporter;
	ssize_t got = recvmsg(listening->sockets[which], &message, 0);
	if (got < 0)
		return errno == EINTR;
	memcpy(exporter.bytes, &sender.sin6_addr, 16);
	note_overflow(listening, which, &message);
	listening->collector->counts.oversize += (message.msg_flags & MSG_TRUNC) != 0;
	collector_datagram(listening->collector, exporter, time_now(), bytes, (size_t)got);
	return true;
}

static void on_datagrams(void *context, int descriptor, unsigned ready)
{
	struct listening *listening = context;
	size_t which = 0;
	(void)ready;
	while (which < listening->count && listening->sockets[which] != descriptor)
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
	loop_stop(listening->loop);
}

static void on_time(void *context)
{
	struct listening *listening = context;
	collector_time(listening->collector, time_now());
	collector_report(listening->collector, stderr);
}

static enum error open_all(
    struct listening *listening, const struct collect_listen *listens, size_t count, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < count && !error; i++) {
		error = open_socket(&listens[i], &listening->sockets[i], failure);
		if (error)
			break;
		listening->count++;
		if (!loop_descriptor(listening->loop, listening->sockets[i], LOOP_READ, on_datagrams, listening))
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
		close(listening.sockets[i]);
	return error;
}
