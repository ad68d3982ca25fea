/*
 * What telescopes counted, and what was published of it (store/darknet.h).
 */
#include "store/darknet.h"

#include "store/query.h"

#define FIGURES                                                                                                        \
	"organisation, sensor, day, hour, awake, address_seconds, addresses, frames, packets, bytes, dropped, "        \
	"folded, rows"

static void take(struct query *query, struct darknet_table *table)
{
	*table = (struct darknet_table){ .organisation = (uint32_t)column_integer(query, 0),
		.sensor = (uint32_t)column_integer(query, 1),
		.day = column_integer(query, 2),
		.hour = (int)column_integer(query, 3),
		.awake = column_real(query, 4),
		.address_seconds = column_real(query, 5),
		.addresses = column_count(query, 6),
		.frames = column_count(query, 7),
		.packets = column_count(query, 8),
		.bytes = column_count(query, 9),
		.dropped = column_count(query, 10),
		.folded = column_count(query, 11),
		.rows = (uint32_t)column_integer(query, 12) };
}

enum error store_darknet_put(
    struct store *store, const struct scope *scope, const struct darknet_table *table, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_TELESCOPE, table->organisation,
	    "INSERT INTO darknet_table (" FIGURES ", body) VALUES (:organisation, :sensor, :day, :hour, :awake,"
	    " :address_seconds, :addresses, :frames, :packets, :bytes, :dropped, :folded, :rows, :body)"
	    " ON CONFLICT (sensor, day, hour) DO UPDATE SET awake = excluded.awake,"
	    " address_seconds = excluded.address_seconds, addresses = excluded.addresses, frames = excluded.frames,"
	    " packets = excluded.packets, bytes = excluded.bytes, dropped = excluded.dropped,"
	    " folded = excluded.folded, rows = excluded.rows, body = excluded.body",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", table->organisation);
	bind_integer(&query, ":sensor", table->sensor);
	bind_integer(&query, ":day", table->day);
	bind_integer(&query, ":hour", table->hour);
	bind_real(&query, ":awake", table->awake);
	bind_real(&query, ":address_seconds", table->address_seconds);
	bind_integer(&query, ":addresses", (int64_t)table->addresses);
	bind_integer(&query, ":frames", (int64_t)table->frames);
	bind_integer(&query, ":packets", (int64_t)table->packets);
	bind_integer(&query, ":bytes", (int64_t)table->bytes);
	bind_integer(&query, ":dropped", (int64_t)table->dropped);
	bind_integer(&query, ":folded", (int64_t)table->folded);
	bind_integer(&query, ":rows", table->rows);
	bind_blob(&query, ":body", table->body.at, table->body.size);
	return query_run(&query, NULL);
}

enum error store_darknet_get(struct store *store, const struct scope *scope, uint32_t sensor, int64_t day, int hour,
    struct arena *arena, struct darknet_table *table, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_TELESCOPE,
	    "SELECT " FIGURES ", body FROM darknet_table WHERE {scope} AND sensor = :sensor AND day = :day"
	    " AND hour = :hour",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", sensor);
	bind_integer(&query, ":day", day);
	bind_integer(&query, ":hour", hour);
	error = query_one(&query, "table of a telescope");
	if (error)
		return error;
	take(&query, table);
	struct text body = column_text(&query, 13);
	table->body = arena_text(arena, body);
	query_release(&query);
	return body.size && !table->body.at ? fail(failure, ERROR_MEMORY, "no memory for a table") : OK;
}

enum error store_darknet_each(struct store *store, const struct scope *scope, const struct darknet_query *wanted,
    void (*each)(void *, const struct darknet_table *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_TELESCOPE,
	    "SELECT " FIGURES " FROM darknet_table WHERE {scope} AND day BETWEEN :from AND :to"
	    " AND (hour >= 0) = :hours AND (:organisation = 0 OR organisation = :organisation)"
	    " AND (:sensor = 0 OR sensor = :sensor) ORDER BY sensor, day, hour",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":from", wanted->from);
	bind_integer(&query, ":to", wanted->to);
	bind_integer(&query, ":hours", wanted->hours);
	bind_integer(&query, ":organisation", wanted->organisation);
	bind_integer(&query, ":sensor", wanted->sensor);
	while ((error = query_step(&query)) == OK) {
		struct darknet_table table;
		take(&query, &table);
		each(context, &table);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_darknet_expire(struct store *store, const struct scope *scope, int64_t before_day,
    int64_t hours_before_day, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_TELESCOPE, 0,
	    "DELETE FROM darknet_table WHERE day < :before OR (hour >= 0 AND day < :hours)", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":before", before_day);
	bind_integer(&query, ":hours", hours_before_day);
	return query_run(&query, NULL);
}

/* ── how far ─ */

enum error store_darknet_counted_put(
    struct store *store, const struct scope *scope, uint32_t organisation, uint64_t position, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_TELESCOPE, organisation,
	    "INSERT INTO darknet_counted (organisation, position) VALUES (:organisation, :position)"
	    " ON CONFLICT (organisation) DO UPDATE SET position = excluded.position",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":position", (int64_t)position);
	return query_run(&query, NULL);
}

