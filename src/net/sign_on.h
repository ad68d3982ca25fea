/*
 * Who signs on, as SMB and others carry it in a security token: NTLM ([MS-NLMP] 2.2.1.3) or a Kerberos ticket (RFC
 * 4121, 4.1), raw or within SPNEGO (RFC 4178, 4.2). Nothing secret is read: no response to a challenge, no key.
 */
#ifndef NOROSHI_NET_SIGN_ON_H
#define NOROSHI_NET_SIGN_ON_H

#include "net/cursor.h"

/* Zeroed at first; what a token does not have stays as it was. UTF-8. */
struct sign_on {
	bool ntlm; /* an AUTHENTICATE message */
	struct builder domain, user, host;
	bool versioned;
	uint8_t major, minor, revision; /* of the client's system */
	uint16_t number;                /* its build */
	bool kerberos;
	struct text realm;   /* of the service, within the token */
	struct text service; /* its name, the content of a SEQUENCE OF string: sign_on_service_next() */
};

/* What the token says; false = nothing that is known here. */
bool sign_on_read(struct text token, struct sign_on *sign_on);
/* The next part of the service's name ("cifs", "files.example.org"). */
bool sign_on_service_next(struct text *service, struct text *part);
void sign_on_free(struct sign_on *sign_on);

#endif
