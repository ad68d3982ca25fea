/*
 * An arrival: one packet that reached an address of the telescope, with what its header says.
 *
 *   struct frame → arrival_of() → struct arrival → sources, scans, victims
 *
 * A pure function of the frame and the telescope's prefixes. Of a TCP or UDP payload only its size and beginning count;
 * nothing is reassembled. Wrong checksums are noted: a tool that never computes them is told by that.
 */
#ifndef NOROSHI_DARKNET_ARRIVAL_H
#define NOROSHI_DARKNET_ARRIVAL_H

#include "base/time.h"
#include "net/address.h"

#include <stdbool.h>
#include <stdint.h>

/* What a packet to nobody is. Moore et al., "Inferring Internet Denial-of-Service Activity", USENIX Security 2001;
 * Wustrow et al., "Internet Background Radiation Revisited", IMC 2010. */
enum arrival_kind {
	ARRIVAL_PROBE,       /* asks: a SYN (also FIN, null, Xmas), an echo request, a datagram that is no answer */
	ARRIVAL_BACKSCATTER, /* answers what nobody here asked: SYN+ACK, RST, ICMP errors, answers over UDP */
	ARRIVAL_OTHER,       /* neither: misconfiguration and what is broken */
	ARRIVAL_KINDS
};

/* What made it, by header alone; ARRIVAL_TOOLS names in header.h. An operating system's own stack is no tool. */
enum arrival_tool {
	TOOL_UNKNOWN,
	TOOL_SYSTEM, /* an operating system's own connect() or ping */
	TOOL_ZMAP,
	TOOL_MASSCAN,
	TOOL_MIRAI, /* and its family: sequence number equal to the destination */
	TOOL_NMAP,
	TOOL_HPING3,
	TOOL_UNICORN,
	TOOL_COUNT
};

struct arrival {
	nanoseconds time;
	struct address source, destination;
	uint32_t sequence, acknowledgement; /* TCP */
	uint32_t options;                   /* TCP: a hash of the kinds, order and fixed values of the options */
	uint32_t size;                      /* bytes of the IP packet as it says */
	uint16_t source_port, port;         /* ICMP: 0 and type * 256 + code */
	uint16_t identification;            /* IPv4 */
	uint16_t window;
	uint16_t payload;    /* bytes */
	uint8_t protocol;    /* of IP */
	uint8_t flags;       /* TCP */
	uint8_t hops;        /* TTL as it arrived */
	uint8_t kind;        /* enum arrival_kind */
	uint8_t tool;        /* enum arrival_tool, as far as this packet alone says */
	bool wrong_checksum; /* of IP, TCP, UDP or ICMP; false where the capture cut it off */
	/* Of backscatter in an ICMP error: what the victim was sent. */
	struct address quoted; /* the destination of the packet that is quoted: the victim's address; none otherwise */
	uint8_t quoted_protocol;
	uint16_t quoted_port; /* of the victim */
};

#endif
