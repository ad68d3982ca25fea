/*
 * The secret in an acknowledgement link (/n/SECRET). Derived from a key in a file of its own, so that a reminder
 * carries the same link as the first mail while the store, and any copy of it, holds only the digest.
 */
#ifndef NOROSHI_MAIL_LINK_H
#define NOROSHI_MAIL_LINK_H

#include "base/error.h"
#include "base/hash.h"

struct link_key {
	uint8_t bytes[32];
};

#define LINK_SECRET_SIZE HEX_SIZE(32)

/* Reads FOLDER/notify-link.key; makes it (mode 0600) when it is not there. */
enum error link_key_load(const char *folder, struct link_key *key, struct failure *failure);

void link_secret(const struct link_key *key, struct uuid notice, char secret[static LINK_SECRET_SIZE]);
/* SHA-256 of the secret's bytes; false when `secret` is not of the right form. */
bool link_digest(struct text secret, uint8_t digest[static 32]);

#endif
