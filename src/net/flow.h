/*
 * A flow: the packets between two ends, counted by side, from the first until a pause or an end.
 */
#ifndef NOROSHI_NET_FLOW_H
#define NOROSHI_NET_FLOW_H

#include "base/time.h"
#include "net/address.h"
#include "net/dissector.h"

#include <stdint.h>

struct flow_end {
	struct address address;
	uint16_t port; /* ICMP: type (client) and code (server) */
};

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSED };

enum flow_over {
	FLOW_TIMEOUT,  /* nothing for as long as its state allows */
	FLOW_SHUTDOWN, /* the source ended */
	FLOW_FORCED,   /* the table was full: it was among the longest quiet */
	FLOW_REUSED,   /* its ends began a new connection after they had closed this one */
};

/* Ordered by size: with what the flow table adds it is two lines of cache. */
struct flow {
	uint64_t id;             /* not zero; of one sensor and run */
	nanoseconds first, last; /* packets */
	uint64_t packets[2];     /* by enum side */
	uint64_t bytes[2];       /* of the IP packets, with their headers: as flow meters count */
	struct flow_end ends[2];
	uint32_t hash;                   /* the flow table's own */
	uint16_t vlan[2];                /* outermost first; 0 = none */
	uint16_t slot : 10, content : 2; /* the flow table's and the observer's own */
	uint8_t ip_protocol;
	uint8_t ip_version;      /* 4 or 6 */
	uint8_t tcp_flags[2];    /* all that were seen, by side */
	uint8_t state;           /* enum flow_state */
	uint8_t tunnel;          /* how many tunnels it was in */
	bool midstream;          /* its beginning was not seen */
	bool alerted;            /* an alert was raised about it */
	uint8_t protocol;        /* enum protocol, as told by content */
	uint8_t protocol_before; /* what it was before it became that (STARTTLS, CONNECT); PROTOCOL_UNKNOWN: nothing */
};

/* Listeners are shown flows as const; this note is theirs to make, on the flow's own thread. */
static inline void flow_note_alerted(const struct flow *flow)
{
	((struct flow *)flow)->alerted = true;
}

/* "1:" and 28 characters (Community ID flow hashing, version 1), seed 0. */
#define COMMUNITY_ID_TEXT 32
char *community_id_format(const struct flow *flow, char to[static COMMUNITY_ID_TEXT]);

#endif
