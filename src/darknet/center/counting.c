/*
 * The hooks of the telescopes' tables; see counting.h.
 */
#include "darknet/center/counting.h"

#include "base/data.h"
#include "base/log.h"
#include "model/heard.h"
#include "store/record_store.h"

#include <stdlib.h>
#include <string.h>

#define SINCE "darknet.counting" /* there is a value of this name: positions are kept since then */
#define REST (10 * MINUTE)       /* a table that was not touched for so long leaves memory */
#define EXPIRE_EVERY HOUR
#define SAVE_AT_ONCE (8u << 20) /* bytes of tables in one transaction, about: nobody is to wait for long */
#define FUTURE DAY              /* counts of later than this from now are nobody's */

struct working {
	struct counting *counting;
	struct arena *arena;
	const struct scope *scope;
	struct counting_organisation *organisation;
	uint64_t lines;
	struct heard heard; /* what the lines say of the telescope itself */
};

static enum error work_begin(struct counting *counting, struct working *working, struct failure *failure)
{
	*working = (struct working){ .counting = counting, .arena = arena_new(1 << 20) };
	/* Nobody asks: what came is counted. */
	working->scope = working->arena ? policy_background("telescopes", working->arena) : NULL;
	return working->scope ? OK : fail(failure, ERROR_MEMORY, "no memory for tables of telescopes");
}

static struct counting_organisation *organisation_of(struct counting *counting, uint32_t number)
{
	for (size_t i = 0; i < counting->organisation_count; i++)
		if (counting->organisations[i].organisation == number)
			return &counting->organisations[i];
	if (counting->organisation_count == counting->organisation_room) {
		void *more = array_grow(
		    counting->organisations, &counting->organisation_room, 16, sizeof *counting->organisations);
		if (!more)
			return NULL;
		counting->organisations = more;
	}
	struct counting_organisation *made = &counting->organisations[counting->organisation_count++];
	*made = (struct counting_organisation){ .organisation = number, .saved = time_monotonic() };
	return made;
}

/* ── lines ─ */

static bool is_of_our_time(const struct counting *counting, const struct counts_line *line)
{
	nanoseconds now = counting->center->now();
	return line->from < now + FUTURE && line->from > now - counts_configured()->keep;
}

static enum error take_line(struct working *working, const struct alert *record, struct failure *failure)
{
	struct counting *counting = working->counting;
	struct counts_line line;
	struct failure why = { 0 };
	enum error error = counts_read(counting->reader, record->original, &line, &why);
	if (error == ERROR_AGAIN)
		return OK;
	if (error == ERROR_MEMORY)
		return fail(failure, error, "%s", why.words);
	if (error) {
		counter_add(counting->refused, 1);
		log_write(LOG_WARNING, "a telescope's line cannot be counted",
		    LOG_FIELD_NUMBER("sensor", record->id.sensor), LOG_FIELD_STRING("why", why.words));
		return OK;
	}
	if (!is_of_our_time(counting, &line)) {
		counter_add(counting->old, 1);
		return OK;
	}
	counter_add(counting->lines, 1);
	working->lines++;
	working->heard.arrived += line.packets;
	working->heard.lost += line.dropped;
	working->heard.written = line.to > working->heard.written ? line.to : working->heard.written;
	return counting_add(
	    counting, working->scope, working->organisation->organisation, record->id.sensor, &line, failure);
}

/* Any sensor can write a telescope's lines; who is believed an administrator says. */
static bool is_telescope(const struct working *working, uint32_t number)
{
	struct sensor sensor;
	return store_sensor_get(working->counting->center->store, working->scope, number, &sensor, NULL) == OK &&
	       sensor.telescope;
}

