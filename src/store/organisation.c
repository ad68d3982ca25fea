/*
 * Organisations with their address space.
 */
#include "model/organisation.h"

#include "store/query.h"

#include <stdio.h>
#include <string.h>

#define FIELDS                                                                                                         \
	"number, id, name, title_ja, title_en, sector, parent, language, contact1_name, contact1_mail, contact2_name," \
	" contact2_mail, quota, active, version"
#define ROWS " FROM (SELECT *, number AS organisation FROM organisation)"

static void take(struct query *query, struct organisation *organisation)
{
	*organisation =
	    (struct organisation){ .number = (uint32_t)column_integer(query, 0), .id = column_uuid(query, 1) };
	column_string(query, 2, organisation->name, sizeof organisation->name);
	column_string(query, 3, organisation->title_ja, sizeof organisation->title_ja);
	column_string(query, 4, organisation->title_en, sizeof organisation->title_en);
	column_string(query, 5, organisation->sector, sizeof organisation->sector);
	organisation->parent = (uint32_t)column_integer(query, 6);
	organisation->language = column_integer(query, 7) == LANGUAGE_ENGLISH ? LANGUAGE_ENGLISH : LANGUAGE_JAPANESE;
	for (int i = 0; i < 2; i++) {
		struct contact *contact = &organisation->contacts[i];
		column_string(query, 8 + 2 * i, contact->name, sizeof contact->name);
		column_string(query, 9 + 2 * i, contact->mail, sizeof contact->mail);
	}
	organisation->quota = column_real(query, 12);
	organisation->active = column_integer(query, 13) != 0;
	organisation->version = column_count(query, 14);
}

static void bind(struct query *query, const struct organisation *organisation)
{
	bind_string(query, ":name", organisation->name);
	bind_string(query, ":title_ja", organisation->title_ja);
	bind_string(query, ":title_en", organisation->title_en);
	bind_string(query, ":sector", organisation->sector);
	bind_number_or_null(query, ":parent", organisation->parent);
	bind_integer(query, ":language", organisation->language);
	bind_string(query, ":contact1_name", organisation->contacts[0].name);
	bind_string(query, ":contact1_mail", organisation->contacts[0].mail);
	bind_string(query, ":contact2_name", organisation->contacts[1].name);
	bind_string(query, ":contact2_mail", organisation->contacts[1].mail);
	bind_real(query, ":quota", organisation->quota);
	bind_integer(query, ":active", organisation->active);
}

/* A circle of parents would make "whose child is this" endless for whoever walks up. */
static enum error check_parent(
    struct store *store, const struct scope *scope, const struct organisation *organisation, struct failure *failure)
{
	uint32_t parent = organisation->parent;
	for (int depth = 0; parent != 0; depth++) {
		struct organisation above;
		if (parent == organisation->number || depth == 16)
			return fail(failure, ERROR_INPUT,
			    "the parents of %s would form a circle or be more than 16 deep", organisation->name);
		enum error error = store_organisation_get(store, scope, parent, &above, failure);
		if (error == ERROR_NOT_FOUND)
			return fail(failure, ERROR_INPUT, "there is no organisation %u to be the parent", parent);
		if (error)
			return error;
		parent = above.parent;
	}
	return OK;
}

static enum error insert(
    struct store *store, const struct scope *scope, struct organisation *organisation, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_ORGANISATION, 0,
	    "INSERT INTO organisation (id, name, title_ja, title_en, sector, parent, language, contact1_name, "
	    "contact1_mail,"
	    " contact2_name, contact2_mail, quota, active, version) VALUES (:id, :name, :title_ja, :title_en, :sector, "
	    ":parent,"
	    " :language, :contact1_name, :contact1_mail, :contact2_name, :contact2_mail, :quota, :active, 1)",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(organisation->id))
		organisation->id = uuid_random();
	bind_uuid(&query, ":id", &organisation->id);
	bind(&query, organisation);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT, "there is an organisation named %s already", organisation->name);
	if (!error) {
		organisation->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
		organisation->version = 1;
	}
	return error;
}

static enum error update(
    struct store *store, const struct scope *scope, struct organisation *organisation, struct failure *failure)
{
	struct organisation present;
	enum error error = store_organisation_get(store, scope, organisation->number, &present, failure);
	if (error)
		return error;
	if (organisation->version != present.version)
		return fail(failure, ERROR_CONFLICT, "%s was changed by somebody else: read it again", present.name);
	struct query query;
	error = query_write(store, scope, NOUN_ORGANISATION, organisation->number,
	    "UPDATE organisation SET name = :name, title_ja = :title_ja, title_en = :title_en, sector = :sector,"
	    " parent = :parent, language = :language, contact1_name = :contact1_name, contact1_mail = :contact1_mail,"
	    " contact2_name = :contact2_name, contact2_mail = :contact2_mail, quota = :quota, active = :active,"
	    " version = version + 1 WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", organisation->number);
	bind(&query, organisation);
	error = query_run(&query, NULL);
	if (!error)
		organisation->version++;
	return error;
}

