/*
 * Recipients of dispatches: whose turn it is, what was sent, what came of it.
 */
#include "store/dispatch.h"
#include "store/query.h"

#include <string.h>

#define FIELDS                                                                                                         \
	"number, id, dispatch, parent, tier_level, organisation, name, title, tier, body, person, mail, language, "    \
	"due, sent, delivered, bounced, status, answer, opened, reached, way, another, said_by, answers, reminders, "  \
	"link_digest"

static bool take(struct query *query, struct arena *arena, struct recipient *recipient)
{
	*recipient = (struct recipient){ .number = column_count(query, 0),
		.id = column_uuid(query, 1),
		.dispatch = column_count(query, 2),
		.parent = column_count(query, 3),
		.tier_level = (uint32_t)column_integer(query, 4),
		.organisation = (uint32_t)column_integer(query, 5),
		.language = (enum language)column_integer(query, 12),
		.due = column_integer(query, 13),
		.sent = column_integer(query, 14),
		.delivered = column_integer(query, 15),
		.bounced = column_integer(query, 16),
		.opened = column_integer(query, 19),
		.reached = column_integer(query, 20),
		.way = (enum reach_way)column_integer(query, 21),
		.another = column_integer(query, 22),
		.answers = arena_string(arena, column_text(query, 24)),
		.reminders = (uint32_t)column_integer(query, 25) };
	column_string(query, 6, recipient->name, sizeof recipient->name);
	column_string(query, 7, recipient->title, sizeof recipient->title);
	column_string(query, 8, recipient->tier, sizeof recipient->tier);
	column_string(query, 9, recipient->body, sizeof recipient->body);
	column_string(query, 10, recipient->person, sizeof recipient->person);
	column_string(query, 11, recipient->mail, sizeof recipient->mail);
	column_string(query, 17, recipient->status, sizeof recipient->status);
	column_string(query, 18, recipient->answer, sizeof recipient->answer);
	column_string(query, 23, recipient->by, sizeof recipient->by);
	column_bytes(query, 26, recipient->link_digest, sizeof recipient->link_digest);
	return recipient->answers;
}

static void bind_who(struct query *query, const struct recipient *recipient)
{
	bind_uuid(query, ":id", &recipient->id);
	bind_integer(query, ":dispatch", (int64_t)recipient->dispatch);
	bind_integer(query, ":parent", (int64_t)recipient->parent);
	bind_integer(query, ":tier_level", recipient->tier_level);
	bind_integer(query, ":organisation", recipient->organisation);
	bind_string(query, ":name", recipient->name);
	bind_string(query, ":title", recipient->title);
	bind_string(query, ":tier", recipient->tier);
	bind_string(query, ":body", recipient->body);
	bind_string(query, ":person", recipient->person);
	bind_string(query, ":mail", recipient->mail);
	bind_integer(query, ":language", recipient->language);
}

static void bind_what(struct query *query, const struct recipient *recipient)
{
	static const uint8_t none[32];
	bool linked = memcmp(recipient->link_digest, none, sizeof none) != 0;
	bind_integer(query, ":due", recipient->due);
	bind_integer(query, ":sent", recipient->sent);
	bind_integer(query, ":delivered", recipient->delivered);
	bind_integer(query, ":bounced", recipient->bounced);
	bind_string(query, ":status", recipient->status);
	bind_string(query, ":answer", recipient->answer);
	bind_integer(query, ":opened", recipient->opened);
	bind_integer(query, ":reached", recipient->reached);
	bind_integer(query, ":way", recipient->way);
	bind_integer(query, ":another", recipient->another);
	bind_string(query, ":said_by", recipient->by);
	bind_string(query, ":answers", recipient->answers ? recipient->answers : "");
	bind_integer(query, ":reminders", recipient->reminders);
	if (linked)
		bind_blob(query, ":link_digest", recipient->link_digest, sizeof recipient->link_digest);
}

enum error store_recipient_put(
    struct store *store, const struct scope *scope, struct recipient *recipient, struct failure *failure)
{
	struct query query;
	bool new = recipient->number == 0;
	enum error error = query_write(store, scope, NOUN_NOTICE, recipient->organisation,
	    new ? "INSERT INTO recipient (id, dispatch, parent, tier_level, organisation, name, title, tier, body, "
		  "person,"
		  " mail, language, due, sent, delivered, bounced, status, answer, opened, reached, way, another, "
		  "said_by,"
		  " answers, reminders, link_digest) VALUES (:id, :dispatch, :parent, :tier_level, :organisation, "
		  ":name,"
		  " :title, :tier, :body, :person, :mail, :language, :due, :sent, :delivered, :bounced, :status, "
		  ":answer,"
		  " :opened, :reached, :way, :another, :said_by, :answers, :reminders, :link_digest)"
		: "UPDATE recipient SET due = :due, sent = :sent, delivered = :delivered, bounced = :bounced,"
		  " status = :status, answer = :answer, opened = :opened, reached = :reached, way = :way,"
		  " another = :another, said_by = :said_by, answers = :answers, reminders = :reminders,"
		  " link_digest = :link_digest WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	if (new) {
		recipient->id = uuid_is_nil(recipient->id) ? uuid_random() : recipient->id;
		bind_who(&query, recipient);
	} else
		bind_integer(&query, ":number", (int64_t)recipient->number);
	bind_what(&query, recipient);
	error = query_run(&query, NULL);
	if (!error && new)
		recipient->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return error;
}

