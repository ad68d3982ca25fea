/*
 * Machines: people make enrolments and revoke certificates; machines enrol, renew and ask who they are.
 *
 *   person ─► enrolment: a token that works once ─► machine: key, signing request ─► certificate ─► renewed by itself
 *
 * A request to enrol or to renew that is repeated with the same key is given the same certificate: a machine that died
 * between asking and saving asks again.
 */
#include "center/authority.h"
#include "center/machine.h"
#include "center/routes.h"

#include <stdio.h>
#include <string.h>

#define CERTIFICATES_MOST 16 /* good ones of a sensor at a time */

/* ── by people ─ */

enum error enrolment_make(struct store *store, const struct scope *scope, const struct sensor *sensor, const char *by,
    nanoseconds now, nanoseconds valid, struct enrolment *enrolment, char *secret, struct failure *failure)
{
	*enrolment = (struct enrolment){
		.sensor = sensor->number, .organisation = sensor->organisation, .created = now, .expires = now + valid
	};
	if (sensor->state == SENSOR_REVOKED)
		return fail(failure, ERROR_CONFLICT, "The sensor %s is revoked: add a new one.", sensor->name);
	text_copy(text_of(by), enrolment->by, sizeof enrolment->by);
	secret_make("nre_", secret, enrolment->digest);
	return store_enrolment_put(store, scope, enrolment, failure);
}

