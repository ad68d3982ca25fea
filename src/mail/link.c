/*
 * Makes and reads the secrets of acknowledgement links: HMAC-SHA-256 of the notice's id under the installation's key.
 */
#include "mail/link.h"

#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum error link_key_load(const char *folder, struct link_key *key, struct failure *failure)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/notify-link.key", folder) >= (int)sizeof path)
		return fail(failure, ERROR_INPUT, "%s: the path is too long", folder);
	if (access(path, F_OK) != 0) {
		if (errno != ENOENT)
			return fail_errno(failure, "%s", path);
		random_bytes(key->bytes, sizeof key->bytes);
		return file_replace(path, (struct text){ (const char *)key->bytes, sizeof key->bytes }, 0600, failure);
	}
	char *at;
	size_t size;
	/* A process that was killed may have made it just now: links of a key go out only when it is durable. */
	enum error error = directory_sync(folder, failure);
	if (error == OK)
		error = file_read(path, 4096, &at, &size, failure);
	if (error != OK)
		return error;
	if (size == sizeof key->bytes)
		memcpy(key->bytes, at, size);
	else
		error = fail(failure, ERROR_CORRUPT,
		    "%s: %zu bytes; expected %zu: restore it, or remove it to make a new one "
		    "(links in mails already sent then stop working)",
		    path, size, sizeof key->bytes);
	free(at);
	return error;
}

void link_secret(const struct link_key *key, struct uuid notice, char secret[static LINK_SECRET_SIZE])
{
	uint8_t derived[32];
	hmac_sha256(key->bytes, sizeof key->bytes, notice.bytes, sizeof notice.bytes, derived);
	hex_format(derived, sizeof derived, secret);
}

bool link_digest(struct text secret, uint8_t digest[static 32])
{
	uint8_t bytes[32];
	if (!hex_parse(secret, bytes, sizeof bytes))
		return false;
	sha256(bytes, sizeof bytes, digest);
	return true;
}
