/*
 * The observer: one frame after the other through decoder, fragments, flow table and reassembly; see observer.h.
 * Content of flows: observe_content.c.
 */
#include "net/observer_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The wire's clock went back by more than this: another source begins, with a time of its own. */
#define ANOTHER_TIME HOUR
#define AT_ONCE 32    /* frames whose flows come into the cache together */
#define MOST_NESTED 4 /* fragments of datagrams that were fragments */

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

const struct observer_settings observer_defaults = {
	.flows = 1u << 20,
	.stream_memory = (uint64_t)256 << 20,
	.stream_waiting = 1u << 18,
	.fragment_memory = (uint64_t)32 << 20,
	.timeout_new = 60 * SECOND,
	.timeout_established = 600 * SECOND,
	.timeout_closed = 10 * SECOND,
	.timeout_udp = 300 * SECOND,
	.dissect = true,
	.first_id = 1,
	.id_step = 1,
};

#define FRAGMENT_TIMEOUT (30 * SECOND)

/* ── life ─ */

static void flow_is_over(void *context, struct flow_entry *entry, enum flow_over why)
{
	struct observer *observer = context;

	if (entry->flow.content == CONTENT_STREAM)
		observe_end(observer, entry);
	observer->counts.ended_new += entry->flow.state == FLOW_NEW;
	observer->counts.ended_established += entry->flow.state == FLOW_ESTABLISHED;
	observer->counts.ended_closed += entry->flow.state == FLOW_CLOSED;
	observer->counts.flows_reused += why == FLOW_REUSED;
	if (observer->settings.flow_over)
		observer->settings.flow_over(observer->settings.context, &entry->flow, why);
}

struct observer *observer_new(const struct observer_settings *settings)
{
	struct observer *observer = calloc(1, sizeof *observer);

	if (!observer)
		return NULL;
	observer->settings = *settings;
	observer->memory =
	    (struct stream_memory){ .most = settings->stream_memory, .waiting = settings->stream_waiting };
	const struct flow_table_settings table = { .flows = settings->flows,
		.timeout_new = settings->timeout_new,
		.timeout_established = settings->timeout_established,
		.timeout_closed = settings->timeout_closed,
		.timeout_udp = settings->timeout_udp,
		.first_id = settings->first_id,
		.id_step = settings->id_step,
		.over = flow_is_over,
		.context = observer };
	observer->table = flow_table_new(&table);
	observer->fragments = fragments_new(settings->fragment_memory, FRAGMENT_TIMEOUT);
	if (!observer->table || !observer->fragments) {
		observer_free(observer);
		return NULL;
	}
	return observer;
}

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	if (observer->table) {
		observer->silent = true;
		observer->settings.flow_over = NULL;
		flow_table_end(observer->table, FLOW_SHUTDOWN);
	}
	flow_table_free(observer->table);
	fragments_free(observer->fragments);
	free(observer);
}

/* ── counting ─ */

