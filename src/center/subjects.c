/*
 * Who asks: from the digest of a token or of a session's cookie to a subject of the policy. Called by the keeper for
 * each request and each batch.
 */
#include "center/keeper.h"

#include <string.h>

/* For what nobody asks for: who a request is from is found with it, and then the person's own scope is made. */
enum error work_begin(struct work *work, const char *name, struct failure *failure)
{
	work->arena = arena_new(64u << 20);
	work->scope = work->arena ? policy_background(name, work->arena) : NULL;
	if (work->scope)
		return OK;
	arena_free(work->arena);
	work->arena = NULL;
	return fail(failure, ERROR_MEMORY, "no memory for background work");
}

void work_end(struct work *work)
{
	arena_free(work->arena);
	work->arena = NULL;
}

enum error subject_of_account(
    struct keeper *keeper, const struct work *work, struct uuid id, struct subject *subject, struct failure *failure)
{
	struct account account;
	enum error error = store_account_get(keeper->store, work->scope, id, &account, failure);
	if (error != OK)
		return error;
	if (account.disabled)
		return fail(failure, ERROR_NOT_FOUND, "the account is disabled");
	*subject = (struct subject){
		.account = account.id,
		.role = account.role,
		.organisation = account.organisation,
		.disabled = account.disabled,
	};
	text_copy(text_of(account.name), subject->name, sizeof subject->name);
	return OK;
}

static void note_use(struct keeper *keeper, struct uuid id, bool device, nanoseconds last)
{
	nanoseconds now = keeper->center.now();
	if (now - last < TOKEN_USED_EVERY || keeper->used_count == TOKENS_USED)
		return;
	for (size_t i = 0; i < keeper->used_count; i++)
		if (uuid_equal(keeper->used[i].token, id))
			return;
	keeper->used[keeper->used_count++] = (struct token_use){ id, device, now };
}

/* The first use of a new certificate ends the one before: what is noted here is in effect with the next tick. */
static void note_first_use(struct keeper *keeper, const struct machine_certificate *certificate)
{
	if (certificate->used || keeper->certificates_used_count == CERTIFICATES_USED)
		return;
	for (size_t i = 0; i < keeper->certificates_used_count; i++)
		if (uuid_equal(keeper->certificates_used[i], certificate->serial))
			return;
	keeper->certificates_used[keeper->certificates_used_count++] = certificate->serial;
}

static enum error certificates_write(struct keeper *keeper, const struct work *work, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < keeper->certificates_used_count && error == OK; i++) {
		struct machine_certificate certificate;
		error = store_certificate_get(
		    keeper->store, work->scope, keeper->certificates_used[i], &certificate, failure);
		if (error == OK)
			error = store_certificate_used(
			    keeper->store, work->scope, &certificate, keeper->center.now(), failure);
	}
	return error;
}

void subjects_tick(struct keeper *keeper)
{
	struct work work;
	struct failure failure = { 0 };
	if (keeper->used_count + keeper->certificates_used_count == 0 || work_begin(&work, "tokens", &failure) != OK)
		return;
	enum error error = store_begin(keeper->store, &failure);
	for (size_t i = 0; i < keeper->used_count && error == OK; i++)
		error = (keeper->used[i].device ? store_device_used : store_token_used)(
		    keeper->store, work.scope, keeper->used[i].token, keeper->used[i].when, &failure);
	if (error == OK)
		error = certificates_write(keeper, &work, &failure);
	if (error == OK)
		error = store_commit(keeper->store, &failure);
	if (error == OK)
		keeper->used_count = keeper->certificates_used_count = 0;
	else /* tried again with the next tick: nobody waits for it */
		store_rollback(keeper->store);
	work_end(&work);
}

static enum error subject_of_sensor(
    struct keeper *keeper, const struct work *work, uint32_t number, struct subject *subject, struct failure *failure)
{
	struct sensor sensor;
	enum error error = store_sensor_get(keeper->store, work->scope, number, &sensor, failure);
	if (error != OK)
		return error;
	if (sensor.state == SENSOR_REVOKED)
		return fail(failure, ERROR_NOT_FOUND, "This sensor is revoked.");
	*subject = (struct subject){
		.account = sensor.id,
		.role = ROLE_SENSOR,
		.organisation = sensor.organisation,
		.sensor = sensor.number,
	};
	text_copy(text_of(sensor.name), subject->name, sizeof subject->name);
	return OK;
}

