/*
 * darknet/packet/arrival.h: any bytes as a frame of any link, whole or cut, plain or inside a mirror. A packet that was
 * taken is of the telescope and of one kind; only probes have a tool, and the same frame gives the same arrival.
 *
 * Sources: darknet/packet/arrival.c, darknet/packet/header.c, darknet/packet/answer.c, darknet/packet/space.c,
 * net/packet.c, net/packet_ip.c, net/packet_tunnel.c.
 */
#include "darknet/packet/arrival.h"
#include "darknet/packet/header.h"
#include "fuzz.h"

#include <string.h>

static struct space *space;

static void begin(void)
{
	struct prefix prefixes[2];
	/* wide, so that a byte of an address seldom leaves it */
	CHECK(prefix_parse(TEXT("198.0.0.0/8"), &prefixes[0]) && prefix_parse(TEXT("2000::/16"), &prefixes[1]));
	CHECK(space_new(prefixes, 2, &space, NULL) == OK);
}

static void check_arrival(const struct arrival *arrival)
{
	uint32_t place;
	CHECK(space_place(space, arrival->destination, &place) && place == arrival->place);
	CHECK(arrival->kind < ARRIVAL_KINDS && arrival->tool < TOOL_COUNT && arrival->content < PAYLOAD_TYPES);
	CHECK(arrival->kind == ARRIVAL_PROBE || arrival->tool == TOOL_UNKNOWN);
	CHECK(!address_exists(arrival->quoted) || arrival->kind == ARRIVAL_BACKSCATTER);
	CHECK(arrival_shape(arrival) != 0);
	CHECK(*arrival_tool_name(arrival->tool) && *arrival_kind_name(arrival->kind));
}

/* A byte for the link, one for the tunnels around it, one for what the capture cut off; the frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[] = { LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_PPP,
		LINK_PPI, LINK_CISCO_HDLC, 147 };
	struct arrival arrival, again;
	if (size < 3)
		return 0;
	if (!space)
		begin();
	struct frame frame = { .bytes = data + 3,
		.size = (uint32_t)(size - 3),
		.on_wire = (uint32_t)(size - 3 + data[2]),
		.link = links[data[0] % (sizeof links / sizeof *links)] };
	space->carriers = data[1] % 3;
	enum arrival_result result = arrival_of(space, &frame, &arrival);
	CHECK(result < ARRIVAL_RESULTS);
	CHECK(arrival_of(space, &frame, &again) == result);
	if (result != ARRIVAL_TAKEN)
		return 0;
	CHECK(memcmp(&arrival, &again, sizeof arrival) == 0);
	check_arrival(&arrival);
	return 0;
}
