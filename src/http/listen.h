/*
 * Where the server listens: one address, checked before it is bound. Used by server.c only.
 */
#ifndef NOROSHI_HTTP_LISTEN_H
#define NOROSHI_HTTP_LISTEN_H

#include "base/error.h"
#include "net/address.h"

#include <stdint.h>

struct listener {
	int descriptor;
	struct address address;
	uint16_t port; /* the one bound */
	bool loopback;
	char text[64]; /* "127.0.0.1:8443", "[::1]:8443" */
};

/* Binds "127.0.0.1:8443" or "[::1]:0". Without `tls` an address beyond loopback is refused. */
enum error listen_open(const char *where, bool tls, struct listener *listener, struct failure *failure);
/* The next client, or -1. `client` is its address. */
int listen_accept(const struct listener *listener, struct address *client);

/* Fills `hosts` with the names that clients may use: the address itself, localhost, and `names`. NULL ends; each to be
 * freed. */
enum error listen_hosts(const struct listener *listener, bool tls, const char *const *names, char **hosts, size_t room,
    struct failure *failure);

#endif
