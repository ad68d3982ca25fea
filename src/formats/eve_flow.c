/*
 * EVE records of flows that ended ("flow", and "tcp" beside it), as Suricata writes them.
 */
#include "formats/eve_record.h"

#include <netinet/in.h>

static const char *state_name(uint8_t state)
{
	switch (state) {
	case FLOW_ESTABLISHED:
		return "established";
	case FLOW_CLOSED:
		return "closed";
	default:
		return "new";
	}
}

static const char *reason_name(enum flow_over why)
{
	switch (why) {
	case FLOW_SHUTDOWN:
		return "shutdown";
	case FLOW_FORCED:
		return "forced";
	case FLOW_REUSED:
		return "tcp_reuse";
	default:
		return "timeout";
	}
}

/* The flags that were seen, each by itself: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR (RFC 9293, 3.1). */
static void write_flags(struct builder *to, unsigned flags)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr" };
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (flags & 1u << i)
			eve_true(to, names[i]);
}

static void write_tcp(struct builder *to, const struct flow *flow)
{
	unsigned client = flow->tcp_flags[SIDE_CLIENT], server = flow->tcp_flags[SIDE_SERVER];
	eve_object(to, "tcp");
	eve_hex(to, "tcp_flags", client | server, 2);
	eve_hex(to, "tcp_flags_ts", client, 2);
	eve_hex(to, "tcp_flags_tc", server, 2);
	write_flags(to, client | server);
	eve_object_end(to);
}

void eve_flow_object(struct builder *to, const struct flow *flow)
{
	eve_object(to, "flow");
	eve_number(to, "pkts_toserver", flow->packets[SIDE_CLIENT]);
	eve_number(to, "pkts_toclient", flow->packets[SIDE_SERVER]);
	eve_number(to, "bytes_toserver", flow->bytes[SIDE_CLIENT]);
	eve_number(to, "bytes_toclient", flow->bytes[SIDE_SERVER]);
	eve_time(to, "start", flow->first);
}

void eve_flow_members(struct builder *to, const struct flow *flow, enum flow_over why)
{
	const struct dissector *dissector = dissector_of(flow->protocol);
	const struct dissector *before = dissector_of(flow->protocol_before);
	if (dissector)
		eve_text(to, "app_proto", text_of(dissector->name));
	if (before)
		eve_text(to, "app_proto_orig", text_of(before->name));
	eve_flow_object(to, flow);
	eve_time(to, "end", flow->last);
	eve_number(to, "age", flow->last > flow->first ? (uint64_t)((flow->last - flow->first) / SECOND) : 0);
	eve_text(to, "state", text_of(state_name(flow->state)));
	eve_text(to, "reason", text_of(reason_name(why)));
	if (flow->alerted)
		eve_true(to, "alerted");
	eve_object_end(to);
	if (flow->ip_protocol == IPPROTO_TCP)
		write_tcp(to, flow);
}

void eve_flow(struct builder *to, const struct eve_source *source, const struct flow *flow, enum flow_over why)
{
	eve_begin(to, source, "flow", flow->last, flow, SIDE_CLIENT);
	eve_flow_members(to, flow, why);
	eve_end(to);
}
