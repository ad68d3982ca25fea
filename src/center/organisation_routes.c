/*
 * Organisations and their address space: for programs, and as the pages on which an administrator keeps them.
 */
#include "center/routes.h"

#include <stdio.h>
#include <string.h>

static const char *const languages[] = { "ja", "en", NULL };

static json_t *contact_json(const struct contact *contact)
{
	return json_pack("{s:s,s:s}", "name", contact->name, "mail", contact->mail);
}

static json_t *organisation_json(const struct call *call, const struct organisation *organisation)
{
	json_t *object = json_object();
	bool japanese = text_equal(call->language, TEXT("ja"));
	const char *title = japanese ? organisation->title_ja : organisation->title_en;
	json_object_set_new(object, "number", json_integer(organisation->number));
	output_uuid(object, "id", organisation->id);
	output_string(object, "name", organisation->name);
	output_string(object, "title", *title ? title : organisation->name);
	output_string(object, "title_ja", organisation->title_ja);
	output_string(object, "title_en", organisation->title_en);
	output_string(object, "sector", organisation->sector);
	if (organisation->parent)
		json_object_set_new(object, "parent", json_integer(organisation->parent));
	output_string(object, "language", language_code(organisation->language));
	json_t *contacts = json_array();
	for (size_t i = 0; i < 2; i++)
		json_array_append_new(contacts, contact_json(&organisation->contacts[i]));
	json_object_set_new(object, "contacts", contacts);
	json_object_set_new(object, "quota", json_real(organisation->quota));
	json_object_set_new(object, "active", json_boolean(organisation->active));
	json_object_set_new(object, "version", json_integer((json_int_t)organisation->version));
	return object;
}

static void give(struct call *call, json_t *object)
{
	json_object_update(call->output, object);
	json_decref(object);
}

struct listing {
	const struct call *call;
	json_t *list;
};

static void add_organisation(void *context, const struct organisation *organisation)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, organisation_json(listing->call, organisation));
}

static enum error organisation_list(struct call *call, struct failure *failure)
{
	struct page page = page_of(call);
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "organisations", listing.list);
	enum error error =
	    store_organisation_each(call->store, call->scope, &page, add_organisation, &listing, failure);
	page_next(call, &page);
	return error;
}

static enum error organisation_find(struct call *call, struct organisation *organisation, struct failure *failure)
{
	enum error error = store_organisation_get(
	    call->store, call->scope, (uint32_t)input_integer(call, "number", 0), organisation, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "There is no such organisation.") : error;
}

static void add_space(void *context, const struct organisation_space *space)
{
	json_t *object = json_object();
	char text[PREFIX_TEXT];
	if (space->prefix.length)
		output_string(object, "prefix", prefix_format(space->prefix, text));
	if (*space->domain)
		output_string(object, "domain", space->domain);
	output_time(object, "from", space->from);
	output_time(object, "to", space->to);
	json_array_append_new(context, object);
}

static void add_sensor(void *context, const struct sensor *sensor)
{
	json_array_append_new(context, sensor_json(sensor));
}

static enum error organisation_read(struct call *call, struct failure *failure)
{
	struct organisation organisation;
	struct page page = { .limit = 500 };
	enum error error = organisation_find(call, &organisation, failure);
	if (error != OK)
		return error;
	if (call->route->kind == ROUTE_PAGE) { /* apart, so that its language is not taken for the page's */
		json_object_set_new(call->output, "shown", organisation_json(call, &organisation));
		json_object_set_new(call->output, "may_write",
		    json_boolean(policy_reach(call->subject->role, ACTION_ORGANISATION_WRITE) != 0));
	} else
		give(call, organisation_json(call, &organisation));
	json_t *space = json_array(), *sensors = json_array();
	json_object_set_new(call->output, "space", space);
	json_object_set_new(call->output, "sensors", sensors);
	call->version = organisation.version;
	error = store_space_each(call->store, call->scope, organisation.number, add_space, space, failure);
	if (error == OK)
		error = store_sensor_each(
		    call->store, call->scope, organisation.number, &page, add_sensor, sensors, failure);
	return error;
}

static enum error contact_fill(struct call *call, struct contact *contact, unsigned which, struct failure *failure)
{
	static const char *const names[] = { "contact1_name", "contact2_name" };
	static const char *const mails[] = { "contact1_mail", "contact2_mail" };
	enum error error = input_copy(call, names[which], contact->name, sizeof contact->name, failure);
	return error == OK ? input_copy(call, mails[which], contact->mail, sizeof contact->mail, failure) : error;
}