/* The token is in this answer and nowhere else. */
static enum error enrolment_create(struct call *call, struct failure *failure)
{
	struct keeper *keeper = call->center->keeper;
	struct sensor sensor;
	struct enrolment enrolment;
	char secret[SECRET_TEXT];
	nanoseconds valid = input_integer(call, "valid", ENROLMENT_VALID / SECOND) * SECOND;
	enum error error =
	    store_sensor_get(call->store, call->scope, (uint32_t)input_integer(call, "number", 0), &sensor, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such sensor.");
	if (error == OK)
		error = enrolment_make(call->store, call->scope, &sensor, call->subject->name, call->now, valid,
		    &enrolment, secret, failure);
	if (error != OK)
		return error;
	json_t *made = enrolment_json(&enrolment, call->now, false);
	json_object_update(call->output, made);
	json_decref(made);
	output_string(call->output, "token", secret);
	output_string(call->output, "sensor_name", sensor.name);
	if (*keeper->machines_url)
		output_string(call->output, "server", keeper->machines_url);
	call->status = call->route->kind == ROUTE_FORM ? 200 : 201; /* the form is answered by the page that shows it */
	return OK;
}

static void go_to_sensor(struct call *call, uint32_t sensor)
{
	bool form = call->route->kind == ROUTE_FORM;
	call->status = form ? 303 : 204;
	if (form)
		snprintf(call->location, sizeof call->location, "/sensors/%u", sensor);
}

static enum error enrolment_withdraw(struct call *call, struct failure *failure)
{
	struct enrolment enrolment;
	enum error error = store_enrolment_get(call->store, call->scope, input_uuid(call, "id"), &enrolment, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such enrolment.");
	if (error != OK)
		return error;
	if (!enrolment.withdrawn)
		enrolment.withdrawn = call->now;
	go_to_sensor(call, enrolment.sensor);
	return store_enrolment_put(call->store, call->scope, &enrolment, failure);
}

static enum error certificate_revoke(struct call *call, struct failure *failure)
{
	struct machine_certificate certificate;
	enum error error =
	    store_certificate_get(call->store, call->scope, input_uuid(call, "serial"), &certificate, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such certificate.");
	if (error != OK)
		return error;
	go_to_sensor(call, certificate.sensor);
	return store_certificate_revoke(
	    call->store, call->scope, &certificate, call->subject->name, call->now, failure);
}

/* ── by machines ─ */

static enum error output_machine(struct call *call, const struct scope *scope,
    const struct machine_certificate *certificate, struct failure *failure)
{
	struct sensor sensor;
	struct organisation organisation;
	enum error error = store_sensor_get(call->store, scope, certificate->sensor, &sensor, failure);
	if (error == OK)
		error = store_organisation_get(call->store, scope, sensor.organisation, &organisation, failure);
	if (error != OK)
		return error;
	output_uuid(call->output, "id", certificate->serial);
	json_object_set_new(call->output, "sensor", json_integer(sensor.number));
	output_string(call->output, "sensor_name", sensor.name);
	json_object_set_new(call->output, "organisation", json_integer(organisation.number));
	output_string(call->output, "organisation_name", organisation.name);
	output_time(call->output, "not_before", certificate->not_before);
	output_time(call->output, "not_after", certificate->not_after);
	output_time(call->output, "now", call->now);
	return OK;
}

static enum error output_certificate(struct call *call, const struct scope *scope,
    const struct machine_certificate *certificate, struct failure *failure)
{
	struct builder pem = { 0 };
	certificate_write((struct text){ (const char *)certificate->der, certificate->size }, &pem);
	if (pem.failed)
		return fail(failure, ERROR_MEMORY, "no memory for the certificate");
	json_object_set_new(call->output, "certificate", json_stringn(pem.at, pem.size));
	builder_free(&pem);
	call->status = 201;
	return output_machine(call, scope, certificate, failure);
}

struct good {
	nanoseconds now;
	unsigned count;
};

static void count_good(void *context, const struct machine_certificate *certificate)
{
	struct good *good = context;
	good->count += certificate_state(certificate, good->now) == CERTIFICATE_GOOD;
}

/* Bounded: who asks for one after the other, because it cannot save them or means harm, fills nothing. */
static enum error check_count(struct call *call, const struct scope *scope, uint32_t sensor, struct failure *failure)
{
	struct good good = { .now = call->now };
	enum error error = store_certificate_each(call->store, scope, sensor, MACHINE_LIST, count_good, &good, failure);
	if (error == OK && good.count >= CERTIFICATES_MOST)
		return fail(
		    failure, ERROR_LIMIT, "This sensor has %u certificates already: revoke some first.", good.count);
	return error;
}

static enum error issue(struct call *call, const struct scope *scope, const struct enrolment *enrolment,
    const uint8_t key[static MACHINE_KEY], struct machine_certificate *certificate, struct failure *failure)
{
	struct keeper *keeper = call->center->keeper;
	struct sensor sensor;
	struct organisation organisation;
	*certificate = (struct machine_certificate){ .sensor = enrolment->sensor,
		.organisation = enrolment->organisation,
		.enrolment = enrolment->id,
		.issued = call->now,
		.not_before = call->now - CERTIFICATE_BACKDATE,
		.not_after = call->now + keeper->process->settings.certificate_life };
	enum error error = check_count(call, scope, enrolment->sensor, failure);
	if (error == OK)
		error = store_sensor_get(call->store, scope, enrolment->sensor, &sensor, failure);
	if (error == OK)
		error = store_organisation_get(call->store, scope, sensor.organisation, &organisation, failure);
	if (error != OK)
		return error;
	if (sensor.state == SENSOR_REVOKED || !organisation.active)
		return fail(failure, ERROR_DENIED, "This sensor is revoked, or its organisation is not active.");
	const struct authority_names names = { organisation.name, sensor.name, sensor.id };
	error = authority_sign(keeper->authority, key, &names, certificate, failure);
	return error == OK ? store_certificate_put(call->store, scope, certificate, failure) : error;
}

/* The one that was given for this key before, when it is still good. */
static bool given_before(struct call *call, const struct scope *scope, struct uuid enrolment,
    const uint8_t key[static MACHINE_KEY], struct machine_certificate *certificate)
{
	uint8_t digest[32];
	struct failure none;
	sha256(key, MACHINE_KEY, digest);
	return store_certificate_of_key(call->store, scope, enrolment, digest, certificate, &none) == OK &&
	       certificate_state(certificate, call->now) == CERTIFICATE_GOOD;
}

static enum error use_enrolment(struct call *call, const struct scope *scope, struct enrolment *enrolment,
    const uint8_t key[static MACHINE_KEY], struct machine_certificate *certificate, struct failure *failure)
{
	enum enrolment_state state = enrolment_state(enrolment, call->now);
	json_object_set_new(call->output, "number", json_integer(enrolment->sensor)); /* for the log */
	json_object_set_new(call->output, "organisation", json_integer(enrolment->organisation));
	if (state == ENROLMENT_USED && call->now < enrolment->expires &&
	    given_before(call, scope, enrolment->id, key, certificate))
		return OK;
	if (state != ENROLMENT_OPEN)
		return fail(failure, ERROR_DENIED,
		    "This enrolment token is not known, was used, was withdrawn, or has expired.");
	enum error error = issue(call, scope, enrolment, key, certificate, failure);
	enrolment->used = call->now;
	sha256(key, MACHINE_KEY, enrolment->key);
	return error == OK ? store_enrolment_put(call->store, scope, enrolment, failure) : error;
}

static enum error machine_enrol(struct call *call, struct failure *failure)
{
	/* A machine that enrols is nobody yet; the token says whose it is. */
	const struct scope *scope = policy_background("enrolment", call->arena);
	struct text token = input_text(call, "token");
	struct enrolment enrolment;
	struct machine_certificate certificate;
	uint8_t digest[32], key[MACHINE_KEY];
	sha256(token.at, token.size, digest);
	if (!machine_key_parse(input_text(call, "request"), key))
		return fail(failure, ERROR_INPUT, "request: expected a signing request in PEM");
	enum error error = store_enrolment_find(call->store, scope, digest, &enrolment, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_DENIED,
		    "This enrolment token is not known, was used, was withdrawn, or has expired.");
	if (error == OK)
		error = use_enrolment(call, scope, &enrolment, key, &certificate, failure);
	json_object_del(call->output, "number");
	return error == OK ? output_certificate(call, scope, &certificate, failure) : error;
}

static enum error machine_renew(struct call *call, struct failure *failure)
{
	struct machine_certificate present, next;
	struct enrolment enrolment;
	uint8_t key[MACHINE_KEY], digest[32];
	if (!machine_key_parse(input_text(call, "request"), key))
		return fail(failure, ERROR_INPUT, "request: expected a signing request in PEM");
	sha256(key, sizeof key, digest);
	enum error error = store_certificate_find(call->store, call->scope, call->certificate, &present, failure);
	if (error == OK && memcmp(digest, present.key, sizeof digest) == 0)
		return fail(failure, ERROR_INPUT, "request: a renewal needs a new key");
	if (error == OK)
		error = store_enrolment_get(call->store, call->scope, present.enrolment, &enrolment, failure);
	if (error == OK && !given_before(call, call->scope, enrolment.id, key, &next))
		error = issue(call, call->scope, &enrolment, key, &next, failure);
	return error == OK ? output_certificate(call, call->scope, &next, failure) : error;
}

static enum error machine_read(struct call *call, struct failure *failure)
{
	struct machine_certificate certificate;
	enum error error = store_certificate_find(call->store, call->scope, call->certificate, &certificate, failure);
	return error == OK ? output_machine(call, call->scope, &certificate, failure) : error;
}

/* ── the table ─ */

static const struct field sensor_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Of the sensor." },
	{ NULL },
};
static const struct field enrolment_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Of the sensor." },
	{ "valid", FIELD_INTEGER, IN_BODY, false, .least = 60, .most = ENROLMENT_LONGEST / SECOND,
	    .summary = "Seconds for which the token works; a day when absent." },
	{ NULL },
};
static const struct field id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "Of the enrolment." },
	{ NULL },
};
static const struct field serial_fields[] = {
	{ "serial", FIELD_UUID, IN_PATH, true, .summary = "The serial number's 16 bytes." },
	{ NULL },
};
static const struct field enrol_fields[] = {
	{ "token", FIELD_SECRET, IN_BODY, true, 128, .summary = "The token of the enrolment." },
	{ "request", FIELD_SIGNING_REQUEST, IN_BODY, true,
	    .summary = "Of a new P-256 key; it asks for no name and no extension." },
	{ NULL },
};
static const struct field renew_fields[] = {
	{ "request", FIELD_SIGNING_REQUEST, IN_BODY, true,
	    .summary = "Of a new P-256 key; it asks for no name and no extension." },
	{ NULL },
};

