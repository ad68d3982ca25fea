/*
 * TPKT (RFC 1006, 6) with X.224 class 0 in it (ITU-T X.224, 13): what RDP and S7 have in common.
 */
#ifndef NOROSHI_NET_TPKT_H
#define NOROSHI_NET_TPKT_H

#include "net/cursor.h"
#include "net/dissector.h"

#define TPKT_HEADER 4

enum x224_code { X224_DATA = 0xf0, X224_CONNECT = 0xe0, X224_CONFIRM = 0xd0, X224_DISCONNECT = 0x80 };

struct tpkt {
	uint16_t size;          /* of the whole packet */
	uint8_t code;           /* enum x224_code; credit bits taken off */
	struct cursor variable; /* of a connect or confirm: what follows the fixed part of the header */
	struct cursor payload;  /* of data */
};

/* The packet that `bytes` begin with. LIKENESS_MAYBE when it is not all there yet, LIKENESS_NONE when it is none. */
enum likeness tpkt_read(struct cursor bytes, struct tpkt *packet);

#endif