enum error store_darknet_counted_each(struct store *store, const struct scope *scope,
    void (*each)(void *, uint32_t organisation, uint64_t position), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_TELESCOPE,
	    "SELECT organisation, position FROM darknet_counted WHERE {scope} ORDER BY organisation", &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK)
		each(context, (uint32_t)column_integer(&query, 0), column_count(&query, 1));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── publications: of the whole, for everybody who reads what telescopes counted ─ */

static void take_publication(struct query *query, struct darknet_publication *publication)
{
	*publication = (struct darknet_publication){ .id = column_uuid(query, 0), .created = column_integer(query, 1) };
	column_string(query, 2, publication->author, sizeof publication->author);
	column_string(query, 3, publication->title, sizeof publication->title);
	column_string(query, 4, publication->period, sizeof publication->period);
}

enum error store_darknet_publish(
    struct store *store, const struct scope *scope, struct darknet_publication *publication, struct failure *failure)
{
	struct query query;
	char id[UUID_TEXT];
	enum error error = query_write(store, scope, NOUN_TELESCOPE, 0,
	    "INSERT INTO darknet_publication (id, created, author, title, period, body)"
	    " VALUES (:id, :created, :author, :title, :period, :body)",
	    &query, failure);
	if (error)
		return error;
	publication->id = uuid_random();
	bind_uuid(&query, ":id", &publication->id);
	bind_integer(&query, ":created", publication->created);
	bind_string(&query, ":author", publication->author);
	bind_string(&query, ":title", publication->title);
	bind_string(&query, ":period", publication->period);
	bind_text(&query, ":body", publication->body);
	error = query_run(&query, NULL);
	return error ? error
		     : log_change(store, scope, "telescope.publish", uuid_format(publication->id, id), 0,
			   publication->period, failure);
}

static enum error read_published(
    struct store *store, const struct scope *scope, const char *sql, struct query *query, struct failure *failure)
{
	return scope_reads(scope, NOUN_TELESCOPE)
		   ? query_own(store, sql, query, failure)
		   : fail(failure, ERROR_DENIED, "the scope %s does not read this", scope_name(scope));
}

enum error store_darknet_publication_get(struct store *store, const struct scope *scope, struct uuid id,
    struct arena *arena, struct darknet_publication *publication, struct failure *failure)
{
	struct query query;
	enum error error = read_published(store, scope,
	    "SELECT id, created, author, title, period, body FROM darknet_publication WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_one(&query, "publication");
	if (error)
		return error;
	take_publication(&query, publication);
	publication->body = arena_text(arena, column_text(&query, 5));
	query_release(&query);
	return publication->body.at ? OK : fail(failure, ERROR_MEMORY, "no memory for a publication");
}

enum error store_darknet_publication_each(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct darknet_publication *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = read_published(store, scope,
	    "SELECT id, created, author, title, period FROM darknet_publication ORDER BY created DESC, id LIMIT 500",
	    &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK) {
		struct darknet_publication publication;
		take_publication(&query, &publication);
		each(context, &publication);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── notes ─ */

enum error store_darknet_note_add(
    struct store *store, const struct scope *scope, struct darknet_note *note, struct failure *failure)
{
	struct query query;
	char id[UUID_TEXT];
	int changed;
	enum error error = query_write(store, scope, NOUN_TELESCOPE, 0,
	    "INSERT INTO darknet_note (id, created, author, period, ja, en, left_out)"
	    " SELECT :id, :created, :author, :period, :ja, :en, :left_out"
	    " WHERE (SELECT count(*) FROM darknet_note) < :most",
	    &query, failure);
	if (error)
		return error;
	note->id = uuid_random();
	bind_uuid(&query, ":id", &note->id);
	bind_integer(&query, ":created", note->created);
	bind_string(&query, ":author", note->author);
	bind_string(&query, ":period", note->period);
	bind_text(&query, ":ja", note->japanese);
	bind_text(&query, ":en", note->english);
	bind_integer(&query, ":left_out", note->left_out);
	bind_integer(&query, ":most", DARKNET_NOTES_MOST);
	error = query_run(&query, &changed);
	if (!error && changed == 0)
		return fail(failure, ERROR_LIMIT, "at most %d notes", DARKNET_NOTES_MOST);
	return error ? error
		     : log_change(store, scope, "telescope.note", uuid_format(note->id, id), 0, note->period, failure);
}

enum error store_darknet_note_remove(
    struct store *store, const struct scope *scope, struct uuid id, struct failure *failure)
{
	struct query query;
	char text[UUID_TEXT];
	int changed;
	enum error error =
	    query_write(store, scope, NOUN_TELESCOPE, 0, "DELETE FROM darknet_note WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	error = query_run(&query, &changed);
	if (!error && changed == 0)
		return fail(failure, ERROR_NOT_FOUND, "there is no such note");
	return error ? error
		     : log_change(store, scope, "telescope.note-removed", uuid_format(id, text), 0, "", failure);
}

enum error store_darknet_note_each(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct darknet_note *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = read_published(store, scope,
	    "SELECT id, created, author, period, ja, en, left_out FROM darknet_note ORDER BY created, id", &query,
	    failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK) {
		struct darknet_note note = { .id = column_uuid(&query, 0),
			.created = column_integer(&query, 1),
			.japanese = column_text(&query, 4),
			.english = column_text(&query, 5),
			.left_out = column_integer(&query, 6) != 0 };
		column_string(&query, 2, note.author, sizeof note.author);
		column_string(&query, 3, note.period, sizeof note.period);
		each(context, &note);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
