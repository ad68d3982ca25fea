/*
 * Requests that bring a name and a password (RFC 7617), as independent clients of TAXII do with every one of them.
 *
 * The first is looked at by the password thread, as a sign-in is and slowed down like one; what was right is known for
 * a few minutes, so that a client that asks five times a second does not cost five hashes a second. Known is a digest
 * of both under a key of this process, and of the password's hash in the store: whoever changes a password, or disables
 * an account, ends it at once. A role is the store's to say with every request anyway.
 */
#include "center/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST 1024u
#define KNOWN_FOR (5 * MINUTE)

struct known_passwords {
	uint8_t key[32];
	struct known_password {
		uint8_t digest[32], stored[32];
		nanoseconds until; /* monotonic */
	} entries[KNOWN_MOST];
};

struct known_passwords *known_passwords_new(void)
{
	struct known_passwords *known = calloc(1, sizeof *known);
	if (known)
		random_bytes(known->key, sizeof known->key);
	return known;
}

static void digest_of(const struct request *request, uint8_t digest[32])
{
	const struct known_passwords *known = requests_known(request->keeper->requests);
	char both[sizeof request->basic_name + sizeof request->basic_password];
	int size = snprintf(both, sizeof both, "%s\n%s", request->basic_name, request->basic_password);
	hmac_sha256(known->key, sizeof known->key, both, (size_t)size, digest);
	explicit_bzero(both, sizeof both);
}

static struct known_password *place_of(const struct request *request, const uint8_t digest[32])
{
	uint32_t number;
	memcpy(&number, digest, sizeof number);
	return &requests_known(request->keeper->requests)->entries[number % KNOWN_MOST];
}

static bool is_known(const struct request *request, const struct account *account)
{
	uint8_t digest[32], stored[32];
	digest_of(request, digest);
	const struct known_password *known = place_of(request, digest);
	sha256(account->password, strlen(account->password), stored);
	return known->until > time_monotonic() && bytes_equal_secret(known->digest, digest, 32) &&
	       bytes_equal_secret(known->stored, stored, 32);
}

static void remember(const struct request *request, const struct account *account)
{
	uint8_t digest[32];
	digest_of(request, digest);
	struct known_password *known = place_of(request, digest);
	memcpy(known->digest, digest, sizeof digest);
	sha256(account->password, strlen(account->password), known->stored);
	known->until = time_monotonic() + KNOWN_FOR;
}

/* Zeroed when there is none of that name that may sign in: then looking takes as long, and fails. */
static struct account account_of(const struct request *request)
{
	struct failure failure;
	struct account account = { 0 };
	if (store_account_find(
		request->keeper->store, request->work.scope, text_of(request->basic_name), &account, &failure) != OK ||
	    account.disabled)
		account = (struct account){ 0 };
	return account;
}

static void looked(void *context, bool matches, const char *hash)
{
	(void)hash;
	struct request *request = context;
	struct throttle *throttle = requests_throttle(request->keeper->requests);
	const struct account account = account_of(request);
	matches = matches && !uuid_is_nil(account.id);
	if (matches) {
		throttle_sign_in_passed(throttle, request->basic_name, request->client, request->keeper->center.now());
		remember(request, &account);
		request->basic_account = account.id;
		request->by_basic = true;
	} else {
		throttle_sign_in_failed(throttle, request->basic_name, request->client, request->keeper->center.now());
		request_log(request, "denied", "a wrong name or password");
		request_refuse(request, 401, "The name or the password is wrong.");
	}
	explicit_bzero(request->basic_password, sizeof request->basic_password);
	if (matches)
		request_identify(request);
	request_resume(request);
}

static bool put_off(struct request *request, uint16_t status, const char *words, uint32_t seconds)
{
	request_refuse(request, status, words);
	request->retry_after = seconds;
	request_resume(request);
	return true;
}

bool request_asks_basic(struct request *request)
{
	struct keeper *keeper = request->keeper;
	if (!*request->basic_name)
		return false;
	const struct account account = account_of(request);
	if (*account.password && is_known(request, &account)) {
		request->basic_account = account.id;
		request->by_basic = true;
		return false;
	}
	nanoseconds wait = throttle_sign_in_wait(requests_throttle(keeper->requests), request->basic_name,
	    request->client, account.not_before, keeper->center.now());
	if (wait > 0)
		return put_off(request, 429, "Too many wrong passwords: try again later.",
		    (uint32_t)((wait + SECOND - 1) / SECOND));
	if (passwords_ask(keeper->passwords, true, account.password, text_of(request->basic_password), TEXT_NONE,
		looked, request) != OK)
		return put_off(request, 503, "Too many passwords are being checked: try again.", 2);
	return true;
}