static enum error organisation_fill(struct call *call, struct organisation *organisation, struct failure *failure)
{
	enum error error = input_copy(call, "name", organisation->name, sizeof organisation->name, failure);
	if (error == OK)
		error = input_copy(call, "title_ja", organisation->title_ja, sizeof organisation->title_ja, failure);
	if (error == OK)
		error = input_copy(call, "title_en", organisation->title_en, sizeof organisation->title_en, failure);
	if (error == OK)
		error = input_copy(call, "sector", organisation->sector, sizeof organisation->sector, failure);
	for (unsigned i = 0; i < 2 && error == OK; i++)
		error = contact_fill(call, &organisation->contacts[i], i, failure);
	if (error != OK)
		return error;
	organisation->parent = (uint32_t)input_integer(call, "parent", organisation->parent);
	if (input_has(call, "language"))
		language_parse(input_text(call, "language"), &organisation->language);
	json_t *quota = json_object_get(call->input, "quota");
	if (json_is_number(quota))
		organisation->quota = json_number_value(quota);
	organisation->active = input_boolean(call, "active", organisation->active);
	const char *problem = organisation_problem(organisation);
	return problem ? fail(failure, ERROR_INPUT, "%s", problem) : OK;
}

static enum error organisation_create(struct call *call, struct failure *failure)
{
	struct organisation organisation = { .active = true }, other;
	struct failure unknown;
	enum error error = organisation_fill(call, &organisation, failure);
	if (error == OK &&
	    store_organisation_find(call->store, call->scope, text_of(organisation.name), &other, &unknown) == OK)
		error = fail(failure, ERROR_CONFLICT, "There is an organisation \"%s\" already.", organisation.name);
	if (error == OK)
		error = store_organisation_put(call->store, call->scope, &organisation, failure);
	if (error != OK)
		return error;
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, form ? "/organisations/%u" : "/v1/organisations/%u",
	    organisation.number);
	call->status = form ? 303 : 201;
	call->version = organisation.version;
	give(call, organisation_json(call, &organisation));
	return OK;
}

/* The page's form shows everything that may change: what came back empty was emptied by who filled it in. */
static void organisation_empty(const struct call *call, struct organisation *organisation)
{
	if (!input_has(call, "title_ja"))
		organisation->title_ja[0] = 0;
	if (!input_has(call, "title_en"))
		organisation->title_en[0] = 0;
	if (!input_has(call, "sector"))
		organisation->sector[0] = 0;
	memset(organisation->contacts, 0, sizeof organisation->contacts);
	organisation->quota = 0;
}

static enum error organisation_change(struct call *call, struct failure *failure)
{
	struct organisation organisation;
	enum error error = organisation_find(call, &organisation, failure);
	if (call->route->kind == ROUTE_FORM)
		call->version = (uint64_t)input_integer(call, "version", 0);
	if (error == OK && call->version && call->version != organisation.version)
		error = fail(failure, ERROR_CONFLICT, "The organisation was changed meanwhile: read it again.");
	if (error == OK && call->route->kind == ROUTE_FORM)
		organisation_empty(call, &organisation);
	if (error == OK)
		error = organisation_fill(call, &organisation, failure);
	if (error == OK)
		error = store_organisation_put(call->store, call->scope, &organisation, failure);
	if (error != OK)
		return error;
	call->version = organisation.version;
	snprintf(call->location, sizeof call->location, "/organisations/%u", organisation.number);
	give(call, organisation_json(call, &organisation));
	return OK;
}

