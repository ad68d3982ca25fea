/*
 * Contacts of networks that are no member's, for administrators: the routes, and what is read. See networks_change.c.
 */
#include "darknet/center/networks_routes.h"

#include "darknet/center/networks_tell.h"
#include "mail/mail.h"
#include "model/organisation.h"

#define WAITING_SHOWN 500

static const char *const intervals[] = { "hourly", "daily", NULL };
static const char *const languages[] = { "ja", "en", NULL };

#define CONTACT                                                                                                        \
	{                                                                                                              \
		"id", FIELD_UUID, IN_PATH, true, .summary = "The contact's."                                           \
	}
#define WHAT(type_, required_)                                                                                         \
	{ "name", FIELD_TEXT, IN_BODY, required_, 120, .summary = "Of the network; unique." },                         \
	    { "prefixes", type_, IN_BODY, false, (type_) == FIELD_LINES ? 8192 : NETWORK_PREFIXES,                     \
		    .summary = "Of the network; an address goes to the contact with the longest." },                   \
	    { "autonomous_systems", type_, IN_BODY, false, (type_) == FIELD_LINES ? 2048 : NETWORK_SYSTEMS,            \
		    .summary = "Of the network, such as AS64500: an address that no contact's prefix holds goes to "   \
			       "the contact of its autonomous system." },                                              \
	    { "mail", FIELD_TEXT, IN_BODY, required_, 254, .summary = "Who is told." },                                \
	    { "signed_for_by", FIELD_TEXT, IN_BODY, required_, 120,                                                    \
		    .summary = "Who signed that the network is told." },                                               \
	    { "language", FIELD_CHOICE, IN_BODY, false, .choices = languages, .summary = "ja when absent." },          \
	    { "every", FIELD_CHOICE, IN_BODY, false, .choices = intervals, .summary = "daily when absent." },          \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false,                                                               \
		    .summary = "Whether it is gathered for and told; true when absent."                                \
	}

static const struct field list_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500,
	    .summary = "Of one page; 200 when absent." },
	{ NULL },
};
static const struct field create_fields[] = { WHAT(FIELD_LIST, true), { NULL } };
static const struct field change_fields[] = { CONTACT, WHAT(FIELD_LIST, false), { NULL } };
static const struct field create_form_fields[] = { WHAT(FIELD_LINES, true), { NULL } };
static const struct field change_form_fields[] = { CONTACT, WHAT(FIELD_LINES, true), { NULL } };
static const struct field contact_fields[] = { CONTACT, { NULL } };
static const struct field import_fields[] = {
	{ "contacts", FIELD_LINES, IN_BODY, true, 4u << 20,
	    .summary = "CSV with a header: name, prefixes, autonomous_systems, mail, language, every, signed_for_by, "
		       "active. A contact of this name is changed; columns that are not there stay." },
	{ NULL },
};

json_t *network_describe(const struct network_contact *contact)
{
	json_t *object = json_object(), *prefixes = json_array(), *systems = json_array();
	struct text rest = text_of(contact->prefixes);
	while (rest.size > 0) {
		struct text one = text_cut(&rest, ' ');
		json_array_append_new(prefixes, json_stringn(one.at, one.size));
	}
	rest = text_of(contact->systems);
	while (rest.size > 0) {
		struct text one = text_cut(&rest, ' ');
		json_array_append_new(systems, json_sprintf("AS%.*s", (int)one.size, one.at));
	}
	output_uuid(object, "id", contact->id);
	json_object_set_new(object, "version", json_integer((json_int_t)contact->version));
	output_string(object, "name", contact->name);
	json_object_set_new(object, "prefixes", prefixes);
	json_object_set_new(object, "autonomous_systems", systems);
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

static json_t *batch_json(const struct network_batch *batch)
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
	return object;
}

static void add_batch(void *context, const struct network_batch *batch)
{
	json_array_append_new(context, batch_json(batch));
}

/* ── all ─ */

struct listing {
	struct call *call;
	json_t *list;
	bool systems; /* some contact goes by autonomous systems */
};

static void add_contact(void *context, const struct network_contact *contact)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, network_describe(contact));
	listing->systems |= *contact->systems != 0;
}

static void add_refused(void *context, const struct network_batch *batch)
{
	struct listing *listing = context;
	struct network_contact contact;
	json_t *object = batch_json(batch);
	if (store_network_get(listing->call->store, listing->call->scope, batch->contact, &contact, NULL) == OK) {
		output_uuid(object, "contact", contact.id);
		output_string(object, "name", contact.name);
	}
	json_array_append_new(listing->list, object);
}

