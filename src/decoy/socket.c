/*
 * The sockets of a decoy; see socket.h.
 */
#include "decoy/socket.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024

static socklen_t to_socket_address(struct address address, uint16_t port, struct sockaddr_storage *to)
{
	*to = (struct sockaddr_storage){ 0 };
	if (address_is_v4(address)) {
		struct sockaddr_in *four = (void *)to;
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, address.bytes + 12, 4);
		return sizeof *four;
	}
	struct sockaddr_in6 *six = (void *)to;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, address.bytes, 16);
	return sizeof *six;
}

struct address socket_address(const struct sockaddr_storage *from, uint16_t *port)
{
	struct address address = { { [10] = 0xff, [11] = 0xff } };
	const struct sockaddr_in6 *six = (const void *)from;
	const struct sockaddr_in *four = (const void *)from;
	if (from->ss_family == AF_INET6)
		memcpy(address.bytes, &six->sin6_addr, 16);
	else
		memcpy(address.bytes + 12, &four->sin_addr, 4);
	*port = ntohs(from->ss_family == AF_INET6 ? six->sin6_port : four->sin_port);
	return address;
}

enum error socket_open(const struct service *service, int *descriptor, struct failure *failure)
{
	struct sockaddr_storage address;
	char text[ADDRESS_TEXT];
	const int one = 1;
	bool datagrams = service->protocol->datagrams;
	socklen_t size = to_socket_address(service->address, service->port, &address);
	int made = socket(address.ss_family, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made < 0)
		return fail_errno(failure, "cannot make a socket");
	if (!datagrams)
		setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(made, (struct sockaddr *)&address, size) == 0 && (datagrams || listen(made, BACKLOG) == 0)) {
		*descriptor = made;
		return OK;
	}
	fail_errno(failure, "cannot listen for %s on %s port %u", service->protocol->name,
	    address_format(service->address, text), service->port);
	close(made);
	return ERROR_SYSTEM;
}
