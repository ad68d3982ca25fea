/*
 * Members' devices: a token for each, with which a firewall, a resolver or a proxy fetches the lists of
 * intel/list_routes.c and nothing else. Made and revoked by the organisation's own people and by administrators.
 */
#include "center/routes.h"

#include <stdio.h>

#define DEVICES_SHOWN 500u
#define DEVICES_MOST 200u /* of an organisation at a time: good ones */

struct listing {
	const struct call *call;
	json_t *list;
};

static void add_device(void *context, const struct device *device)
{
	const struct listing *listing = context;
	json_t *object = json_object();
	output_uuid(object, "id", device->id);
	json_object_set_new(object, "organisation", json_integer(device->organisation));
	output_string(object, "name", device->name);
	output_time(object, "created", device->created);
	output_time(object, "last_used", device->used);
	output_time(object, "revoked", device->revoked);
	if (policy_reach(listing->call->subject->role, ACTION_ACCOUNT_READ) != 0)
		output_string(object, "by", device->by);
	json_array_append_new(listing->list, object);
}

static uint32_t whose(const struct call *call)
{
	return (uint32_t)input_integer(call, "organisation", call->subject->organisation);
}

static enum error device_list(struct call *call, struct failure *failure)
{
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "devices", listing.list);
	return store_device_each(call->store, call->scope, whose(call), DEVICES_SHOWN, add_device, &listing, failure);
}

/* The page says where the lists are, too: with the organisation that it is about, if it is one. */
static enum error device_page(struct call *call, struct failure *failure)
{
	const char *url = call->center->public_url ? call->center->public_url : "";
	uint32_t number = whose(call);
	struct organisation organisation;
	enum error error = device_list(call, failure);
	output_string(call->output, "server", url);
	if (error || !number)
		return error;
	error = store_organisation_get(call->store, call->scope, number, &organisation, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such organisation.");
	if (error)
		return error;
	json_t *shown = json_object();
	json_object_set_new(shown, "number", json_integer(number));
	output_string(shown, "name", organisation.name);
	json_object_set_new(call->output, "shown", shown);
	bool may_make = policy_reach(call->subject->role, ACTION_SENSOR_ENROL) != 0;
	json_object_set_new(call->output, "may_make", json_boolean(may_make));
	return OK;
}

static void count_good(void *context, const struct device *device)
{
	*(unsigned *)context += device->revoked == 0;
}

/* The secret is in this answer and nowhere else. */
static enum error device_create(struct call *call, struct failure *failure)
{
	struct organisation organisation;
	struct device device = { .organisation = (uint32_t)input_integer(call, "number", 0), .created = call->now };
	char secret[SECRET_TEXT];
	unsigned good = 0;
	enum error error =
	    store_organisation_get(call->store, call->scope, device.organisation, &organisation, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such organisation.");
	if (!error)
		error = input_copy(call, "name", device.name, sizeof device.name, failure);
	if (!error)
		error = store_device_each(
		    call->store, call->scope, device.organisation, DEVICES_SHOWN, count_good, &good, failure);
	if (!error && good >= DEVICES_MOST)
		error = fail(failure, ERROR_LIMIT, "The organisation has %u devices already: revoke some first.", good);
	if (error)
		return error;
	text_copy(text_of(call->subject->name), device.by, sizeof device.by);
	secret_make("nrd_", secret, device.digest);
	error = store_device_put(call->store, call->scope, &device, failure);
	if (error)
		return error;
	output_uuid(call->output, "id", device.id);
	json_object_set_new(call->output, "organisation", json_integer(device.organisation));
	output_string(call->output, "name", device.name);
	output_string(call->output, "token", secret);
	output_string(call->output, "server", call->center->public_url ? call->center->public_url : "");
	call->status = call->route->kind == ROUTE_FORM ? 200 : 201; /* the form is answered by the page that shows it */
	return OK;
}

static enum error device_revoke(struct call *call, struct failure *failure)
{
	struct device device;
	bool form = call->route->kind == ROUTE_FORM;
	enum error error = store_device_get(call->store, call->scope, input_uuid(call, "id"), &device, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such device.");
	if (error)
		return error;
	device.revoked = device.revoked ? device.revoked : call->now;
	call->status = form ? 303 : 204;
	if (form)
		snprintf(call->location, sizeof call->location, "/devices?organisation=%u", device.organisation);
	return store_device_put(call->store, call->scope, &device, failure);
}

static const struct field list_fields[] = {
	{ "organisation", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 4294967295,
	    .summary = "Only its devices." },
	{ NULL },
};
static const struct field make_fields[] = {
	{ "number", FIELD_INTEGER, IN_PATH, true, .least = 1, .most = 4294967295, .summary = "Of the organisation." },
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "What the device is." },
	{ NULL },
};
static const struct field id_fields[] = {
	{ "id", FIELD_UUID, IN_PATH, true, .summary = "The device." },
	{ NULL },
};

const struct route device_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/devices", "device-list",
	    "Devices that fetch lists, the newest first, with when they were last there.", list_fields,
	    ACTION_SENSOR_READ, .handle = device_list },
	{ ROUTE_PAGE, "GET", "/devices", "device-page",
	    "Where an organisation's lists are, and which devices fetch them.", list_fields, ACTION_SENSOR_READ,
	    .page = "devices", .handle = device_page },
	{ ROUTE_JSON, "POST", "/v1/organisations/{number}/devices", "device-create",
	    "Make a token for a device: it reads its organisation's lists and nothing else; shown once.", make_fields,
	    ACTION_SENSOR_ENROL, .changes = true, .handle = device_create },
	{ ROUTE_FORM, "POST", "/organisations/{number}/devices", "device-create-form",
	    "Make a token for a device; the page shows it once.", make_fields, ACTION_SENSOR_ENROL, .changes = true,
	    .page = "device", .handle = device_create },
	{ ROUTE_JSON, "DELETE", "/v1/devices/{id}", "device-revoke", "Revoke a device: its token works no longer.",
	    id_fields, ACTION_SENSOR_ENROL, .changes = true, .handle = device_revoke },
	{ ROUTE_FORM, "POST", "/devices/{id}/revoke", "device-revoke-form",
	    "Revoke a device: its token works no longer.", id_fields, ACTION_SENSOR_ENROL, .changes = true,
	    .handle = device_revoke },
	{ 0 },
};
