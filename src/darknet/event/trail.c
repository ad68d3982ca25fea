/*
 * Trails: what is kept of a source beyond its line; see line.h and sources.h.
 */
#include "base/memory.h"
#include "darknet/event/line.h"
#include "darknet/packet/header.h"
#include "net/packet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TCP = 6 };

static size_t reserved(const struct trails *trails)
{
	return ((size_t)trails->most + 1) * sizeof *trails->at;
}

/* On huge pages when there are some: every packet of a busy source is a look into one of them. */
bool trails_init(struct trails *trails, uint32_t most, uint32_t blocks)
{
	*trails = (struct trails){ .most = most, .made = 1 }; /* number 0 is none */
	void *at =
	    mmap(NULL, reserved(trails), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	trails->at = at == MAP_FAILED ? NULL : at;
	if (trails->at)
		memory_widen(trails->at, reserved(trails));
	trails->spare = calloc(most + 1u, sizeof *trails->spare);
	return blocks_init(&trails->blocks, blocks) && trails->at && trails->spare;
}

void trails_free(struct trails *trails)
{
	if (trails->at)
		munmap(trails->at, reserved(trails));
	free(trails->spare);
	blocks_free(&trails->blocks);
}

uint32_t trails_take(struct trails *trails)
{
	uint32_t number;
	if (trails->spare_count) {
		number = trails->spare[--trails->spare_count];
	} else {
		if (trails->made > trails->most)
			return 0;
		number = trails->made++;
	}
	struct trail *trail = trail_at(trails, number);
	memset(trail, 0, sizeof *trail);
	trail->port_block = CARDINALITY_NONE;
	return number;
}

void trails_give(struct trails *trails, uint32_t number)
{
	struct trail *trail = trail_at(trails, number);
	cardinality_clear(&trail->targets, &trails->blocks);
	if (trail->port_block != CARDINALITY_NONE)
		blocks_give(&trails->blocks, trail->port_block);
	trails->spare[trails->spare_count++] = number;
}

/* Ports beyond the list: TCP's and UDP's of one number count once. */
static void port_further(struct trail *trail, struct blocks *blocks, uint16_t port)
{
	uint8_t bit = (uint8_t)(1u << (port & 7));

	if (trail->port_block == CARDINALITY_NONE && !trail->port_least) {
		trail->port_block = blocks_take(blocks);
		trail->port_least = trail->port_block == CARDINALITY_NONE;
	}
	if (trail->port_least) {
		trail->port_count += trail->port_count == SOURCE_PORTS;
		return;
	}
	uint8_t *at = &blocks->at[trail->port_block][port >> 3];
	trail->port_count += !(*at & bit);
	*at |= bit;
}

void trail_port(struct trail *trail, struct trails *trails, uint16_t port, uint8_t protocol)
{
	uint32_t listed = trail->port_count < SOURCE_PORTS ? trail->port_count : SOURCE_PORTS;

	if (listed && trail->last_port.port == port && trail->last_port.protocol == protocol)
		return;
	trail->last_port = (struct source_port){ port, protocol };
	for (uint32_t i = 0; i < listed; i++)
		if (trail->ports[i].port == port && trail->ports[i].protocol == protocol)
			return;
	if (trail->port_count < SOURCE_PORTS)
		trail->ports[trail->port_count++] = (struct source_port){ port, protocol };
	else
		port_further(trail, &trails->blocks, port);
}

bool trail_packet(struct trail *trail, struct trails *trails, const struct touch *touch, bool exact)
{
	uint32_t minute = (uint32_t)(touch->time / MINUTE);

	bool fresh = cardinality_add(&trail->targets, &trails->blocks, touch->item, exact);
	trail->bytes += touch->arrival->size;
	if (minute != trail->minute) {
		trail->minute = minute;
		trail->minute_packets = 0;
	}
	if (++trail->minute_packets > trail->busiest)
		trail->busiest = trail->minute_packets;
	return fresh;
}

uint8_t trail_tool(struct trail *trail, const struct touch *touch)
{
	const struct arrival *arrival = touch->arrival;
	uint8_t tool = TOOL_UNKNOWN;

	if (touch->kind != ARRIVAL_PROBE || touch->protocol != TCP || touch->v6 || arrival->flags != TCP_SYN)
		return tool;
	const uint8_t *to = arrival->destination.bytes + 12;
	uint32_t destination = (uint32_t)to[0] << 24 | (uint32_t)to[1] << 16 | (uint32_t)to[2] << 8 | to[3];
	uint32_t key = header_unicorn_key(arrival->sequence, destination, arrival->source_port, arrival->port);
	if (trail->sequence_known && trail->item != touch->item) {
		if (trail->key == key)
			tool = TOOL_UNICORN;
		else if (trail->sequence != arrival->sequence && header_like_nmap(arrival->sequence, trail->sequence))
			tool = TOOL_NMAP;
	}
	trail->sequence_known = true;
	trail->sequence = arrival->sequence;
	trail->key = key;
	trail->item = touch->item;
	return tool;
}
