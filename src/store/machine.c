/*
 * Enrolments, certificates of machines, and the authorities that signed them. Of tokens only digests rest here; of keys
 * only public ones.
 */
#include "store/query.h"

#include <string.h>

#define ENROLMENT_FIELDS "id, digest, sensor, organisation, made_by, created, expires, used, withdrawn, key_digest"
#define CERTIFICATE_FIELDS                                                                                             \
	"serial, digest, key_digest, sensor, organisation, enrolment, issued, not_before, not_after, used, "           \
	"superseded,"                                                                                                  \
	" revoked, revoked_by, der"

static void take_enrolment(struct query *query, struct enrolment *enrolment)
{
	*enrolment = (struct enrolment){ .id = column_uuid(query, 0) };
	column_bytes(query, 1, enrolment->digest, sizeof enrolment->digest);
	enrolment->sensor = (uint32_t)column_integer(query, 2);
	enrolment->organisation = (uint32_t)column_integer(query, 3);
	column_string(query, 4, enrolment->by, sizeof enrolment->by);
	enrolment->created = column_integer(query, 5);
	enrolment->expires = column_integer(query, 6);
	enrolment->used = column_integer(query, 7);
	enrolment->withdrawn = column_integer(query, 8);
	column_bytes(query, 9, enrolment->key, sizeof enrolment->key);
}

static void bind_enrolment(struct query *query, const struct enrolment *enrolment)
{
	bind_uuid(query, ":id", &enrolment->id);
	bind_blob(query, ":digest", enrolment->digest, sizeof enrolment->digest);
	bind_integer(query, ":sensor", enrolment->sensor);
	bind_integer(query, ":organisation", enrolment->organisation);
	bind_string(query, ":made_by", enrolment->by);
	bind_integer(query, ":created", enrolment->created);
	bind_integer(query, ":expires", enrolment->expires);
	bind_integer(query, ":used", enrolment->used);
	bind_integer(query, ":withdrawn", enrolment->withdrawn);
	bind_blob(query, ":key_digest", enrolment->key, sizeof enrolment->key);
}

enum error store_enrolment_put(
    struct store *store, const struct scope *scope, struct enrolment *enrolment, struct failure *failure)
{
	struct query query;
	char object[UUID_TEXT];
	bool is_new = uuid_is_nil(enrolment->id);
	enum error error = query_write(store, scope, NOUN_MACHINE, enrolment->organisation,
	    "INSERT INTO enrolment (" ENROLMENT_FIELDS
	    ") VALUES (:id, :digest, :sensor, :organisation, :made_by, :created,"
	    " :expires, :used, :withdrawn, :key_digest) ON CONFLICT (id) DO UPDATE SET"
	    " key_digest = CASE WHEN used = 0 THEN excluded.key_digest ELSE key_digest END,"
	    " used = CASE WHEN used = 0 THEN excluded.used ELSE used END,"
	    " withdrawn = CASE WHEN withdrawn = 0 THEN excluded.withdrawn ELSE withdrawn END",
	    &query, failure);
	if (error)
		return error;
	if (is_new)
		enrolment->id = uuid_random();
	bind_enrolment(&query, enrolment);
	error = query_run(&query, NULL);
	if (error)
		return error;
	return log_change(store, scope, is_new ? "enrolment.new" : "enrolment.change",
	    uuid_format(enrolment->id, object), enrolment->organisation, "", failure);
}

static enum error enrolment_where(struct query *query, enum error error, struct enrolment *enrolment)
{
	if (!error)
		error = query_one(query, "enrolment");
	if (error)
		return error;
	take_enrolment(query, enrolment);
	query_release(query);
	return OK;
}

enum error store_enrolment_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct enrolment *enrolment, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " ENROLMENT_FIELDS " FROM enrolment WHERE {scope} AND digest = :digest", &query, failure);
	if (!error)
		bind_blob(&query, ":digest", digest, 32);
	return enrolment_where(&query, error, enrolment);
}

enum error store_enrolment_get(struct store *store, const struct scope *scope, struct uuid id,
    struct enrolment *enrolment, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " ENROLMENT_FIELDS " FROM enrolment WHERE {scope} AND id = :id", &query, failure);
	if (!error)
		bind_uuid(&query, ":id", &id);
	return enrolment_where(&query, error, enrolment);
}

