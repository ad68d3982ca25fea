/*
 * Contacts of networks that are no member's: for administrators.
 */
#include "darknet/center/networks_routes.h"

#include "mail/mail.h"
#include "model/organisation.h"
#include "store/networks.h"

#include <stdio.h>
#include <string.h>

#define WAITING_SHOWN 500

static const char *const intervals[] = { "hourly", "daily", NULL };
static const char *const languages[] = { "ja", "en", NULL };

#define CONTACT                                                                                                        \
	{                                                                                                              \
		"id", FIELD_UUID, IN_PATH, true, .summary = "The contact's."                                           \
	}
#define WHAT(required_)                                                                                                \
	{ "name", FIELD_TEXT, IN_BODY, required_, 120, .summary = "Of the network; unique." },                         \
	    { "prefixes", FIELD_LIST, IN_BODY, required_, NETWORK_PREFIXES,                                            \
		    .summary = "Of the network; an address goes to the contact with the longest." },                   \
	    { "mail", FIELD_TEXT, IN_BODY, required_, 254, .summary = "Who is told." },                                \
	    { "signed_for_by", FIELD_TEXT, IN_BODY, required_, 120,                                                    \
		    .summary = "Who signed that the network is told." },                                               \
	    { "language", FIELD_CHOICE, IN_BODY, false, .choices = languages, .summary = "ja when absent." },          \
	    { "every", FIELD_CHOICE, IN_BODY, false, .choices = intervals, .summary = "daily when absent." },          \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false,                                                               \
		    .summary = "Whether it is gathered for and told; true when absent."                                \
	}

static const struct field create_fields[] = { WHAT(true), { NULL } };
static const struct field change_fields[] = { CONTACT, WHAT(false), { NULL } };
static const struct field contact_fields[] = { CONTACT, { NULL } };

static json_t *describe(const struct network_contact *contact)
{
	json_t *object = json_object(), *prefixes = json_array();
	struct text rest = text_of(contact->prefixes);
	while (rest.size > 0) {
		struct text one = text_cut(&rest, ' ');
		json_array_append_new(prefixes, json_stringn(one.at, one.size));
	}
	output_uuid(object, "id", contact->id);
	json_object_set_new(object, "version", json_integer((json_int_t)contact->version));
	output_string(object, "name", contact->name);
	json_object_set_new(object, "prefixes", prefixes);
	output_string(object, "mail", contact->mail);
	output_string(object, "signed_for_by", contact->signed_by);
	output_string(object, "language", language_code(contact->language));
	output_string(object, "every", contact->every == HOUR ? "hourly" : "daily");
	json_object_set_new(object, "active", json_boolean(contact->active));
	output_time(object, "created", contact->created);
	output_time(object, "told", contact->told);
	output_time(object, "due", contact->due);
	return object;
}

static void add_contact(void *context, const struct network_contact *contact)
{
	json_array_append_new(context, describe(contact));
}

static enum error contact_list(struct call *call, struct failure *failure)
{
	json_t *list = json_array();
	json_object_set_new(call->output, "contacts", list);
	return store_network_each(call->store, call->scope, add_contact, list, failure);
}

static void add_waiting(void *context, const struct appearance *sighting)
{
	char address[ADDRESS_TEXT];
	json_t *object = json_object(), *ports = json_array();
	output_string(object, "address", address_format(sighting->address, address));
	output_string(object, "kind", appearance_kind_code(sighting->kind));
	output_time(object, "first", sighting->first);
	output_time(object, "last", sighting->last);
	json_object_set_new(object, "packets", json_integer((json_int_t)sighting->packets));
	for (uint32_t i = 0; i < sighting->port_count; i++)
		json_array_append_new(ports, json_string(sighting->ports[i]));
	json_object_set_new(object, "ports", ports);
	output_string(object, "tool", sighting->tool);
	output_string(object, "worm", sighting->worm);
	json_object_set_new(object, "telescopes", json_integer(sighting->telescope_count));
	json_array_append_new(context, object);
}

static void add_batch(void *context, const struct network_batch *batch)
{
	static const char *const states[] = { [DELIVERY_WAITING] = "queued",
		[DELIVERY_DONE] = "sent",
		[DELIVERY_FAILED] = "failed",
		[DELIVERY_GIVEN_UP] = "failed" };
	json_t *object = json_object();
	output_uuid(object, "id", batch->id);
	output_time(object, "created", batch->created);
	output_string(object, "recipient", batch->recipient);
	json_object_set_new(object, "rows", json_integer(batch->rows));
	json_object_set_new(object, "part", json_integer(batch->part));
	json_object_set_new(object, "parts", json_integer(batch->parts));
	output_string(object, "state", states[batch->state]);
	json_object_set_new(object, "tries", json_integer(batch->tries));
	output_time(object, "last_try", batch->last_try);
	output_string(object, "answer", batch->answer);
	json_array_append_new(context, object);
}

