/*
 * A frame as a source of packets hands it out: bytes of one link-layer frame, borrowed, and what the source knows of
 * it.
 */
#ifndef NOROSHI_NET_FRAME_H
#define NOROSHI_NET_FRAME_H

#include "base/time.h"

#include <stdint.h>

/* LINKTYPE_ values as pcap and pcapng files hold them (draft-ietf-opsawg-pcaplinktype). */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_OLD = 12, /* DLT_RAW of most systems; 14 on OpenBSD */
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_RAW = 101,
	LINK_CISCO_HDLC = 104,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_PPI = 192, /* CACE's Per-Packet Information: holds another link type */
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

struct frame {
	const uint8_t *bytes;
	uint32_t size;    /* bytes that were captured */
	uint32_t on_wire; /* bytes that the frame had; at least `size` */
	nanoseconds time; /* UTC */
	uint16_t link;    /* enum link_type */
	uint64_t number;  /* of the frame in its source, 1 = first */
};

#endif
