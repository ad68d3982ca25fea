/*
 * TLS: one fact for each handshake, emitted when it ends (both sides have switched to encryption), when an alert breaks
 * it off, or when the flow is over before; of TLS 1.3 that is what stands in the two hellos.
 *
 * Records of SSL 3 to TLS 1.3 (RFC 5246 6.2, RFC 8446 5.1) with handshake messages cut over several records and several
 * in one, the hello of SSL 2 (RFC 5246 E.2) and, over UDP, DTLS (RFC 6347, RFC 9147) with its fragments.
 */
#ifndef NOROSHI_NET_TLS_H
#define NOROSHI_NET_TLS_H

#include "net/certificate.h"
#include "net/dissector.h"
#include "net/tls_fingerprint.h"
#include "net/tls_hello.h"

#define TLS_CHAIN_MOST 16 /* certificates of a chain that are looked at */

/* Certificates that a side sent, in its order: the leaf is first. Only of TLS 1.2 and before: later ones are encrypted.
 */
struct tls_chain {
	size_t count;
	struct certificate certificates[TLS_CHAIN_MOST];
	/* Of the leaf, when count > 0. */
	struct text subject, issuer, serial; /* as certificate_name() and certificate_serial() write them */
	char sha256[65], sha1[41];           /* of its DER, in hex */
};

struct tls_handshake {
	bool has_client, has_server; /* which hello was seen */
	struct tls_hello client, server;
	uint16_t version; /* the server's choice; without it what the client offered */
	bool resumed;
	struct text server_name; /* SNI without a last dot; empty = none */
	struct text ja3, ja3s;   /* the strings; empty without the hello, or for the hello of SSL 2 */
	char ja3_hash[JA3_TEXT], ja3s_hash[JA3_TEXT], ja4[JA4_TEXT]; /* "" in the same cases */
	struct tls_chain chains[2];                                  /* by enum side */
};

/* dissector_tls is for TCP, dissector_dtls for UDP; both of PROTOCOL_TLS, with the same facts. */
extern const struct dissector dissector_tls, dissector_dtls;

#endif