static enum error take_frame(void *context, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct working *working = context;
	struct counting_organisation *organisation = working->organisation;
	bool asked = false, believed = false;
	for (uint32_t i = 0; i < batch->alerts; i++) {
		struct alert record;
		enum error error = alert_decode(encoded, &record, failure);
		if (error)
			return error;
		if (first_position + i < organisation->position || !text_equal(record.signature, TEXT("darknet")))
			continue;
		if (!asked)
			believed = is_telescope(working, batch->sensor);
		asked = true;
		if (!believed)
			counter_add(working->counting->disbelieved, 1);
		else if ((error = take_line(working, &record, failure)) != OK)
			return error;
	}
	if (first_position + batch->alerts > organisation->position)
		organisation->position = first_position + batch->alerts;
	return OK;
}

/* ── between memory and the store ─ */

/* Memory is of no use any more: at the next tick all that is behind what the store knows is read again. */
static void fall_behind(
    struct counting *counting, struct counting_organisation *organisation, const struct failure *failure)
{
	log_write(LOG_ERROR, "what telescopes counted is read again from the records",
	    LOG_FIELD_NUMBER("organisation", organisation->organisation), LOG_FIELD_STRING("why", failure->words));
	counting_forget(counting, organisation->organisation, 0);
	organisation->position = organisation->kept;
	organisation->behind = true;
}

static bool is_due(const struct counting_organisation *organisation, nanoseconds now, nanoseconds every)
{
	return !organisation->behind && organisation->position != organisation->kept &&
	       now - organisation->saved >= every;
}

static enum error write_due(struct working *working, nanoseconds now, nanoseconds every, struct failure *failure)
{
	struct counting *counting = working->counting;
	size_t bytes = 0;
	enum error error = OK;
	for (size_t i = 0; i < counting->organisation_count && !error && bytes < SAVE_AT_ONCE; i++) {
		struct counting_organisation *organisation = &counting->organisations[i];
		if (!is_due(organisation, now, every))
			continue;
		organisation->saving = true;
		organisation->saved = now;
		error = counting_write(counting, working->scope, organisation->organisation, &bytes, failure);
		if (!error)
			error = store_darknet_counted_put(counting->center->store, working->scope,
			    organisation->organisation, organisation->position, failure);
	}
	return error;
}

static void was_saved(struct counting *counting, struct counting_organisation *organisation, nanoseconds now)
{
	organisation->kept = organisation->position;
	for (size_t i = 0; i < counting->count; i++)
		if (counting->tables[i].about.organisation == organisation->organisation)
			counting->tables[i].changed = false;
	counting_forget(counting, organisation->organisation, counting->count > COUNTING_OPEN ? now : now - REST);
}

/* Those whose time it is, in one transaction: as many as fit. */
static enum error save(struct working *working, nanoseconds now, nanoseconds every, struct failure *failure)
{
	struct counting *counting = working->counting;
	struct store *store = counting->center->store;
	bool any = false;
	for (size_t i = 0; i < counting->organisation_count && !any; i++)
		any = is_due(&counting->organisations[i], now, every);
	enum error error = any ? store_begin(store, failure) : OK;
	if (!any || error)
		return error; /* nothing is lost yet: it is tried again */
	error = write_due(working, now, every, failure);
	if (!error)
		error = store_commit(store, failure);
	if (error)
		store_rollback(store);
	for (size_t i = 0; i < counting->organisation_count; i++) {
		struct counting_organisation *organisation = &counting->organisations[i];
		if (!organisation->saving)
			continue;
		organisation->saving = false;
		if (error)
			fall_behind(counting, organisation, failure);
		else
			was_saved(counting, organisation, now);
	}
	return error;
}

static enum error catch_up(struct working *working, struct counting_organisation *organisation, struct failure *failure)
{
	struct counting *counting = working->counting;
	working->organisation = organisation;
	working->lines = 0;
	organisation->behind = false;
	enum error error = record_store_replay(counting->center->records, working->scope, organisation->organisation,
	    organisation->position, take_frame, working, failure);
	if (error)
		fall_behind(counting, organisation, failure);
	else if (working->lines)
		log_write(LOG_INFO, "lines of telescopes behind the last tables were read again",
		    LOG_FIELD_NUMBER("organisation", organisation->organisation),
		    LOG_FIELD_NUMBER("lines", working->lines));
	return error;
}

