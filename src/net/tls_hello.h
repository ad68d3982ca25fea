/*
 * The two messages of a TLS handshake that are always in clear: ClientHello and ServerHello. Shared by TLS, DTLS and
 * QUIC, and by the fingerprints that are taken of them (tls_fingerprint.h).
 *
 * Sources: RFC 8446 4.1.2–4.2, RFC 5246 7.4.1, RFC 6347 4.2.1 (cookie), RFC 6066 3 (server_name), RFC 7301 (ALPN),
 * RFC 8422 5.1 (groups, point formats), RFC 8701 (GREASE), RFC 5246 E.2 (the hello of SSL 2).
 */
#ifndef NOROSHI_NET_TLS_HELLO_H
#define NOROSHI_NET_TLS_HELLO_H

#include "net/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum tls_version {
	TLS_SSL2 = 0x0002,
	TLS_SSL3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
	DTLS_1_0 = 0xfeff,
	DTLS_1_2 = 0xfefd,
	DTLS_1_3 = 0xfefc,
};

enum tls_message {
	TLS_HELLO_REQUEST = 0,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_CERTIFICATE = 11,
	TLS_SERVER_HELLO_DONE = 14,
};

enum tls_extension {
	TLS_EXTENSION_SERVER_NAME = 0,
	TLS_EXTENSION_GROUPS = 10,
	TLS_EXTENSION_POINT_FORMATS = 11,
	TLS_EXTENSION_SIGNATURES = 13,
	TLS_EXTENSION_ALPN = 16,
	TLS_EXTENSION_PRE_SHARED_KEY = 41,
	TLS_EXTENSION_VERSIONS = 43,
};

/* One hello. Everything points into the bytes that were read. Lists are as the wire has them, without their length:
 * read 16-bit numbers (ALPN: names with an 8-bit length) until nothing is left. */
struct tls_hello {
	uint16_t legacy_version;  /* the field of the message */
	uint16_t version;         /* client: the highest it offers; server: the one it chose (GREASE left out) */
	struct text session;      /* session id */
	struct cursor ciphers;    /* client: offered; server: the one it chose */
	struct cursor extensions; /* each a type, a 16-bit length and bytes: tls_extension_next() */
	struct text server_name;  /* client: as sent; empty = none */
	struct cursor alpn;       /* client: offered; server: the one it chose */
	struct cursor groups;     /* client */
	struct cursor formats;    /* client: point formats, 8 bits each */
	struct cursor signatures; /* client: signature algorithms */
	bool has_server_name;     /* the extension was there, even if empty */
	bool has_alpn;            /* the same */
	bool resumes;             /* server of TLS 1.3: it took a pre-shared key */
	bool retries;             /* server of TLS 1.3: HelloRetryRequest; another pair of hellos follows */
	bool is_ssl2; /* in the form of SSL 2: no extensions, and 24-bit ciphers, of which those of TLS begin with 0 */
};

/* The body of a handshake message. False when it is malformed; then what was read before the fault is there. */
bool tls_client_hello_read(struct tls_hello *hello, struct cursor body, bool datagram);
bool tls_server_hello_read(struct tls_hello *hello, struct cursor body);
/* The hello of SSL 2, from its version field on. */
bool tls_ssl2_hello_read(struct tls_hello *hello, struct cursor body);

/* Walks hello->extensions (by value: copy the cursor). */
bool tls_extension_next(struct cursor *extensions, uint16_t *type, struct cursor *body);

/* RFC 8701: sixteen values that clients strew in. */
static inline bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* As Suricata writes it ("TLS 1.2", "SSLv3", "TLS 1.3 draft-28", "DTLS 1.2"), or "0x7f00". */
#define TLS_VERSION_TEXT 24
char *tls_version_format(uint16_t version, char to[static TLS_VERSION_TEXT]);

#endif
