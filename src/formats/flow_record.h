/*
 * A flow as another program's flow meter reports it, whatever the format: NetFlow v5 and v9, IPFIX, sFlow v5.
 */
#ifndef NOROSHI_FORMATS_FLOW_RECORD_H
#define NOROSHI_FORMATS_FLOW_RECORD_H

#include "base/time.h"
#include "net/flow.h"

#include <stdint.h>

struct flow_record {
	struct flow_end source, destination; /* ICMP: type at the source, code at the destination */
	struct address exporter;             /* who reports it */
	uint32_t domain;                     /* observation domain, source id, engine, agent's part */
	uint8_t ip_version;                  /* 4 or 6; 0 = neither was reported */
	uint8_t ip_protocol, tcp_flags, tos;
	uint16_t vlan;           /* 0 = none */
	nanoseconds first, last; /* by the exporter's clock; when it was received, where it says nothing */
	uint64_t packets, bytes; /* source to destination, as the exporter counted: not multiplied by `sampling` */
	uint64_t packets_back, bytes_back; /* the other way, of a record about both (RFC 5103) */
	uint32_t sampling;                 /* one packet in so many was looked at; 0 = the exporter does not say */
	uint32_t interface_in, interface_out;
	uint32_t as_source, as_destination; /* autonomous systems; 0 = not reported */
	struct address next_hop;
};

#endif