static enum error space_add(struct call *call, struct failure *failure)
{
	struct organisation organisation;
	struct organisation_space space = { 0 };
	enum error error = organisation_find(call, &organisation, failure);
	if (error == OK)
		error = input_copy(call, "domain", space.domain, sizeof space.domain, failure);
	if (error != OK)
		return error;
	space.organisation = organisation.number;
	prefix_parse(text_of(input_string(call, "prefix")), &space.prefix);
	if (!space.prefix.length == !*space.domain)
		return fail(failure, ERROR_INPUT, "prefix or domain: exactly one of the two is needed");
	space.from = input_integer(call, "from", call->now);
	space.to = input_integer(call, "to", 0);
	call->status = call->route->kind == ROUTE_FORM ? 303 : 201;
	snprintf(call->location, sizeof call->location,
	    call->route->kind == ROUTE_FORM ? "/organisations/%u" : "/v1/organisations/%u", organisation.number);
	return store_space_put(call->store, call->scope, &space, failure);
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
#define ORGANISATION_BODY                                                                                              \
	{ "title_ja", FIELD_TEXT, IN_BODY, false, 127, .summary = "Japanese title." },                                 \
	    { "title_en", FIELD_TEXT, IN_BODY, false, 127, .summary = "English title." },                              \
	    { "sector", FIELD_TEXT, IN_BODY, false, 127, .summary = "Such as \"local government\"." },                 \
	    { "parent", FIELD_INTEGER, IN_BODY, false, .least = 0, .most = 4294967295,                                 \
		    .summary = "Number; 0 = none." },                                                                  \
	    { "language", FIELD_CHOICE, IN_BODY, false, .choices = languages, .summary = "Of its notices." },          \
	    { "contact1_name", FIELD_TEXT, IN_BODY, false, 127, .summary = "First contact." },                         \
	    { "contact1_mail", FIELD_TEXT, IN_BODY, false, 254, .summary = "Its mail address." },                      \
	    { "contact2_name", FIELD_TEXT, IN_BODY, false, 127, .summary = "For escalation." },                        \
	    { "contact2_mail", FIELD_TEXT, IN_BODY, false, 254, .summary = "Its mail address." },                      \
	    { "quota", FIELD_REAL, IN_BODY, false, .summary = "Alerts a second; 0 = the configured one." },            \
	{                                                                                                              \
		"active", FIELD_BOOLEAN, IN_BODY, false, .summary = "Its sensors and members are let in."              \
	}

static const struct field list_fields[] = { LIST, { NULL } };
static const struct field number_fields[] = { NUMBER, { NULL } };
static const struct field create_fields[] = {
	{ "name", FIELD_TEXT, IN_BODY, true, 63, .summary = "Short and unique: a-z 0-9 - . _" },
	ORGANISATION_BODY,
	{ NULL },
};
static const struct field change_fields[] = {
	NUMBER,
	{ "name", FIELD_TEXT, IN_BODY, false, 63, .summary = "Short and unique: a-z 0-9 - . _" },
	ORGANISATION_BODY,
	{ NULL },
};
static const struct field change_form_fields[] = {
	NUMBER,
	{ "version", FIELD_INTEGER, IN_BODY, true, .least = 1, .most = INT64_MAX,
	    .summary = "As the page showed it: another change meanwhile is an error." },
	ORGANISATION_BODY,
	{ NULL },
};
static const struct field space_fields[] = {
	NUMBER,
	{ "prefix", FIELD_PREFIX, IN_BODY, false, .summary = "Addresses that belong to it." },
	{ "domain", FIELD_TEXT, IN_BODY, false, 253, .summary = "Or a domain." },
	{ "from", FIELD_TIME, IN_BODY, false, .summary = "Since when; now when absent." },
	{ "to", FIELD_TIME, IN_BODY, false, .summary = "Until when; still when absent." },
	{ NULL },
};
const struct route organisation_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/organisations", "organisation-list", "Organisations, by name.", list_fields,
	    ACTION_ORGANISATION_READ, .handle = organisation_list },
	{ ROUTE_PAGE, "GET", "/organisations", "organisation-list-page", "Organisations, by name.", list_fields,
	    ACTION_ORGANISATION_READ, .page = "organisations", .handle = organisation_list },
	{ ROUTE_JSON, "POST", "/v1/organisations", "organisation-create", "Make an organisation.", create_fields,
	    ACTION_ORGANISATION_WRITE, .changes = true, .handle = organisation_create },
	{ ROUTE_FORM, "POST", "/organisations", "organisation-create-form", "Make an organisation.", create_fields,
	    ACTION_ORGANISATION_WRITE, .changes = true, .handle = organisation_create },
	{ ROUTE_JSON, "GET", "/v1/organisations/{number}", "organisation-read",
	    "One organisation with its addresses and sensors.", number_fields, ACTION_ORGANISATION_READ,
	    .handle = organisation_read },
	{ ROUTE_JSON, "PATCH", "/v1/organisations/{number}", "organisation-change", "Change an organisation.",
	    change_fields, ACTION_ORGANISATION_WRITE, .changes = true, .versioned = true,
	    .handle = organisation_change },
	{ ROUTE_FORM, "POST", "/organisations/{number}", "organisation-change-form", "Change an organisation.",
	    change_form_fields, ACTION_ORGANISATION_WRITE, .changes = true, .handle = organisation_change },
	{ ROUTE_PAGE, "GET", "/organisations/{number}", "organisation-page",
	    "One organisation with its addresses and sensors.", number_fields, ACTION_ORGANISATION_READ,
	    .page = "organisation", .handle = organisation_read },
	{ ROUTE_FORM, "POST", "/organisations/{number}/space", "space-add-form",
	    "Add addresses or a domain, or say until when they belonged to it.", space_fields,
	    ACTION_ORGANISATION_WRITE, .changes = true, .handle = space_add },
	{ ROUTE_JSON, "POST", "/v1/organisations/{number}/space", "space-add", "Add addresses or a domain.",
	    space_fields, ACTION_ORGANISATION_WRITE, .changes = true, .handle = space_add },
	{ 0 },
};
