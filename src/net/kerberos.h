/*
 * Kerberos 5 (RFC 4120) over UDP and TCP: one fact for each message between a client and its KDC. Nothing secret is
 * read: names, realms and which encryption is asked for and used.
 */
#ifndef NOROSHI_NET_KERBEROS_H
#define NOROSHI_NET_KERBEROS_H

#include "net/dissector.h"

/* Their application tags are their message types (5.10). */
enum kerberos_type {
	KERBEROS_NONE = 0,
	KERBEROS_AS_REQ = 10,
	KERBEROS_AS_REP = 11,
	KERBEROS_TGS_REQ = 12,
	KERBEROS_TGS_REP = 13,
	KERBEROS_ERROR = 30,
};

#define KERBEROS_OFFERED_MOST 16

struct kerberos_message {
	enum kerberos_type type;
	enum kerberos_type failed; /* of an error: the request before it; KERBEROS_NONE = not seen */
	struct text realm;
	struct text client, service; /* principals, their parts joined by '/'; empty = absent */
	int32_t encryption;          /* of a reply: what its secret part is encrypted with (RFC 3961 8); 0 = absent */
	int32_t ticket_encryption;   /* and its ticket */
	int32_t offered[KERBEROS_OFFERED_MOST]; /* of a request, in the client's order */
	size_t offered_count;
	int32_t error; /* of an error (RFC 4120 7.5.9) */
};

/* "aes256-cts-hmac-sha1-96" (IANA, Kerberos Encryption Type Numbers); NULL when the number has no name here. */
const char *kerberos_encryption_name(int32_t encryption);
/* DES and RC4, which RFC 6649 and RFC 8429 deprecate. */
bool kerberos_encryption_weak(int32_t encryption);
/* "KDC_ERR_PREAUTH_REQUIRED"; NULL as above. */
const char *kerberos_error_name(int32_t error);

/* UDP and TCP, where a length stands before each message; both of PROTOCOL_KERBEROS. */
extern const struct dissector dissector_kerberos, dissector_kerberos_tcp;

#endif