static enum error get(struct query *query, struct arena *arena, struct recipient *recipient, struct failure *failure)
{
	enum error error = query_one(query, "recipient");
	if (error)
		return error;
	bool taken = take(query, arena, recipient);
	query_release(query);
	return taken ? OK : fail(failure, ERROR_MEMORY, "recipient: no memory");
}

enum error store_recipient_get(struct store *store, const struct scope *scope, struct uuid id, struct arena *arena,
    struct recipient *recipient, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_NOTICE, "SELECT " FIELDS " FROM recipient WHERE {scope} AND id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	return get(&query, arena, recipient, failure);
}

enum error store_recipient_by_link(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct arena *arena, struct recipient *recipient, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS " FROM recipient WHERE {scope} AND link_digest = :digest", &query, failure);
	if (error)
		return error;
	bind_blob(&query, ":digest", digest, 32);
	return get(&query, arena, recipient, failure);
}

static enum error each_of(struct query *query, struct arena *arena, void (*each)(void *, const struct recipient *),
    void *context, struct failure *failure)
{
	enum error error;
	while ((error = query_step(query)) == OK) {
		struct recipient recipient;
		if (!take(query, arena, &recipient)) {
			error = fail(failure, ERROR_MEMORY, "recipients: no memory");
			break;
		}
		each(context, &recipient);
	}
	query_release(query);
	return error == ERROR_END ? OK : error;
}

#define CHOICES 3
static const char *const lists[CHOICES + 1] = {
	[RECIPIENTS_ALL] = "SELECT " FIELDS " FROM recipient WHERE {scope} AND dispatch = :dispatch AND number > :after"
			   " ORDER BY number LIMIT :limit",
	[RECIPIENTS_DUE] = "SELECT " FIELDS " FROM recipient WHERE {scope} AND dispatch = :dispatch AND due > 0"
			   " AND sent = 0 AND number > :after ORDER BY number LIMIT :limit",
	[RECIPIENTS_SILENT] = "SELECT " FIELDS " FROM recipient WHERE {scope} AND dispatch = :dispatch AND sent <> 0"
			      " AND reached = 0 AND bounced = 0 AND reminders = 0 AND mail <> '' AND number > :after"
			      " ORDER BY number LIMIT :limit",
	[CHOICES] = "SELECT " FIELDS " FROM recipient WHERE {scope} AND :dispatch = 0 AND organisation <> 0"
		    " AND sent <> 0 AND (:after = 0 OR number < :after) ORDER BY number DESC LIMIT :limit",
};

enum error store_recipient_each(struct store *store, const struct scope *scope, uint64_t dispatch,
    enum recipient_choice choice, uint64_t after, uint32_t limit, struct arena *arena,
    void (*each)(void *, const struct recipient *), void *context, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_read(store, scope, NOUN_NOTICE, lists[dispatch ? (unsigned)choice : CHOICES], &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":dispatch", (int64_t)dispatch);
	bind_integer(&query, ":after", (int64_t)after);
	bind_integer(&query, ":limit", limit);
	return each_of(&query, arena, each, context, failure);
}

enum error store_recipient_of(struct store *store, const struct scope *scope, uint32_t organisation, uint32_t limit,
    struct arena *arena, void (*each)(void *, const struct recipient *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_NOTICE,
	    "SELECT " FIELDS " FROM recipient WHERE {scope} AND organisation = :organisation AND organisation <> 0"
	    " AND sent <> 0 ORDER BY number DESC LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":limit", limit);
	return each_of(&query, arena, each, context, failure);
}

enum error store_recipient_pass(struct store *store, const struct scope *scope, const struct dispatch *dispatch,
    const struct recipient *recipient, nanoseconds now, struct failure *failure)
{
	struct query query;
	bool up = dispatch->direction == DISPATCH_UP;
	const char *sql =
	    recipient
		? up ? "UPDATE recipient SET due = :now WHERE due = 0 AND dispatch = :dispatch AND number = :parent"
		     : "UPDATE recipient SET due = :now WHERE due = 0 AND dispatch = :dispatch AND parent = :parent"
	    : up ? "UPDATE recipient SET due = :now WHERE due = 0 AND dispatch = :dispatch AND number NOT IN"
		   " (SELECT parent FROM recipient WHERE dispatch = :dispatch AND parent <> :parent)"
		 : "UPDATE recipient SET due = :now WHERE due = 0 AND dispatch = :dispatch AND parent = :parent";
	enum error error = query_write(store, scope, NOUN_NOTICE, 0, sql, &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":now", now);
	bind_integer(&query, ":dispatch", (int64_t)dispatch->number);
	bind_integer(&query, ":parent", (int64_t)(!recipient ? 0 : up ? recipient->parent : recipient->number));
	return query_run(&query, NULL);
}
