/*
 * The observer: takes frames of one worker in the order of the wire, and tells its listener of facts, anomalies and
 * flows. It holds the decoder, fragments, flow table and TCP reassembly; all of it within the configured memory.
 *
 * One thread for an observer; several observers share nothing.
 */
#ifndef NOROSHI_NET_OBSERVER_H
#define NOROSHI_NET_OBSERVER_H

#include "base/error.h"
#include "net/dissector.h"
#include "net/flow.h"
#include "net/frame.h"
#include "net/packet.h"

struct observer;

struct observer_settings {
	uint32_t flows;           /* at most so many at once; then one of the longest quiet goes */
	uint64_t stream_memory;   /* bytes of segments that wait for earlier ones, over all flows */
	uint32_t stream_waiting;  /* bytes that may wait on one side of a flow before the hole is given up */
	uint64_t fragment_memory; /* bytes */
	nanoseconds timeout_new, timeout_established, timeout_closed, timeout_udp; /* of quiet */
	bool dissect;                                                              /* false: flows only */
	uint64_t first_id; /* flow ids begin here and go up by id_step: workers share none */
	uint64_t id_step;
	struct listener listener;
	void (*flow_begun)(void *context, const struct flow *flow); /* with its first packet; may be NULL */
	void (*flow_over)(void *context, const struct flow *flow, enum flow_over why); /* may be NULL */
	/* What is wrong with a packet itself, named as Suricata's events are: "decoder.ipv4.trunc_pkt",
	 * "stream.reassembly_overlap_different_data". `flow` is NULL when it belongs to none. May be NULL. */
	void (*packet_anomaly)(void *context, const struct frame *frame, const struct flow *flow, const char *event);
	/* Bytes of a side that are new, in their order and each once (TCP; `offset` counts from the side's first byte),
	 * or one datagram (UDP; offset 0); after the dissector got them, and whether or not there is one: what it told
	 * of the flow is known. For signatures that look at payload. May be NULL. */
	void (*payload)(void *context, const struct flow *flow, enum side side, nanoseconds time, uint64_t offset,
	    const uint8_t *bytes, size_t size);
	void *context; /* of these four */
};
extern const struct observer_settings observer_defaults;

struct observer_counts {
	uint64_t frames, bytes;                           /* given */
	uint64_t ipv4, ipv6, tcp, udp, sctp, icmp, other; /* innermost */
	uint64_t layers[LAYER_COUNT];                     /* packets that had each; inner and outer */
	uint64_t malformed, not_ip;
	uint64_t largest; /* frame, bytes */
	uint64_t tcp_syn, tcp_synack, tcp_rst, midstream;
	uint64_t ended_new, ended_established, ended_closed; /* flows, by their last state */
	uint64_t fragments[2], reassembled[2];               /* of IPv4, IPv6 */
	uint64_t fragments_dropped;
	uint64_t flows, flows_forced, flows_reused, flows_active;
	uint64_t stream_gaps, stream_gap_bytes, stream_overlaps, stream_different, stream_memory_dropped, stream_memory;
};

struct observer *observer_new(const struct observer_settings *settings); /* NULL without memory */
void observer_free(struct observer *observer);                           /* without telling of flows */
void observer_frame(struct observer *observer, const struct frame *frame);
/* The same for several, which is faster. */
void observer_frames(struct observer *observer, const struct frame *frames, size_t count);
/* Time passes without frames: ends quiet flows. Of the packets' clock. */
void observer_time(struct observer *observer, nanoseconds now);
void observer_finish(struct observer *observer); /* ends every flow: FLOW_SHUTDOWN */
struct observer_counts observer_count(const struct observer *observer);
/* Of several observers together. */
void observer_counts_add(struct observer_counts *all, const struct observer_counts *one);

#endif
