/*
 * Two real ends of a TLS or DTLS connection, OpenSSL's, that talk through memory; what they say becomes a conversation
 * for the driver. Certificates are made for the test and are new each time.
 */
#ifndef NOROSHI_TESTS_NET_TLS_PEER_H
#define NOROSHI_TESTS_NET_TLS_PEER_H

#include "dissector_driver.h"

#include <openssl/ssl.h>

/* A self-signed certificate; `extension` = NULL or a subject alternative name in OpenSSL's notation
 * ("DNS:a,IP:192.0.2.1"). `subject` is pairs of attribute and value, ends with NULL. */
X509 *peer_certificate(EVP_PKEY *key, const char *const *subject, const char *alternative);
EVP_PKEY *peer_key(void);

struct peer_settings {
	bool datagram;
	int version;               /* both sides speak this one (TLS1_2_VERSION); 0 = the newest */
	const char *server_name;   /* NULL = none */
	const unsigned char *alpn; /* as on the wire; NULL = none */
	unsigned fragment;         /* the server's records have at most so many bytes (512 …); 0 = 16384 */
	unsigned mtu;              /* of datagrams; 0 = 1400 */
	X509 *client_certificate;  /* NULL = none is asked for */
	X509 *server_certificate;
	EVP_PKEY *key;        /* of all of them */
	SSL_SESSION *session; /* to be resumed; NULL = none */
	SSL_SESSION **kept;   /* where a session goes for later; may be NULL */
	const char
	    *groups; /* that the server takes; NULL = all (others than the client's first: a HelloRetryRequest) */
};

#define TALK_TURNS 64
struct talk {
	struct said said[TALK_TURNS]; /* turns: what a side wrote at once; of DTLS each datagram */
	size_t count;
	uint16_t version; /* what the two agreed on */
	bool resumed;
	char *bytes; /* owned */
	size_t size;
};

/* A handshake and a few bytes of data in either direction. Fails the test when it does not succeed. */
void peer_talk(const struct peer_settings *settings, struct talk *talk);
void talk_free(struct talk *talk);

#endif
