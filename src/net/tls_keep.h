/*
 * What TLS and DTLS keep of a handshake until it ends: copies of the few messages whose contents are facts, and no
 * more of each than a real one has. The facts are made of them when they are emitted, and the copies are given back.
 */
#ifndef NOROSHI_NET_TLS_KEEP_H
#define NOROSHI_NET_TLS_KEEP_H

#include "net/tls.h"

/* Bytes of the body of a message; what is longer is not kept. Real hellos have up to 4 KiB (post-quantum key shares),
 * chains 3 to 8 KiB. */
#define TLS_HELLO_LARGEST ((size_t)16 << 10)
#define TLS_CERTIFICATE_LARGEST ((size_t)64 << 10)

struct tls_kept {
	uint8_t *bytes; /* body of the message, without its header; NULL = none */
	uint32_t size;
};

struct tls_keep {
	struct tls_kept hello[2], certificate[2]; /* by enum side */
	uint16_t version;                         /* the server's choice; 0 = not seen yet */
	bool ssl2;                                /* the client's hello is in the form of SSL 2 */
	bool datagram;
	bool retried;    /* a HelloRetryRequest was the last hello of the server */
	bool hello_done; /* the server ended its part of a full handshake of TLS 1.2 or before */
	bool resumed;
	bool encrypted[2]; /* by enum side: nothing more in clear */
	bool emitted;
};

/* A whole handshake message of a side. Reports what is malformed in it; emits when nothing can follow in clear. */
void tls_keep_message(
    struct dissection *dissection, struct tls_keep *keep, enum side side, unsigned type, struct cursor body);
/* The hello of SSL 2, from its version on. */
void tls_keep_ssl2(struct dissection *dissection, struct tls_keep *keep, struct cursor body);
/* Whether such a message is worth waiting for. */
bool tls_keep_wants(unsigned type);

/* A side has switched to encryption. Emits when both have. */
void tls_keep_encrypted(struct dissection *dissection, struct tls_keep *keep, enum side side);
/* The handshake is over: emits it, unless nothing was kept or it was emitted before. */
void tls_keep_emit(struct dissection *dissection, struct tls_keep *keep);
void tls_keep_free(struct tls_keep *keep);

void tls_fields(const void *facts, field_visitor visit, void *context); /* of struct tls_handshake */

#endif
