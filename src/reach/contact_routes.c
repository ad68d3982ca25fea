/*
 * Handlers of the directory, and of the years of reach tests.
 */
#include "base/columns.h"
#include "reach/routes.h"
#include "reach/tree.h"

#include <stdio.h>
#include <stdlib.h>

/* ── the directory, shown ─ */

struct listing {
	struct call *call;
	json_t *list;
};

static void add_contact(void *context, const struct dispatch_contact *contact)
{
	struct listing *listing = context;
	enum reach_reason reason = REACH_UNKNOWN;
	json_t *object = json_object();
	output_string(object, "list", contact->list);
	output_string(object, "name", contact->name);
	output_string(object, "title", *contact->title ? contact->title : contact->name);
	output_string(object, "tier", contact->tier);
	output_string(object, "parent", contact->parent);
	output_string(object, "person", contact->person);
	output_string(object, "mail", contact->mail);
	output_string(object, "language", language_code(contact->language));
	if (contact->organisation)
		json_object_set_new(object, "organisation", json_integer(contact->organisation));
	json_object_set_new(object, "agreed", json_boolean(contact->agreed));
	output_time(object, "verified", contact->verified);
	if (reach_reason_parse(text_of(contact->trouble), &reason)) {
		output_string(object, "trouble", contact->trouble);
		output_string(object, "trouble_words", reach_reason_words(reason));
		output_time(object, "trouble_since", contact->trouble_since);
	}
	json_array_append_new(listing->list, object);
}

static void add_list(void *context, const char *list, uint32_t contacts, uint32_t troubled)
{
	struct listing *listing = context;
	json_array_append_new(listing->list, json_pack("{s:s,s:I,s:I}", "list", list, "contacts", (json_int_t)contacts,
						 "troubled", (json_int_t)troubled));
}

enum error contact_list(struct call *call, struct failure *failure)
{
	struct listing contacts = { call, json_array() }, lists = { call, json_array() };
	json_object_set_new(call->output, "contacts", contacts.list);
	json_object_set_new(call->output, "lists", lists.list);
	/* A page shows whom one should look after; the whole list is for programs, and for pages that ask for it. */
	bool troubled = input_boolean(call, "troubled", call->route->kind == ROUTE_PAGE);
	enum error error = store_contact_each(call->store, call->scope,
	    input_has(call, "list") ? input_string(call, "list") : NULL, troubled, add_contact, &contacts, failure);
	return error == OK ? store_contact_lists(call->store, call->scope, add_list, &lists, failure) : error;
}

/* ── and loaded ─ */

enum column { NAME, TITLE, TIER, PARENT, CONTACT, MAIL, LANGUAGE, ORGANISATION, AGREED, CONTACT_COLUMNS };
static const char *const contact_columns[] = { "name", "title", "tier", "parent", "contact", "mail", "language",
	"organisation", "agreed", NULL };

struct loading {
	struct call *call;
	uint64_t *numbers;
	size_t count, room;
};

static enum error take_contact(
    const struct loading *loading, const struct text *values, struct dispatch_contact *contact, struct failure *failure)
{
	struct organisation organisation;
	bool fits = text_copy(values[NAME], contact->name, sizeof contact->name) &&
		    text_copy(values[TITLE], contact->title, sizeof contact->title) &&
		    text_copy(values[TIER], contact->tier, sizeof contact->tier) &&
		    text_copy(values[PARENT], contact->parent, sizeof contact->parent) &&
		    text_copy(values[CONTACT], contact->person, sizeof contact->person) &&
		    text_copy(values[MAIL], contact->mail, sizeof contact->mail);
	if (!fits)
		return fail(failure, ERROR_INPUT, "a field is too long (at most %d bytes; tier %d)", NAME_SIZE - 1,
		    TIER_SIZE - 1);
	if (values[LANGUAGE].size > 0 && !language_parse(values[LANGUAGE], &contact->language))
		return fail(failure, ERROR_INPUT, "language: ja or en was expected");
	contact->agreed = text_equal_nocase(values[AGREED], TEXT("yes")) || text_equal(values[AGREED], TEXT("1"));
	if (values[ORGANISATION].size > 0) {
		if (store_organisation_find(
			loading->call->store, loading->call->scope, values[ORGANISATION], &organisation, failure) != OK)
			return fail(failure, ERROR_INPUT, "organisation: there is none of this short name");
		contact->organisation = organisation.number;
	}
	return dispatch_contact_check(contact, failure);
}

static enum error put_contact(struct loading *loading, const struct text *values, struct failure *failure)
{
	struct dispatch_contact contact = { 0 };
	text_copy(input_text(loading->call, "list"), contact.list, sizeof contact.list);
	enum error error = take_contact(loading, values, &contact, failure);
	if (error == OK)
		error = store_contact_put(loading->call->store, loading->call->scope, &contact, failure);
	if (error == OK && loading->count == loading->room) {
		void *grown = array_grow(loading->numbers, &loading->room, 256, sizeof *loading->numbers);
		if (!grown)
			return fail(failure, ERROR_MEMORY, "no memory for the directory");
		loading->numbers = grown;
	}
	if (error == OK)
		loading->numbers[loading->count++] = contact.number;
	return error;
}

