/*
 * NetFlow version 5 (Cisco, "NetFlow Export Datagram Format"): a header of 24 bytes and up to 30 records of 48.
 */
#include "formats/flow_export_inner.h"

#define RECORD 48u
#define RECORDS_MOST 30u

static struct address address_of_v4(uint32_t address)
{
	return (struct address){ { [10] = 0xff,
	    [11] = 0xff,
	    [12] = (uint8_t)(address >> 24),
	    [13] = (uint8_t)(address >> 16),
	    [14] = (uint8_t)(address >> 8),
	    [15] = (uint8_t)address } };
}

static void read_record(struct flow_reading *reading, struct cursor *from, uint32_t sampling)
{
	struct flow_record record = { .ip_version = 4, .sampling = sampling };
	record.source.address = address_of_v4(cursor_u32(from));
	record.destination.address = address_of_v4(cursor_u32(from));
	uint32_t next_hop = cursor_u32(from);
	if (next_hop)
		record.next_hop = address_of_v4(next_hop);
	record.interface_in = cursor_u16(from);
	record.interface_out = cursor_u16(from);
	record.packets = cursor_u32(from);
	record.bytes = cursor_u32(from);
	record.first = flow_uptime(reading, cursor_u32(from));
	record.last = flow_uptime(reading, cursor_u32(from));
	record.source.port = cursor_u16(from);
	record.destination.port = cursor_u16(from);
	cursor_skip(from, 1);
	record.tcp_flags = cursor_u8(from);
	record.ip_protocol = cursor_u8(from);
	record.tos = cursor_u8(from);
	record.as_source = cursor_u16(from);
	record.as_destination = cursor_u16(from);
	cursor_skip(from, 4);
	if (record.ip_protocol == 1) { /* the type and code stand in the destination's port */
		record.source.port = record.destination.port >> 8;
		record.destination.port &= 0xff;
	}
	flow_give(reading, &record);
}

enum error netflow5_read(struct flow_reading *reading, struct cursor *from)
{
	cursor_skip(from, 2);
	uint32_t count = cursor_u16(from);
	reading->uptime = cursor_u32(from);
	reading->exported = cursor_u32(from) * SECOND;
	reading->exported += cursor_u32(from);
	uint32_t sequence = cursor_u32(from);
	uint32_t engine = cursor_u16(from), sampling = cursor_u16(from) & 0x3fff;
	if (from->failed || count == 0 || count > RECORDS_MOST || from->left < count * RECORD)
		return fail(reading->failure, ERROR_INPUT,
		    "NetFlow v5: a header of 24 bytes and %u records of 48 do not fit", count);
	reading->domain = flow_domain_of(reading->export, FLOW_NETFLOW5, reading->exporter, engine, reading->received);
	if (!reading->domain)
		return fail(reading->failure, ERROR_MEMORY, "no memory for an exporter");
	flow_sequence(reading, sequence, count);
	for (uint32_t i = 0; i < count; i++)
		read_record(reading, from, sampling);
	return OK;
}
