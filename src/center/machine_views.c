/*
 * What people see of machines: enrolments and certificates of one sensor, as JSON and on its page. Called by the keeper
 * through the routes of machine_routes.c.
 */
#include "center/machine.h"
#include "center/routes.h"

json_t *enrolment_json(const struct enrolment *enrolment, nanoseconds now, bool by)
{
	json_t *object = json_object();
	output_uuid(object, "id", enrolment->id);
	json_object_set_new(object, "sensor", json_integer(enrolment->sensor));
	json_object_set_new(object, "organisation", json_integer(enrolment->organisation));
	output_string(object, "state", enrolment_state_code(enrolment_state(enrolment, now)));
	output_time(object, "created", enrolment->created);
	output_time(object, "expires", enrolment->expires);
	output_time(object, "used", enrolment->used);
	output_time(object, "withdrawn", enrolment->withdrawn);
	if (by)
		output_string(object, "by", enrolment->by);
	return object;
}

json_t *machine_certificate_json(const struct machine_certificate *certificate, nanoseconds now, bool by)
{
	json_t *object = json_object();
	output_uuid(object, "serial", certificate->serial);
	json_object_set_new(object, "sensor", json_integer(certificate->sensor));
	json_object_set_new(object, "organisation", json_integer(certificate->organisation));
	output_string(object, "state", certificate_state_code(certificate_state(certificate, now)));
	output_uuid(object, "enrolment", certificate->enrolment);
	output_time(object, "issued", certificate->issued);
	output_time(object, "not_before", certificate->not_before);
	output_time(object, "not_after", certificate->not_after);
	output_time(object, "first_used", certificate->used);
	output_time(object, "superseded", certificate->superseded);
	output_time(object, "revoked", certificate->revoked);
	if (by)
		output_string(object, "revoked_by", certificate->revoked_by);
	return object;
}

struct listing {
	json_t *list;
	nanoseconds now;
	bool by;
};

static void add_enrolment(void *context, const struct enrolment *enrolment)
{
	const struct listing *listing = context;
	json_array_append_new(listing->list, enrolment_json(enrolment, listing->now, listing->by));
}

static void add_certificate(void *context, const struct machine_certificate *certificate)
{
	const struct listing *listing = context;
	json_array_append_new(listing->list, machine_certificate_json(certificate, listing->now, listing->by));
}

enum error certificate_list(struct call *call, struct failure *failure)
{
	struct sensor sensor;
	struct listing listing = { json_array(), call->now,
		policy_reach(call->subject->role, ACTION_ACCOUNT_READ) != 0 };
	json_object_set_new(call->output, "certificates", listing.list);
	enum error error =
	    store_sensor_get(call->store, call->scope, (uint32_t)input_integer(call, "number", 0), &sensor, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such sensor.");
	if (error == OK)
		error = store_certificate_each(
		    call->store, call->scope, sensor.number, MACHINE_LIST, add_certificate, &listing, failure);
	listing.list = json_array();
	json_object_set_new(call->output, "enrolments", listing.list);
	if (error == OK)
		error = store_enrolment_each(
		    call->store, call->scope, sensor.number, MACHINE_LIST, add_enrolment, &listing, failure);
	if (error == OK && call->route->kind == ROUTE_PAGE) {
		json_object_set_new(call->output, "shown", sensor_json(&sensor));
		json_object_set_new(call->output, "may_write",
		    json_boolean(policy_reach(call->subject->role, ACTION_SENSOR_WRITE) != 0));
		json_object_set_new(call->output, "may_enrol",
		    json_boolean(policy_reach(call->subject->role, ACTION_SENSOR_ENROL) != 0));
	}
	return error;
}
