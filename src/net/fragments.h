/*
 * Putting IP datagrams together from their fragments (RFC 791, 8200), within bounded memory: the oldest unfinished
 * datagram goes first. Where fragments overlap the first bytes count in IPv4; IPv6 forbids overlaps, and the datagram
 * is dropped (RFC 5722).
 *
 * One thread.
 */
#ifndef NOROSHI_NET_FRAGMENTS_H
#define NOROSHI_NET_FRAGMENTS_H

#include "base/time.h"
#include "net/packet.h"

struct fragments;

struct datagram {
	const uint8_t *at; /* what follows the IP header; lives until the next call */
	uint32_t size;
	uint32_t packets; /* fragments that came, doubles too */
	uint64_t bytes;   /* of them, with their headers */
};

struct fragments *fragments_new(uint64_t memory, nanoseconds timeout); /* NULL without memory */
void fragments_free(struct fragments *fragments);

/* Takes one fragment; true when its datagram is complete. *event (or NULL): what is wrong with it. */
bool fragments_add(struct fragments *fragments, const struct packet *packet, nanoseconds now, struct datagram *datagram,
    const char **event);

uint64_t fragments_dropped(const struct fragments *fragments); /* fragments of datagrams that were given up */

#endif