enum error store_enrolment_each(struct store *store, const struct scope *scope, uint32_t sensor, uint32_t most,
    void (*each)(void *, const struct enrolment *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " ENROLMENT_FIELDS " FROM enrolment WHERE {scope} AND sensor = :sensor"
	    " ORDER BY created DESC, id LIMIT :most",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", sensor);
	bind_integer(&query, ":most", most);
	while ((error = query_step(&query)) == OK) {
		struct enrolment enrolment;
		take_enrolment(&query, &enrolment);
		each(context, &enrolment);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static void take_certificate(struct query *query, struct machine_certificate *certificate)
{
	*certificate =
	    (struct machine_certificate){ .serial = column_uuid(query, 0), .enrolment = column_uuid(query, 5) };
	column_bytes(query, 1, certificate->digest, sizeof certificate->digest);
	column_bytes(query, 2, certificate->key, sizeof certificate->key);
	certificate->sensor = (uint32_t)column_integer(query, 3);
	certificate->organisation = (uint32_t)column_integer(query, 4);
	certificate->issued = column_integer(query, 6);
	certificate->not_before = column_integer(query, 7);
	certificate->not_after = column_integer(query, 8);
	certificate->used = column_integer(query, 9);
	certificate->superseded = column_integer(query, 10);
	certificate->revoked = column_integer(query, 11);
	column_string(query, 12, certificate->revoked_by, sizeof certificate->revoked_by);
	struct text der = column_text(query, 13);
	if (der.size && der.size <= sizeof certificate->der) {
		certificate->size = (uint16_t)der.size;
		memcpy(certificate->der, der.at, der.size);
	}
}

enum error store_certificate_put(struct store *store, const struct scope *scope,
    const struct machine_certificate *certificate, struct failure *failure)
{
	struct query query;
	char object[UUID_TEXT];
	enum error error = query_write(store, scope, NOUN_MACHINE, certificate->organisation,
	    "INSERT INTO certificate (" CERTIFICATE_FIELDS
	    ") VALUES (:serial, :digest, :key_digest, :sensor, :organisation,"
	    " :enrolment, :issued, :not_before, :not_after, 0, 0, 0, '', :der)",
	    &query, failure);
	if (error)
		return error;
	bind_uuid(&query, ":serial", &certificate->serial);
	bind_blob(&query, ":digest", certificate->digest, sizeof certificate->digest);
	bind_blob(&query, ":key_digest", certificate->key, sizeof certificate->key);
	bind_integer(&query, ":sensor", certificate->sensor);
	bind_integer(&query, ":organisation", certificate->organisation);
	bind_uuid(&query, ":enrolment", &certificate->enrolment);
	bind_integer(&query, ":issued", certificate->issued);
	bind_integer(&query, ":not_before", certificate->not_before);
	bind_integer(&query, ":not_after", certificate->not_after);
	bind_blob(&query, ":der", certificate->der, certificate->size);
	error = query_run(&query, NULL);
	if (error)
		return error;
	return log_change(store, scope, "certificate.new", uuid_format(certificate->serial, object),
	    certificate->organisation, "", failure);
}

static enum error certificate_where(struct query *query, enum error error, struct machine_certificate *certificate)
{
	if (!error)
		error = query_one(query, "certificate");
	if (error)
		return error;
	take_certificate(query, certificate);
	query_release(query);
	return OK;
}

enum error store_certificate_find(struct store *store, const struct scope *scope, const uint8_t digest[32],
    struct machine_certificate *certificate, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " CERTIFICATE_FIELDS " FROM certificate WHERE {scope} AND digest = :digest", &query, failure);
	if (!error)
		bind_blob(&query, ":digest", digest, 32);
	return certificate_where(&query, error, certificate);
}

enum error store_certificate_get(struct store *store, const struct scope *scope, struct uuid serial,
    struct machine_certificate *certificate, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " CERTIFICATE_FIELDS " FROM certificate WHERE {scope} AND serial = :serial", &query, failure);
	if (!error)
		bind_uuid(&query, ":serial", &serial);
	return certificate_where(&query, error, certificate);
}

enum error store_certificate_of_key(struct store *store, const struct scope *scope, struct uuid enrolment,
    const uint8_t key[32], struct machine_certificate *certificate, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " CERTIFICATE_FIELDS
	    " FROM certificate WHERE {scope} AND enrolment = :enrolment AND key_digest = :key"
	    " ORDER BY issued DESC LIMIT 1",
	    &query, failure);
	if (!error) {
		bind_uuid(&query, ":enrolment", &enrolment);
		bind_blob(&query, ":key", key, 32);
	}
	return certificate_where(&query, error, certificate);
}

enum error store_certificate_each(struct store *store, const struct scope *scope, uint32_t sensor, uint32_t most,
    void (*each)(void *, const struct machine_certificate *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_read(store, scope, NOUN_MACHINE,
	    "SELECT " CERTIFICATE_FIELDS " FROM certificate WHERE {scope} AND (:sensor = 0 OR sensor = :sensor)"
	    " ORDER BY issued DESC, serial LIMIT :most",
	    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":sensor", sensor);
	bind_integer(&query, ":most", most);
	while ((error = query_step(&query)) == OK) {
		struct machine_certificate certificate;
		take_certificate(&query, &certificate);
		each(context, &certificate);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

enum error store_certificate_used(struct store *store, const struct scope *scope,
    const struct machine_certificate *certificate, nanoseconds when, struct failure *failure)
{
	struct query query;
	enum error error = query_write(store, scope, NOUN_MACHINE, certificate->organisation,
	    "UPDATE certificate SET used = :used WHERE serial = :serial AND used = 0", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":used", when);
	bind_uuid(&query, ":serial", &certificate->serial);
	error = query_run(&query, NULL);
	if (!error)
		error = query_write(store, scope, NOUN_MACHINE, certificate->organisation,
		    "UPDATE certificate SET superseded = :used WHERE enrolment = :enrolment AND superseded = 0"
		    " AND (issued, serial) < (:issued, :serial)",
		    &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":used", when);
	bind_uuid(&query, ":enrolment", &certificate->enrolment);
	bind_integer(&query, ":issued", certificate->issued);
	bind_uuid(&query, ":serial", &certificate->serial);
	return query_run(&query, NULL);
}

enum error store_certificate_revoke(struct store *store, const struct scope *scope,
    const struct machine_certificate *certificate, const char *by, nanoseconds when, struct failure *failure)
{
	struct query query;
	char object[UUID_TEXT];
	enum error error = query_write(store, scope, NOUN_MACHINE, certificate->organisation,
	    "UPDATE certificate SET revoked = :when, revoked_by = :by WHERE serial = :serial AND revoked = 0", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":when", when);
	bind_string(&query, ":by", by);
	bind_uuid(&query, ":serial", &certificate->serial);
	error = query_run(&query, NULL);
	if (error)
		return error;
	return log_change(store, scope, "certificate.revoke", uuid_format(certificate->serial, object),
	    certificate->organisation, "", failure);
}

enum error store_authority_put(struct store *store, struct text der, nanoseconds made, struct failure *failure)
{
	struct query query;
	uint8_t digest[32];
	enum error error = query_own(store,
	    "INSERT INTO authority (digest, der, made) VALUES (:digest, :der, :made) ON CONFLICT (digest) DO NOTHING",
	    &query, failure);
	if (error)
		return error;
	sha256(der.at, der.size, digest);
	bind_blob(&query, ":digest", digest, sizeof digest);
	bind_blob(&query, ":der", der.at, der.size);
	bind_integer(&query, ":made", made);
	return query_run(&query, NULL);
}

enum error store_authority_each(
    struct store *store, void (*each)(void *, struct text der), void *context, struct failure *failure)
{
	struct query query;
	enum error error =
	    query_own(store, "SELECT der FROM authority ORDER BY made DESC, digest LIMIT 16", &query, failure);
	if (error)
		return error;
	while ((error = query_step(&query)) == OK)
		each(context, column_text(&query, 0));
	query_release(&query);
	return error == ERROR_END ? OK : error;
}
