/*
 * The directory of contacts to whom dispatches go.
 */
#include "store/dispatch.h"
#include "store/query.h"

#include <stdlib.h>

#define FIELDS                                                                                                         \
	"number, list, name, title, tier, parent, organisation, person, mail, language, agreed, verified, trouble, "   \
	"trouble_since"

static void take(struct query *query, struct dispatch_contact *contact)
{
	*contact = (struct dispatch_contact){ .number = column_count(query, 0),
		.organisation = (uint32_t)column_integer(query, 6),
		.language = (enum language)column_integer(query, 9),
		.agreed = column_integer(query, 10),
		.verified = column_integer(query, 11),
		.trouble_since = column_integer(query, 13) };
	column_string(query, 1, contact->list, sizeof contact->list);
	column_string(query, 2, contact->name, sizeof contact->name);
	column_string(query, 3, contact->title, sizeof contact->title);
	column_string(query, 4, contact->tier, sizeof contact->tier);
	column_string(query, 5, contact->parent, sizeof contact->parent);
	column_string(query, 7, contact->person, sizeof contact->person);
	column_string(query, 8, contact->mail, sizeof contact->mail);
	column_string(query, 12, contact->trouble, sizeof contact->trouble);
}

enum error store_contact_put(
    struct store *store, const struct scope *scope, struct dispatch_contact *contact, struct failure *failure)
{
	struct query query;
	store->standing++;
	enum error error = query_write(store, scope, NOUN_NOTICE, 0,
	    "INSERT INTO contact (list, name, title, tier, parent, organisation, person, mail, language, agreed, "
	    "verified,"
	    " trouble, trouble_since) VALUES (:list, :name, :title, :tier, :parent, :organisation, :person, :mail, "
	    ":language,"
	    " :agreed, 0, '', 0) ON CONFLICT (list, name) DO UPDATE SET title = :title, tier = :tier, parent = :parent,"
	    " organisation = :organisation, person = :person, language = :language, agreed = :agreed,"
	    " verified = CASE mail WHEN :mail THEN verified ELSE 0 END,"
	    " trouble = CASE mail WHEN :mail THEN trouble ELSE '' END,"
	    " trouble_since = CASE mail WHEN :mail THEN trouble_since ELSE 0 END, mail = :mail RETURNING number",
	    &query, failure);
	if (error)
		return error;
	bind_string(&query, ":list", contact->list);
	bind_string(&query, ":name", contact->name);
	bind_string(&query, ":title", contact->title);
	bind_string(&query, ":tier", contact->tier);
	bind_string(&query, ":parent", contact->parent);
	bind_integer(&query, ":organisation", contact->organisation);
	bind_string(&query, ":person", contact->person);
	bind_string(&query, ":mail", contact->mail);
	bind_integer(&query, ":language", contact->language);
	bind_integer(&query, ":agreed", contact->agreed);
	error = query_one(&query, "contact");
	if (error)
		return error;
	contact->number = column_count(&query, 0);
	while ((error = query_step(&query)) == OK)
		;
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_contact_found(
    struct store *store, const struct scope *scope, const struct dispatch_contact *contact, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NOTICE, 0,
	    "UPDATE contact SET verified = max(verified, :verified), trouble = :trouble, trouble_since ="
	    " CASE WHEN :trouble = '' THEN 0 WHEN trouble = '' THEN :since ELSE trouble_since END"
	    " WHERE list = :list AND name = :name AND mail = :mail",
	    &query, failure);
	if (error)
		return error;
	bind_string(&query, ":list", contact->list);
	bind_string(&query, ":name", contact->name);
	bind_string(&query, ":mail", contact->mail);
	bind_integer(&query, ":verified", contact->verified);
	bind_string(&query, ":trouble", contact->trouble);
	bind_integer(&query, ":since", contact->trouble_since);
	return query_run(&query, NULL);
}

struct gone {
	const uint64_t *kept;
	size_t count;
	uint64_t *numbers;
	size_t found, room;
	bool failed;
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;
	return *one < *other ? -1 : *one > *other;
}

static void collect(void *context, const struct dispatch_contact *contact)
{
	struct gone *gone = context;
	if (gone->count && bsearch(&contact->number, gone->kept, gone->count, sizeof *gone->kept, by_number))
		return;
	if (gone->found == gone->room) {
		void *grown = array_grow(gone->numbers, &gone->room, 64, sizeof *gone->numbers);
		gone->failed |= !grown;
		if (!grown)
			return;
		gone->numbers = grown;
	}
	gone->numbers[gone->found++] = contact->number;
}

enum error store_contact_keep(struct store *store, const struct scope *scope, const char *list, const uint64_t *kept,
    size_t count, struct failure *failure)
{
	struct gone gone = { .kept = kept, .count = count };
	enum error error = store_contact_each(store, scope, list, false, collect, &gone, failure);
	if (error == OK && gone.failed)
		error = fail(failure, ERROR_MEMORY, "contacts: no memory");
	for (size_t i = 0; i < gone.found && error == OK; i++) {
		struct query query;
		store->standing++;
		error = query_write(
		    store, scope, NOUN_NOTICE, 0, "DELETE FROM contact WHERE number = :number", &query, failure);
		if (error)
			break;
		bind_integer(&query, ":number", (int64_t)gone.numbers[i]);
		error = query_run(&query, NULL);
	}
	free(gone.numbers);
	return error;
}

enum error store_contact_each(struct store *store, const struct scope *scope, const char *list, bool troubled,
    void (*each)(void *, const struct dispatch_contact *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS " FROM contact WHERE (SELECT {scope} FROM (SELECT 0 AS organisation))"
	    " AND (:list IS NULL OR list = :list) AND (:troubled = 0 OR trouble <> '') ORDER BY number",
	    &query, failure);
	if (error)
		return error;
	if (list)
		bind_string(&query, ":list", list);
	bind_integer(&query, ":troubled", troubled);
	while ((error = query_step(&query)) == OK) {
		struct dispatch_contact contact;
		take(&query, &contact);
		each(context, &contact);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_contact_lists(struct store *store, const struct scope *scope,
    void (*each)(void *, const char *list, uint32_t contacts, uint32_t troubled), void *context,
    struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT list, count(*), sum(trouble <> '') FROM contact"
	    " WHERE (SELECT {scope} FROM (SELECT 0 AS organisation)) GROUP BY list ORDER BY list",
	    &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK) {
		char list[NAME_SIZE];
		column_string(&query, 0, list, sizeof list);
		each(context, list, (uint32_t)column_integer(&query, 1), (uint32_t)column_integer(&query, 2));
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
