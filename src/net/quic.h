/*
 * QUIC: one fact for the hello of either side, as soon as it is whole. Initial packets of versions 1 and 2 (RFC 9000,
 * RFC 9369), of the drafts from the 22nd on, of Facebook's and Google's versions that are built on them are opened
 * (quic_keys.h) and their CRYPTO frames put together, across frames, packets and datagrams in any order; Google's
 * versions 24 to 46 say their hello in clear. Everything behind the hellos is secret.
 */
#ifndef NOROSHI_NET_QUIC_H
#define NOROSHI_NET_QUIC_H

#include "net/dissector.h"
#include "net/tls_fingerprint.h"
#include "net/tls_hello.h"

struct quic_hello {
	uint32_t version;        /* quic_version_format() */
	struct tls_hello tls;    /* all zero for Google's own hello */
	struct text server_name; /* client: SNI without a last dot; empty = none */
	struct text user_agent;  /* client: of Google's own hello */
	struct text ja3;         /* the string: JA3 of the client, JA3S of the server; empty = none */
	struct text cyu;         /* of Google's own hello: "46,PAD-SNI-STK": version and tags (Salesforce's CYU) */
	char ja3_hash[JA3_TEXT], cyu_hash[JA3_TEXT], ja4[JA4_TEXT];
};

/* As Suricata writes it: "1", "6b3343cf", "ff00001d", "Q046". */
#define QUIC_VERSION_TEXT 9
char *quic_version_format(uint32_t version, char to[static QUIC_VERSION_TEXT]);

extern const struct dissector dissector_quic;

#endif
