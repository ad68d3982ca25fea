/*
 * Frames made in code; see wire.h. Checksums are left 0: nobody looks at them.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

void wire_begin(struct wire *wire, const void *payload, size_t size)
{
	wire->at = WIRE_ROOM;
	wire_bytes(wire, payload, size);
}

void wire_bytes(struct wire *wire, const void *bytes, size_t size)
{
	if (size > wire->at)
		abort();
	wire->at -= size;
	if (size > 0)
		memcpy(wire->room + wire->at, bytes, size);
}

void wire_u8(struct wire *wire, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	wire_bytes(wire, &byte, 1);
}

void wire_u16(struct wire *wire, unsigned value)
{
	wire_u8(wire, value & 0xff);
	wire_u8(wire, value >> 8 & 0xff);
}

void wire_u32(struct wire *wire, uint32_t value)
{
	wire_u16(wire, value & 0xffff);
	wire_u16(wire, value >> 16);
}

size_t wire_size(const struct wire *wire)
{
	return WIRE_ROOM - wire->at;
}

const uint8_t *wire_at(const struct wire *wire)
{
	return wire->room + wire->at;
}

void wire_tcp(
    struct wire *wire, unsigned from, unsigned to, uint32_t sequence, uint32_t acknowledgement, unsigned flags)
{
	wire_u32(wire, 0); /* checksum, urgent pointer */
	wire_u16(wire, 65535);
	wire_u8(wire, flags);
	wire_u8(wire, 5 << 4);
	wire_u32(wire, acknowledgement);
	wire_u32(wire, sequence);
	wire_u16(wire, to);
	wire_u16(wire, from);
}

void wire_udp(struct wire *wire, unsigned from, unsigned to)
{
	unsigned size = (unsigned)wire_size(wire) + 8;
	wire_u16(wire, 0);
	wire_u16(wire, size);
	wire_u16(wire, to);
	wire_u16(wire, from);
}

void wire_icmp(struct wire *wire, unsigned type, unsigned code)
{
	wire_u32(wire, 0);
	wire_u16(wire, 0);
	wire_u8(wire, code);
	wire_u8(wire, type);
}

void wire_ipv4_part(
    struct wire *wire, unsigned from, unsigned to, unsigned protocol, unsigned id, unsigned offset, bool more)
{
	unsigned size = (unsigned)wire_size(wire) + 20;
	wire_u32(wire, 0x0a000000u + to);
	wire_u32(wire, 0x0a000000u + from);
	wire_u16(wire, 0);
	wire_u8(wire, protocol);
	wire_u8(wire, 64);
	wire_u16(wire, (more ? 0x2000u : 0u) | offset / 8);
	wire_u16(wire, id);
	wire_u16(wire, size);
	wire_u16(wire, 0x4500);
}

void wire_ipv4(struct wire *wire, unsigned from, unsigned to, unsigned protocol)
{
	wire_ipv4_part(wire, from, to, protocol, 0, 0, false);
}

static void wire_address6(struct wire *wire, unsigned host)
{
	wire_u32(wire, host);
	wire_u32(wire, 0);
	wire_u32(wire, 0);
	wire_u32(wire, 0x20010db8);
}

void wire_ipv6(struct wire *wire, unsigned from, unsigned to, unsigned protocol)
{
	unsigned size = (unsigned)wire_size(wire);
	wire_address6(wire, to);
	wire_address6(wire, from);
	wire_u8(wire, 64);
	wire_u8(wire, protocol);
	wire_u16(wire, size);
	wire_u32(wire, 0x60000000);
}

void wire_ipv6_part(struct wire *wire, unsigned protocol, uint32_t id, unsigned offset, bool more)
{
	wire_u32(wire, id);
	wire_u16(wire, offset | more);
	wire_u8(wire, 0);
	wire_u8(wire, protocol);
}

void wire_ethernet(struct wire *wire, unsigned type)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	wire_u16(wire, type);
	wire_bytes(wire, addresses, sizeof addresses);
}

void wire_vlan(struct wire *wire, unsigned id, unsigned type)
{
	wire_u16(wire, type);
	wire_u16(wire, id);
}

struct frame wire_frame(const struct wire *wire, enum link_type link, nanoseconds time)
{
	uint32_t size = (uint32_t)wire_size(wire);
	return (struct frame){
		.bytes = wire_at(wire), .size = size, .on_wire = size, .time = time, .link = (uint16_t)link
	};
}
