/*
 * Live capture: rings of frames that the kernel fills (AF_PACKET, TPACKET_V3: packet(7), and packet_mmap.rst of the
 * kernel's documentation).
 *
 *   interface → capture_sockets() → descriptors, one a worker → capture_ring_new() → capture_ring_read() → frames
 *
 * The two halves are of two processes: sockets need CAP_NET_RAW, reading a ring needs nothing. All workers of an
 * interface are one fanout group: a frame goes to one of them, by the addresses of its outermost IP header whichever
 * way it goes (capture_spread.c), so that both sides of a flow, all fragments of a datagram and all of a tunnel meet in
 * one worker.
 */
#ifndef NOROSHI_NET_CAPTURE_LIVE_H
#define NOROSHI_NET_CAPTURE_LIVE_H

#include "base/error.h"
#include "net/frame.h"

#include <stdbool.h>
#include <stddef.h>

#define CAPTURE_WORKERS_MOST 64
#define CAPTURE_RING_LEAST ((uint64_t)4 << 20) /* bytes */
#define CAPTURE_RING_MOST ((uint64_t)2 << 30)
#define CAPTURE_SNAP_MOST 262144u

struct capture_settings {
	const char *interface;
	unsigned workers;
	uint64_t ring; /* bytes of each worker's; rounded down to whole MiB */
	uint32_t snap; /* bytes of a frame that are kept; 0 = all */
	bool promiscuous;
};

/* ── the half that may open ─ */

struct capture_socket {
	int descriptor;
	int index;     /* of the interface */
	uint16_t link; /* enum link_type */
};
/* One for each worker. ERROR_NOT_FOUND: there is no such interface; ERROR_INPUT: its frames are of a kind that is not
 * read. From then on the kernel fills the rings. */
enum error capture_sockets(
    const struct capture_settings *settings, struct capture_socket *sockets, struct failure *failure);
/* 0: there is none of this name (now). */
int capture_interface_index(const char *interface);
bool capture_interface_up(const char *interface);

/* ── the half that reads ─ */

struct capture_ring;

/* The ring owns the descriptor, in either case. One thread. */
enum error capture_ring_new(
    const struct capture_socket *socket, uint64_t ring, struct capture_ring **made, struct failure *failure);
void capture_ring_free(struct capture_ring *ring);            /* NULL is fine */
int capture_ring_descriptor(const struct capture_ring *ring); /* for poll(2): POLLIN, POLLERR */
/* Up to `room` frames, which live until the next call; 0: none are there. Their time is the kernel's, in nanoseconds; a
 * VLAN tag that the kernel took out stands in its place again. */
size_t capture_ring_read(struct capture_ring *ring, struct frame *frames, size_t room);
/* After POLLERR: whether the interface is down or gone. */
bool capture_ring_down(struct capture_ring *ring);

struct capture_counts {
	uint64_t packets; /* that the kernel had for this worker, with those dropped */
	uint64_t drops;   /* there was no room in the ring */
};
struct capture_counts capture_ring_count(struct capture_ring *ring); /* asks the kernel; since the beginning */

#endif
