/*
 * Contacts of networks that are no member's: made, changed, removed, and many at once of a file.
 */
#include "darknet/center/networks_read.h"
#include "darknet/center/networks_routes.h"

#include <stdio.h>
#include <string.h>

#define TOLD 1000 /* lines that were not taken */

/* Of a route the items of a list, of a form a text. A form sends all it has: what is empty is absent. */
static enum error asked_list(const struct call *call, const char *name, struct text *said, struct failure *failure)
{
	struct builder all = { 0 };
	size_t place;
	json_t *each, *value = json_object_get(call->input, name);
	*said = json_is_string(value) ? input_text(call, name) : call->route->kind == ROUTE_FORM ? TEXT("") : TEXT_NONE;
	if (!json_is_array(value))
		return OK;
	json_array_foreach(value, place, each) build_format(&all, "%s ", json_string_value(each));
	*said = arena_text(call->arena, (struct text){ all.at ? all.at : "", all.size });
	bool failed = all.failed || !said->at;
	builder_free(&all);
	return failed ? fail(failure, ERROR_MEMORY, "no memory for a contact") : OK;
}

static struct text asked(const struct call *call, const char *name)
{
	return input_has(call, name) ? input_text(call, name) : TEXT_NONE;
}

static enum error fill(const struct call *call, struct network_contact *contact, struct failure *failure)
{
	struct network_words words = { .name = asked(call, "name"),
		.mail = asked(call, "mail"),
		.language = asked(call, "language"),
		.every = asked(call, "every"),
		.signed_by = asked(call, "signed_for_by") };
	bool active = call->route->kind == ROUTE_FORM ? false : contact->active;
	enum error error = asked_list(call, "prefixes", &words.prefixes, failure);
	if (error == OK)
		error = asked_list(call, "autonomous_systems", &words.systems, failure);
	if (error == OK)
		error = networks_fill(&words, contact, failure);
	contact->active = input_boolean(call, "active", active);
	return error;
}

static enum error put(struct call *call, struct network_contact *contact, struct failure *failure)
{
	char id[UUID_TEXT];
	enum error error = fill(call, contact, failure);
	if (error == OK)
		error = store_network_put(call->store, call->scope, contact, failure);
	if (error != OK)
		return error;
	bool form = call->route->kind == ROUTE_FORM;
	call->version = contact->version;
	json_object_set_new(call->output, "contact", network_describe(contact));
	snprintf(call->location, sizeof call->location, "%s/darknet/contacts/%s", form ? "" : "/v1",
	    uuid_format(contact->id, id));
	return OK;
}

static struct network_contact new_contact(const struct call *call)
{
	return (struct network_contact){ .created = call->now, .every = DAY, .active = true };
}

enum error network_create(struct call *call, struct failure *failure)
{
	struct network_contact contact = new_contact(call);
	enum error error = put(call, &contact, failure);
	if (error == OK)
		call->status = call->route->kind == ROUTE_FORM ? 303 : 201;
	return error;
}
enum error network_change(struct call *call, struct failure *failure)
{
	struct network_contact contact;
	enum error error = network_find(call, &contact, failure);
	if (error == OK && call->version && call->version != contact.version)
		error = fail(failure, ERROR_CONFLICT, "The contact was changed meanwhile: read it again.");
	if (error == OK)
		error = put(call, &contact, failure);
	if (error == OK && call->route->kind == ROUTE_FORM)
		call->status = 303;
	return error;
}

enum error network_remove(struct call *call, struct failure *failure)
{
	struct network_contact contact;
	enum error error = network_find(call, &contact, failure);
	snprintf(call->location, sizeof call->location, "/darknet/contacts");
	call->status = call->route->kind == ROUTE_FORM ? 303 : 204;
	return error == OK ? store_network_remove(call->store, call->scope, &contact, failure) : error;
}

/* ── many at once ─ */

struct importing {
	struct call *call;
	json_t *refused;
	uint64_t added, changed, same, refused_all;
};

static void refuse(struct importing *importing, unsigned line, struct text name, const char *why)
{
	if (importing->refused_all++ >= TOLD)
		return;
	json_t *object = json_object();
	json_object_set_new(object, "line", json_integer(line));
	if (name.size > 0)
		output_text(object, "name", (struct text){ name.at, name.size < NAME_SIZE ? name.size : NAME_SIZE });
	output_string(object, "why", why);
	json_array_append_new(importing->refused, object);
}

static bool is_same(const struct network_contact *one, const struct network_contact *other)
{
	return strcmp(one->prefixes, other->prefixes) == 0 && strcmp(one->systems, other->systems) == 0 &&
	       strcmp(one->mail, other->mail) == 0 && strcmp(one->signed_by, other->signed_by) == 0 &&
	       one->language == other->language && one->every == other->every && one->active == other->active;
}

static enum error take(struct importing *importing, const struct network_words *words, struct failure *failure)
{
	struct call *call = importing->call;
	struct network_contact before = new_contact(call), contact;
	enum error error = store_network_named(call->store, call->scope, words->name, &before, failure);
	bool is_new = error == ERROR_NOT_FOUND;
	contact = before;
	if (error == OK || is_new)
		error = networks_fill(words, &contact, failure);
	if (error == OK && !is_new && is_same(&before, &contact)) {
		importing->same++;
		return OK;
	}
	if (error == OK)
		error = store_network_put(call->store, call->scope, &contact, failure);
	if (error == OK)
		++*(is_new ? &importing->added : &importing->changed);
	return error;
}

/* What is wrong with a line is the line's; what is wrong with the store ends it all. */
static enum error read_lines(struct importing *importing, struct failure *failure)
{
	struct columns columns = { 0 };
	struct text rest = input_text(importing->call, "contacts");
	struct arena *arena = arena_new(1u << 20);
	enum error error = arena ? OK : fail(failure, ERROR_MEMORY, "no memory for contacts");
	for (unsigned number = 1; rest.size > 0 && error == OK; number++) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		struct network_words words = { 0 };
		struct failure own = { 0 };
		if (line.size == 0)
			continue;
		arena_clear(arena);
		error = networks_line(&columns, line, arena, &words, &own);
		if (error == ERROR_INPUT && columns.count == 0) /* no header: nothing can be read */
			error = fail(failure, error, "contacts: line %u: %.300s", number, own.words);
		else if (error == ERROR_END)
			error = OK;
		else {
			error = error == OK ? take(importing, &words, &own) : error;
			bool its_own = error == ERROR_INPUT || error == ERROR_CONFLICT || error == ERROR_MEMORY;
			if (error != OK && !its_own)
				fail(failure, error, "%s", own.words);
			else if (error != OK)
				refuse(importing, number, words.name, own.words);
			error = its_own ? OK : error;
		}
	}
	arena_free(arena);
	return error;
}

enum error network_import(struct call *call, struct failure *failure)
{
	struct importing importing = { .call = call, .refused = json_array() };
	json_object_set_new(call->output, "refused", importing.refused);
	enum error error = read_lines(&importing, failure);
	json_object_set_new(call->output, "added", json_integer((json_int_t)importing.added));
	json_object_set_new(call->output, "changed", json_integer((json_int_t)importing.changed));
	json_object_set_new(call->output, "unchanged", json_integer((json_int_t)importing.same));
	json_object_set_new(call->output, "refused_all", json_integer((json_int_t)importing.refused_all));
	return error;
}
