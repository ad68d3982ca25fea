/*
 * An arrival: one packet that reached an address of the telescope, with what its header says.
 *
 *   struct frame → arrival_of() → struct arrival → sources, scans, victims
 *
 * A pure function of the frame and the telescope's prefixes. Of a TCP or UDP payload only its size and beginning count;
 * nothing is reassembled. Wrong checksums are noted: a tool that never computes them is told by that. The packet is the
 * outermost IP packet of the frame: a tunnel that arrives at a telescope is itself what nobody asked for. Only where
 * the whole capture is a mirror (GRE, ERSPAN, VXLAN …; struct space) what it carries counts.
 */
#ifndef NOROSHI_DARKNET_ARRIVAL_H
#define NOROSHI_DARKNET_ARRIVAL_H

#include "base/time.h"
#include "darknet/packet/space.h"
#include "net/address.h"
#include "net/frame.h"

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

/* What made it, by header alone; names: header.h. An operating system's own stack is no tool. */
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

/* What a datagram's payload says it is, as far as that decides something: an answer (of a reflector, when its answers
 * are larger than their questions), or a worm of one datagram. Names: header.h. */
enum arrival_payload {
	PAYLOAD_NONE,
	PAYLOAD_DNS,
	PAYLOAD_NTP,
	PAYLOAD_SSDP,
	PAYLOAD_MEMCACHED,
	PAYLOAD_CLDAP,
	PAYLOAD_QUIC,
	PAYLOAD_DTLS,
	PAYLOAD_SNMP,
	PAYLOAD_NETBIOS,
	PAYLOAD_PORTMAP,
	PAYLOAD_SIP,
	PAYLOAD_COAP,
	PAYLOAD_WSD,
	PAYLOAD_GAME, /* Quake, Source: "\xff\xff\xff\xff" and an answer */
	PAYLOAD_CHARGEN,
	PAYLOAD_TFTP,
	PAYLOAD_IKE,
	PAYLOAD_SLAMMER, /* a worm: not an answer */
	PAYLOAD_TYPES
};

struct arrival {
	nanoseconds time;
	struct address source, destination;
	uint32_t place; /* of the destination in the telescope: space.h */
	/* TCP. `sequence` of an echo: identifier and sequence number; of UDP: the payload's first two bytes. */
	uint32_t sequence, acknowledgement;
	uint32_t options;           /* TCP: a hash of the kinds, order and fixed values of the options; 0 = none */
	uint32_t size;              /* bytes of the IP packet as it says */
	uint16_t source_port, port; /* ICMP: 0 and type * 256 + code */
	uint16_t identification;    /* IPv4 */
	uint16_t window;
	uint16_t payload;    /* bytes, as the headers say; 65535: or more */
	uint8_t protocol;    /* of IP */
	uint8_t flags;       /* TCP; SCTP: the type of the first chunk */
	uint8_t hops;        /* TTL as it arrived */
	uint8_t kind;        /* enum arrival_kind */
	uint8_t tool;        /* enum arrival_tool, as far as this packet alone says */
	uint8_t content;     /* enum arrival_payload */
	uint8_t method;      /* enum arrival_method: what the payload of a probe, or of a segment behind one, tries */
	bool wrong_checksum; /* of IP, TCP, UDP or ICMP; false where the capture cut it off */
	bool cut;            /* the capture cut off a header, or the packet ends before what it says */
	bool fragment;       /* not the first of its datagram: no ports */
	/* Of backscatter in an ICMP error: what the victim was sent. */
	struct address quoted; /* the destination of the packet that is quoted: the victim's address; none otherwise */
	uint8_t quoted_protocol;
	uint16_t quoted_port;     /* of the victim */
	uint32_t quoted_question; /* what tells it from others to the victim: identification, ports, sequence number */
};

enum arrival_result {
	ARRIVAL_TAKEN,
	ARRIVAL_ELSEWHERE, /* not to an address of the telescope: *arrival is of no use */
	ARRIVAL_NOT_IP,    /* ARP, a link type that is not known, … */
	ARRIVAL_MALFORMED, /* too short for, or contradicting, an IP header */
	ARRIVAL_RESULTS
};

/* Any bytes whatever. One thread for an arrival. */
enum arrival_result arrival_of(const struct space *space, const struct frame *frame, struct arrival *arrival);

/* The victim of backscatter: who answers, or of whom an ICMP error tells. */
static inline struct address arrival_victim(const struct arrival *arrival)
{
	return address_exists(arrival->quoted) ? arrival->quoted : arrival->source;
}

/* struct activity's `shape` of one header; never 0. */
uint32_t arrival_shape(const struct arrival *arrival);

#endif
