/*
 * The search over the records that are no alerts (flows, names, handshakes, requests), and those around an alert or an
 * event: what else the same hosts did at that time. Handlers run in the keeper, over store/record_store.h.
 *
 * One answer looks at a bounded part of what is kept: it may hold fewer records than were asked for, even none, and
 * still say `next`.
 */
#include "model/kept_record.h"
#include "store/record_store.h"
#include "triage/routes.h"

#include <stdlib.h>
#include <string.h>

#define AROUND_MINUTES 10 /* unless the request says another number */
#define AROUND_HOSTS (2 * EVENT_NAMES)
#define COMMUNITY_LARGEST 64 /* "1:" and 20 bytes in base64 have 30 */

/* ── what is asked ─ */

struct asking {
	struct history_query query;
	struct record_conditions conditions;
	struct address hosts[AROUND_HOSTS];
	char community[COMMUNITY_LARGEST + 1];
};

static void add_host(struct asking *asking, struct address address)
{
	if (address_exists(address) && asking->conditions.host_count < AROUND_HOSTS)
		asking->hosts[asking->conditions.host_count++] = address;
}

static void around(const struct call *call, struct asking *asking, nanoseconds first, nanoseconds last)
{
	nanoseconds distance = input_integer(call, "minutes", AROUND_MINUTES) * MINUTE;
	nanoseconds from = first > INT64_MIN + distance ? first - distance : INT64_MIN;
	nanoseconds to = last < INT64_MAX - distance ? last + distance : INT64_MAX;
	asking->conditions.hosts = asking->hosts;
	asking->query.from = from;
	asking->query.to = to;
}

/* The community id in a line of EVE. In a text of its own the quotation marks would stand behind backslashes. */
static void take_community(struct text line, char to[static COMMUNITY_LARGEST + 1])
{
	static const char member[] = "\"community_id\"";
	ptrdiff_t at = text_find(line, TEXT(member));
	if (at < 0)
		return;
	size_t behind = (size_t)at + sizeof member - 1;
	struct text rest = text_trim((struct text){ line.at + behind, line.size - behind });
	if (!text_starts(rest, TEXT(":")))
		return;
	rest = text_trim((struct text){ rest.at + 1, rest.size - 1 });
	if (!text_starts(rest, TEXT("\"")))
		return;
	rest = (struct text){ rest.at + 1, rest.size - 1 };
	struct text value = text_cut(&rest, '"');
	if (value.size <= COMMUNITY_LARGEST)
		text_copy(value, to, COMMUNITY_LARGEST + 1);
}

struct alert_around {
	const struct call *call;
	struct asking *asking;
};

static void take_alert(void *context, const struct history_hit *hit)
{
	const struct alert_around *from = context;
	struct asking *asking = from->asking;
	const struct alert *alert = &hit->alert;
	take_community(alert->original, asking->community);
	asking->conditions.same_community = text_of(asking->community);
	add_host(asking, alert->source);
	add_host(asking, alert->target);
	asking->conditions.both_ends = asking->conditions.host_count == 2;
	if (asking->conditions.host_count == 0)
		add_host(asking, alert->host_address);
	asking->query.organisation = alert->organisation;
	around(from->call, asking, alert->occurred, alert->occurred);
}

static void add_names(struct asking *asking, const struct event_name *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct address address;
		if (address_parse(text_of(names[i].name), &address))
			add_host(asking, address);
	}
}

static enum error ask_around_event(struct call *call, struct uuid id, struct asking *asking, struct failure *failure)
{
	struct event *event;
	struct event_standing standing;
	struct titles *titles;
	enum error error = event_load(call, id, &event, &standing, &titles, failure);
	if (error)
		return error;
	add_names(asking, event->hosts, event->host_count);
	add_names(asking, event->sources, event->source_count);
	asking->query.organisation = event->organisation;
	around(call, asking, event->first, event->last);
	return OK;
}

static enum error ask(struct call *call, struct asking *asking, struct failure *failure)
{
	struct record_conditions *conditions = &asking->conditions;
	struct uuid event = input_uuid(call, "event");
	struct text end = input_text(call, "address");
	int64_t limit = input_integer(call, "limit", 0);
	asking->query.from = input_integer(call, "from", 0);
	asking->query.to = input_integer(call, "to", 0);
	asking->query.organisation = (uint32_t)input_integer(call, "organisation", 0);
	asking->query.contains = input_text(call, "contains");
	asking->query.limit = limit ? (uint32_t)limit : 50;
	asking->query.records = conditions;
	conditions->sensor = (uint32_t)input_integer(call, "sensor", 0);
	conditions->type = input_text(call, "type");
	conditions->name = input_text(call, "domain");
	conditions->community = input_text(call, "community_id");
	conditions->has_end = end.size > 0 && prefix_parse(end, &conditions->end);
	if (call->route->kind == ROUTE_PAGE)
		days_of_page(call, &asking->query);
	return uuid_is_nil(event) ? OK : ask_around_event(call, event, asking, failure);
}

/* ── where it goes on: organisation and position in hexadecimal; center/cursors.c seals it ─ */

