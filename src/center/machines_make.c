/*
 * Enrolments and certificates from the command line. See machines_make.h.
 */
#include "center/machines_make.h"

#include "center/authority.h"
#include "center/command_store.h"
#include "center/machine.h"

#include <stdlib.h>
#include <string.h>

#define SENSORS_LISTED 500
#define REVOKED_LIST (30 * DAY)
#define BY "command line"

static enum error organisation_named(
    struct command_store *place, const char *name, struct organisation *organisation, struct failure *failure)
{
	enum error error =
	    store_organisation_find(place->store, place->work.scope, text_of(name), organisation, failure);
	return error == ERROR_NOT_FOUND ? fail(failure, error, "there is no organisation \"%s\"", name) : error;
}

struct search {
	const char *name;
	struct sensor sensor;
	bool found;
};

static void look(void *context, const struct sensor *sensor)
{
	struct search *search = context;
	if (search->found || strcmp(sensor->name, search->name) != 0)
		return;
	search->sensor = *sensor;
	search->found = true;
}

static enum error sensor_named(struct command_store *place, const struct machines_wish *wish,
    const struct organisation *organisation, struct sensor *sensor, struct failure *failure)
{
	struct search search = { .name = wish->sensor };
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	do {
		text_copy(text_of(page.next), after, sizeof after);
		page.after = text_of(after);
		enum error error = store_sensor_each(
		    place->store, place->work.scope, organisation->number, &page, look, &search, failure);
		if (error != OK)
			return error;
	} while (!search.found && *page.next);
	*sensor = search.sensor;
	if (search.found)
		return OK;
	if (!wish->create)
		return fail(failure, ERROR_NOT_FOUND, "the organisation %s has no sensor \"%s\"; --create makes it",
		    organisation->name, wish->sensor);
	*sensor = (struct sensor){ .organisation = organisation->number, .state = SENSOR_ENROLLED };
	text_copy(text_of(wish->sensor), sensor->name, sizeof sensor->name);
	return store_sensor_put(place->store, place->work.scope, sensor, failure);
}

static void write_line(json_t *object, struct builder *to)
{
	char *text = json_dumps(object, JSON_COMPACT);
	build_text(to, text_of(text));
	build_char(to, '\n');
	free(text);
	json_decref(object);
}

/* In one transaction: `change`, and the line about it in the log. */
struct change {
	struct command_store *place;
	const struct machines_wish *wish;
	struct builder *to;
	unsigned ended;
};

static enum error in_transaction(struct change *change,
    enum error (*make)(struct change *change, struct log_line *line, struct failure *failure), struct failure *failure)
{
	struct log_line line;
	struct store *store = change->place->store;
	enum error error = store_begin(store, failure);
	if (error == OK)
		error = make(change, &line, failure);
	if (error == OK)
		error = store_log_append(store, &line, failure);
	if (error == OK)
		error = store_commit(store, failure);
	if (error != OK)
		store_rollback(store);
	return error;
}

static enum error enrol(struct change *change, struct log_line *line, struct failure *failure)
{
	struct command_store *place = change->place;
	struct organisation organisation;
	struct sensor sensor;
	struct enrolment enrolment;
	char secret[SECRET_TEXT], id[UUID_TEXT];
	nanoseconds valid = change->wish->valid ? change->wish->valid : ENROLMENT_VALID;
	if (valid < MINUTE || valid > ENROLMENT_LONGEST)
		return fail(failure, ERROR_USAGE, "--valid: from 1 min to 30 d");
	enum error error = organisation_named(place, change->wish->organisation, &organisation, failure);
	if (error == OK)
		error = sensor_named(place, change->wish, &organisation, &sensor, failure);
	if (error == OK)
		error = enrolment_make(
		    place->store, place->work.scope, &sensor, BY, time_now(), valid, &enrolment, secret, failure);
	if (error != OK)
		return error;
	json_t *object = enrolment_json(&enrolment, time_now(), false);
	json_object_set_new(object, "sensor_name", json_string(sensor.name));
	json_object_set_new(object, "token", json_string(secret));
	write_line(object, change->to);
	command_store_line(line, "enrolment-create", uuid_format(enrolment.id, id), organisation.number);
	return OK;
}

enum error machines_enrol(const struct machines_wish *wish, struct builder *to, struct failure *failure)
{
	struct command_store place;
	struct change change = { .place = &place, .wish = wish, .to = to };
	enum error error = command_store_open(wish->config, &place, failure);
	if (error == OK)
		error = in_transaction(&change, enrol, failure);
	command_store_close(&place);
	return error;
}

