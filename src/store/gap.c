/*
 * Gaps of sensors, and what is remembered of how each delivers.
 */
#include "store/query.h"

#include <stdio.h>

#define FIELDS                                                                                                         \
	"number, organisation, sensor, kind, code, began, ended, seen, lost, sampling, error, reason, author, told, "  \
	"told_end"

static void take(struct query *query, struct gap *gap)
{
	*gap = (struct gap){ .number = column_count(query, 0),
		.organisation = (uint32_t)column_integer(query, 1),
		.sensor = (uint32_t)column_integer(query, 2),
		.kind = (enum gap_kind)column_integer(query, 3),
		.from = column_integer(query, 5),
		.to = column_integer(query, 6),
		.seen = column_count(query, 7),
		.lost = column_count(query, 8),
		.sampling = (uint32_t)column_integer(query, 9),
		.error = column_integer(query, 10),
		.author = column_uuid(query, 12),
		.told = column_integer(query, 13),
		.told_end = column_integer(query, 14) };
	column_string(query, 4, gap->code, sizeof gap->code);
	column_string(query, 11, gap->reason, sizeof gap->reason);
}

static void bind_changing(struct query *query, const struct gap *gap)
{
	bind_integer(query, ":ended", gap->to);
	bind_integer(query, ":seen", (int64_t)gap->seen);
	bind_integer(query, ":lost", (int64_t)gap->lost);
	bind_integer(query, ":sampling", gap->sampling);
	bind_integer(query, ":error", gap->error);
	bind_string(query, ":reason", gap->reason);
	bind_integer(query, ":told", gap->told);
	bind_integer(query, ":told_end", gap->told_end);
}

static enum error insert(struct store *store, const struct scope *scope, struct gap *gap, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_SENSOR, gap->organisation,
	    "INSERT INTO gap (organisation, sensor, kind, code, began, ended, seen, lost, sampling, error, reason,"
	    " author, told, told_end) VALUES (:organisation, :sensor, :kind, :code, :began, :ended, :seen, :lost,"
	    " :sampling, :error, :reason, :author, :told, :told_end)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", gap->organisation);
	bind_number_or_null(&query, ":sensor", gap->sensor);
	bind_integer(&query, ":kind", gap->kind);
	bind_string(&query, ":code", gap->code);
	bind_integer(&query, ":began", gap->from);
	bind_uuid(&query, ":author", &gap->author);
	bind_changing(&query, gap);
	error = query_run(&query, NULL);
	if (!error)
		gap->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return error;
}

static enum error update(struct store *store, const struct scope *scope, const struct gap *gap, struct failure *failure)
{
	struct query query;
	int changed = 0;
	enum error error = query_write(store, scope, NOUN_SENSOR, gap->organisation,
	    "UPDATE gap SET ended = :ended, seen = :seen, lost = :lost, sampling = :sampling, error = :error,"
	    " reason = :reason, told = :told, told_end = :told_end WHERE number = :number AND organisation ="
	    " :organisation",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)gap->number);
	bind_integer(&query, ":organisation", gap->organisation);
	bind_changing(&query, gap);
	error = query_run(&query, &changed);
	return !error && changed == 0 ? fail(failure, ERROR_NOT_FOUND, "there is no such gap") : error;
}

enum error store_gap_put(struct store *store, const struct scope *scope, struct gap *gap, struct failure *failure)
{
	char object[32];
	bool is_new = gap->number == 0;
	enum error error = is_new ? insert(store, scope, gap, failure) : update(store, scope, gap, failure);
	if (error)
		return error;
	snprintf(object, sizeof object, "%u", gap->sensor);
	return log_change(store, scope, is_new ? "sensor.gap" : "sensor.gap-change", object, gap->organisation,
	    gap_kind_code(gap->kind), failure);
}

enum error store_gap_get(
    struct store *store, const struct scope *scope, uint64_t number, struct gap *gap, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_SENSOR,
	    "SELECT " FIELDS " FROM gap WHERE {scope} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", (int64_t)number);
	error = query_one(&query, "gap");
	if (error)
		return error;
	take(&query, gap);
	query_release(&query);
	return OK;
}

enum error store_gap_each(struct store *store, const struct scope *scope, const struct gap_query *wanted, bool *more,
    void (*each)(void *, const struct gap *), void *context, struct failure *failure)
{
	struct query query;
	uint32_t shown = 0;
	*more = false;
	enum error error = query_read(store, scope, NOUN_SENSOR,
	    "SELECT " FIELDS " FROM gap WHERE {scope} AND (:organisation = 0 OR organisation = :organisation)"
	    " AND (:sensor = 0 OR sensor = :sensor) AND (:open = 0 OR ended = 0)"
	    " AND (:to = 0 OR began < :to OR (:enrolments AND kind = 0)) AND (ended = 0 OR ended > :from)"
	    " ORDER BY sensor, began, number LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", wanted->organisation);
	bind_integer(&query, ":sensor", wanted->sensor);
	bind_integer(&query, ":open", wanted->open_only);
	bind_integer(&query, ":from", wanted->from);
	bind_integer(&query, ":to", wanted->to);
	bind_integer(&query, ":enrolments", wanted->enrolments);
	bind_integer(&query, ":limit", GAPS_MOST + 1);
	while ((error = query_step(&query)) == OK && !*more) {
		struct gap gap;
		take(&query, &gap);
		if (shown++ == GAPS_MOST)
			*more = true;
		else
			each(context, &gap);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error gap_each_of(struct store *store, uint32_t sensor, nanoseconds from, nanoseconds to,
    void (*each)(void *, const struct gap *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT " FIELDS " FROM gap WHERE sensor = :sensor AND began < :to AND (ended = 0 OR ended > :from)"
	    " ORDER BY began, number LIMIT 1000",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", sensor);
	bind_integer(&query, ":from", from);
	bind_integer(&query, ":to", to);
	while ((error = query_step(&query)) == OK) {
		struct gap gap;
		take(&query, &gap);
		each(context, &gap);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_gap_expire(struct store *store, const struct scope *scope, nanoseconds before, uint32_t most,
    uint64_t *removed, struct failure *failure)
{
	struct query query;
	int changed = 0;
	enum error error = query_write(store, scope, NOUN_SENSOR, 0,
	    "DELETE FROM gap WHERE ended > 0 AND (ended < :before OR number IN (SELECT number FROM (SELECT number,"
	    " row_number() OVER (PARTITION BY organisation, sensor ORDER BY number DESC) AS place FROM gap)"
	    " WHERE place > :most))",
	    &query, failure);
	*removed = 0;
	if (error)
		return error;
	bind_integer(&query, ":before", before);
	bind_integer(&query, ":most", most);
	error = query_run(&query, &changed);
	*removed = (uint64_t)changed;
	return error;
}

enum error store_habit_put(
    struct store *store, const struct scope *scope, uint32_t sensor, struct text body, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_SENSOR, 0,
	    "INSERT INTO sensor_habit (sensor, organisation, body) SELECT number, organisation, :body FROM sensor"
	    " WHERE number = :sensor ON CONFLICT (sensor) DO UPDATE SET body = excluded.body",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", sensor);
	bind_blob(&query, ":body", body.at, body.size);
	return query_run(&query, NULL);
}

enum error store_habit_each(struct store *store, const struct scope *scope,
    void (*each)(void *, uint32_t sensor, struct text body), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_SENSOR,
	    "SELECT sensor, body FROM sensor_habit WHERE {scope} ORDER BY sensor", &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK)
		each(context, (uint32_t)column_integer(&query, 0), column_text(&query, 1));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
