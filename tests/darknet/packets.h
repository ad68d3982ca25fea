/*
 * Packets to a telescope, made in code with right checksums.
 */
#ifndef NOROSHI_TESTS_PACKETS_H
#define NOROSHI_TESTS_PACKETS_H

#include "net/frame.h"

#include <stdbool.h>

#include <stddef.h>

#define PACKET_ROOM 2048

/* What a header says; what is zero is filled in: hops 64, of TCP a header without options. */
struct packet_made {
	uint32_t source, destination; /* IPv4 */
	uint16_t source_port, port;   /* ICMP: type, code */
	uint8_t protocol;             /* 6, 17, 1 */
	uint8_t flags, hops;
	uint16_t identification, window;
	uint32_t sequence, acknowledgement;
	bool fixed; /* DF */
	const void *options, *payload;
	size_t option_size, payload_size;
	nanoseconds time;
};

/* An Ethernet frame in `room`. */
struct frame packet_make(const struct packet_made *made, uint8_t room[static PACKET_ROOM]);

/* The IP packet alone; its size. */
size_t packet_make_ip(const struct packet_made *made, uint8_t *room);

#endif
