/*
 * What is kept of others' secrets: sealed to a public key whose private half is not here (libsodium's sealed boxes),
 * and for passwords a mark to count by: 64 bits of HMAC-SHA-256 under a key that is removed with what it marked.
 */
#ifndef NOROSHI_DECOY_VAULT_H
#define NOROSHI_DECOY_VAULT_H

#include "base/error.h"
#include "base/text.h"

#define VAULT_KEY 32
#define VAULT_MARK 17                     /* hexadecimal, with its NUL */
#define VAULT_SAMPLE "NOROSHI-SEALED 1\n" /* what a sealed sample begins with */

/* The first line of a file, base64. */
enum error vault_key_read(const char *path, uint8_t key[static VAULT_KEY], struct failure *failure);
/* A new pair: the private key into a new file (mode 600; ERROR_CONFLICT when it is there), the public one into `line`.
 */
enum error vault_key_make(const char *path, struct builder *line, struct failure *failure);

/* Appends the sealed bytes. */
enum error vault_seal(
    const uint8_t public_key[static VAULT_KEY], struct text bytes, struct builder *to, struct failure *failure);
/* ERROR_DENIED: it was sealed to another key, or is damaged. */
enum error vault_open(
    const uint8_t private_key[static VAULT_KEY], struct text sealed, struct builder *to, struct failure *failure);

void vault_mark(const uint8_t key[static VAULT_KEY], struct text password, char to[static VAULT_MARK]);

#endif
