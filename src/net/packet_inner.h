/*
 * What the layers of the decoder share; see packet.h. Each function decodes one layer and calls the next; `decode` says
 * how far they are nested, which is bounded.
 */
#ifndef NOROSHI_NET_PACKET_INNER_H
#define NOROSHI_NET_PACKET_INNER_H

#include "net/cursor.h"
#include "net/packet.h"

#define DEEPEST 16 /* layers; Suricata's bound too */

struct decode {
	struct packet *packet;
	struct cursor at;      /* the bytes that were captured */
	uint32_t not_captured; /* bytes that would follow them */
	unsigned depth;
	/* Of packet_find(): decoding ends at the header of the IP packet that `within` others carry. NULL: goes on to
	 * the innermost. */
	struct packet_place *find;
	unsigned within;
};

/* Whether this IP header, at which `at` stands, is the one that is looked for. */
bool decode_found(struct decode *decode, uint8_t version);

static inline void packet_layer(struct packet *packet, enum layer layer)
{
	packet->layers |= 1u << layer;
}

/* Adds the event; the packet is too broken to go on. */
enum packet_kind decode_malformed(struct decode *decode, const char *event);

/* packet.c: links */
enum packet_kind decode_ethernet(struct decode *decode);
enum packet_kind decode_ethertype(struct decode *decode, uint16_t type);
enum packet_kind decode_ppp(struct decode *decode);
/* packet_ip.c: from an IP header on; transports */
enum packet_kind decode_ipv4(struct decode *decode);
enum packet_kind decode_ipv6(struct decode *decode);
enum packet_kind decode_ip(struct decode *decode);                       /* of the version that it says */
enum packet_kind decode_extensions(struct decode *decode, uint8_t next); /* of IPv6; then the transport */
enum packet_kind decode_transport(struct decode *decode, uint8_t protocol);
/* packet_tunnel.c: what carries IP or frames. When what is inside is no packet, the outer one stays. */
enum packet_kind decode_ip_in_ip(struct decode *decode, uint8_t protocol);
enum packet_kind decode_gre(struct decode *decode);
enum packet_kind decode_udp_tunnel(struct decode *decode); /* PACKET_NOT_IP: it is none */

#endif
