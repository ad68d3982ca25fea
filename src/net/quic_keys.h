/*
 * The keys of QUIC's Initial packets, which anyone on the path can derive, and what they protect.
 *
 * Sources: RFC 9001 5 and appendix A (version 1), RFC 9369 3 (version 2), draft-ietf-quic-tls-22 to -34 for theirs;
 * Google's Q050, T050 and T051 by the salts in Chromium's net/third_party/quiche (public constants).
 */
#ifndef NOROSHI_NET_QUIC_KEYS_H
#define NOROSHI_NET_QUIC_KEYS_H

#include "net/cursor.h"
#include "net/dissector.h"

#define QUIC_CID_LARGEST 20

enum quic_version {
	QUIC_1 = 0x00000001,
	QUIC_2 = 0x6b3343cf,
	QUIC_Q050 = 0x51303530,
	QUIC_T050 = 0x54303530,
	QUIC_T051 = 0x54303531,
};

/* Whether the Initial packets of this version can be opened. */
bool quic_version_known(uint32_t version);

struct quic_keys {
	uint8_t key[16], iv[12], header[16];
};

/* Of both sides (by enum side), from the first connection id that the client chose for the server. False for versions
 * that are not known. */
bool quic_keys_derive(uint32_t version, struct text connection, struct quic_keys keys[2]);

/* Opens an Initial packet: `packet` are its bytes from the first on to the end that its length field gives, `number` is
 * the offset of the packet number in it. Writes the payload to `to`, which has room for packet.size bytes, and returns
 * its size; 0 when the keys do not fit or the packet is too short. */
size_t quic_open(const struct quic_keys *keys, struct text packet, size_t number, uint8_t *to);

#endif
