/*
 * The head and the parts of an EVE record (eve_record.h). The protocols' writers and the output of the sensor call it.
 */
#include "formats/eve_writers.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void eve_name(struct builder *to, struct text name)
{
	if (!build_room(to, name.size + 4))
		return;
	char *at = to->at + to->size, before = to->size ? at[-1] : '{';
	if (before != '{' && before != '[')
		*at++ = ',';
	if (name.at) {
		*at++ = '"';
		memcpy(at, name.at, name.size);
		at += name.size;
		*at++ = '"';
		*at++ = ':';
	}
	*at = 0;
	to->size = (size_t)(at - to->at);
}

void eve_digits(struct builder *to, uint64_t value)
{
	char text[20];
	size_t at = sizeof text;
	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	build_text(to, (struct text){ text + at, sizeof text - at });
}

void eve_hex(struct builder *to, const char *name, unsigned value, int digits)
{
	char text[8];
	size_t at = sizeof text;
	do
		text[--at] = "0123456789abcdef"[value & 15];
	while (value >>= 4, (--digits > 0 || value) && at > 0);
	eve_plain(to, name, (struct text){ text + at, sizeof text - at });
}

static void take_back(struct builder *to, size_t size)
{
	to->size = size;
	if (to->at)
		to->at[size] = 0;
}

size_t eve_array(struct builder *to, const char *name)
{
	size_t before = to->size;
	eve_name(to, text_of(name));
	build_char(to, '[');
	return before;
}

void eve_array_end(struct builder *to, size_t opened)
{
	if (to->size && to->at[to->size - 1] == '[')
		take_back(to, opened);
	else
		build_char(to, ']');
}

void eve_time(struct builder *to, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	eve_plain(to, name, text_of(time_format_micro(time, text)));
}

const char *eve_protocol(uint8_t ip_protocol, char number[static EVE_PROTOCOL])
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {
		{ IPPROTO_ICMP, "ICMP" },
		{ IPPROTO_IGMP, "IGMP" },
		{ IPPROTO_IPIP, "IPv4" },
		{ IPPROTO_TCP, "TCP" },
		{ IPPROTO_UDP, "UDP" },
		{ IPPROTO_IPV6, "IPv6" },
		{ IPPROTO_GRE, "GRE" },
		{ IPPROTO_ESP, "ESP" },
		{ IPPROTO_AH, "AH" },
		{ IPPROTO_ICMPV6, "IPv6-ICMP" },
		{ IPPROTO_SCTP, "SCTP" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == ip_protocol)
			return names[i].name;
	snprintf(number, EVE_PROTOCOL, "%03u", (unsigned)ip_protocol);
	return number;
}

static void write_protocol(struct builder *to, uint8_t ip_protocol)
{
	char number[EVE_PROTOCOL];
	eve_text(to, "proto", text_of(eve_protocol(ip_protocol, number)));
}

static bool has_ports(uint8_t ip_protocol)
{
	return ip_protocol == IPPROTO_TCP || ip_protocol == IPPROTO_UDP || ip_protocol == IPPROTO_SCTP;
}

static void write_end(
    struct builder *to, const char *address_name, const char *port_name, const struct flow_end *end, bool ports)
{
	char text[ADDRESS_TEXT];
	address_format(end->address, text);
	eve_plain(to, address_name, text[0] ? text_of(text) : TEXT("::")); /* who asks for an address has none yet */
	if (ports)
		eve_number(to, port_name, end->port);
}

static void write_vlan(struct builder *to, const struct flow *flow)
{
	size_t opened = eve_array(to, "vlan");
	for (size_t i = 0; i < sizeof flow->vlan / sizeof *flow->vlan && flow->vlan[i]; i++)
		eve_number(to, NULL, flow->vlan[i]);
	eve_array_end(to, opened);
}

static void write_community(struct builder *to, const struct eve_source *source, const struct flow *flow)
{
	char id[COMMUNITY_ID_TEXT];
	if (source->community.size)
		eve_string(to, "community_id", source->community);
	else
		eve_plain(to, "community_id", text_of(community_id_format(flow, id)));
}

