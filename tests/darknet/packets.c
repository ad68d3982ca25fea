/*
 * Packets to a telescope; see packets.h.
 */
#include "packets.h"

#include <string.h>

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* RFC 1071, a byte pair at a time: another way than the one that is tested. */
static uint16_t checksum16(uint32_t sum, const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t put_transport(const struct packet_made *made, uint8_t *at)
{
	size_t header = made->protocol == 6 ? 20 + made->option_size : 8, size = header + made->payload_size;
	size_t sum_at = made->protocol == 6 ? 16 : made->protocol == 17 ? 6 : 2;
	uint32_t pseudo = 0;

	memset(at, 0, header);
	if (made->protocol == 1) {
		at[0] = (uint8_t)made->source_port;
		at[1] = (uint8_t)made->port;
		put32(at + 4, made->sequence);
	} else {
		put16(at, made->source_port);
		put16(at + 2, made->port);
		pseudo = (made->source >> 16) + (made->source & 0xffff) + (made->destination >> 16) +
			 (made->destination & 0xffff) + made->protocol + (uint32_t)size;
	}
	if (made->protocol == 17)
		put16(at + 4, (uint32_t)size);
	if (made->protocol == 6) {
		put32(at + 4, made->sequence);
		put32(at + 8, made->acknowledgement);
		at[12] = (uint8_t)(header / 4 << 4);
		at[13] = made->flags;
		put16(at + 14, made->window);
		if (made->option_size)
			memcpy(at + 20, made->options, made->option_size);
	}
	if (made->payload_size)
		memcpy(at + header, made->payload, made->payload_size);
	put16(at + sum_at, checksum16(pseudo, at, size));
	return size;
}

size_t packet_make_ip(const struct packet_made *made, uint8_t *room)
{
	size_t size = 20 + put_transport(made, room + 20);

	memset(room, 0, 20);
	room[0] = 0x45;
	put16(room + 2, (uint32_t)size);
	put16(room + 4, made->identification);
	put16(room + 6, made->fixed ? 0x4000 : 0);
	room[8] = made->hops ? made->hops : 64;
	room[9] = made->protocol;
	put32(room + 12, made->source);
	put32(room + 16, made->destination);
	put16(room + 10, checksum16(0, room, 20));
	return size;
}

struct frame packet_make(const struct packet_made *made, uint8_t room[static PACKET_ROOM])
{
	size_t size = 14 + packet_make_ip(made, room + 14);

	memset(room, 2, 12);
	put16(room + 12, 0x0800);
	return (struct frame){ .bytes = room,
		.size = (uint32_t)size,
		.on_wire = (uint32_t)size,
		.time = made->time,
		.link = LINK_ETHERNET };
}
