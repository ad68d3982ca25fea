/*
 * SSH (RFC 4253): one fact for each connection, when both sides have said hello in clear (their KEXINIT; of SSH 1 their
 * banner), or when the flow is over before.
 *
 * HASSH is the MD5 of "key exchange;encryption;MAC;compression" as the KEXINIT lists them, of the client for its own
 * direction, of the server for its own (Salesforce, github.com/salesforce/hassh, BSD-3-Clause).
 */
#ifndef NOROSHI_NET_SSH_H
#define NOROSHI_NET_SSH_H

#include "base/hash.h"
#include "net/dissector.h"

/* What a side said. Texts are empty when it did not. */
struct ssh_hello {
	struct text protocol; /* "2.0" */
	struct text software; /* "OpenSSH_9.2p1": of the banner up to a space */
	struct text comment;  /* what follows the space */
	struct text hassh;    /* the string */
	char hassh_hash[HEX_SIZE(16)];
};

struct ssh_connection {
	struct ssh_hello hello[2]; /* by enum side */
};

extern const struct dissector dissector_ssh;

#endif
