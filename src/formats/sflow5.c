/*
 * sFlow version 5 (sflow.org, "sFlow Version 5", July 2004): samples of packets, each of which is a flow record of one
 * packet; counter samples are skipped. Packets come as the first bytes of a frame (taken apart by net/packet.h) or as
 * what a switch knows of an IPv4 or IPv6 packet.
 */
#include "formats/flow_export_inner.h"
#include "net/packet.h"

#include <string.h>

#define SAMPLE_FLOW 1
#define SAMPLE_FLOW_EXPANDED 3
#define DATA_RAW 1
#define DATA_IPV4 3
#define DATA_IPV6 4
#define DATA_SWITCH 1001

static struct address read_address(struct cursor *from, uint32_t kind)
{
	struct address address = { 0 };
	const uint8_t *at = kind == 1 ? cursor_bytes(from, 4) : kind == 2 ? cursor_bytes(from, 16) : NULL;
	if (at && kind == 1) {
		address.bytes[10] = address.bytes[11] = 0xff;
		memcpy(address.bytes + 12, at, 4);
	} else if (at) {
		memcpy(address.bytes, at, 16);
	}
	return address;
}

/* header_protocol of the standard as a link type; false = none that carries IP. */
static bool link_of(uint32_t protocol, uint16_t *link)
{
	static const struct {
		uint32_t protocol;
		uint16_t link;
	} links[] = { { 1, LINK_ETHERNET }, { 7, LINK_PPP }, { 11, LINK_IPV4 }, { 12, LINK_IPV6 } };
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (links[i].protocol == protocol) {
			*link = links[i].link;
			return true;
		}
	return false;
}

/* False when no IP packet is in it. */
static bool read_raw(struct flow_reading *reading, struct cursor *data, struct flow_record *record)
{
	struct frame frame = { .time = reading->received, .number = 1 };
	struct packet packet;
	uint32_t protocol = cursor_u32(data);
	frame.on_wire = cursor_u32(data);
	cursor_skip(data, 4); /* bytes that were stripped */
	frame.size = cursor_u32(data);
	frame.bytes = cursor_bytes(data, frame.size);
	if (!frame.bytes || !link_of(protocol, &frame.link))
		return false;
	if (frame.on_wire < frame.size)
		frame.on_wire = frame.size;
	enum packet_kind kind = packet_decode(&frame, &packet);
	if (kind != PACKET_WHOLE && kind != PACKET_FRAGMENT)
		return false;
	record->source = (struct flow_end){ packet.source, packet.ports[0] };
	record->destination = (struct flow_end){ packet.destination, packet.ports[1] };
	record->ip_version = packet.ip_version;
	record->ip_protocol = packet.ip_protocol;
	record->tcp_flags = packet.tcp_flags;
	record->vlan = packet.vlan[0];
	record->bytes = packet.ip_size;
	return true;
}

static bool read_known(struct cursor *data, uint32_t format, struct flow_record *record)
{
	record->bytes = cursor_u32(data);
	record->ip_protocol = (uint8_t)cursor_u32(data);
	record->source.address = read_address(data, format == DATA_IPV4 ? 1 : 2);
	record->destination.address = read_address(data, format == DATA_IPV4 ? 1 : 2);
	record->source.port = (uint16_t)cursor_u32(data);
	record->destination.port = (uint16_t)cursor_u32(data);
	record->tcp_flags = (uint8_t)cursor_u32(data);
	record->tos = (uint8_t)cursor_u32(data);
	record->ip_version = format == DATA_IPV4 ? 4 : 6;
	return !data->failed;
}

/* The records of a sample: the packet in one of its forms, and what is known beside it. */
static enum error read_sample(struct flow_reading *reading, struct cursor *sample, bool expanded)
{
	struct flow_record record = { .packets = 1, .first = reading->received, .last = reading->received };
	bool found = false;
	cursor_skip(sample, expanded ? 12 : 8); /* its number, its source */
	record.sampling = cursor_u32(sample);
	cursor_skip(sample, 8);
	if (expanded)
		cursor_skip(sample, 4);
	record.interface_in = cursor_u32(sample);
	if (expanded)
		cursor_skip(sample, 4);
	record.interface_out = cursor_u32(sample);
	uint32_t count = cursor_u32(sample);
	for (uint32_t i = 0; i < count && sample->left >= 8; i++) {
		uint32_t format = cursor_u32(sample);
		struct cursor data = cursor_part32(sample);
		if (data.failed)
			return fail(reading->failure, ERROR_INPUT, "sFlow: a record does not fit into its sample");
		if (!found && format == DATA_RAW)
			found = read_raw(reading, &data, &record);
		else if (!found && (format == DATA_IPV4 || format == DATA_IPV6))
			found = read_known(&data, format, &record);
		else if (format == DATA_SWITCH)
			record.vlan = cursor_u32(&data) & 0xfff;
	}
	if (sample->failed)
		return fail(reading->failure, ERROR_INPUT, "sFlow: a sample is cut");
	if (found)
		flow_give(reading, &record);
	else
		reading->counts->skipped++;
	return OK;
}

enum error sflow5_read(struct flow_reading *reading, struct cursor *from)
{
	cursor_skip(from, 4);
	struct address agent = read_address(from, cursor_u32(from));
	uint32_t part = cursor_u32(from), sequence = cursor_u32(from);
	cursor_skip(from, 4);
	uint32_t count = cursor_u32(from);
	if (from->failed)
		return fail(reading->failure, ERROR_INPUT, "sFlow: its header is cut");
	if (address_exists(agent))
		reading->exporter = agent;
	reading->exported = reading->received;
	reading->domain = flow_domain_of(reading->export, FLOW_SFLOW5, reading->exporter, part, reading->received);
	if (!reading->domain)
		return fail(reading->failure, ERROR_MEMORY, "no memory for an exporter");
	flow_sequence(reading, sequence, 1);
	enum error error = OK;
	for (uint32_t i = 0; i < count && !error && from->left >= 8; i++) {
		uint32_t format = cursor_u32(from);
		struct cursor sample = cursor_part32(from);
		if (sample.failed)
			return fail(reading->failure, ERROR_INPUT, "sFlow: a sample does not fit");
		if (format == SAMPLE_FLOW || format == SAMPLE_FLOW_EXPANDED)
			error = read_sample(reading, &sample, format == SAMPLE_FLOW_EXPANDED);
		else
			reading->counts->skipped++;
	}
	return error;
}
