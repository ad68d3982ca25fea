/*
 * RDP up to the point where it becomes secret: the X.224 connection ([MS-RDPBCGR] 2.2.1.1–2) and, where both sides stay
 * with RDP's own security, what the client says of itself (2.2.1.3, T.125, T.124). Where they agree on TLS the flow
 * becomes TLS.
 */
#ifndef NOROSHI_NET_RDP_H
#define NOROSHI_NET_RDP_H

#include "net/cursor.h"
#include "net/dissector.h"

enum rdp_kind {
	RDP_REQUEST,  /* the client's: cookie, protocols that it offers */
	RDP_RESPONSE, /* the server's: the protocol that it chose */
	RDP_REFUSAL,  /* the server's: no protocol */
	RDP_CLIENT,   /* the client's settings */
};

/* Bits of protocols (2.2.1.1.1). */
enum { RDP_PROTOCOL_TLS = 1, RDP_PROTOCOL_CREDSSP = 2, RDP_PROTOCOL_RDSTLS = 4, RDP_PROTOCOL_CREDSSP_EARLY = 8 };

#define RDP_NAME_TEXT 64

struct rdp_message {
	uint64_t tx_id; /* of the flow, from 0 */
	enum rdp_kind kind;
	struct text cookie; /* "mstshash=…" without the name: who wants to sign in, cut to nine characters by clients */
	uint32_t protocols; /* offered, or chosen */
	uint32_t refusal;   /* why (2.2.1.2.2) */
	/* RDP_CLIENT */
	uint32_t version, build, keyboard_layout, keyboard_type, function_keys;
	uint16_t width, height, depth; /* pixels; bits */
	char name[RDP_NAME_TEXT];      /* of the client's computer, UTF-8 */
	struct cursor channels;        /* rdp_channel_next() */
};

/* The next static channel that the client wants. Pass the cursor by a copy. */
bool rdp_channel_next(struct cursor *channels, struct text *name);

extern const struct dissector dissector_rdp;

#endif
