/*
 * Decoding one frame: link layer, tags, tunnels, IP, transport. Gives the innermost IP packet, or a fragment of one.
 *
 *   struct frame → packet_decode() → struct packet → fragments, flow table, reassembly
 *
 * No state: the same frame always gives the same packet. Checksums are not looked at: on a sending host they are filled
 * in behind the capture. What is wrong with a packet is named as Suricata's decoder events are.
 */
#ifndef NOROSHI_NET_PACKET_H
#define NOROSHI_NET_PACKET_H

#include "net/address.h"
#include "net/frame.h"

#include <stdbool.h>
#include <stdint.h>

enum packet_kind {
	PACKET_NOT_IP,    /* ARP, LLDP, …, or a link type that we do not know */
	PACKET_MALFORMED, /* too broken to belong to a flow */
	PACKET_FRAGMENT,  /* of an IP datagram; `at` and `size` are its part */
	PACKET_WHOLE,
};

/* What lay around the packet; each is counted once a packet. */
enum layer {
	LAYER_ETHERNET,
	LAYER_VLAN,
	LAYER_QINQ, /* a second tag */
	LAYER_MPLS,
	LAYER_PPPOE,
	LAYER_PPP,
	LAYER_CISCO_HDLC,
	LAYER_NULL,
	LAYER_RAW,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_ARP,
	LAYER_GRE,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_IPV4_IN_IPV4,
	LAYER_IPV6_IN_IPV4,
	LAYER_IPV4_IN_IPV6,
	LAYER_IPV6_IN_IPV6,
	LAYER_VXLAN,
	LAYER_GENEVE,
	LAYER_TEREDO,
	LAYER_GTP,
	LAYER_TCP,
	LAYER_UDP,
	LAYER_SCTP,
	LAYER_ICMP,
	LAYER_ICMPV6,
	LAYER_ESP,
	LAYER_UNKNOWN, /* an Ethernet type that is none of the above */
	LAYER_COUNT
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define PACKET_EVENTS 4 /* more are not remembered */

struct packet {
	struct address source, destination;
	uint16_t ports[2]; /* source, destination; ICMP: type, code */
	uint16_t vlan[2];  /* outermost first; 0 = none */
	uint8_t ip_version, ip_protocol;
	uint8_t tunnel;   /* how many tunnels it was in */
	bool damaged;     /* lengths contradict each other: belongs to its flow, but its content is none */
	uint32_t ip_size; /* bytes of the IP packet with its headers, as they say */
	uint32_t layers;  /* bits of enum layer */

	bool more_fragments; /* of a fragment */
	uint32_t fragment_id, fragment_offset /* bytes */;

	uint8_t tcp_flags;
	uint32_t sequence, acknowledgement;

	const uint8_t
	    *at;       /* payload of the transport; of a fragment: of IP. In the frame, or in what was reassembled */
	uint32_t size; /* bytes of it that are there */
	uint32_t not_captured; /* bytes of it that the capture cut off */

	uint8_t event_count;
	const char *events[PACKET_EVENTS];
};

enum packet_kind packet_decode(const struct frame *frame, struct packet *packet);

/* Where an IP packet lies in a frame, with nothing of it looked at but its version. */
struct packet_place {
	const uint8_t *at;     /* its header's first byte; not NULL */
	uint32_t size;         /* bytes that were captured, what the link padded it with too */
	uint32_t not_captured; /* bytes of the frame behind them */
	uint8_t version;       /* 4 or 6 */
};
/* The outermost IP packet, or, with `within` 1, 2 …, the one that so many others carry (tunnels as packet_decode()
 * enters them). PACKET_WHOLE when there is one. */
enum packet_kind packet_find(const struct frame *frame, unsigned within, struct packet_place *place);

/* Goes on with a datagram that was reassembled from fragments of which `packet` was the last: `at` is what follows the
 * IP header(s), `protocol` what that is. */
enum packet_kind packet_decode_datagram(struct packet *packet, uint8_t protocol, const uint8_t *at, uint32_t size);

void packet_event(struct packet *packet, const char *event);

#endif
