/*
 * Contacts of networks that are no member's. See networks.h.
 */
#include "store/networks.h"

#include "store/query.h"

#define FIELDS                                                                                                         \
	"number, id, created, version, name, prefixes, mail, language, every, active, signed_by, told, due, systems"

/* They are the centre's own: who may see one sees all. */
enum error query_network(
    struct store *store, const struct scope *scope, const char *sql, struct query *query, struct failure *failure)
{
	return scope_covers_all(scope) && scope_reads(scope, NOUN_NETWORK)
		   ? query_own(store, sql, query, failure)
		   : fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
}

static void take(struct query *query, struct network_contact *to)
{
	*to = (struct network_contact){ .number = (uint32_t)column_integer(query, 0),
		.id = column_uuid(query, 1),
		.created = column_integer(query, 2),
		.version = column_count(query, 3),
		.language = (enum language)column_integer(query, 7),
		.every = column_integer(query, 8),
		.active = column_integer(query, 9) != 0,
		.told = column_integer(query, 11),
		.due = column_integer(query, 12) };
	column_string(query, 4, to->name, sizeof to->name);
	column_string(query, 5, to->prefixes, sizeof to->prefixes);
	column_string(query, 6, to->mail, sizeof to->mail);
	column_string(query, 10, to->signed_by, sizeof to->signed_by);
	column_string(query, 13, to->systems, sizeof to->systems);
}

static enum error check_room(struct store *store, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "SELECT count(*) FROM network_contact", &query, failure);
	if (!error)
		error = query_one(&query, "count");
	if (error)
		return error;
	int64_t count = column_integer(&query, 0);
	query_release(&query);
	return count < NETWORK_CONTACTS
		   ? OK
		   : fail(failure, ERROR_CONFLICT, "there are %d contacts already", NETWORK_CONTACTS);
}

static enum error write(
    struct store *store, const struct scope *scope, struct network_contact *contact, struct failure *failure)
{
	struct query query;
	bool is_new = contact->number == 0;
	enum error error = query_write(store, scope, NOUN_NETWORK, 0,
	    is_new
		? "INSERT INTO network_contact (id, created, version, name, prefixes, systems, mail, language, every,"
		  " active, signed_by, told, due) VALUES (:id, :created, 1, :name, :prefixes, :systems, :mail,"
		  " :language, :every, :active, :signed_by, 0, 0)"
		: "UPDATE network_contact SET version = version + 1, name = :name, prefixes = :prefixes,"
		  " systems = :systems, mail = :mail, language = :language, every = :every, active = :active, "
		  "signed_by = :signed_by"
		  " WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	if (is_new) {
		contact->id = uuid_random();
		bind_uuid(&query, ":id", &contact->id);
		bind_integer(&query, ":created", contact->created);
	} else
		bind_integer(&query, ":number", contact->number);
	bind_string(&query, ":name", contact->name);
	bind_string(&query, ":prefixes", contact->prefixes);
	bind_string(&query, ":systems", contact->systems);
	bind_string(&query, ":mail", contact->mail);
	bind_integer(&query, ":language", contact->language);
	bind_integer(&query, ":every", contact->every);
	bind_integer(&query, ":active", contact->active);
	bind_string(&query, ":signed_by", contact->signed_by);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, error, "name: there is a contact \"%s\" already", contact->name);
	if (!error && is_new)
		contact->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
	contact->version++;
	return error;
}

enum error store_network_put(
    struct store *store, const struct scope *scope, struct network_contact *contact, struct failure *failure)
{
	char object[UUID_TEXT];
	bool is_new = contact->number == 0;
	enum error error = is_new ? check_room(store, failure) : OK;
	if (!error)
		error = write(store, scope, contact, failure);
	return error ? error
		     : log_change(store, scope, is_new ? "network.new" : "network.change",
			   uuid_format(contact->id, object), 0, contact->name, failure);
}

static enum error take_one(struct query *query, struct network_contact *contact)
{
	enum error error = query_one(query, "contact");
	if (error)
		return error;
	take(query, contact);
	query_release(query);
	return OK;
}

