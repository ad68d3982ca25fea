/*
 * Sensors and their tokens: for programs, and for the forms on the page of their organisation.
 */
#include "center/routes.h"

#include <stdio.h>
#include <string.h>

json_t *sensor_json(const struct sensor *sensor)
{
	json_t *object = json_object();
	json_object_set_new(object, "number", json_integer(sensor->number));
	output_uuid(object, "id", sensor->id);
	json_object_set_new(object, "organisation", json_integer(sensor->organisation));
	output_string(object, "name", sensor->name);
	output_string(object, "state", sensor_state_code(sensor->state));
	output_time(object, "last_seen", sensor->last_seen);
	json_object_set_new(object, "clock_error", json_real((double)sensor->clock_error / (double)SECOND));
	json_object_set_new(object, "alerts", json_integer((json_int_t)sensor->alerts));
	json_object_set_new(object, "routes", json_boolean(sensor->routes));
	json_object_set_new(object, "telescope", json_boolean(sensor->telescope));
	json_object_set_new(object, "version", json_integer((json_int_t)sensor->version));
	return object;
}

static void add_sensor(void *context, const struct sensor *sensor)
{
	json_array_append_new(context, sensor_json(sensor));
}

static void give(struct call *call, json_t *object)
{
	json_object_update(call->output, object);
	json_decref(object);
}

/* A form goes back to the page of the sensor's organisation. */
static void go_to_organisation(struct call *call, uint32_t organisation)
{
	if (call->route->kind != ROUTE_FORM)
		return;
	snprintf(call->location, sizeof call->location, "/organisations/%u", organisation);
	call->status = 303;
}

static enum error sensor_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call);
	json_t *list = json_array();
	json_object_set_new(call->output, "sensors", list);
	enum error error = store_sensor_each(call->store, call->scope, (uint32_t)input_integer(call, "organisation", 0),
	    &page, add_sensor, list, failure);
	page_next(call, &page);
	return error;
}

static enum error sensor_find(struct call *call, struct sensor *sensor, struct failure *failure)
{
	enum error error =
	    store_sensor_get(call->store, call->scope, (uint32_t)input_integer(call, "number", 0), sensor, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such sensor.") : error;
}

/* As the caller knows it, when it said which version that is. */
static enum error sensor_find_current(struct call *call, struct sensor *sensor, struct failure *failure)
{
	enum error error = sensor_find(call, sensor, failure);
	if (error == OK && call->version && call->version != sensor->version)
		return fail(failure, ERROR_CONFLICT, "The sensor was changed meanwhile: read it again.");
	return error;
}

static enum error sensor_read(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	enum error error = sensor_find(call, &sensor, failure);
	if (error != OK)
		return error;
	call->version = sensor.version;
	give(call, sensor_json(&sensor));
	return OK;
}

static enum error sensor_create(struct call *call, struct failure *failure)
{
	struct organisation organisation;
	struct sensor sensor = { .state = SENSOR_ENROLLED };
	enum error error = store_organisation_get(
	    call->store, call->scope, (uint32_t)input_integer(call, "number", 0), &organisation, failure);
	if (error == ERROR_NOT_FOUND)
		error = fail(failure, error, "There is no such organisation.");
	if (error == OK)
		error = input_copy(call, "name", sensor.name, sizeof sensor.name, failure);
	if (error == OK && !name_is_valid(text_of(sensor.name)))
		error = fail(failure, ERROR_INPUT, "name: 1 to 63 of a-z 0-9 - . _");
	if (error != OK)
		return error;
	sensor.organisation = organisation.number;
	sensor.telescope = input_boolean(call, "telescope", false);
	error = store_sensor_put(call->store, call->scope, &sensor, failure);
	if (error != OK)
		return error;
	snprintf(call->location, sizeof call->location, "/v1/sensors/%u", sensor.number);
	call->status = 201;
	go_to_organisation(call, sensor.organisation);
	give(call, sensor_json(&sensor));
	return OK;
}

/* Whose its alerts are. */
static enum error sensor_change(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	enum error error = sensor_find_current(call, &sensor, failure);
	if (error != OK)
		return error;
	if (sensor.state == SENSOR_REVOKED)
		return fail(failure, ERROR_CONFLICT, "The sensor %s is revoked: add a new one.", sensor.name);
	sensor.routes = input_boolean(call, "routes", sensor.routes);
	sensor.telescope = input_boolean(call, "telescope", sensor.telescope);
	error = store_sensor_put(call->store, call->scope, &sensor, failure);
	if (error != OK)
		return error;
	call->version = sensor.version;
	go_to_organisation(call, sensor.organisation);
	give(call, sensor_json(&sensor));
	return OK;
}

static enum error sensor_revoke(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	enum error error = sensor_find_current(call, &sensor, failure);
	if (error != OK)
		return error;
	sensor.state = SENSOR_REVOKED;
	call->version = 0; /* there is nothing to read of it afterwards */
	call->status = 204;
	go_to_organisation(call, sensor.organisation);
	return store_sensor_put(call->store, call->scope, &sensor, failure);
}

/* The secret is in this answer and nowhere else. */
static enum error sensor_token(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	struct token token = { .created = call->now };
	char secret[SECRET_TEXT];
	enum error error = sensor_find(call, &sensor, failure);
	if (error != OK)
		return error;
	if (sensor.state == SENSOR_REVOKED)
		return fail(failure, ERROR_CONFLICT, "The sensor %s is revoked: add a new one.", sensor.name);
	token.sensor = sensor.number;
	token.expires = input_integer(call, "expires", 0);
	text_copy(text_of(sensor.name), token.name, sizeof token.name);
	error = input_copy(call, "name", token.name, sizeof token.name, failure);
	if (error != OK)
		return error;
	secret_make("nrs_", secret, token.digest);
	/* A token belongs to the sensor; the account side of the store is not open to this scope. */
	error = store_token_put(call->store, policy_background("sensor-token", call->arena), &token, failure);
	if (error != OK)
		return error;
	output_uuid(call->output, "id", token.id);
	json_object_set_new(call->output, "sensor", json_integer(sensor.number));
	json_object_set_new(call->output, "organisation", json_integer(sensor.organisation));
	output_string(call->output, "token", secret);
	output_string(call->output, "sensor_name", sensor.name);
	call->status = call->route->kind == ROUTE_FORM ? 200 : 201; /* the form is answered by the page that shows it */
	return OK;
}

#define NUMBER                                                                                                         \
	{                                                                                                              \
		"number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Its number."       \
	}
#define LIST                                                                                                           \
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },                       \
	{                                                                                                              \
		"limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,                                      \
							 .summary = "Of one page; 100 when absent."                    \
	}
static const struct field number_fields[] = { NUMBER, { NULL } };
#define TELESCOPE                                                                                                      \
	{                                                                                                              \
		"telescope", FIELD_BOOLEAN, IN_BODY, false,                                                            \
		    .summary = "It watches addresses that nobody uses: what it tells of a source goes to who held it." \
	}
static const struct field change_fields[] = {
	NUMBER,
	TELESCOPE,
	{ "routes", FIELD_BOOLEAN, IN_BODY, false,
	    .summary = "It watches many organisations: each of its alerts goes to those whose addresses it concerns." },
	{ NULL },
};
static const struct field sensor_list_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Only its sensors." },
	LIST,
	{ NULL },
};
static const struct field sensor_fields[] = {
	NUMBER,
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "Of the sensor: a-z 0-9 - . _" },
	TELESCOPE,
	{ NULL },
};
static const struct field token_fields[] = {
	NUMBER,
	{ "name", FIELD_TEXT, IN_BODY, false, 127, .summary = "What the token is for." },
	{ "expires", FIELD_TIME, IN_BODY, false, .summary = "When it ends; never when absent." },
	{ NULL },
};

