/*
 * The records of TLS (RFC 5246 6.2.1, RFC 8446 5.1), and how its first bytes are told from those of other protocols.
 */
#ifndef NOROSHI_NET_TLS_RECORD_H
#define NOROSHI_NET_TLS_RECORD_H

#include "net/cursor.h"
#include "net/dissector.h"

enum tls_record_type {
	TLS_RECORD_CHANGE_CIPHER_SPEC = 20,
	TLS_RECORD_ALERT = 21,
	TLS_RECORD_HANDSHAKE = 22,
	TLS_RECORD_APPLICATION = 23,
	TLS_RECORD_HEARTBEAT = 24,
};

#define TLS_RECORD_HEADER 5
#define TLS_RECORD_LARGEST (16384 + 2048) /* an encrypted one of TLS 1.2 */

struct tls_record {
	uint8_t type;
	uint16_t version, length;
};

/* The header; false when it is not all there. */
bool tls_record_read(struct cursor *from, struct tls_record *record);
bool tls_record_plausible(const struct tls_record *record);

enum { SSL2_CLIENT_HELLO = 1, SSL2_SERVER_HELLO = 4 };
/* The first bytes are a hello of SSL 2 (at least 3 of them). */
bool tls_is_ssl2(const uint8_t *bytes, size_t size);
/* TLS 1.3 or one of its drafts: everything behind the hellos is encrypted. */
bool tls_is_1_3(uint16_t version);

enum likeness tls_recognise(enum side side, const uint8_t *bytes, size_t size);

#endif