/* A log may know one end only, and no protocol of IP. */
static void write_known_ends(
    struct builder *to, const struct eve_source *source, const struct flow *flow, enum side from)
{
	const struct flow_end *first = &flow->ends[from], *second = &flow->ends[OTHER_SIDE(from)];
	bool both = address_exists(first->address) && address_exists(second->address);
	if (address_exists(first->address))
		write_end(to, "src_ip", "src_port", first, first->port != 0);
	if (address_exists(second->address))
		write_end(to, "dest_ip", "dest_port", second, second->port != 0);
	if (flow->ip_protocol)
		write_protocol(to, flow->ip_protocol);
	if (flow->ip_version)
		eve_number(to, "ip_v", flow->ip_version);
	if (source->community.size || (both && flow->ip_protocol))
		write_community(to, source, flow);
}

static void write_ends(struct builder *to, const struct eve_source *source, const struct flow *flow, enum side from)
{
	bool ports = has_ports(flow->ip_protocol);
	write_vlan(to, flow);
	write_end(to, "src_ip", "src_port", &flow->ends[from], ports);
	write_end(to, "dest_ip", "dest_port", &flow->ends[OTHER_SIDE(from)], ports);
	write_protocol(to, flow->ip_protocol);
	if (flow->ip_protocol == IPPROTO_ICMP || flow->ip_protocol == IPPROTO_ICMPV6) {
		eve_number(to, "icmp_type", flow->ends[SIDE_CLIENT].port);
		eve_number(to, "icmp_code", flow->ends[SIDE_SERVER].port);
	}
	eve_number(to, "ip_v", flow->ip_version);
	if (!flow->tunnel && !source->log) /* of a flow in a tunnel Suricata names the tunnel, which we do not keep */
		eve_text(to, "pkt_src", TEXT("wire/pcap"));
	write_community(to, source, flow);
}

void eve_begin(struct builder *to, const struct eve_source *source, const char *event_type, nanoseconds time,
    const struct flow *flow, enum side from)
{
	build_char(to, '{');
	eve_time(to, "timestamp", time);
	if (flow->id || !source->log)
		eve_number(to, "flow_id", flow->id);
	eve_text(to, "host", source->host);
	eve_text(to, "in_iface", source->in_iface);
	eve_text(to, "pcap_filename", source->pcap_filename);
	eve_text(to, "event_type", text_of(event_type));
	bool whole =
	    flow->ip_protocol && address_exists(flow->ends[0].address) && address_exists(flow->ends[1].address);
	if (source->log && !whole)
		write_known_ends(to, source, flow, from);
	else
		write_ends(to, source, flow, from);
}

void eve_end(struct builder *to)
{
	build_text(to, TEXT("}\n"));
}

static bool covers(const struct eve_writer *writer, const struct dissection *dissection, const void *facts)
{
	return writer->protocol == dissection->dissector->protocol && (!writer->covers || writer->covers(facts));
}

unsigned eve_facts(struct builder *to, const struct eve_source *source, const struct dissection *dissection,
    enum side side, const void *facts)
{
	unsigned written = 0;
	for (const struct eve_writer *const *writer = eve_writers; *writer; writer++) {
		if (!covers(*writer, dissection, facts))
			continue;
		eve_begin(to, source, (*writer)->event_type, dissection->time, dissection->flow, SIDE_CLIENT);
		(*writer)->write(dissection, side, facts, to);
		eve_end(to);
		written++;
	}
	return written;
}

bool eve_members(struct builder *to, const struct dissection *dissection, enum side side, const void *facts)
{
	for (const struct eve_writer *const *writer = eve_writers; *writer; writer++)
		if (covers(*writer, dissection, facts)) {
			(*writer)->write(dissection, side, facts, to);
			return true;
		}
	return false;
}

void eve_anomaly(struct builder *to, const struct eve_source *source, const struct dissection *dissection,
    enum side side, const char *event)
{
	eve_begin(to, source, "anomaly", dissection->time, dissection->flow, side);
	eve_object(to, "anomaly");
	eve_text(to, "app_proto", text_of(dissection->dissector->name));
	eve_text(to, "type", TEXT("applayer"));
	eve_text(to, "event", text_of(event));
	eve_text(to, "layer", TEXT("proto_parser"));
	eve_object_end(to);
	eve_end(to);
}
