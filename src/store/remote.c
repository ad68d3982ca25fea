/*
 * Remotes of the exchange (store/remotes.h).
 */
#include "store/remotes.h"

#include "store/query.h"

#include <stdio.h>
#include <string.h>

#define SET                                                                                                            \
	"name, url, there, collection, organisation, polls, pushes, user, credential, authorities, every, objects, "   \
	"bytes, within, active, kind, tlp"
#define STATE                                                                                                          \
	"poll_due, poll_last, poll_failures, poll_words, poll_good, poll_bad, push_due, push_last, push_failures, "    \
	"push_words, push_good, push_bad, after, next, reached, given, status, status_given, removed, "                \
	"removed_added, etag, changed"
#define FIELDS "number, id, created, version, " SET ", " STATE

static void take_course(struct query *query, int column, struct remote_course *course)
{
	course->due = column_integer(query, column);
	course->last = column_integer(query, column + 1);
	course->failures = (uint32_t)column_integer(query, column + 2);
	column_string(query, column + 3, course->words, sizeof course->words);
	course->good = column_count(query, column + 4);
	course->bad = column_count(query, column + 5);
}

static void take(struct query *query, struct remote *remote)
{
	*remote = (struct remote){ .number = (uint32_t)column_integer(query, 0),
		.id = column_uuid(query, 1),
		.created = column_integer(query, 2),
		.version = column_count(query, 3),
		.collection = (uint32_t)column_integer(query, 7),
		.organisation = (uint32_t)column_integer(query, 8),
		.does = { column_integer(query, 9) != 0, column_integer(query, 10) != 0 },
		.every = column_integer(query, 14),
		.objects = (uint32_t)column_integer(query, 15),
		.bytes = column_count(query, 16),
		.within = column_integer(query, 17),
		.active = column_integer(query, 18) != 0,
		.kind = (enum remote_kind)column_integer(query, 19),
		.tlp = (enum tlp)column_integer(query, 20),
		.given = column_integer(query, 36),
		.status_given = column_integer(query, 38),
		.removed = column_integer(query, 39),
		.removed_added = column_integer(query, 40) };
	column_string(query, 4, remote->name, sizeof remote->name);
	column_string(query, 5, remote->url, sizeof remote->url);
	column_string(query, 6, remote->there, sizeof remote->there);
	column_string(query, 11, remote->user, sizeof remote->user);
	column_string(query, 12, remote->credential, sizeof remote->credential);
	column_string(query, 13, remote->authorities, sizeof remote->authorities);
	take_course(query, 21, &remote->course[REMOTE_POLL]);
	take_course(query, 27, &remote->course[REMOTE_PUSH]);
	column_string(query, 33, remote->after, sizeof remote->after);
	column_string(query, 34, remote->next, sizeof remote->next);
	column_string(query, 35, remote->reached, sizeof remote->reached);
	column_string(query, 37, remote->status, sizeof remote->status);
	column_string(query, 41, remote->etag, sizeof remote->etag);
	column_string(query, 42, remote->changed, sizeof remote->changed);
}

static void bind_set(struct query *query, const struct remote *remote)
{
	bind_string(query, ":name", remote->name);
	bind_string(query, ":url", remote->url);
	bind_string(query, ":there", remote->there);
	bind_integer(query, ":collection", remote->collection);
	bind_integer(query, ":organisation", remote->organisation);
	bind_integer(query, ":polls", remote->does[REMOTE_POLL]);
	bind_integer(query, ":pushes", remote->does[REMOTE_PUSH]);
	bind_string(query, ":user", remote->user);
	bind_string(query, ":credential", remote->credential);
	bind_string(query, ":authorities", remote->authorities);
	bind_integer(query, ":every", remote->every);
	bind_integer(query, ":objects", remote->objects);
	bind_integer(query, ":bytes", (int64_t)remote->bytes);
	bind_integer(query, ":within", remote->within);
	bind_integer(query, ":active", remote->active);
	bind_integer(query, ":kind", remote->kind);
	bind_integer(query, ":tlp", remote->tlp);
}