const struct route machine_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/sensors/{number}/certificates", "certificate-list",
	    "A sensor's certificates and enrolments, the newest first.", sensor_fields, ACTION_SENSOR_READ,
	    .handle = certificate_list },
	{ ROUTE_PAGE, "GET", "/sensors/{number}", "sensor-page", "A sensor's certificates and enrolments.",
	    sensor_fields, ACTION_SENSOR_READ, .page = "sensor", .handle = certificate_list },
	{ ROUTE_JSON, "POST", "/v1/sensors/{number}/enrolments", "enrolment-create",
	    "Make a token with which one machine enrols as this sensor, once; shown once.", enrolment_fields,
	    ACTION_SENSOR_ENROL, .changes = true, .handle = enrolment_create },
	{ ROUTE_FORM, "POST", "/sensors/{number}/enrolments", "enrolment-create-form",
	    "Make a token with which one machine enrols as this sensor; the page shows it once.", enrolment_fields,
	    ACTION_SENSOR_ENROL, .changes = true, .page = "enrolment", .handle = enrolment_create },
	{ ROUTE_JSON, "DELETE", "/v1/enrolments/{id}", "enrolment-withdraw",
	    "Withdraw an enrolment: its token works no longer.", id_fields, ACTION_SENSOR_ENROL, .changes = true,
	    .handle = enrolment_withdraw },
	{ ROUTE_FORM, "POST", "/enrolments/{id}/withdraw", "enrolment-withdraw-form",
	    "Withdraw an enrolment: its token works no longer.", id_fields, ACTION_SENSOR_ENROL, .changes = true,
	    .handle = enrolment_withdraw },
	{ ROUTE_JSON, "DELETE", "/v1/certificates/{serial}", "certificate-revoke", "Revoke a machine's certificate.",
	    serial_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = certificate_revoke },
	{ ROUTE_FORM, "POST", "/certificates/{serial}/revoke", "certificate-revoke-form",
	    "Revoke a machine's certificate.", serial_fields, ACTION_SENSOR_WRITE, .changes = true,
	    .handle = certificate_revoke },
	{ ROUTE_JSON, "POST", "/v1/machine/enrolment", "machine-enrol", "Become a sensor: a certificate for a token.",
	    enrol_fields, ACTION_MACHINE_RENEW, .door = DOOR_MACHINES, .watched = true, .stranger = true,
	    .changes = true, .limits = { .per_minute = 240, .body = 8192 }, .handle = machine_enrol },
	{ ROUTE_JSON, "POST", "/v1/machine/certificate", "machine-renew", "Renew one's own certificate.", renew_fields,
	    ACTION_MACHINE_RENEW, .door = DOOR_MACHINES, .changes = true, .limits = { .per_minute = 120, .body = 8192 },
	    .handle = machine_renew },
	{ ROUTE_JSON, "GET", "/v1/machine", "machine-read", "Which sensor one's certificate is, and until when.", NULL,
	    ACTION_MACHINE_RENEW, .door = DOOR_MACHINES, .handle = machine_read },
	{ 0 },
};
