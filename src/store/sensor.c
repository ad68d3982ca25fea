/*
 * Sensors, and what was last heard from them.
 */
#include "store/query.h"

#include <stdio.h>

#define FIELDS "number, id, organisation, name, state, last_seen, clock_error, alerts, version, routes, telescope"

static void take(struct query *query, struct sensor *sensor)
{
	*sensor = (struct sensor){ .number = (uint32_t)column_integer(query, 0), .id = column_uuid(query, 1) };
	sensor->organisation = (uint32_t)column_integer(query, 2);
	column_string(query, 3, sensor->name, sizeof sensor->name);
	sensor->state = (enum sensor_state)column_integer(query, 4);
	sensor->last_seen = column_integer(query, 5);
	sensor->clock_error = column_integer(query, 6);
	sensor->alerts = column_count(query, 7);
	sensor->version = column_count(query, 8);
	sensor->routes = column_integer(query, 9) != 0;
	sensor->telescope = column_integer(query, 10) != 0;
}

static enum error insert(struct store *store, const struct scope *scope, struct sensor *sensor, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_SENSOR, sensor->organisation,
	    "INSERT INTO sensor (id, organisation, name, state, last_seen, clock_error, alerts, routes, "
	    "telescope, version)"
	    " VALUES (:id, :organisation, :name, :state, :last_seen, :clock_error, :alerts, :routes, :telescope, 1)",
	    &query, failure);
	if (error)
		return error;
	if (uuid_is_nil(sensor->id))
		sensor->id = uuid_random();
	bind_uuid(&query, ":id", &sensor->id);
	bind_integer(&query, ":organisation", sensor->organisation);
	bind_string(&query, ":name", sensor->name);
	bind_integer(&query, ":state", sensor->state);
	bind_integer(&query, ":last_seen", sensor->last_seen);
	bind_integer(&query, ":clock_error", sensor->clock_error);
	bind_integer(&query, ":alerts", (int64_t)sensor->alerts);
	bind_integer(&query, ":routes", sensor->routes);
	bind_integer(&query, ":telescope", sensor->telescope);
	error = query_run(&query, NULL);
	if (error == ERROR_CONFLICT)
		return fail(failure, ERROR_CONFLICT,
		    "the organisation has a sensor named %s already, or does not exist", sensor->name);
	if (!error) {
		sensor->number = (uint32_t)sqlite3_last_insert_rowid(store->database);
		sensor->version = 1;
	}
	return error;
}

static enum error update(struct store *store, const struct scope *scope, struct sensor *sensor, struct failure *failure)
{
	struct sensor present;
	enum error error = store_sensor_get(store, scope, sensor->number, &present, failure);
	if (error)
		return error;
	if (sensor->version != present.version)
		return fail(
		    failure, ERROR_CONFLICT, "the sensor %s was changed by somebody else: read it again", present.name);
	if (sensor->organisation != present.organisation)
		return fail(failure, ERROR_INPUT, "a sensor does not move to another organisation: enrol a new one");
	struct query query;
	error = query_write(store, scope, NOUN_SENSOR, sensor->organisation,
	    "UPDATE sensor SET name = :name, state = :state, routes = :routes, telescope = :telescope,"
	    " version = version + 1 WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", sensor->number);
	bind_string(&query, ":name", sensor->name);
	bind_integer(&query, ":state", sensor->state);
	bind_integer(&query, ":routes", sensor->routes);
	bind_integer(&query, ":telescope", sensor->telescope);
	error = query_run(&query, NULL);
	if (!error)
		sensor->version++;
	return error;
}

enum error store_sensor_put(
    struct store *store, const struct scope *scope, struct sensor *sensor, struct failure *failure)
{
	if (!name_is_valid(text_of(sensor->name)))
		return fail(failure, ERROR_INPUT,
		    "sensor: the name must be 1 to 63 of a-z 0-9 - . _ and not begin with - or .");
	store->standing++;
	bool is_new = sensor->number == 0;
	enum error error = is_new ? insert(store, scope, sensor, failure) : update(store, scope, sensor, failure);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "sensor.new" : "sensor.change", sensor->name, sensor->organisation,
	    sensor_state_code(sensor->state), failure);
}

enum error store_sensor_get(
    struct store *store, const struct scope *scope, uint32_t number, struct sensor *sensor, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_SENSOR,
	    "SELECT " FIELDS " FROM sensor WHERE {scope} AND number = :number", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	error = query_one(&query, "sensor");
	if (error)
		return error;
	take(&query, sensor);
	query_release(&query);
	return OK;
}

enum error store_sensor_each(struct store *store, const struct scope *scope, uint32_t organisation, struct page *page,
    void (*each)(void *, const struct sensor *), void *context, struct failure *failure)
{
	struct cursor cursor;
	struct query query;
	enum error error = cursor_read(page, CURSOR_SENSOR, &cursor, failure);
	page->next[0] = 0;
	if (!error)
		error = query_read(store, scope, NOUN_SENSOR,
		    "SELECT " FIELDS
		    " FROM sensor WHERE {scope} AND (:organisation = 0 OR organisation = :organisation)"
		    " AND number > :after ORDER BY number LIMIT :limit",
		    &query, failure);
	if (error)
		return error;
	uint32_t limit = page_limit(page), shown = 0;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":after", cursor.none ? 0 : cursor.key);
	bind_integer(&query, ":limit", (int64_t)limit + 1);
	struct sensor sensor = { 0 };
	while ((error = query_step(&query)) == OK && shown < limit) {
		take(&query, &sensor);
		each(context, &sensor);
		shown++;
	}
	if (!error)
		cursor_write(page, CURSOR_SENSOR, sensor.number, (struct uuid){ 0 });
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_sensor_all(struct store *store, const struct scope *scope, uint32_t organisation,
    void (*each)(void *, const struct sensor *), void *context, struct failure *failure)
{
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	enum error error;
	do {
		error = store_sensor_each(store, scope, organisation, &page, each, context, failure);
		text_copy(text_of(page.next), after, sizeof after);
		page.after = text_of(after);
	} while (error == OK && *page.next);
	return error;
}

enum error store_sensor_seen(struct store *store, const struct scope *scope, uint32_t number, nanoseconds seen,
    nanoseconds clock_error, uint64_t alerts, struct failure *failure)
{
	struct sensor sensor;
	enum error error = store_sensor_get(store, scope, number, &sensor, failure);
	if (error)
		return error;
	struct query query;
	error = query_write(store, scope, NOUN_SENSOR, sensor.organisation,
	    "UPDATE sensor SET last_seen = max(last_seen, :seen), clock_error = :clock_error, alerts = alerts + "
	    ":alerts,"
	    " state = CASE WHEN state IN (0, 2) THEN 1 ELSE state END WHERE number = :number",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":number", number);
	bind_integer(&query, ":seen", seen);
	bind_integer(&query, ":clock_error", clock_error);
	bind_integer(&query, ":alerts", (int64_t)alerts);
	return query_run(&query, NULL);
}