static const char *why_not(enum certificate_state state)
{
	switch (state) {
	case CERTIFICATE_EARLY:
		return "This certificate is not valid yet.";
	case CERTIFICATE_EXPIRED:
		return "This certificate has expired: enrol the machine anew.";
	case CERTIFICATE_SUPERSEDED:
		return "A newer certificate took this one's place. If the machine does not have it, somebody else "
		       "does: "
		       "revoke the sensor's certificates and enrol the machine anew.";
	case CERTIFICATE_REVOKED:
		return "This certificate is revoked.";
	case CERTIFICATE_GOOD:
		break;
	}
	return NULL;
}

enum error subject_of_certificate(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct failure *failure)
{
	struct machine_certificate certificate;
	enum error error = store_certificate_find(keeper->store, work->scope, digest, &certificate, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "This certificate is not known here: enrol the machine.");
	const char *why = error ? NULL : why_not(certificate_state(&certificate, keeper->center.now()));
	if (why)
		return fail(failure, ERROR_NOT_FOUND, "%s", why);
	if (error == OK)
		error = subject_of_sensor(keeper, work, certificate.sensor, subject, failure);
	if (error == OK)
		note_first_use(keeper, &certificate);
	return error;
}

enum error subject_of_credential(struct keeper *keeper, const struct work *work, const struct credential *credential,
    struct subject *subject, struct failure *failure)
{
	if (credential->kind == CREDENTIAL_CERTIFICATE)
		return subject_of_certificate(keeper, work, credential->digest, subject, failure);
	enum error error = subject_of_token(keeper, work, credential->digest, subject, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "This token is not known, or no longer valid.") : error;
}

static enum error subject_of_device(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct failure *failure)
{
	struct device device;
	enum error error = store_device_find(keeper->store, work->scope, digest, &device, failure);
	if (error == OK && device.revoked)
		return fail(failure, ERROR_NOT_FOUND, "the device's token is revoked");
	if (error != OK)
		return error;
	note_use(keeper, device.id, true, device.used);
	*subject = (struct subject){ .account = device.id, .role = ROLE_DEVICE, .organisation = device.organisation };
	text_copy(text_of(device.name), subject->name, sizeof subject->name);
	return OK;
}

enum error subject_of_token(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct failure *failure)
{
	struct token token;
	enum error error = store_token_find(keeper->store, work->scope, digest, &token, failure);
	if (error == ERROR_NOT_FOUND)
		return subject_of_device(keeper, work, digest, subject, failure);
	if (error != OK)
		return error;
	if (token.revoked || (token.expires && token.expires <= keeper->center.now()))
		return fail(failure, ERROR_NOT_FOUND, "the token is revoked or has expired");
	note_use(keeper, token.id, false, token.last_used);
	if (token.sensor == 0)
		return subject_of_account(keeper, work, token.account, subject, failure);
	return subject_of_sensor(keeper, work, token.sensor, subject, failure);
}

enum error subject_of_session(struct keeper *keeper, const struct work *work, const uint8_t digest[32],
    struct subject *subject, struct session *session, struct failure *failure)
{
	enum error error = store_session_find(keeper->store, work->scope, digest, session, failure);
	if (error != OK)
		return error;
	nanoseconds now = keeper->center.now();
	if (session->expires <= now || session->last_used + keeper->process->settings.session_idle <= now)
		return fail(failure, ERROR_NOT_FOUND, "the session has ended");
	return subject_of_account(keeper, work, session->account, subject, failure);
}

void secret_make(const char *prefix, char text[static SECRET_TEXT], uint8_t digest[static 32])
{
	uint8_t secret[20];
	random_bytes(secret, sizeof secret);
	size_t length = strlen(prefix);
	memcpy(text, prefix, length);
	hex_format(secret, sizeof secret, text + length);
	sha256(text, strlen(text), digest);
}