/* Lines of CSV, each handed to `take`; errors say in which line. */
static enum error each_line(struct text rest, const char *const *names, const char *field, struct arena *arena,
    enum error (*take)(void *, const struct text *, struct failure *), void *context, struct failure *failure)
{
	struct columns columns = { 0 };
	enum error error = OK;
	for (unsigned number = 1; rest.size > 0 && error == OK; number++) {
		struct text values[COLUMNS_MOST], line = text_trim(text_cut(&rest, '\n'));
		struct failure own = { 0 };
		if (line.size == 0)
			continue;
		if (columns.count == 0)
			error = columns_header(&columns, names, line, arena, &own);
		else {
			error = columns_line(&columns, line, arena, values, &own);
			error = error == OK ? take(context, values, &own) : error;
		}
		if (error != OK)
			fail(failure, error, "%s: line %u: %.300s", field, number, own.words);
	}
	return error;
}

static enum error take_contact_line(void *context, const struct text *values, struct failure *failure)
{
	return put_contact(context, values, failure);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;
	return *one < *other ? -1 : *one > *other;
}

/* The list as it is now must make a tree. */
static enum error check_tree(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch = { 0 };
	uint32_t recipients;
	text_copy(input_text(call, "list"), dispatch.list, sizeof dispatch.list);
	return reach_count(&work, &dispatch, &recipients, failure);
}

enum error contact_load(struct call *call, struct failure *failure)
{
	struct loading loading = { .call = call };
	struct log_line line = { .when = call->now, .account = call->subject->account };
	enum error error = each_line(input_text(call, "contacts"), contact_columns, "contacts", call->arena,
	    take_contact_line, &loading, failure);
	if (loading.count > 0)
		qsort(loading.numbers, loading.count, sizeof *loading.numbers, by_number);
	if (error == OK && loading.count == 0)
		error = fail(failure, ERROR_INPUT, "contacts: a header and at least one line were expected");
	if (error == OK && input_boolean(call, "replace", false))
		error = store_contact_keep(
		    call->store, call->scope, input_string(call, "list"), loading.numbers, loading.count, failure);
	free(loading.numbers);
	if (error == OK)
		error = check_tree(call, failure);
	if (error != OK)
		return error;
	snprintf(line.outcome, sizeof line.outcome, "done");
	snprintf(line.who, sizeof line.who, "%s", call->subject->name);
	snprintf(line.what, sizeof line.what, "contact.load");
	snprintf(line.detail, sizeof line.detail, "%zu contacts of the list %.100s", loading.count,
	    input_string(call, "list"));
	snprintf(call->location, sizeof call->location, "/contacts");
	json_object_set_new(call->output, "contacts", json_integer((json_int_t)loading.count));
	return store_log_append(call->store, &line, failure);
}

/* ── years ─ */

static void add_year(void *context, const struct reach_year *year)
{
	json_t *list = context;
	double rate = year->addressed ? 100.0 * (double)year->reached / (double)year->addressed : 0;
	json_array_append_new(list,
	    json_pack("{s:i,s:s,s:s,s:I,s:I,s:f}", "year", year->year, "direction",
		dispatch_direction_code(year->direction), "tier", year->tier, "addressed", (json_int_t)year->addressed,
		"reached", (json_int_t)year->reached, "rate", (double)(int64_t)(rate * 10 + 0.5) / 10));
}

enum error reach_year_list(struct call *call, struct failure *failure)
{
	json_t *list = json_array();
	json_object_set_new(call->output, "years", list);
	return store_reach_year_each(call->store, call->scope, add_year, list, failure);
}

enum year_column { YEAR, YEAR_TIER, ADDRESSED, REACHED, DIRECTION };
static const char *const year_columns[] = { "year", "tier", "addressed", "reached", "direction", NULL };

static enum error take_year(void *context, const struct text *values, struct failure *failure)
{
	struct call *call = context;
	struct reach_year year = { 0 };
	uint64_t number;
	if (!text_to_u64(values[YEAR], &number) || number < 1970 || number > 2261)
		return fail(failure, ERROR_INPUT, "year: a year was expected");
	year.year = (int)number;
	if (values[YEAR_TIER].size == 0 || !text_copy(values[YEAR_TIER], year.tier, sizeof year.tier))
		return fail(failure, ERROR_INPUT, "tier: a name of up to %d bytes was expected", TIER_SIZE - 1);
	if (!text_to_u64(values[ADDRESSED], &year.addressed) || !text_to_u64(values[REACHED], &year.reached) ||
	    year.reached > year.addressed || year.addressed > INT32_MAX)
		return fail(
		    failure, ERROR_INPUT, "addressed, reached: numbers were expected, the second not the larger");
	if (values[DIRECTION].size > 0 && !dispatch_direction_parse(values[DIRECTION], &year.direction))
		return fail(failure, ERROR_INPUT, "direction: down or up was expected");
	return store_reach_year_put(call->store, call->scope, &year, false, failure);
}

enum error reach_year_load(struct call *call, struct failure *failure)
{
	enum error error =
	    each_line(input_text(call, "years"), year_columns, "years", call->arena, take_year, call, failure);
	snprintf(call->location, sizeof call->location, "/reach-years");
	return error == OK ? reach_year_list(call, failure) : error;
}