enum error store_network_get(struct store *store, const struct scope *scope, struct uuid id,
    struct network_contact *contact, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_network(store, scope, "SELECT " FIELDS " FROM network_contact WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	return take_one(&query, contact);
}

enum error store_network_named(struct store *store, const struct scope *scope, struct text name,
    struct network_contact *contact, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_network(store, scope, "SELECT " FIELDS " FROM network_contact WHERE name = :name", &query, failure);
	if (error)
		return error;
	bind_text(&query, ":name", name);
	return take_one(&query, contact);
}

enum error store_network_page(struct store *store, const struct scope *scope, struct page *page,
    void (*each)(void *, const struct network_contact *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	struct network_contact contact = { 0 };
	enum error error = cursor_read(page, CURSOR_NETWORK, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_network(store, scope,
		    "SELECT " FIELDS " FROM network_contact WHERE number > :after ORDER BY number LIMIT :limit", &query,
		    failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":after", cursor.none ? 0 : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &contact);
		each(context, &contact);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_NETWORK, contact.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_network_each(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct network_contact *), void *context, struct failure *failure)
{
	struct query query;
	struct network_contact contact;
	enum error error =
	    query_network(store, scope, "SELECT " FIELDS " FROM network_contact ORDER BY name", &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK) {
		take(&query, &contact);
		each(context, &contact);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_network_remove(
    struct store *store, const struct scope *scope, const struct network_contact *contact, struct failure *failure)
{
	struct query query;
	char object[UUID_TEXT];
	enum error error = store_sighting_remove(store, scope, contact->number, INT64_MAX, failure);
	if (!error)
		error = query_write(store, scope, NOUN_NETWORK, 0, "DELETE FROM network_contact WHERE number = :number",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", contact->number);
	error = query_run(&query, NULL);
	return error ? error
		     : log_change(
			   store, scope, "network.remove", uuid_format(contact->id, object), 0, contact->name, failure);
}

enum error store_network_note(
    struct store *store, const struct scope *scope, const struct network_contact *contact, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_NETWORK, 0,
	    "UPDATE network_contact SET told = :told, due = :due WHERE number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":told", contact->told);
	bind_integer(&query, ":due", contact->due);
	bind_integer(&query, ":number", contact->number);
	return query_run(&query, NULL);
}

/* ── batches ─ */

#define BATCH "number, id, contact, created, recipient, rows, part, parts, state, tries, last_try, answer"

static void take_batch(struct query *query, struct network_batch *to)
{
	*to = (struct network_batch){ .number = column_count(query, 0),
		.id = column_uuid(query, 1),
		.contact = column_uuid(query, 2),
		.created = column_integer(query, 3),
		.rows = (uint32_t)column_integer(query, 5),
		.part = (uint32_t)column_integer(query, 6),
		.parts = (uint32_t)column_integer(query, 7),
		.state = (enum delivery_state)column_integer(query, 8),
		.tries = (uint32_t)column_integer(query, 9),
		.last_try = column_integer(query, 10) };
	column_string(query, 4, to->recipient, sizeof to->recipient);
	column_string(query, 11, to->answer, sizeof to->answer);
}

enum error store_network_batch_put(
    struct store *store, const struct scope *scope, struct network_batch *batch, struct failure *failure)
{
	struct query query;
	if (uuid_is_nil(batch->id))
		batch->id = uuid_random();
	enum error error = query_write(store, scope, NOUN_NETWORK, 0,
	    "INSERT INTO network_batch (id, contact, created, recipient, rows, part, parts, state, tries, last_try,"
	    " answer) VALUES (:id, :contact, :created, :recipient, :rows, :part, :parts, :state, :tries, :last_try,"
	    " :answer) ON CONFLICT (id) DO UPDATE SET state = excluded.state, tries = excluded.tries,"
	    " last_try = excluded.last_try, answer = excluded.answer",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &batch->id);
	bind_uuid(&query, ":contact", &batch->contact);
	bind_integer(&query, ":created", batch->created);
	bind_string(&query, ":recipient", batch->recipient);
	bind_integer(&query, ":rows", batch->rows);
	bind_integer(&query, ":part", batch->part);
	bind_integer(&query, ":parts", batch->parts);
	bind_integer(&query, ":state", batch->state);
	bind_integer(&query, ":tries", batch->tries);
	bind_integer(&query, ":last_try", batch->last_try);
	bind_string(&query, ":answer", batch->answer);
	return query_run(&query, NULL);
}

enum error store_network_batch_get(struct store *store, const struct scope *scope, struct uuid id,
    struct network_batch *batch, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_network(store, scope, "SELECT " BATCH " FROM network_batch WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "batch");
	if (error)
		return error;
	take_batch(&query, batch);
	query_release(&query);
	return OK;
}

static enum error each_batch(struct query *query, void (*each)(void *, const struct network_batch *), void *context)
{
	struct network_batch batch;
	enum error error;
	while ((error = query_step(query)) == OK) {
		take_batch(query, &batch);
		each(context, &batch);
	}
	query_release(query);
	return error == ERROR_END ? OK : error;
}

enum error store_network_batch_each(struct store *store, const struct scope *scope, struct uuid contact,
    void (*each)(void *, const struct network_batch *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_network(store, scope,
	    "SELECT " BATCH " FROM network_batch WHERE contact = :contact ORDER BY number DESC LIMIT 100", &query,
	    failure);
	if (error)
		return error;
	bind_uuid(&query, ":contact", &contact);
	return each_batch(&query, each, context);
}

enum error store_network_batch_refused(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct network_batch *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_network(store, scope,
	    "SELECT " BATCH " FROM network_batch WHERE state IN (:failed, :over) ORDER BY number DESC LIMIT 100",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":failed", DELIVERY_FAILED);
	bind_integer(&query, ":over", DELIVERY_GIVEN_UP);
	return each_batch(&query, each, context);
}

enum error store_network_expire(
    struct store *store, const struct scope *scope, nanoseconds before, struct failure *failure)
{
	static const char *const steps[] = { "DELETE FROM network_batch WHERE created < :before",
		"DELETE FROM network_sighting WHERE last < :before" };
	enum error error = OK;
	for (unsigned i = 0; i < 2 && !error; i++) {
		struct query query;
		error = query_write(store, scope, NOUN_NETWORK, 0, steps[i], &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":before", before);
		error = query_run(&query, NULL);
	}
	return error;
}