enum error counting_save(struct counting *counting, struct failure *failure)
{
	struct working working;
	nanoseconds now = time_monotonic();
	enum error error = work_begin(counting, &working, failure);
	for (size_t i = 0; i < counting->organisation_count && !error; i++)
		if (is_due(&counting->organisations[i], now, 0)) /* one time may not be enough for all */
			error = save(&working, now, 0, failure);
	arena_free(working.arena);
	return error;
}

/* ── hooks ─ */

enum error counting_records(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure)
{
	struct counting *counting = center_state(center, "counting");
	struct working working;
	struct counting_organisation *organisation = counting ? organisation_of(counting, batch->organisation) : NULL;
	if (!organisation)
		return counting ? fail(failure, ERROR_MEMORY, "no memory for tables of telescopes") : OK;
	if (organisation->behind)
		return OK; /* it is read with the others */
	enum error error = work_begin(counting, &working, failure);
	working.organisation = organisation;
	if (!error)
		error = take_frame(&working, batch, first_position, encoded, failure);
	if (error)
		fall_behind(counting, organisation, failure);
	arena_free(working.arena);
	working.heard.organisation = batch->organisation;
	working.heard.sensor = batch->sensor;
	working.heard.received = batch->received;
	if (working.lines && center->hear)
		center->hear(center, &working.heard);
	return OK;
}

static void expire(struct working *working, nanoseconds now)
{
	const struct counts_settings *settings = counts_configured();
	struct store *store = working->counting->center->store;
	int zone = (int)settings->zone * 60;
	struct failure failure;
	enum error error = store_begin(store, &failure);
	if (error)
		return;
	error = store_darknet_expire(store, working->scope, day_of(now - settings->keep, zone),
	    day_of(now - settings->keep_hours, zone), &failure);
	if (!error)
		error = store_cleanup_expire(store, working->scope, now - settings->keep_cleanup, &failure);
	if (!error)
		error = store_commit(store, &failure);
	if (error) {
		store_rollback(store);
		log_write(
		    LOG_ERROR, "old tables of telescopes cannot be removed", LOG_FIELD_STRING("why", failure.words));
	}
}

void counting_tick(struct center *center, nanoseconds now)
{
	struct counting *counting = center_state(center, "counting");
	nanoseconds monotonic = time_monotonic(), every = counts_configured()->save_every;
	struct failure failure = { 0 };
	struct working working;
	if (!counting || work_begin(counting, &working, &failure) != OK)
		return;
	if (counting->count > COUNTING_OPEN)
		every = 0;
	for (size_t i = 0; i < counting->organisation_count; i++)
		if (counting->organisations[i].behind)
			catch_up(&working, &counting->organisations[i], &failure);
	if (save(&working, monotonic, every, &failure) != OK)
		log_write(LOG_ERROR, "what telescopes counted cannot be kept just now",
		    LOG_FIELD_STRING("why", failure.words));
	if (!counting->expired || monotonic - counting->expired > EXPIRE_EVERY) {
		counting->expired = monotonic;
		expire(&working, now);
	}
	counter_set(counting->held, (double)counting->count);
	arena_free(working.arena);
}

/* ── at the start ─ */

static void take_kept(void *context, uint32_t organisation, uint64_t position)
{
	struct counting_organisation *made = organisation_of(context, organisation);
	if (made)
		made->position = made->kept = position;
}

struct meeting {
	struct working *working;
	bool first; /* positions were never kept: what is there was there before telescopes */
	enum error error;
	struct failure *failure;
};

static void meet(void *context, uint32_t organisation)
{
	struct meeting *meeting = context;
	struct counting *counting = meeting->working->counting;
	struct counting_organisation *made = organisation_of(counting, organisation);
	if (!made || meeting->error)
		return;
	if (meeting->first) {
		made->position = made->kept = record_store_end(counting->center->records, organisation);
		meeting->error = store_darknet_counted_put(
		    counting->center->store, meeting->working->scope, organisation, made->position, meeting->failure);
	} else {
		made->behind = true;
	}
}