static void bind_state(struct query *query, const struct remote *remote)
{
	const struct remote_course *poll = &remote->course[REMOTE_POLL], *push = &remote->course[REMOTE_PUSH];
	bind_integer(query, ":poll_due", poll->due);
	bind_integer(query, ":poll_last", poll->last);
	bind_integer(query, ":poll_failures", poll->failures);
	bind_string(query, ":poll_words", poll->words);
	bind_integer(query, ":poll_good", (int64_t)poll->good);
	bind_integer(query, ":poll_bad", (int64_t)poll->bad);
	bind_integer(query, ":push_due", push->due);
	bind_integer(query, ":push_last", push->last);
	bind_integer(query, ":push_failures", push->failures);
	bind_string(query, ":push_words", push->words);
	bind_integer(query, ":push_good", (int64_t)push->good);
	bind_integer(query, ":push_bad", (int64_t)push->bad);
	bind_string(query, ":after", remote->after);
	bind_string(query, ":next", remote->next);
	bind_string(query, ":reached", remote->reached);
	bind_integer(query, ":given", remote->given);
	bind_string(query, ":status", remote->status);
	bind_integer(query, ":status_given", remote->status_given);
	bind_integer(query, ":removed", remote->removed);
	bind_integer(query, ":removed_added", remote->removed_added);
	bind_string(query, ":etag", remote->etag);
	bind_string(query, ":changed", remote->changed);
	bind_integer(query, ":number", remote->number);
	bind_integer(query, ":version", (int64_t)remote->version);
}

/* ── changes ─ */

static enum error insert(struct store *store, const struct scope *scope, struct remote *remote, struct failure *failure)
{
	struct query query;
	int rows = 0;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "INSERT INTO remote (id, created, version, " SET ", " STATE
	    ") SELECT :id, :created, 1, :name, :url, :there,"
	    " :collection, :organisation, :polls, :pushes, :user, :credential, :authorities, :every, :objects, :bytes,"
	    " :within, :active, :kind, :tlp, 0, 0, 0, '', 0, 0, 0, 0, 0, '', 0, 0, '', '', '', 0, '', 0, :created, 0, "
	    "'', ''"
	    " WHERE (SELECT count(*) FROM remote) < :most",
	    &query, failure);
	if (error)
		return error;
	remote->id = uuid_random();
	bind_uuid(&query, ":id", &remote->id);
	bind_integer(&query, ":created", remote->created);
	bind_integer(&query, ":most", REMOTES_MOST);
	bind_set(&query, remote);
	error = query_run(&query, &rows);
	if (!error && rows == 0)
		error = fail(failure, ERROR_LIMIT, "there are %d remotes: no more can be made", REMOTES_MOST);
	remote->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
	remote->version = 1;
	return error;
}

#define STATE_SET                                                                                                      \
	"poll_due = :poll_due, poll_last = :poll_last, poll_failures = :poll_failures, poll_words = :poll_words,"      \
	" poll_good = :poll_good, poll_bad = :poll_bad, push_due = :push_due, push_last = :push_last,"                 \
	" push_failures = :push_failures, push_words = :push_words, push_good = :push_good, push_bad = :push_bad,"     \
	" after = :after, next = :next, reached = :reached, given = :given, status = :status,"                         \
	" status_given = :status_given, removed = :removed, removed_added = :removed_added, etag = :etag,"             \
	" changed = :changed"

static enum error update(struct store *store, const struct scope *scope, struct remote *remote, struct failure *failure)
{
	struct query query;
	int rows = 0;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "UPDATE remote SET name = :name, url = :url, there = :there, collection = :collection,"
	    " organisation = :organisation, polls = :polls, pushes = :pushes, user = :user, credential = :credential,"
	    " authorities = :authorities, every = :every, objects = :objects, bytes = :bytes, within = :within,"
	    " active = :active, kind = :kind, tlp = :tlp, version = version + 1, " STATE_SET
	    " WHERE number = :number AND version = :version",
	    &query, failure);
	if (error)
		return error;
	bind_set(&query, remote);
	bind_state(&query, remote);
	error = query_run(&query, &rows);
	if (!error && rows == 0)
		return fail(failure, ERROR_CONFLICT, "The remote was changed meanwhile: read it again.");
	remote->version++;
	return error;
}

enum error store_remote_put(
    struct store *store, const struct scope *scope, struct remote *remote, struct failure *failure)
{
	char object[UUID_TEXT];
	bool is_new = remote->number == 0;
	enum error error = remote_check(remote, failure);
	if (!error)
		error = is_new ? insert(store, scope, remote, failure) : update(store, scope, remote, failure);
	if (error == ERROR_CONFLICT && is_new)
		return fail(failure, error, "name: there is a remote \"%s\" already", remote->name);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "remote.new" : "remote.change", uuid_format(remote->id, object),
	    remote->organisation, remote->name, failure);
}

enum error store_remote_note(
    struct store *store, const struct scope *scope, const struct remote *remote, struct failure *failure)
{
	struct query query;
	int rows = 0;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "UPDATE remote SET " STATE_SET " WHERE number = :number AND version = :version", &query, failure);
	if (error)
		return error;
	bind_state(&query, remote);
	error = query_run(&query, &rows);
	return !error && rows == 0 ? fail(failure, ERROR_NOT_FOUND, "the remote was changed meanwhile") : error;
}

