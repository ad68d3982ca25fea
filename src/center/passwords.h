/*
 * Passwords: Argon2id (RFC 9106) through libsodium, at its INTERACTIVE limits (64 MiB, two passes), on one thread of
 * its own, so that a sign-in (some 100 ms) does not hold up the keeper's loop. At most 64 wait; a further one is told
 * to come again.
 */
#ifndef NOROSHI_CENTER_PASSWORDS_H
#define NOROSHI_CENTER_PASSWORDS_H

#include "base/error.h"
#include "base/loop.h"
#include "base/text.h"

#include <stdbool.h>

struct passwords;

#define PASSWORD_HASH 160

/* Called from the loop. `matches`: the password given was the stored one (true when none was asked for). `hash`: of the
 * new one, "" when none was asked for or there was no memory. */
typedef void (*password_callback)(void *context, bool matches, const char *hash);

enum error passwords_new(struct loop *loop, struct passwords **passwords, struct failure *failure);
void passwords_free(struct passwords *passwords); /* waits for the one at work; the others are dropped unanswered */

/* Checks `password` against `stored` when `check`; an empty `stored` (no such account) takes as long and never matches.
 * Then, when it matched or was not asked for, hashes `fresh` unless that is empty. ERROR_LIMIT when too many wait. */
enum error passwords_ask(struct passwords *passwords, bool check, const char *stored, struct text password,
    struct text fresh, password_callback done, void *context);

/* At once, for commands. */
enum error password_hash(struct text password, char hash[static PASSWORD_HASH], struct failure *failure);

#endif