enum error store_organisation_put(
    struct store *store, const struct scope *scope, struct organisation *organisation, struct failure *failure)
{
	const char *problem = organisation_problem(organisation);
	if (problem)
		return fail(failure, ERROR_INPUT, "organisation: %s", problem);
	enum error error = check_parent(store, scope, organisation, failure);
	bool is_new = organisation->number == 0;
	if (!error)
		error =
		    is_new ? insert(store, scope, organisation, failure) : update(store, scope, organisation, failure);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "organisation.new" : "organisation.change", organisation->name,
	    organisation->number, "", failure);
}

/* The one row that `query`, which matches on one of a row's own keys, finds. */
static enum error take_one(struct query *query, struct organisation *organisation)
{
	enum error error = query_one(query, "organisation");
	if (error)
		return error;
	take(query, organisation);
	query_release(query);
	return OK;
}

enum error store_organisation_get(struct store *store, const struct scope *scope, uint32_t number,
    struct organisation *organisation, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_ORGANISATION,
	    "SELECT " FIELDS ROWS " WHERE {scope} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	return take_one(&query, organisation);
}

enum error store_organisation_find(struct store *store, const struct scope *scope, struct text name,
    struct organisation *organisation, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_ORGANISATION, "SELECT " FIELDS ROWS " WHERE {scope} AND name = :name", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":name", name);
	return take_one(&query, organisation);
}

enum error store_organisation_each(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct organisation *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_ORGANISATION, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_ORGANISATION,
		    "SELECT " FIELDS ROWS " WHERE {scope} AND number > :after ORDER BY number LIMIT :limit", &query,
		    failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":after", cursor.none ? 0 : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct organisation organisation = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &organisation);
		each(context, &organisation);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_ORGANISATION, organisation.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_organisation_all(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct organisation *), void *context, struct failure *failure)
{
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	enum error error;
	do {
		error = store_organisation_each(store, scope, &page, each, context, failure);
		text_copy(text_of(page.next), after, sizeof after);
		page.after = text_of(after);
	} while (error == OK && *page.next);
	return error;
}

enum error store_space_put(
    struct store *store, const struct scope *scope, const struct organisation_space *space, struct failure *failure)
{
	if ((space->prefix.length == 0) == (space->domain[0] == 0))
		return fail(failure, ERROR_INPUT, "an address space is either a prefix or a domain");
	if (space->to != 0 && space->to <= space->from)
		return fail(failure, ERROR_INPUT, "an address space ends after it begins");
	struct query query;
	enum error error = query_write(store, scope, NOUN_ORGANISATION, space->organisation,
	    "INSERT INTO space (organisation, address, length, domain, valid_from, valid_to) VALUES (:organisation, "
	    ":address,"
	    " :length, :domain, :from, :to) ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to",
	    &query, failure);
	if (error)
		return error;
	char shown[PREFIX_TEXT] = "";
	bind_integer(&query, ":organisation", space->organisation);
	bind_blob(&query, ":address", space->prefix.address.bytes,
	    space->prefix.length ? sizeof space->prefix.address.bytes : 0);
	bind_integer(&query, ":length", space->prefix.length);
	bind_string(&query, ":domain", space->domain);
	bind_integer(&query, ":from", space->from);
	bind_integer(&query, ":to", space->to);
	error = query_run(&query, NULL);
	if (error)
		return error;
	return log_change(store, scope, "space.change",
	    space->domain[0] ? space->domain : prefix_format(space->prefix, shown), space->organisation, "", failure);
}

enum error store_space_each(struct store *store, const struct scope *scope, uint32_t organisation,
    void (*each)(void *, const struct organisation_space *), void *context, struct failure *failure)
{
	static const char of_one[] = "SELECT organisation, address, length, domain, valid_from, valid_to FROM space"
				     " WHERE {scope} AND organisation = :organisation ORDER BY number",
			  of_all[] = "SELECT organisation, address, length, domain, valid_from, valid_to FROM space"
				     " WHERE {scope} ORDER BY number";
	struct query query;
	enum error error = query_read(store, scope, NOUN_ORGANISATION, organisation ? of_one : of_all, &query, failure);
	if (error)
		return error;
	if (organisation)
		bind_integer(&query, ":organisation", organisation);
	while ((error = query_step(&query)) == OK) {
		struct organisation_space space = { .organisation = (uint32_t)column_integer(&query, 0) };
		column_bytes(&query, 1, space.prefix.address.bytes, sizeof space.prefix.address.bytes);
		space.prefix.length = (uint8_t)column_integer(&query, 2);
		column_string(&query, 3, space.domain, sizeof space.domain);
		space.from = column_integer(&query, 4);
		space.to = column_integer(&query, 5);
		each(context, &space);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
