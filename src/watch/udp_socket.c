/*
 * UDP sockets; see udp_socket.h.
 */
#include "watch/udp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_WANTED (16 << 20) /* bytes of the kernel's; it gives what its limit allows */

enum error udp_open(struct address address, uint16_t port, struct udp_socket *made, struct failure *failure)
{
	char text[ADDRESS_TEXT];
	int off = 0, wanted = BUFFER_WANTED;
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	memcpy(&to.sin6_addr, address.bytes, 16); /* IPv4 is mapped, in our addresses and in the kernel's */
	int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return fail_errno(failure, "no socket can be made");
	setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0)
		setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
	if (bind(descriptor, (struct sockaddr *)&to, sizeof to) != 0) {
		enum error error =
		    fail_errno(failure, "cannot listen on port %u of %s", port, address_format(address, text));
		close(descriptor);
		return error;
	}
	*made = (struct udp_socket){ .descriptor = descriptor };
	return OK;
}

void udp_close(struct udp_socket *open)
{
	close(open->descriptor);
	open->descriptor = -1;
}

bool udp_receive(struct udp_socket *open, char room[static DATAGRAM_MOST], struct datagram *datagram)
{
	struct sockaddr_in6 sender = { 0 };
	socklen_t size = sizeof sender;
	ssize_t got;
	do
		got = recvfrom(open->descriptor, room, DATAGRAM_MOST, 0, (struct sockaddr *)&sender, &size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	*datagram = (struct datagram){ .bytes = { room, (size_t)got }, .port = ntohs(sender.sin6_port) };
	memcpy(datagram->sender.bytes, &sender.sin6_addr, 16);
	return true;
}

uint32_t udp_dropped(struct udp_socket *open)
{
	uint32_t about[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof about;
	if (getsockopt(open->descriptor, SOL_SOCKET, SO_MEMINFO, about, &size) != 0 ||
	    size < (SK_MEMINFO_DROPS + 1) * sizeof *about)
		return 0;
	uint32_t more = about[SK_MEMINFO_DROPS] - open->dropped;
	open->dropped = about[SK_MEMINFO_DROPS];
	return more;
}

bool socket_place_parse(struct text text, struct address *address, uint16_t *port)
{
	uint64_t number;
	*address = (struct address){ { 0 } };
	if (text_to_u64(text, &number)) {
		*port = (uint16_t)number;
		return number > 0 && number <= UINT16_MAX;
	}
	return address_parse_port(text, address, port) && *port;
}