static enum error cursor_in(const struct call *call, struct record_place *place, struct failure *failure)
{
	struct text cursor = input_text(call, "after");
	uint8_t bytes[12];
	if (cursor.size == 0)
		return OK;
	if (!hex_parse(cursor, bytes, sizeof bytes))
		return fail(failure, ERROR_INPUT, "after: it is not a cursor that a list gave");
	struct reader from = reader_of(bytes, sizeof bytes);
	place->organisation = get_u32(&from);
	place->position = get_u64(&from);
	return OK;
}

static void cursor_out(struct call *call, const struct record_place *place)
{
	char text[HEX_SIZE(12)] = "";
	struct builder bytes = { 0 };
	put_u32(&bytes, place->organisation);
	put_u64(&bytes, place->position);
	if (place->organisation && !bytes.failed)
		hex_format(bytes.at, bytes.size, text);
	builder_free(&bytes);
	output_string(call->output, "next", text);
}

/* ── what is answered ─ */

struct gathering {
	const struct titles *titles;
	json_t *list;
	bool no_memory;
};

static void add_name(void *context, struct text name)
{
	json_t *holder = json_object();
	output_text(holder, "name", name);
	json_array_append(context, json_object_get(holder, "name"));
	json_decref(holder);
}

static void add_end(json_t *object, const char *name, struct address address, const char *port_name, uint16_t port)
{
	char text[ADDRESS_TEXT];
	if (address_exists(address))
		output_string(object, name, address_format(address, text));
	if (port)
		json_object_set_new(object, port_name, json_integer(port));
}

static void add_text(json_t *object, const char *name, struct text value)
{
	if (value.size)
		output_text(object, name, value);
}

static json_t *record_json(const struct alert *record, const struct titles *titles)
{
	json_t *object = json_object(), *names = json_array();
	char id[FACT_ID_TEXT];
	output_string(object, "id", fact_id_format(&record->id, id));
	output_text(object, "type", record->signature);
	output_time(object, "occurred", record->occurred);
	output_time(object, "received", record->received);
	json_object_set_new(object, "organisation", json_integer(record->organisation));
	title_add(titles, record->organisation, object);
	json_object_set_new(object, "sensor", json_integer(record->id.sensor));
	add_end(object, "source", record->source, "source_port", record->source_port);
	add_end(object, "target", record->target, "target_port", record->target_port);
	add_text(object, "protocol", record->protocol);
	add_text(object, "host", record->host);
	add_text(object, "account", record->account);
	add_text(object, "community_id", record->signature_id);
	kept_record_names(record, add_name, names);
	json_object_set_new(object, "names", names);
	output_text(object, "original", record->original);
	return object;
}

static void gather(void *context, const struct history_hit *hit)
{
	struct gathering *gathering = context;
	if (json_array_append_new(gathering->list, record_json(&hit->alert, gathering->titles)) != 0)
		gathering->no_memory = true;
}

/* The conditions come back, so that the page's form and its next page keep them. */
static void echo_conditions(struct call *call, const struct titles *titles)
{
	static const char *const names[] = { "contains", "type", "address", "domain", "community_id" };
	titles_output(titles, call);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		output_text(call->output, names[i], input_text(call, names[i]));
	output_day(call->output, "from", input_integer(call, "from", 0));
	output_day(call->output, "to", input_integer(call, "to", 0));
	output_uuid(call->output, "event", input_uuid(call, "event"));
	json_object_set_new(call->output, "minutes", json_integer(input_integer(call, "minutes", AROUND_MINUTES)));
}

static enum error answer(struct call *call, const struct asking *asking, struct failure *failure)
{
	struct titles *titles;
	struct record_place place = { 0 };
	enum error error = cursor_in(call, &place, failure);
	if (!error && !call->records)
		error = fail(failure, ERROR_SYSTEM, "records cannot be read just now");
	if (!error)
		error = titles_load(call, &titles, failure);
	if (error)
		return error;
	struct gathering gathering = { titles, json_array(), false };
	json_object_set_new(call->output, "records", gathering.list);
	bool around = asking->conditions.hosts != NULL;
	/* What is around something that has no address is nothing, not everything. */
	if (!around || asking->conditions.host_count || asking->conditions.same_community.size)
		error =
		    record_store_find(call->records, call->scope, &asking->query, gather, &gathering, &place, failure);
	if (!error && gathering.no_memory)
		error = fail(failure, ERROR_MEMORY, "records: no memory");
	cursor_out(call, &place);
	echo_conditions(call, titles);
	return error ? error
		     : watched_output(
			   call, asking->query.organisation, asking->query.from, asking->query.to, DAY, failure);
}

/* Whose it is, or whether it is at all, is the same to whoever may not know. */
static enum error hidden(enum error error, struct failure *failure)
{
	return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
}

enum error records_list(struct call *call, struct failure *failure)
{
	struct asking asking = { 0 };
	enum error error = ask(call, &asking, failure);
	return error ? hidden(error, failure) : answer(call, &asking, failure);
}

enum error alert_records(struct call *call, struct failure *failure)
{
	struct asking asking = { 0 };
	struct alert_around from = { call, &asking };
	uint64_t position;
	if (!text_to_u64(input_text(call, "position"), &position))
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	enum error error = ask(call, &asking, failure);
	if (!error)
		error = history_get(
		    call->history, call->scope, position_reveal(call, position), take_alert, &from, failure);
	if (error)
		return hidden(error, failure);
	output_text(call->output, "position", input_text(call, "position"));
	return answer(call, &asking, failure);
}
