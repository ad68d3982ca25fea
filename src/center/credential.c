/*
 * Credentials in messages. See credential.h.
 */
#include "center/credential.h"

#include <string.h>

void put_credential(struct builder *to, const struct credential *credential)
{
	put_u8(to, credential->kind);
	put_bytes(to, credential->digest, sizeof credential->digest);
}

void get_credential(struct reader *from, struct credential *credential)
{
	*credential = (struct credential){ .kind = get_u8(from) };
	const void *digest = get_bytes(from, sizeof credential->digest);
	if (!digest || (credential->kind != CREDENTIAL_TOKEN && credential->kind != CREDENTIAL_CERTIFICATE))
		from->failed = true;
	else
		memcpy(credential->digest, digest, sizeof credential->digest);
}
