/*
 * A table of ports for each protocol; see ports.h.
 */
#include "darknet/event/ports.h"

#include "base/hash.h"
#include "darknet/event/cardinality.h"

#include <stdlib.h>

#define BLOCKS 8192u /* of 8 KiB */

struct port {
	uint64_t packets;
	struct cardinality sources;
};

struct ports {
	struct port **of[256]; /* by IP protocol; 65,536 each */
	struct blocks blocks;
	size_t count;
};

struct ports *ports_new(void)
{
	struct ports *ports = calloc(1, sizeof *ports);
	if (ports && !blocks_init(&ports->blocks, BLOCKS)) {
		ports_free(ports);
		return NULL;
	}
	return ports;
}

void ports_free(struct ports *ports)
{
	if (!ports)
		return;
	for (size_t protocol = 0; protocol < 256; protocol++) {
		for (size_t port = 0; ports->of[protocol] && port < 65536; port++)
			free(ports->of[protocol][port]);
		free(ports->of[protocol]);
	}
	blocks_free(&ports->blocks);
	free(ports);
}

bool ports_add(struct ports *ports, const struct activity *activity)
{
	struct port ***table = &ports->of[activity->protocol];
	if (!*table && !(*table = calloc(65536, sizeof **table)))
		return false;
	struct port **port = &(*table)[activity->port];
	if (!*port) {
		*port = calloc(1, sizeof **port);
		if (!*port)
			return false;
		ports->count++;
	}
	(*port)->packets += activity->packets;
	uint32_t source = (uint32_t)hash_bytes(activity->source.bytes, sizeof activity->source.bytes, 0);
	cardinality_add(&(*port)->sources, &ports->blocks, source, false);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct telescope_port *one = a, *other = b;
	if (one->packets != other->packets)
		return one->packets > other->packets ? -1 : 1;
	return one->protocol != other->protocol ? one->protocol - other->protocol : one->port - other->port;
}

struct telescope_port *ports_list(const struct ports *ports, size_t *count)
{
	struct telescope_port *list = calloc(ports->count + 1, sizeof *list);
	*count = 0;
	if (!list)
		return NULL;
	for (unsigned protocol = 0; protocol < 256; protocol++)
		for (unsigned number = 0; ports->of[protocol] && number < 65536; number++) {
			const struct port *port = ports->of[protocol][number];
			struct telescope_port *to = &list[*count];
			if (!port)
				continue;
			*to = (struct telescope_port){
				.port = (uint16_t)number, .protocol = (uint8_t)protocol, .packets = port->packets
			};
			to->sources = cardinality_count(&port->sources, &ports->blocks, &to->source_error);
			++*count;
		}
	qsort(list, *count, sizeof *list, compare);
	return list;
}
