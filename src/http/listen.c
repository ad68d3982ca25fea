/*
 * The listening socket of the server and the names that it answers to. Called by server.c.
 */
#include "http/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512

static bool is_loopback(struct address address)
{
	static const uint8_t one[16] = { [15] = 1 };
	return address_is_v4(address) ? address.bytes[12] == 127 : memcmp(address.bytes, one, 16) == 0;
}

static socklen_t to_socket(struct address address, uint16_t port, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof *to);
	if (address_is_v4(address)) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)to;
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, address.bytes + 12, 4);
		return sizeof *v4;
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, address.bytes, 16);
	return sizeof *v6;
}

static void from_socket(const struct sockaddr_storage *from, struct address *address, uint16_t *port)
{
	memset(address, 0, sizeof *address);
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
		address->bytes[10] = address->bytes[11] = 0xff;
		memcpy(address->bytes + 12, &v4->sin_addr, 4);
		*port = ntohs(v4->sin_port);
	} else {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
		memcpy(address->bytes, &v6->sin6_addr, 16);
		*port = ntohs(v6->sin6_port);
	}
}

/* "[::]:1" is the one address that address_parse_port() cannot tell from none. */
static bool parse_where(const char *where, struct address *address, uint16_t *port)
{
	const char *colon = strrchr(where, ':');
	uint64_t number;
	if (!colon || !text_to_u64(text_of(colon + 1), &number) || number > 65535)
		return false;
	struct text host = { where, (size_t)(colon - where) };
	if (host.size > 2 && host.at[0] == '[' && host.at[host.size - 1] == ']')
		host = (struct text){ host.at + 1, host.size - 2 };
	else if (memchr(host.at, ':', host.size))
		return false;
	*port = (uint16_t)number;
	return address_parse(host, address) || text_equal(host, TEXT("::"));
}

static void name_listener(struct listener *listener)
{
	char address[ADDRESS_TEXT];
	address_format(listener->address, address);
	snprintf(listener->text, sizeof listener->text, address_is_v4(listener->address) ? "%s:%u" : "[%s]:%u",
	    *address ? address : "::", listener->port);
}

enum error listen_open(const char *where, bool tls, struct listener *listener, struct failure *failure)
{
	uint16_t port;
	if (!where || !parse_where(where, &listener->address, &port))
		return fail(failure, ERROR_USAGE,
		    "listen: expected an address and a port such as 127.0.0.1:8443 or [::1]:8443");
	listener->loopback = is_loopback(listener->address);
	if (!tls && !listener->loopback)
		return fail(failure, ERROR_USAGE,
		    "listen: %s is reachable from other machines, so a certificate and a key are needed (TLS); without "
		    "them only "
		    "127.0.0.1 and [::1] are allowed",
		    where);
	struct sockaddr_storage socket_address;
	socklen_t size = to_socket(listener->address, port, &socket_address);
	int one = 1;
	int descriptor = socket(socket_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return fail_errno(failure, "listen: cannot make a socket");
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (socket_address.ss_family == AF_INET6)
		setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(descriptor, (struct sockaddr *)&socket_address, size) < 0 || listen(descriptor, BACKLOG) < 0 ||
	    getsockname(descriptor, (struct sockaddr *)&socket_address, &size) < 0) {
		bool taken = errno == EADDRINUSE;
		enum error error = fail_errno(failure, "listen: cannot listen on %s", where);
		if (taken)
			error = failure->code = ERROR_CONFLICT;
		close(descriptor);
		return error;
	}
	struct address bound;
	from_socket(&socket_address, &bound, &listener->port);
	listener->descriptor = descriptor;
	name_listener(listener);
	return OK;
}

int listen_accept(const struct listener *listener, struct address *client)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	uint16_t port;
	int descriptor = accept4(listener->descriptor, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (descriptor >= 0) {
		/* An answer's head and body are two writes: with Nagle's algorithm (RFC 896) the second would wait for
		 * the client's delayed acknowledgement, 40 ms on each request but a connection's first. */
		int on = 1;
		setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		from_socket(&from, client, &port);
	}
	return descriptor;
}

static enum error add_host(char **hosts, size_t room, const char *name, const char *port, struct failure *failure)
{
	size_t count = 0;
	while (hosts[count])
		count++;
	if (count + 1 >= room)
		return fail(failure, ERROR_LIMIT, "at most %zu names for one server", room - 1);
	char *host = NULL;
	if (asprintf(&host, "%s%s%s", name, port ? ":" : "", port ? port : "") < 0)
		return fail(failure, ERROR_MEMORY, "no memory for the server's names");
	hosts[count] = host;
	return OK;
}

/* With the port, and without it where it is the scheme's own. */
static enum error add_name(
    const struct listener *listener, bool tls, char **hosts, size_t room, const char *name, struct failure *failure)
{
	char port[8];
	snprintf(port, sizeof port, "%u", listener->port);
	enum error error = add_host(hosts, room, name, port, failure);
	if (!error && listener->port == (tls ? 443 : 80))
		error = add_host(hosts, room, name, NULL, failure);
	return error;
}

enum error listen_hosts(const struct listener *listener, bool tls, const char *const *names, char **hosts, size_t room,
    struct failure *failure)
{
	char address[ADDRESS_TEXT + 2];
	enum error error = OK;
	memset(hosts, 0, room * sizeof *hosts);
	address_format(listener->address, address_is_v4(listener->address) ? address : address + 1);
	if (!address_is_v4(listener->address)) {
		address[0] = '[';
		strcat(address, "]");
	}
	error = add_name(listener, tls, hosts, room, address, failure);
	if (!error && listener->loopback)
		error = add_name(listener, tls, hosts, room, "localhost", failure);
	for (; names && *names && !error; names++) {
		error = add_host(hosts, room, *names, NULL, failure);
		if (!error && !strchr(*names, ':'))
			error = add_name(listener, tls, hosts, room, *names, failure);
	}
	return error;
}