enum error store_remote_remove(
    struct store *store, const struct scope *scope, const struct remote *remote, struct failure *failure)
{
	static const char *const steps[] = { "DELETE FROM remote_failure WHERE remote = :number",
		"DELETE FROM remote WHERE number = :number" };
	char object[UUID_TEXT];
	enum error error = OK;
	for (unsigned i = 0; i < 2 && !error; i++) {
		struct query query;
		error = query_write(store, scope, NOUN_COLLECTION, 0, steps[i], &query, failure);
		if (error)
			return error;
		bind_integer(&query, ":number", remote->number);
		error = query_run(&query, NULL);
	}
	return error ? error
		     : log_change(store, scope, "remote.remove", uuid_format(remote->id, object), remote->organisation,
			   remote->name, failure);
}

/* ── reading ─ */

static enum error one(struct query *query, struct remote *remote)
{
	enum error error = query_one(query, "remote");
	if (error)
		return error;
	take(query, remote);
	query_release(query);
	return OK;
}

enum error store_remote_find(
    struct store *store, const struct scope *scope, struct text name, struct remote *remote, struct failure *failure)
{
	struct query query;
	struct uuid id = { 0 };
	uuid_parse(name, &id);
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS " FROM remote WHERE {scope} AND (id = :id OR name = :name)", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_text(&query, ":name", name);
	return one(&query, remote);
}

enum error store_remote_get(
    struct store *store, const struct scope *scope, uint32_t number, struct remote *remote, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS " FROM remote WHERE {scope} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	return one(&query, remote);
}

enum error store_remote_each(struct store *store, const struct scope *scope,
    void (*each)(void *, const struct remote *), void *context, struct failure *failure)
{
	struct query query;
	struct remote remote;
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT " FIELDS " FROM remote WHERE {scope} ORDER BY name", &query, failure);
	while (!error && (error = query_step(&query)) == OK) {
		take(&query, &remote);
		each(context, &remote);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_remote_due(struct store *store, const struct scope *scope, enum remote_way way, nanoseconds now,
    uint32_t *numbers, size_t room, size_t *count, struct failure *failure)
{
	static const char polls[] = "SELECT number FROM remote WHERE {scope} AND active = 1 AND polls = 1"
				    " AND poll_due <= :now ORDER BY poll_due",
			  pushes[] = "SELECT number FROM remote WHERE {scope} AND active = 1 AND pushes = 1"
				     " AND push_due <= :now ORDER BY push_due";
	struct query query;
	*count = 0;
	enum error error =
	    query_read(store, scope, NOUN_COLLECTION, way == REMOTE_POLL ? polls : pushes, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	while (*count < room && (error = query_step(&query)) == OK)
		numbers[(*count)++] = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

/* ── failures ─ */

enum error store_remote_failure_put(struct store *store, const struct scope *scope, uint32_t remote,
    const struct remote_failure *failed, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_COLLECTION, 0,
	    "INSERT INTO remote_failure (remote, way, at, object, version, message)"
	    " VALUES (:remote, :way, :at, :object, :version, :message)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":remote", remote);
	bind_integer(&query, ":way", failed->way);
	bind_integer(&query, ":at", failed->when);
	bind_text(&query, ":object", failed->object);
	bind_text(&query, ":version", failed->version);
	bind_text(&query, ":message", failed->message);
	error = query_run(&query, NULL);
	if (!error)
		error = query_write(store, scope, NOUN_COLLECTION, 0,
		    "DELETE FROM remote_failure WHERE number <= (SELECT number FROM remote_failure WHERE remote = "
		    ":remote"
		    " AND way = :way ORDER BY number DESC LIMIT 1 OFFSET :most) AND remote = :remote AND way = :way",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":remote", remote);
	bind_integer(&query, ":way", failed->way);
	bind_integer(&query, ":most", REMOTE_FAILURES);
	return query_run(&query, NULL);
}

enum error store_remote_failure_each(struct store *store, const struct scope *scope, uint32_t remote,
    void (*each)(void *, const struct remote_failure *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_COLLECTION,
	    "SELECT f.way, at, object, f.version, message FROM remote_failure f JOIN remote ON remote = remote.number"
	    " WHERE {scope} AND remote = :remote ORDER BY f.number DESC",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":remote", remote);
	while ((error = query_step(&query)) == OK) {
		const struct remote_failure failed = { .way = (enum remote_way)column_integer(&query, 0),
			.when = column_integer(&query, 1),
			.object = column_text(&query, 2),
			.version = column_text(&query, 3),
			.message = column_text(&query, 4) };
		each(context, &failed);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