/* ── list ─ */

static void list_certificate(void *context, const struct machine_certificate *certificate)
{
	write_line(machine_certificate_json(certificate, time_now(), true), context);
}

enum error machines_list(const struct machines_wish *wish, struct builder *to, struct failure *failure)
{
	struct command_store place;
	struct organisation organisation;
	struct sensor sensor = { 0 };
	enum error error = command_store_open(wish->config, &place, failure);
	if (error == OK && wish->sensor) {
		error = organisation_named(&place, wish->organisation, &organisation, failure);
		if (error == OK)
			error = sensor_named(&place, wish, &organisation, &sensor, failure);
	}
	if (error == OK)
		error = store_certificate_each(
		    place.store, place.work.scope, sensor.number, SENSORS_LISTED, list_certificate, to, failure);
	command_store_close(&place);
	return error;
}

enum error machines_revoked(const struct machines_wish *wish, struct builder *to, struct failure *failure)
{
	struct command_store place;
	struct authority *authority = NULL;
	nanoseconds valid = wish->valid ? wish->valid : REVOKED_LIST;
	if (valid < HOUR || valid > 366 * DAY)
		return fail(failure, ERROR_USAGE, "--valid: a time from 1 h to 366 d was expected");
	enum error error = command_store_open(wish->config, &place, failure);
	if (error == OK)
		error = authority_read(place.settings.state, &authority, failure);
	if (error == OK)
		error = authority_revocations(authority, place.store, place.work.scope, time_now(), valid, to, failure);
	authority_free(authority);
	command_store_close(&place);
	return error;
}

/* ── revoke ─ */

struct good {
	struct machine_certificate *list;
	unsigned count;
};

static void keep_good(void *context, const struct machine_certificate *certificate)
{
	struct good *good = context;
	enum certificate_state state = certificate_state(certificate, time_now());
	if (state != CERTIFICATE_REVOKED && state != CERTIFICATE_EXPIRED && good->count < MACHINE_LIST)
		good->list[good->count++] = *certificate;
}

static enum error revoke_all(struct change *change, uint32_t sensor, struct failure *failure)
{
	struct command_store *place = change->place;
	struct good good = { .list = calloc(MACHINE_LIST, sizeof *good.list) };
	if (!good.list)
		return fail(failure, ERROR_MEMORY, "no memory for the certificates");
	enum error error =
	    store_certificate_each(place->store, place->work.scope, sensor, MACHINE_LIST, keep_good, &good, failure);
	for (unsigned i = 0; i < good.count && error == OK; i++)
		error =
		    store_certificate_revoke(place->store, place->work.scope, &good.list[i], BY, time_now(), failure);
	change->ended = good.count;
	free(good.list);
	return error;
}

static enum error revoke(struct change *change, struct log_line *line, struct failure *failure)
{
	struct command_store *place = change->place;
	const struct machines_wish *wish = change->wish;
	struct organisation organisation;
	struct sensor sensor;
	struct machine_certificate certificate;
	struct uuid serial;
	if (!wish->serial) {
		enum error error = organisation_named(place, wish->organisation, &organisation, failure);
		if (error == OK)
			error = sensor_named(place, wish, &organisation, &sensor, failure);
		command_store_line(line, "certificate-revoke", wish->sensor, error ? 0 : organisation.number);
		return error == OK ? revoke_all(change, sensor.number, failure) : error;
	}
	if (!uuid_parse(text_of(wish->serial), &serial))
		return fail(failure, ERROR_USAGE, "a serial number is a UUID, as `noroshi machines list` shows it");
	enum error error = store_certificate_get(place->store, place->work.scope, serial, &certificate, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no certificate %s", wish->serial);
	change->ended = error == OK && !certificate.revoked;
	command_store_line(line, "certificate-revoke", wish->serial, error ? 0 : certificate.organisation);
	return error == OK
		   ? store_certificate_revoke(place->store, place->work.scope, &certificate, BY, time_now(), failure)
		   : error;
}

enum error machines_revoke(const struct machines_wish *wish, unsigned *ended, struct failure *failure)
{
	struct command_store place;
	struct change change = { .place = &place, .wish = wish };
	enum error error = command_store_open(wish->config, &place, failure);
	if (error == OK)
		error = in_transaction(&change, revoke, failure);
	*ended = change.ended;
	command_store_close(&place);
	return error;
}