static enum error meet_all(struct working *working, struct failure *failure)
{
	struct counting *counting = working->counting;
	struct store *store = counting->center->store;
	struct text since;
	struct meeting meeting = { .working = working, .failure = failure };
	enum error error = store_darknet_counted_each(store, working->scope, take_kept, counting, failure);
	if (error)
		return error;
	meeting.first = store_value_get(store, SINCE, working->arena, &since, failure) == ERROR_NOT_FOUND;
	error = store_begin(store, failure);
	if (error)
		return error;
	record_store_organisations(counting->center->records, meet, &meeting);
	error = meeting.error;
	if (!error && meeting.first)
		error = store_value_put(store, SINCE, TEXT("1"), failure);
	if (!error)
		error = store_commit(store, failure);
	if (error)
		store_rollback(store);
	for (size_t i = 0; i < counting->organisation_count && !error; i++)
		if (counting->organisations[i].behind)
			error = catch_up(working, &counting->organisations[i], failure);
	return error;
}

static void counting_free(struct counting *counting)
{
	for (size_t i = 0; i < counting->count; i++)
		day_table_free(counting->tables[i].counts);
	long_views_free(counting->long_views);
	counts_reader_free(counting->reader);
	view_names_free(counting->names);
	free(counting->tables);
	free(counting->organisations);
	free(counting);
}

static void make_counters(struct counting *counting)
{
	struct counters *counters = counting->center->counters;
	counting->lines = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_counts",
	    "Lines of counts of telescopes.", "result", TEXT("counted"));
	counting->refused = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_counts",
	    "Lines of counts of telescopes.", "result", TEXT("refused"));
	counting->disbelieved = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_counts",
	    "Lines of counts of telescopes.", "result", TEXT("of no telescope"));
	counting->old = counter_get(counters, COUNTER_TOTAL, "noroshi_darknet_counts", "Lines of counts of telescopes.",
	    "result", TEXT("of another time"));
	counting->held = counter_get(counters, COUNTER_GAUGE, "noroshi_darknet_tables",
	    "Tables of days and hours of telescopes in memory.", NULL, TEXT_NONE);
}

static enum error load_iot(struct iot_ports *list, struct failure *failure)
{
	const char *configured = counts_configured()->iot_ports;
	char path[4096];
	if (configured && *configured)
		return iot_ports_read(configured, list, failure);
	enum error error = data_find("telescope/iot-ports", path, sizeof path, failure);
	return error ? error : iot_ports_read(path, list, failure);
}

enum error counting_start(struct center *center, struct failure *failure)
{
	struct counting *counting = calloc(1, sizeof *counting);
	struct working working;
	if (!counting || !(counting->reader = counts_reader_new()) ||
	    !(counting->long_views = long_views_new(center))) {
		if (counting)
			counts_reader_free(counting->reader);
		free(counting);
		return fail(failure, ERROR_MEMORY, "no memory for tables of telescopes");
	}
	counting->center = center;
	counting->names = view_names_load();
	make_counters(counting);
	enum error error = load_iot(&counting->iot, failure);
	if (error) {
		counting_free(counting);
		return error;
	}
	error = work_begin(counting, &working, failure);
	if (!error && center->records)
		error = meet_all(&working, failure);
	arena_free(working.arena);
	if (error || !center_set_state(center, "counting", counting)) {
		counting_free(counting);
		return error ? error : fail(failure, ERROR_LIMIT, "too many capabilities keep a state");
	}
	return OK;
}

void counting_stop(struct center *center)
{
	struct counting *counting = center_state(center, "counting");
	struct failure failure;
	if (!counting)
		return;
	if (counting_save(counting, &failure) != OK)
		log_write(LOG_WARNING, "what telescopes counted last is read again at the next start",
		    LOG_FIELD_STRING("why", failure.words));
	counting_free(counting);
	center_set_state(center, "counting", NULL);
}
