/*
 * EVE records of packets that are wrong in themselves, and of the sensor's counters; see eve_packet.h.
 */
#include "formats/eve_packet.h"

static void write_source(struct builder *to, const struct eve_source *source)
{
	eve_text(to, "host", source->host);
	eve_text(to, "in_iface", source->in_iface);
	eve_text(to, "pcap_filename", source->pcap_filename);
}

void eve_packet_anomaly(struct builder *to, const struct eve_source *source, const struct frame *frame,
    const struct flow *flow, const char *event)
{
	struct text name = text_of(event);

	if (flow) {
		eve_begin(to, source, "anomaly", frame->time, flow, SIDE_CLIENT);
	} else {
		build_char(to, '{');
		eve_time(to, "timestamp", frame->time);
		write_source(to, source);
		eve_text(to, "event_type", TEXT("anomaly"));
	}
	eve_number(to, "pcap_cnt", frame->number);
	eve_object(to, "anomaly");
	eve_text(to, "type", text_starts(name, TEXT("stream.")) ? TEXT("stream") : TEXT("decode"));
	eve_text(to, "event", name);
	eve_object_end(to);
	eve_end(to);
}

/* Suricata's names of what the decoder meets. */
static const struct {
	const char *name;
	enum layer layer;
} decoded[] = {
	{ "ipv4", LAYER_IPV4 },
	{ "ipv6", LAYER_IPV6 },
	{ "ethernet", LAYER_ETHERNET },
	{ "arp", LAYER_ARP },
	{ "unknown_ethertype", LAYER_UNKNOWN },
	{ "chdlc", LAYER_CISCO_HDLC },
	{ "raw", LAYER_RAW },
	{ "null", LAYER_NULL },
	{ "sll", LAYER_SLL },
	{ "sll2", LAYER_SLL2 },
	{ "tcp", LAYER_TCP },
	{ "udp", LAYER_UDP },
	{ "sctp", LAYER_SCTP },
	{ "esp", LAYER_ESP },
	{ "icmpv4", LAYER_ICMP },
	{ "icmpv6", LAYER_ICMPV6 },
	{ "ppp", LAYER_PPP },
	{ "pppoe", LAYER_PPPOE },
	{ "geneve", LAYER_GENEVE },
	{ "gre", LAYER_GRE },
	{ "vlan", LAYER_VLAN },
	{ "vlan_qinq", LAYER_QINQ },
	{ "vxlan", LAYER_VXLAN },
	{ "mpls", LAYER_MPLS },
	{ "teredo", LAYER_TEREDO },
	{ "ipv4_in_ipv4", LAYER_IPV4_IN_IPV4 },
	{ "ipv6_in_ipv4", LAYER_IPV6_IN_IPV4 },
	{ "ipv4_in_ipv6", LAYER_IPV4_IN_IPV6 },
	{ "ipv6_in_ipv6", LAYER_IPV6_IN_IPV6 },
};

static void write_decoder(struct builder *to, const struct observer_counts *counts)
{
	eve_object(to, "decoder");
	eve_number(to, "pkts", counts->frames);
	eve_number(to, "bytes", counts->bytes);
	eve_number(to, "invalid", counts->malformed);
	for (size_t i = 0; i < sizeof decoded / sizeof *decoded; i++)
		eve_number(to, decoded[i].name, counts->layers[decoded[i].layer]);
	eve_number(to, "avg_pkt_size", counts->frames ? counts->bytes / counts->frames : 0);
	eve_number(to, "max_pkt_size", counts->largest);
	eve_object_end(to);
}

static void write_flows(struct builder *to, const struct observer_counts *counts)
{
	eve_object(to, "flow");
	eve_number(to, "total", counts->flows);
	eve_number(to, "active", counts->flows_active);
	eve_number(to, "tcp_reuse", counts->flows_reused);
	eve_number(to, "get_used", counts->flows_forced); /* taken from another that had to go */
	eve_object(to, "end");
	eve_object(to, "state");
	eve_number(to, "new", counts->ended_new);
	eve_number(to, "established", counts->ended_established);
	eve_number(to, "closed", counts->ended_closed);
	eve_object_end(to);
	eve_object_end(to);
	eve_object_end(to);
}

static void write_tcp(struct builder *to, const struct observer_counts *counts)
{
	eve_object(to, "tcp");
	eve_number(to, "syn", counts->tcp_syn);
	eve_number(to, "synack", counts->tcp_synack);
	eve_number(to, "rst", counts->tcp_rst);
	eve_number(to, "midstream_pickups", counts->midstream);
	eve_number(to, "reassembly_gap", counts->stream_gaps);
	eve_number(to, "overlap", counts->stream_overlaps);
	eve_number(to, "overlap_diff_data", counts->stream_different);
	eve_number(to, "segment_memcap_drop", counts->stream_memory_dropped);
	eve_number(to, "reassembly_memuse", counts->stream_memory);
	eve_object_end(to);
}

static void write_defragmentation(struct builder *to, const struct observer_counts *counts)
{
	static const char *const names[] = { "ipv4", "ipv6" };
	eve_object(to, "defrag");
	for (unsigned v6 = 0; v6 < 2; v6++) {
		eve_object(to, names[v6]);
		eve_number(to, "fragments", counts->fragments[v6]);
		eve_number(to, "reassembled", counts->reassembled[v6]);
		eve_object_end(to);
	}
	eve_object_end(to);
}

static void write_live(struct builder *to, const struct eve_capture *capture)
{
	eve_object(to, "noroshi");
	size_t opened = eve_array(to, "workers");
	for (size_t i = 0; i < capture->worker_count; i++) {
		eve_object(to, NULL);
		eve_number(to, "kernel_packets", capture->workers[i].packets);
		eve_number(to, "kernel_drops", capture->workers[i].drops);
		eve_object_end(to);
	}
	eve_array_end(to, opened);
	eve_object(to, "output");
	eve_number(to, "records", capture->output_records);
	eve_number(to, "records_dropped", capture->output_dropped);
	eve_number(to, "bytes_waiting", capture->output_waiting);
	eve_object_end(to);
	eve_object(to, "sets");
	eve_number(to, "taken", capture->sets_taken);
	eve_number(to, "refused", capture->sets_refused);
	eve_number(to, "changes_taken", capture->changes_taken);
	eve_number(to, "changes_refused", capture->changes_refused);
	eve_object_end(to);
	eve_number(to, "longest_away_ns", (uint64_t)capture->longest_away);
	eve_object_end(to);
}

void eve_stats(struct builder *to, const struct eve_source *source, nanoseconds time, nanoseconds uptime,
    const struct eve_capture *capture, const struct observer_counts *counts)
{
	build_char(to, '{');
	eve_time(to, "timestamp", time);
	write_source(to, source);
	eve_text(to, "event_type", TEXT("stats"));
	eve_object(to, "stats");
	eve_number(to, "uptime", (uint64_t)(uptime / SECOND));
	if (capture->live) {
		eve_object(to, "capture");
		eve_number(to, "kernel_packets", capture->packets);
		eve_number(to, "kernel_drops", capture->drops);
		eve_object_end(to);
	}
	write_decoder(to, counts);
	write_tcp(to, counts);
	write_flows(to, counts);
	write_defragmentation(to, counts);
	eve_object_end(to);
	if (capture->live)
		write_live(to, capture);
	eve_end(to);
}
