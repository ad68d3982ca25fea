/*
 * What a packet's payload tries: the "methods" of the police agency's fixed-point observation (catalogue D02, views 2-6
 * and 2-7), by what the first bytes say, never by the port alone.
 *
 * One packet, no stream: a telescope does not answer, so of TCP there is a payload only where the sender sends it
 * unasked or a decoy took the connection. Sources: the protocols' own documents, named in method.c.
 */
#ifndef NOROSHI_DARKNET_METHOD_H
#define NOROSHI_DARKNET_METHOD_H

#include "base/text.h"
#include "net/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum arrival_method {
	METHOD_NONE, /* no payload, or one that is not known */
	METHOD_SCAN, /* asks what is there: SSDP, SIP, SNMP, NTP control, NetBIOS, portmap, memcached (INDICATOR-SCAN)
		      */
	METHOD_TERMINAL, /* Windows Terminal server: a connection request of RDP */
	METHOD_SMB1,
	METHOD_SMB2,
	METHOD_ICMP, /* any request of ICMP */
	METHOD_PPTP,
	METHOD_HTTP,
	METHOD_TLS,
	METHOD_SSH,
	METHOD_TELNET,
	METHOD_REDIS,
	METHOD_ADB, /* Android's debugger */
	METHOD_TDS, /* Microsoft SQL Server */
	METHOD_DNS,
	METHOD_COUNT
};

const char *method_name(enum arrival_method method); /* "smb1"; of METHOD_NONE "" */
bool method_named(struct text name, enum arrival_method *method);

enum arrival_method method_of_stream(struct cursor payload);
enum arrival_method method_of_datagram(uint16_t port, struct cursor payload);

#endif
