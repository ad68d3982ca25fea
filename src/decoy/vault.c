/*
 * Sealing, opening and marking; see vault.h.
 */
#include "decoy/vault.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MOST 4096

_Static_assert(
    VAULT_KEY == crypto_box_PUBLICKEYBYTES && VAULT_KEY == crypto_box_SECRETKEYBYTES, "as libsodium has them");

enum error vault_key_read(const char *path, uint8_t key[static VAULT_KEY], struct failure *failure)
{
	char *text;
	size_t size;
	uint8_t decoded[FILE_MOST];
	struct base64_decoder decoder = { 0 };
	enum error error = file_read(path, FILE_MOST, &text, &size, failure);
	if (error)
		return error;
	struct text rest = { text, size }, line = text_trim(text_cut(&rest, '\n'));
	size_t got = base64_decode(&decoder, line.at, line.size, decoded);
	if (got == VAULT_KEY)
		memcpy(key, decoded, VAULT_KEY);
	sodium_memzero(text, size);
	sodium_memzero(decoded, sizeof decoded);
	free(text);
	return got == VAULT_KEY
		   ? OK
		   : fail(failure, ERROR_INPUT, "%s: its first line is no key of `noroshi decoy key`", path);
}

enum error vault_key_make(const char *path, struct builder *line, struct failure *failure)
{
	uint8_t public_key[VAULT_KEY], private_key[VAULT_KEY];
	char text[BASE64_SIZE(VAULT_KEY)];
	if (sodium_init() < 0)
		return fail(failure, ERROR_SYSTEM, "libsodium does not start");
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return errno == EEXIST ? fail(failure, ERROR_CONFLICT, "%s is there already: no key is replaced", path)
				       : fail_errno(failure, "cannot make %s", path);
	crypto_box_keypair(public_key, private_key);
	base64_format(private_key, VAULT_KEY, text);
	bool written = dprintf(descriptor, "%s\n", text) > 0 && fsync(descriptor) == 0;
	sodium_memzero(text, sizeof text);
	sodium_memzero(private_key, sizeof private_key);
	if (close(descriptor) != 0 || !written)
		return fail_errno(failure, "cannot write %s", path);
	enum error error = directory_sync_of(path, failure);
	if (error)
		return error;
	build_text(line, text_of(base64_format(public_key, VAULT_KEY, text)));
	build_char(line, '\n');
	return OK;
}

enum error vault_seal(
    const uint8_t public_key[static VAULT_KEY], struct text bytes, struct builder *to, struct failure *failure)
{
	if (!build_room(to, bytes.size + crypto_box_SEALBYTES))
		return fail(failure, ERROR_MEMORY, "no memory to seal a sample");
	if (crypto_box_seal(
		(uint8_t *)to->at + to->size, (const uint8_t *)(bytes.at ? bytes.at : ""), bytes.size, public_key) != 0)
		return fail(failure, ERROR_INPUT, "the public key is none");
	to->size += bytes.size + crypto_box_SEALBYTES;
	to->at[to->size] = 0;
	return OK;
}

enum error vault_open(
    const uint8_t private_key[static VAULT_KEY], struct text sealed, struct builder *to, struct failure *failure)
{
	uint8_t public_key[VAULT_KEY];
	if (sodium_init() < 0)
		return fail(failure, ERROR_SYSTEM, "libsodium does not start");
	if (!build_room(to, sealed.size))
		return fail(failure, ERROR_MEMORY, "no memory to open it");
	crypto_scalarmult_base(public_key, private_key);
	if (sealed.size < crypto_box_SEALBYTES ||
	    crypto_box_seal_open(
		(uint8_t *)to->at + to->size, (const uint8_t *)sealed.at, sealed.size, public_key, private_key) != 0)
		return fail(failure, ERROR_DENIED, "it was sealed to another key, or is damaged");
	to->size += sealed.size - crypto_box_SEALBYTES;
	to->at[to->size] = 0;
	return OK;
}

void vault_mark(const uint8_t key[static VAULT_KEY], struct text password, char to[static VAULT_MARK])
{
	uint8_t digest[32];
	hmac_sha256(key, VAULT_KEY, password.at ? password.at : "", password.size, digest);
	hex_format(digest, (VAULT_MARK - 1) / 2, to);
}