/* Whether something is missing without which contacts are told nothing. */
static void add_state(struct call *call, bool systems)
{
	struct darknet_state *state = center_state(call->center, DARKNET_NAME);
	const struct origins *origins = state && systems ? networks_origins(state) : NULL;
	struct mail_sender sender = { 0 };
	if (call->center->sender)
		call->center->sender(&sender);
	json_object_set_new(call->output, "mail_configured", json_boolean(sender.on));
	json_object_set_new(call->output, "systems_unknown", json_boolean(systems && !origins));
	output_time(call->output, "systems_known", origins_date(origins));
}

static enum error contact_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 200) };
	struct listing contacts = { .call = call, .list = json_array() },
		       refused = { .call = call, .list = json_array() };
	json_object_set_new(call->output, "contacts", contacts.list);
	json_object_set_new(call->output, "refused", refused.list);
	enum error error = store_network_page(call->store, call->scope, &page, add_contact, &contacts, failure);
	if (error == OK)
		error = store_network_batch_refused(call->store, call->scope, add_refused, &refused, failure);
	output_string(call->output, "next", page.next);
	add_state(call, contacts.systems);
	return error;
}

/* ── one ─ */

enum error network_find(struct call *call, struct network_contact *contact, struct failure *failure)
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
	enum error error = network_find(call, &contact, failure);
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
	json_object_set_new(call->output, "contact", network_describe(&contact));
	json_object_set_new(call->output, "waiting_all", json_integer((json_int_t)count));
	return OK;
}

#define BOTH(path_, name_, fields_, page_, handler_, summary_)                                                         \
	{ ROUTE_JSON, "GET", "/v1" path_, name_, summary_, fields_, ACTION_NETWORK_READ, .handle = handler_ },         \
	{                                                                                                              \
		ROUTE_PAGE, "GET", path_, name_ "-page", summary_, fields_, ACTION_NETWORK_READ, .page = page_,        \
												 .handle = handler_    \
	}

const struct route networks_routes[] = {
	BOTH("/darknet/contacts", "network-contact-list", list_fields, "networks", contact_list,
	    "Contacts of networks that are no member's, who are told what telescopes saw there, and what could not be "
	    "sent."),
	BOTH("/darknet/contacts/{id}", "network-contact-read", contact_fields, "network", contact_read,
	    "One contact, what waits for it, and the newest batches that it was sent."),
	{ ROUTE_JSON, "POST", "/v1/darknet/contacts", "network-contact-create",
	    "Tell the contact of a network of others what telescopes see there.", create_fields, ACTION_NETWORK_WRITE,
	    .changes = true, .handle = network_create },
	{ ROUTE_FORM, "POST", "/darknet/contacts", "network-contact-create-form",
	    "Tell the contact of a network of others what telescopes see there.", create_form_fields,
	    ACTION_NETWORK_WRITE, .changes = true, .handle = network_create },
	{ ROUTE_JSON, "POST", "/v1/darknet/contacts/import", "network-contact-import",
	    "Add and change many contacts: what is wrong with a line is told, and the others are taken.", import_fields,
	    ACTION_NETWORK_WRITE, .changes = true, .limits = { .body = 5u << 20 }, .handle = network_import },
	{ ROUTE_FORM, "POST", "/darknet/contacts/import", "network-contact-import-form",
	    "Add and change many contacts: what is wrong with a line is told, and the others are taken.", import_fields,
	    ACTION_NETWORK_WRITE, .changes = true, .limits = { .body = 5u << 20 }, .page = "networks-import",
	    .handle = network_import },
	{ ROUTE_JSON, "PATCH", "/v1/darknet/contacts/{id}", "network-contact-change", "Change a contact.",
	    change_fields, ACTION_NETWORK_WRITE, .changes = true, .versioned = true, .handle = network_change },
	{ ROUTE_FORM, "POST", "/darknet/contacts/{id}", "network-contact-change-form", "Change a contact.",
	    change_form_fields, ACTION_NETWORK_WRITE, .changes = true, .handle = network_change },
	{ ROUTE_JSON, "DELETE", "/v1/darknet/contacts/{id}", "network-contact-remove",
	    "Forget a contact with what waits for it.", contact_fields, ACTION_NETWORK_WRITE, .changes = true,
	    .handle = network_remove },
	{ ROUTE_FORM, "POST", "/darknet/contacts/{id}/remove", "network-contact-remove-form",
	    "Forget a contact with what waits for it.", contact_fields, ACTION_NETWORK_WRITE, .changes = true,
	    .handle = network_remove },
	{ .name = NULL },
};