const struct route sensor_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/sensors", "sensor-list", "Sensors.", sensor_list_fields, ACTION_SENSOR_READ,
	    .handle = sensor_list },
	{ ROUTE_JSON, "POST", "/v1/organisations/{number}/sensors", "sensor-create", "Make a sensor.", sensor_fields,
	    ACTION_SENSOR_WRITE, .changes = true, .handle = sensor_create },
	{ ROUTE_FORM, "POST", "/organisations/{number}/sensors", "sensor-create-form", "Make a sensor.", sensor_fields,
	    ACTION_SENSOR_WRITE, .changes = true, .handle = sensor_create },
	{ ROUTE_JSON, "GET", "/v1/sensors/{number}", "sensor-read", "One sensor.", number_fields, ACTION_SENSOR_READ,
	    .handle = sensor_read },
	{ ROUTE_JSON, "PATCH", "/v1/sensors/{number}", "sensor-change", "Say whose a sensor's alerts are.",
	    change_fields, ACTION_SENSOR_WRITE, .changes = true, .versioned = true, .handle = sensor_change },
	{ ROUTE_FORM, "POST", "/sensors/{number}/routing", "sensor-change-form", "Say whose a sensor's alerts are.",
	    change_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = sensor_change },
	{ ROUTE_JSON, "DELETE", "/v1/sensors/{number}", "sensor-revoke", "Revoke a sensor: its tokens end.",
	    number_fields, ACTION_SENSOR_WRITE, .changes = true, .versioned = true, .handle = sensor_revoke },
	{ ROUTE_JSON, "POST", "/v1/sensors/{number}/token", "sensor-token", "Make a token for a sensor; shown once.",
	    token_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = sensor_token },
	{ ROUTE_FORM, "POST", "/sensors/{number}/revoke", "sensor-revoke-form", "Revoke a sensor: its tokens end.",
	    number_fields, ACTION_SENSOR_WRITE, .changes = true, .handle = sensor_revoke },
	{ ROUTE_FORM, "POST", "/sensors/{number}/token", "sensor-token-form",
	    "Make a token for a sensor; the page shows it once.", token_fields, ACTION_SENSOR_WRITE, .changes = true,
	    .page = "token", .handle = sensor_token },
	{ 0 },
};
