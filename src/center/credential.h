/*
 * What a batch's sender shows, in the messages between front and keeper (message.h). Inside center/ only.
 */
#ifndef NOROSHI_CENTER_CREDENTIAL_H
#define NOROSHI_CENTER_CREDENTIAL_H

#include "base/codec.h"

/* What somebody shows to be let in, as front saw it. The kinds are kept apart: who knows a certificate's bytes, which
 * are no secret, has no token. */
enum credential_kind { CREDENTIAL_TOKEN = 1, CREDENTIAL_CERTIFICATE = 2 };
struct credential {
	uint8_t kind;
	uint8_t digest[32];
};
void put_credential(struct builder *to, const struct credential *credential);
void get_credential(struct reader *from, struct credential *credential); /* of an unknown kind: from->failed */

#endif
