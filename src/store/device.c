/*
 * Members' devices and the digests of their tokens (model/machine.h).
 */
#include "store/query.h"

#define FIELDS "id, digest, organisation, name, made_by, created, used, revoked"

static struct device take(struct query *query)
{
	struct device device = { .id = column_uuid(query, 0),
		.organisation = (uint32_t)column_integer(query, 2),
		.created = column_integer(query, 5),
		.used = column_integer(query, 6),
		.revoked = column_integer(query, 7) };
	column_bytes(query, 1, device.digest, sizeof device.digest);
	column_string(query, 3, device.name, sizeof device.name);
	column_string(query, 4, device.by, sizeof device.by);
	return device;
}

enum error store_device_put(
    struct store *store, const struct scope *scope, struct device *device, struct failure *failure)
{
	struct query query;
	char object[UUID_TEXT];
	bool is_new = uuid_is_nil(device->id);
	enum error error = query_write(store, scope, NOUN_MACHINE, device->organisation,
	    "INSERT INTO device (" FIELDS
	    ") VALUES (:id, :digest, :organisation, :name, :by, :created, :used, :revoked)"
	    " ON CONFLICT (id) DO UPDATE SET"
	    " revoked = CASE WHEN revoked = 0 THEN excluded.revoked ELSE revoked END",
	    &query, failure);
	if (error)
		return error;
	if (is_new)
		device->id = uuid_random();
	bind_uuid(&query, ":id", &device->id);
	bind_blob(&query, ":digest", device->digest, sizeof device->digest);
	bind_integer(&query, ":organisation", device->organisation);
	bind_string(&query, ":name", device->name);
	bind_string(&query, ":by", device->by);
	bind_integer(&query, ":created", device->created);
	bind_integer(&query, ":used", device->used);
	bind_integer(&query, ":revoked", device->revoked);
	error = query_run(&query, NULL);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "device.new" : "device.revoke", uuid_format(device->id, object),
	    device->organisation, device->name, failure);
}

static enum error one(struct query *query, enum error error, struct device *device)
{
	if (!error)
		error = query_one(query, "device");
	if (error)
		return error;
	*device = take(query);
	query_release(query);
	return OK;
}

enum error store_device_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct device *device, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " FIELDS " FROM device WHERE {scope} AND digest = :digest", &query, failure);
	if (!error)
		bind_blob(&query, ":digest", digest, 32);
	return one(&query, error, device);
}

enum error store_device_get(
    struct store *store, const struct scope *scope, struct uuid id, struct device *device, struct failure *failure)
{
	struct query query;
	enum error error = query_read(
	    store, scope, NOUN_MACHINE, "SELECT " FIELDS " FROM device WHERE {scope} AND id = :id", &query, failure);
	if (!error)
		bind_uuid(&query, ":id", &id);
	return one(&query, error, device);
}

enum error store_device_each(struct store *store, const struct scope *scope, uint32_t organisation, uint32_t most,
    void (*each)(void *, const struct device *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " FIELDS " FROM device WHERE {scope} AND (:organisation = 0 OR organisation = :organisation)"
	    " ORDER BY created DESC, id LIMIT :most",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":most", most);
	while ((error = query_step(&query)) == OK) {
		const struct device device = take(&query);
		each(context, &device);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_device_used(
    struct store *store, const struct scope *scope, struct uuid id, nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = query_write(
	    store, scope, NOUN_MACHINE, 0, "UPDATE device SET used = max(used, :used) WHERE id = :id", &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":id", &id);
	bind_integer(&query, ":used", when);
	return query_run(&query, NULL);
}
