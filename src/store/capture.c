/*
 * Capture policies of organisations, every version of them; and how much the centre had to drop of what their sensors
 * sent (model/capture_policy.h).
 */
#include "store/query.h"

#include <string.h>

static enum error take(struct query *query, struct capture_version *version)
{
	version->organisation = (uint32_t)column_integer(query, 0);
	version->version = column_count(query, 1);
	version->made = column_integer(query, 2);
	version->account = column_uuid(query, 3);
	version->own = column_integer(query, 4) != 0;
	version->policy = capture_policy_default;
	struct failure why;
	enum error error = capture_policy_read(column_text(query, 5), &version->policy, &why);
	return error ? fail(query->failure, ERROR_CORRUPT, "the store: %s", why.words) : OK;
}

enum error store_capture_get(struct store *store, const struct scope *scope, uint32_t organisation,
    struct capture_version *version, struct failure *failure)
{
	struct query query;
	if (!scope_covers(scope, organisation))
		return fail(failure, ERROR_NOT_FOUND, "there is no such organisation");
	enum error error = query_read(store, scope, NOUN_CAPTURE,
	    "SELECT organisation, version, made, account, own, policy FROM capture_policy"
	    " WHERE {scope} AND organisation = :organisation ORDER BY version DESC LIMIT 1",
	    &query, failure);
	if (error)
		return error;
	*version = (struct capture_version){ .organisation = organisation, .policy = capture_policy_default };
	bind_integer(&query, ":organisation", organisation);
	error = query_step(&query);
	if (!error)
		error = take(&query, version);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_capture_put(
    struct store *store, const struct scope *scope, struct capture_version *version, struct failure *failure)
{
	struct capture_version present;
	struct query query;
	struct builder line = { 0 };
	enum error error = store_capture_get(store, scope, version->organisation, &present, failure);
	if (error)
		return error;
	if (present.version != version->version)
		return fail(failure, ERROR_CONFLICT, "the capture policy was changed by somebody else: read it again");
	store->spaces++;
	error = query_write(store, scope, NOUN_CAPTURE, version->organisation,
	    "INSERT INTO capture_policy (organisation, version, made, account, own, policy)"
	    " VALUES (:organisation, :version, :made, :account, :own, :policy)",
	    &query, failure);
	if (error)
		return error;
	capture_policy_write(&version->policy, &line);
	bind_integer(&query, ":organisation", version->organisation);
	bind_integer(&query, ":version", (int64_t)version->version + 1);
	bind_integer(&query, ":made", version->made);
	bind_uuid(&query, ":account", &version->account);
	bind_integer(&query, ":own", version->own);
	bind_text(&query, ":policy", (struct text){ line.at, line.size });
	error = line.failed ? fail(failure, ERROR_MEMORY, "no memory for the capture policy") : query_run(&query, NULL);
	if (!error) {
		version->version++;
		error = log_change(
		    store, scope, "capture.change", "capture policy", version->organisation, line.at, failure);
	}
	builder_free(&line);
	return error;
}

enum error store_capture_each(struct store *store, const struct scope *scope, uint32_t organisation, uint32_t limit,
    void (*each)(void *, const struct capture_version *), void *context, struct failure *failure)
{
	struct query query;
	struct capture_version version;
	enum error error = query_read(store, scope, NOUN_CAPTURE,
	    "SELECT organisation, version, made, account, own, policy FROM capture_policy"
	    " WHERE {scope} AND organisation = :organisation ORDER BY version DESC LIMIT :limit",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":limit", limit);
	while ((error = query_step(&query)) == OK && (error = take(&query, &version)) == OK)
		each(context, &version);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_capture_dropped_add(struct store *store, const struct scope *scope,
    const struct capture_dropped *dropped, bool *first, struct failure *failure)
{
	struct query query;
	int changed = 0;
	enum error error = query_write(store, scope, NOUN_CAPTURE, dropped->organisation,
	    "UPDATE capture_dropped SET fields = fields + :fields, last = :last WHERE sensor = :sensor", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":fields", (int64_t)dropped->fields);
	bind_integer(&query, ":last", dropped->last);
	bind_integer(&query, ":sensor", dropped->sensor);
	error = query_run(&query, &changed);
	*first = changed == 0;
	if (error || changed)
		return error;
	error = query_write(store, scope, NOUN_CAPTURE, dropped->organisation,
	    "INSERT INTO capture_dropped (sensor, organisation, fields, first, last)"
	    " VALUES (:sensor, :organisation, :fields, :last, :last)",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", dropped->sensor);
	bind_integer(&query, ":organisation", dropped->organisation);
	bind_integer(&query, ":fields", (int64_t)dropped->fields);
	bind_integer(&query, ":last", dropped->last);
	return query_run(&query, NULL);
}

enum error store_capture_dropped_each(struct store *store, const struct scope *scope, uint32_t organisation,
    void (*each)(void *, const struct capture_dropped *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_CAPTURE,
	    "SELECT d.sensor, d.organisation, d.fields, d.first, d.last, s.name FROM capture_dropped d JOIN sensor s"
	    " ON s.number = d.sensor WHERE d.sensor IN (SELECT sensor FROM capture_dropped WHERE {scope})"
	    " AND d.organisation = :organisation ORDER BY d.last DESC LIMIT 500",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	while ((error = query_step(&query)) == OK) {
		struct capture_dropped dropped = { .sensor = (uint32_t)column_integer(&query, 0),
			.organisation = (uint32_t)column_integer(&query, 1),
			.fields = column_count(&query, 2),
			.first = column_integer(&query, 3),
			.last = column_integer(&query, 4) };
		column_string(&query, 5, dropped.name, sizeof dropped.name);
		each(context, &dropped);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
