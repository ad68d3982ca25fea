/*
 * Frames of any bytes through decoder, fragments, flow table, reassembly and the dissectors: a frame is a byte for the
 * link and the time that passes, two for its length, and the bytes. What the observer takes it gives back.
 *
 * Sources: net/observer.c, net/observe_content.c, net/packet.c, net/packet_ip.c, net/packet_tunnel.c, net/fragments.c,
 * net/flow_table.c, net/tcp_stream.c, net/dissection.c.
 */
#include "fuzz.h"
#include "net/observer.h"

#include <stdlib.h>
#include <string.h>

struct told {
	uint64_t flows, packets, events;
};

static void on_flow(void *context, const struct flow *flow, enum flow_over why)
{
	struct told *told = context;
	told->flows++;
	told->packets += flow->packets[0] + flow->packets[1];
	CHECK(flow->id && flow->last >= flow->first && why <= FLOW_REUSED);
	CHECK(flow->packets[0] + flow->packets[1] > 0 && flow->bytes[0] + flow->bytes[1] > 0);
}

static void on_event(void *context, const struct frame *frame, const struct flow *flow, const char *event)
{
	struct told *told = context;
	(void)frame, (void)flow;
	CHECK(strncmp(event, "decoder.", 8) == 0 || strncmp(event, "stream.", 7) == 0);
	told->events++;
}

/* The next frame of the input, in memory of its own size: the sanitizer sees a byte too many. */
static uint8_t *next_frame(const uint8_t **at, size_t *left, struct frame *frame)
{
	static const uint16_t links[] = { LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_PPP, LINK_LINUX_SLL, LINK_LINUX_SLL2,
		LINK_CISCO_HDLC, LINK_PPI };
	if (*left < 3)
		return NULL;
	uint32_t size = (uint32_t)(*at)[1] << 8 | (*at)[2];
	if (size > *left - 3)
		size = (uint32_t)(*left - 3);
	frame->link = links[(*at)[0] & 7];
	frame->time += (nanoseconds)((*at)[0] >> 4) * ((*at)[0] & 8 ? MINUTE : MILLISECOND);
	frame->size = frame->on_wire = size;
	uint8_t *copy = malloc(size ? size : 1);
	CHECK(copy);
	memcpy(copy, *at + 3, size);
	frame->bytes = copy;
	frame->number++;
	*at += 3 + size;
	*left -= 3 + size;
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observer_settings settings = observer_defaults;
	struct told told = { 0 };
	struct frame frame = { .time = DAY };
	uint8_t *copy;

	settings.flows = 64;
	settings.stream_memory = 1 << 20;
	settings.fragment_memory = 1 << 18;
	settings.flow_over = on_flow;
	settings.packet_anomaly = on_event;
	settings.context = &told;
	struct observer *observer = observer_new(&settings);
	CHECK(observer);
	while ((copy = next_frame(&data, &size, &frame))) {
		observer_frame(observer, &frame);
		free(copy);
	}
	observer_finish(observer);
	struct observer_counts counts = observer_count(observer);
	CHECK(counts.flows == told.flows && counts.flows_active == 0 && counts.stream_memory == 0);
	CHECK(counts.frames == frame.number &&
	      told.packets <= counts.frames + counts.reassembled[0] + counts.reassembled[1]);
	observer_free(observer);
	return 0;
}
