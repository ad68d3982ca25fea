/*
 * Accounts, sessions and tokens. Secrets never rest here: passwords as Argon2id strings, tokens and sessions as
 * SHA-256.
 */
#ifndef NOROSHI_MODEL_ACCOUNT_H
#define NOROSHI_MODEL_ACCOUNT_H

#include "model/organisation.h"
#include "model/policy.h"

struct account {
	struct uuid id;
	char name[NAME_SIZE];  /* for signing in; unique */
	char title[NAME_SIZE]; /* shown */
	char mail[MAIL_SIZE];
	enum role role;
	uint32_t organisation; /* members only */
	enum language language;
	bool disabled;
	char password[160]; /* Argon2id encoded string (libsodium crypto_pwhash_str); empty = cannot sign in */
	nanoseconds created, last_sign_in;
	uint32_t failures;      /* wrong passwords since the last right one; slows further tries down */
	nanoseconds not_before; /* no further try before this time */
	uint64_t version;
};

struct session {
	uint8_t digest[32];      /* SHA-256 of the cookie's value */
	uint8_t form_digest[32]; /* SHA-256 of the CSRF token */
	struct uuid account;
	nanoseconds created, expires, last_used;
};

/* For programs: `Authorization: Bearer nrs_…`. Of an account (then it has its role) or of a sensor. */
struct token {
	struct uuid id;
	uint8_t digest[32];
	struct uuid account; /* nil for a sensor's token */
	uint32_t sensor;     /* 0 for an account's token */
	char name[NAME_SIZE];
	nanoseconds created, expires, last_used; /* expires 0 = never */
	bool revoked;
};

const char *account_problem(const struct account *account);
const char *password_problem(
    struct text password, const struct account *account); /* too short, is the name, … or NULL */

#endif
