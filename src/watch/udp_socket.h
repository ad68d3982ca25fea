/*
 * A UDP socket that is read by an event loop, with what the kernel dropped of it: for flows (collect_listen.c) and
 * syslog (receive.c).
 */
#ifndef NOROSHI_WATCH_UDP_SOCKET_H
#define NOROSHI_WATCH_UDP_SOCKET_H

#include "base/error.h"
#include "net/address.h"

#define DATAGRAM_MOST 65535

struct udp_socket {
	int descriptor;
	uint32_t dropped; /* of the kernel's count, so far */
};

struct datagram {
	struct text bytes; /* in the room */
	struct address sender;
	uint16_t port;
};

/* Binds a socket of both families that does not block; no address = every one. The kernel's buffer is as large as its
 * limit allows. */
enum error udp_open(struct address address, uint16_t port, struct udp_socket *made, struct failure *failure);
void udp_close(struct udp_socket *open);
/* The next datagram; false = there is none now. */
bool udp_receive(struct udp_socket *open, char room[static DATAGRAM_MOST], struct datagram *datagram);
/* How many the kernel dropped since the last call, because the buffer was full. */
uint32_t udp_dropped(struct udp_socket *open);

/* "udp:" and the like are the caller's: "ADDRESS:PORT", "[v6]:PORT", or "PORT" alone. */
bool socket_place_parse(struct text text, struct address *address, uint16_t *port);

#endif
