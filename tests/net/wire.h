/*
 * Frames made in code, from the inside out: begin with a payload, put header before header, and take the frame.
 */
#ifndef NOROSHI_TESTS_WIRE_H
#define NOROSHI_TESTS_WIRE_H

#include "net/frame.h"
#include "net/packet.h"

#define WIRE_ROOM 70000

struct wire {
	uint8_t room[WIRE_ROOM];
	size_t at; /* the frame so far is room[at…] */
};

void wire_begin(struct wire *wire, const void *payload, size_t size);
void wire_bytes(struct wire *wire, const void *bytes, size_t size); /* put before what is there */
void wire_u8(struct wire *wire, unsigned value);
void wire_u16(struct wire *wire, unsigned value);
void wire_u32(struct wire *wire, uint32_t value);
size_t wire_size(const struct wire *wire);
const uint8_t *wire_at(const struct wire *wire);

/* Hosts are numbers: 10.0.0.N, or 2001:db8::N. */
void wire_tcp(
    struct wire *wire, unsigned from, unsigned to, uint32_t sequence, uint32_t acknowledgement, unsigned flags);
void wire_udp(struct wire *wire, unsigned from, unsigned to);
void wire_icmp(struct wire *wire, unsigned type, unsigned code);
void wire_ipv4(struct wire *wire, unsigned from, unsigned to, unsigned protocol);
/* A fragment: `offset` in bytes. */
void wire_ipv4_part(
    struct wire *wire, unsigned from, unsigned to, unsigned protocol, unsigned id, unsigned offset, bool more);
void wire_ipv6(struct wire *wire, unsigned from, unsigned to, unsigned protocol);
void wire_ipv6_part(
    struct wire *wire, unsigned protocol, uint32_t id, unsigned offset, bool more); /* the header only */
void wire_ethernet(struct wire *wire, unsigned type);
void wire_vlan(struct wire *wire, unsigned id, unsigned type); /* the tag and the type behind it, not the type before */
struct frame wire_frame(const struct wire *wire, enum link_type link, nanoseconds time);

#endif