static enum error find(struct call *call, struct network_contact *contact, struct failure *failure)
{
	enum error error = store_network_get(call->store, call->scope, input_uuid(call, "id"), contact, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
}

static enum error contact_read(struct call *call, struct failure *failure)
{
	struct network_contact contact;
	uint64_t count = 0;
	json_t *waiting = json_array(), *batches = json_array();
	json_object_set_new(call->output, "waiting", waiting);
	json_object_set_new(call->output, "batches", batches);
	enum error error = find(call, &contact, failure);
	if (error == OK)
		error = store_sighting_count(call->store, call->scope, contact.number, &count, failure);
	if (error == OK)
		error = store_sighting_each(
		    call->store, call->scope, contact.number, WAITING_SHOWN, add_waiting, waiting, failure);
	if (error == OK)
		error = store_network_batch_each(call->store, call->scope, contact.id, add_batch, batches, failure);
	if (error != OK)
		return error;
	call->version = contact.version;
	json_object_set_new(call->output, "contact", describe(&contact));
	json_object_set_new(call->output, "waiting_all", json_integer((json_int_t)count));
	return OK;
}

/* ── changing ─ */

static enum error fill_prefixes(const struct call *call, struct network_contact *contact, struct failure *failure)
{
	struct builder all = { 0 };
	size_t place;
	json_t *each;
	enum error error = OK;
	if (!input_has(call, "prefixes"))
		return OK;
	json_array_foreach(json_object_get(call->input, "prefixes"), place, each)
	{
		struct prefix prefix;
		char words[PREFIX_TEXT];
		if (!prefix_parse(text_of(json_string_value(each)), &prefix)) {
			error = fail(failure, ERROR_INPUT, "prefixes: such as 192.0.2.0/24 was expected");
			break;
		}
		build_format(&all, "%s%s", all.size ? " " : "", prefix_format(prefix, words));
	}
	if (error == OK && all.size == 0)
		error = fail(failure, ERROR_INPUT, "prefixes: at least one was expected");
	if (error == OK && (all.failed || all.size >= sizeof contact->prefixes))
		error = fail(failure, ERROR_INPUT, "prefixes: too many");
	if (error == OK)
		text_copy((struct text){ all.at, all.size }, contact->prefixes, sizeof contact->prefixes);
	builder_free(&all);
	return error;
}

static enum error fill(const struct call *call, struct network_contact *contact, struct failure *failure)
{
	enum error error = input_copy(call, "name", contact->name, sizeof contact->name, failure);
	if (error == OK)
		error = input_copy(call, "mail", contact->mail, sizeof contact->mail, failure);
	if (error == OK)
		error = input_copy(call, "signed_for_by", contact->signed_by, sizeof contact->signed_by, failure);
	if (error == OK)
		error = fill_prefixes(call, contact, failure);
	if (error == OK && (!*contact->name || !*contact->signed_by))
		error = fail(failure, ERROR_INPUT, "name, signed_for_by: may not be empty");
	if (error == OK && !mail_is_written(text_of(contact->mail)))
		error = fail(failure, ERROR_INPUT, "mail: local@domain in ASCII was expected");
	if (input_has(call, "language"))
		language_parse(input_text(call, "language"), &contact->language);
	if (input_has(call, "every"))
		contact->every = text_equal(input_text(call, "every"), TEXT("hourly")) ? HOUR : DAY;
	contact->active = input_boolean(call, "active", contact->active);
	return error;
}

static enum error put(struct call *call, struct network_contact *contact, struct failure *failure)
{
	enum error error = fill(call, contact, failure);
	if (error == OK)
		error = store_network_put(call->store, call->scope, contact, failure);
	if (error != OK)
		return error;
	call->version = contact->version;
	json_object_set_new(call->output, "contact", describe(contact));
	return OK;
}

static enum error contact_create(struct call *call, struct failure *failure)
{
	char id[UUID_TEXT];
	struct network_contact contact = { .created = call->now, .every = DAY, .active = true };
	enum error error = put(call, &contact, failure);
	if (error != OK)
		return error;
	call->status = 201;
	snprintf(call->location, sizeof call->location, "/v1/darknet/contacts/%s", uuid_format(contact.id, id));
	return OK;
}

static enum error contact_change(struct call *call, struct failure *failure)
{
	struct network_contact contact;
	enum error error = find(call, &contact, failure);
	if (error == OK && call->version && call->version != contact.version)
		error = fail(failure, ERROR_CONFLICT, "The contact was changed meanwhile: read it again.");
	return error == OK ? put(call, &contact, failure) : error;
}

static enum error contact_remove(struct call *call, struct failure *failure)
{
	struct network_contact contact;
	enum error error = find(call, &contact, failure);
	call->status = 204;
	return error == OK ? store_network_remove(call->store, call->scope, &contact, failure) : error;
}

const struct route networks_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/darknet/contacts", "network-contact-list",
	    "Contacts of networks that are no member's, who are told what telescopes saw there.", NULL,
	    ACTION_NETWORK_READ, .handle = contact_list },
	{ ROUTE_JSON, "POST", "/v1/darknet/contacts", "network-contact-create",
	    "Tell the contact of a network of others what telescopes see there.", create_fields, ACTION_NETWORK_WRITE,
	    .changes = true, .handle = contact_create },
	{ ROUTE_JSON, "GET", "/v1/darknet/contacts/{id}", "network-contact-read",
	    "One contact, what waits for it, and the newest batches that it was sent.", contact_fields,
	    ACTION_NETWORK_READ, .handle = contact_read },
	{ ROUTE_JSON, "PATCH", "/v1/darknet/contacts/{id}", "network-contact-change", "Change a contact.",
	    change_fields, ACTION_NETWORK_WRITE, .changes = true, .versioned = true, .handle = contact_change },
	{ ROUTE_JSON, "DELETE", "/v1/darknet/contacts/{id}", "network-contact-remove",
	    "Forget a contact with what waits for it.", contact_fields, ACTION_NETWORK_WRITE, .changes = true,
	    .handle = contact_remove },
	{ .name = NULL },
};