static void count_packet(struct observer *observer, const struct packet *packet)
{
	struct observer_counts *counts = &observer->counts;

	counts->ipv4 += packet->ip_version == 4;
	counts->ipv6 += packet->ip_version == 6;
	switch (packet->ip_protocol) {
	case TCP:
		counts->tcp++;
		counts->tcp_syn += (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
		counts->tcp_synack += (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
		counts->tcp_rst += (packet->tcp_flags & TCP_RST) != 0;
		break;
	case UDP:
		counts->udp++;
		break;
	case SCTP:
		counts->sctp++;
		break;
	case ICMP:
	case ICMPV6:
		counts->icmp++;
		break;
	default:
		counts->other++;
	}
}

static void count_layers(struct observer *observer, uint32_t layers)
{
	for (; layers; layers &= layers - 1)
		observer->counts.layers[__builtin_ctz(layers)]++;
}

static void tell_events(struct observer *observer, const struct packet *packet, const struct flow *flow)
{
	if (observer->settings.packet_anomaly)
		for (unsigned i = 0; i < packet->event_count; i++)
			observer->settings.packet_anomaly(
			    observer->settings.context, observer->frame, flow, packet->events[i]);
}

/* ── flows ─ */

/* Established: a side acknowledged something without opening or ending; so also where only one side is seen. */
static enum flow_state tcp_state(const struct flow *flow, uint8_t flags)
{
	if (flow->state == FLOW_CLOSED || flags & TCP_RST)
		return FLOW_CLOSED;
	if (flow->tcp_flags[0] & flow->tcp_flags[1] & TCP_FIN)
		return FLOW_CLOSED;
	return flow->state == FLOW_ESTABLISHED || (flags & (TCP_ACK | TCP_SYN)) == TCP_ACK ? FLOW_ESTABLISHED
											   : FLOW_NEW;
}

static void observe_packet(
    struct observer *observer, struct packet *packet, uint32_t hash, uint32_t packets, uint64_t bytes)
{
	enum side side;
	nanoseconds time = observer->frame->time;
	struct flow_entry *entry = flow_table_find(observer->table, packet, hash, time, &side);
	struct flow *flow = &entry->flow;
	bool ignored = false, begun = flow->packets[0] + flow->packets[1] == 0;

	count_packet(observer, packet);
	observer->counts.midstream += flow->midstream && begun;
	flow->packets[side] += packets;
	flow->bytes[side] += bytes;
	if (time > flow->last)
		flow->last = time;
	if (begun && observer->settings.flow_begun)
		observer->settings.flow_begun(observer->settings.context, flow);
	if (packet->ip_protocol == TCP) {
		flow->tcp_flags[side] |= packet->tcp_flags;
		if (observer->settings.dissect && flow->content != CONTENT_DONE)
			ignored = observe_tcp(observer, entry, packet, side);
		if (!ignored)
			flow_table_state(observer->table, entry, tcp_state(flow, packet->tcp_flags));
	} else {
		flow->state = flow->packets[0] && flow->packets[1] ? FLOW_ESTABLISHED : FLOW_NEW;
		if (packet->ip_protocol == UDP && observer->settings.dissect)
			observe_udp(observer, entry, packet, side);
	}
	if (packet->event_count)
		tell_events(observer, packet, flow);
}

/* ── frames ─ */

static void pass_time(struct observer *observer, nanoseconds time)
{
	if (time < observer->now - ANOTHER_TIME) {
		flow_table_end(observer->table, FLOW_SHUTDOWN);
		observer->now = time;
	} else if (time > observer->now) {
		observer->now = time;
	}
	flow_table_time(observer->table, observer->now);
}

/* A fragment, and the datagram when it is complete, which may be a fragment of an inner one. */
static enum packet_kind take_fragment(
    struct observer *observer, struct packet *packet, uint32_t *packets, uint64_t *bytes)
{
	struct datagram datagram;
	const char *event;
	bool v6 = packet->ip_version == 6;

	observer->counts.fragments[v6]++;
	bool whole = fragments_add(observer->fragments, packet, observer->frame->time, &datagram, &event);
	if (event)
		packet_event(packet, event);
	if (!whole)
		return PACKET_FRAGMENT;
	observer->counts.reassembled[v6]++;
	*packets = datagram.packets;
	*bytes = datagram.bytes;
	return packet_decode_datagram(packet, packet->ip_protocol, datagram.at, datagram.size);
}

struct decoded {
	struct packet packet;
	enum packet_kind kind;
	uint32_t hash; /* of a whole packet */
};

static void observe_frame(struct observer *observer, const struct frame *frame, struct decoded *decoded)
{
	struct packet *packet = &decoded->packet;
	enum packet_kind kind = decoded->kind;
	uint64_t bytes = packet->ip_size;
	uint32_t packets = 1;

	observer->frame = frame;
	observer->counts.frames++;
	observer->counts.bytes += frame->on_wire;
	if (frame->on_wire > observer->counts.largest)
		observer->counts.largest = frame->on_wire;
	pass_time(observer, frame->time);
	count_layers(observer, packet->layers);
	for (int i = 0; kind == PACKET_FRAGMENT && i < MOST_NESTED; i++) {
		kind = take_fragment(observer, packet, &packets, &bytes);
		if (kind == PACKET_FRAGMENT && packets == 1)
			break;
		if (kind == PACKET_WHOLE)
			decoded->hash = flow_table_hash(observer->table, packet);
	}
	observer->counts.not_ip += kind == PACKET_NOT_IP;
	observer->counts.malformed += kind == PACKET_MALFORMED;
	if (kind == PACKET_WHOLE)
		observe_packet(observer, packet, decoded->hash, packets, bytes);
	else
		tell_events(observer, packet, NULL);
}

void observer_frames(struct observer *observer, const struct frame *frames, size_t count)
{
	struct decoded decoded[AT_ONCE];

	while (count > 0) {
		size_t some = count < AT_ONCE ? count : AT_ONCE;
		for (size_t i = 0; i < some; i++)
			decoded[i].kind = packet_decode(&frames[i], &decoded[i].packet);
		for (size_t i = 0; i < some; i++)
			if (decoded[i].kind == PACKET_WHOLE)
				decoded[i].hash = flow_table_prefetch(observer->table, &decoded[i].packet);
		for (size_t i = 0; i < some; i++)
			if (decoded[i].kind == PACKET_WHOLE)
				flow_table_prefetch_entry(observer->table, decoded[i].hash);
		for (size_t i = 0; i < some; i++)
			observe_frame(observer, &frames[i], &decoded[i]);
		frames += some;
		count -= some;
	}
}

void observer_frame(struct observer *observer, const struct frame *frame)
{
	observer_frames(observer, frame, 1);
}

void observer_time(struct observer *observer, nanoseconds now)
{
	if (now > observer->now)
		pass_time(observer, now);
}

void observer_finish(struct observer *observer)
{
	flow_table_end(observer->table, FLOW_SHUTDOWN);
}

struct observer_counts observer_count(const struct observer *observer)
{
	struct observer_counts counts = observer->counts;

	counts.fragments_dropped = fragments_dropped(observer->fragments);
	counts.flows = flow_table_begun(observer->table);
	counts.flows_forced = flow_table_forced(observer->table);
	counts.flows_active = flow_table_active(observer->table);
	counts.stream_gaps = observer->memory.gaps;
	counts.stream_gap_bytes = observer->memory.gap_bytes;
	counts.stream_overlaps = observer->memory.overlaps;
	counts.stream_memory_dropped = observer->memory.refused;
	counts.stream_memory = observer->memory.used;
	return counts;
}

void observer_counts_add(struct observer_counts *all, const struct observer_counts *one)
{
	enum { COUNTS = sizeof *all / sizeof(uint64_t) };
	uint64_t sums[COUNTS], more[COUNTS], largest = all->largest > one->largest ? all->largest : one->largest;

	static_assert(sizeof *all % sizeof(uint64_t) == 0, "all of them are of 64 bits");
	memcpy(sums, all, sizeof sums);
	memcpy(more, one, sizeof more);
	for (size_t i = 0; i < COUNTS; i++)
		sums[i] += more[i];
	memcpy(all, sums, sizeof sums);
	all->largest = largest;
}
