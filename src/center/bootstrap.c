/*
 * An ephemeral centre's people: an administrator, an analyst, an auditor, and for each organisation that the command
 * line names a sensor and a member, all with tokens that are printed once and one password made for this run.
 */
#include "center/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum error make_token(struct keeper *keeper, const struct work *work, struct uuid account, uint32_t sensor,
    const char *name, char secret[static SECRET_TEXT], struct failure *failure)
{
	struct token token = { .account = account, .sensor = sensor, .created = keeper->center.now() };
	secret_make(sensor ? "nrs_" : "nra_", secret, token.digest);
	text_copy(text_of(name), token.name, sizeof token.name);
	return store_token_put(keeper->store, work->scope, &token, failure);
}

static enum error make_account(struct keeper *keeper, const struct work *work, const char *name, enum role role,
    uint32_t organisation, const char *hash, json_t *facts, struct failure *failure)
{
	struct account account = { .role = role, .organisation = organisation, .created = keeper->center.now() };
	char secret[SECRET_TEXT];
	account.language = LANGUAGE_ENGLISH;
	text_copy(text_of(name), account.name, sizeof account.name);
	text_copy(text_of(name), account.title, sizeof account.title);
	text_copy(text_of(hash), account.password, sizeof account.password);
	enum error error = store_account_put(keeper->store, work->scope, &account, failure);
	if (error == OK)
		error = make_token(keeper, work, account.id, 0, "ephemeral", secret, failure);
	if (error != OK)
		return error;
	json_array_append_new(
	    json_object_get(facts, "accounts"), json_pack("{s:s,s:s,s:i,s:s}", "name", name, "role", role_code(role),
						    "organisation", (int)organisation, "token", secret));
	if (role == ROLE_ADMINISTRATOR)
		json_object_set_new(facts, "token", json_string(secret));
	return OK;
}

static enum error make_organisation(struct keeper *keeper, const struct work *work, const char *name, const char *hash,
    json_t *facts, struct failure *failure)
{
	struct organisation organisation = { .active = true, .language = LANGUAGE_JAPANESE };
	struct sensor sensor = { .state = SENSOR_ENROLLED };
	char secret[SECRET_TEXT];
	text_copy(text_of(name), organisation.name, sizeof organisation.name);
	text_copy(text_of(name), organisation.title_ja, sizeof organisation.title_ja);
	text_copy(text_of(name), organisation.title_en, sizeof organisation.title_en);
	text_copy(text_of(name), organisation.contacts[0].name, sizeof organisation.contacts[0].name);
	snprintf(organisation.contacts[0].mail, sizeof organisation.contacts[0].mail, "csirt@%s.example", name);
	enum error error = store_organisation_put(keeper->store, work->scope, &organisation, failure);
	if (error != OK)
		return error;
	sensor.organisation = organisation.number;
	snprintf(sensor.name, sizeof sensor.name, "sensor-%s", name);
	sensor.name[63] = 0;
	error = store_sensor_put(keeper->store, work->scope, &sensor, failure);
	if (error == OK)
		error = make_token(keeper, work, (struct uuid){ 0 }, sensor.number, sensor.name, secret, failure);
	if (error != OK)
		return error;
	json_array_append_new(json_object_get(facts, "organisations"),
	    json_pack("{s:s,s:i,s:i,s:s}", "name", name, "number", (int)organisation.number, "sensor",
		(int)sensor.number, "token", secret));
	char member[64];
	snprintf(member, sizeof member, "member-%.50s", name);
	return make_account(keeper, work, member, ROLE_MEMBER, organisation.number, hash, facts, failure);
}

static enum error make_all(
    struct keeper *keeper, const struct work *work, const char *hash, json_t *facts, struct failure *failure)
{
	const struct wishes *wishes = &keeper->process->wishes;
	enum error error = make_account(keeper, work, "administrator", ROLE_ADMINISTRATOR, 0, hash, facts, failure);
	if (error == OK)
		error = make_account(keeper, work, "analyst", ROLE_ANALYST, 0, hash, facts, failure);
	if (error == OK)
		error = make_account(keeper, work, "auditor", ROLE_AUDITOR, 0, hash, facts, failure);
	for (uint32_t i = 0; i < wishes->organisation_count && error == OK; i++)
		error = make_organisation(keeper, work, wishes->organisations[i], hash, facts, failure);
	return error;
}

enum error bootstrap(struct keeper *keeper, struct builder *to, struct failure *failure)
{
	struct work work;
	char password[SECRET_TEXT], hash[PASSWORD_HASH];
	uint8_t digest[32];
	secret_make("", password, digest);
	enum error error = password_hash(text_of(password), hash, failure);
	if (error != OK || (error = work_begin(&work, "bootstrap", failure)) != OK)
		return error;
	json_t *facts = json_pack("{s:s,s:[],s:[]}", "password", password, "accounts", "organisations");
	error = store_begin(keeper->store, failure);
	if (error == OK)
		error = make_all(keeper, &work, hash, facts, failure);
	if (error == OK)
		error = store_commit(keeper->store, failure);
	if (error != OK)
		store_rollback(keeper->store);
	char *text = json_dumps(facts, JSON_COMPACT);
	if (error == OK)
		build_text(to, text_of(text));
	free(text);
	json_decref(facts);
	work_end(&work);
	return error;
}
