/*
 * Windows events as JSON, as those write them who carry them away: winlogbeat and Elastic Agent (winlog.event_data),
 * NXLog and others (all members flat), Vector (event_data), EvtxECmd (Payload within a string), evtx_dump and other
 * renderings of the event's XML (Event.System, Event.EventData). What Sysmon and the log Security say of processes,
 * files, hashes, names, connections, accounts and services is taken.
 *
 * In: events, one a line or as an array. Out: records of type "endpoint"; a question of DNS (Sysmon 22) is one of type
 * "dns". The names of data are in record_windows_data.c.
 */
#include "formats/record_windows.h"

#include <string.h>

static const char *const ids[] = { "winlog.event_id", "EventID", "Event.System.EventID", "EventId", "event_id",
	"event.code", "System.EventID", NULL };
static const char *const times[] = { "@timestamp", "EventTime", "TimeCreated",
	"Event.System.TimeCreated.#attributes.SystemTime", "Event.System.TimeCreated.@SystemTime",
	"Event.System.TimeCreated.SystemTime", "System.TimeCreated.@SystemTime", "timestamp", "UtcTime", NULL };
static const char *const providers[] = { "winlog.provider_name", "SourceName", "ProviderName",
	"Event.System.Provider.#attributes.Name", "Event.System.Provider.@Name", "Event.System.Provider.Name",
	"System.Provider.@Name", "Provider.Name", "Provider", "provider_name", "provider", NULL };
static const char *const channels[] = { "winlog.channel", "Channel", "Event.System.Channel", "System.Channel",
	"channel", "LogName", NULL };
static const char *const computers[] = { "winlog.computer_name", "Computer", "Event.System.Computer", "System.Computer",
	"Hostname", "computer", "MachineName", "host.name", "host", NULL };
static const char *const numbers[] = { "winlog.record_id", "RecordNumber", "EventRecordID", "EventRecordId",
	"Event.System.EventRecordID", "record_id", NULL };
static const char *const containers[] = { "winlog.event_data", "Event.EventData", "EventData", "event_data",
	"winlog.user_data", "Event.UserData", "UserData", "user_data", NULL };

/* A time as Sysmon's UtcTime has it names no zone, but is UTC. */
static enum error read_head(struct record_reader *reader, struct json_value root, struct windows_event *event,
    struct record *record, struct failure *failure)
{
	struct text id = record_json_text(root, ids);
	uint64_t number;
	if (!text_to_u64(id, &number) || number > UINT32_MAX)
		return fail(failure, ERROR_INPUT,
		    "EventID: there is none; every Windows event has a number (also as winlog.event_id or "
		    "Event.System.EventID)");
	event->id = (uint32_t)number;
	event->id_text = id;
	event->provider = record_json_text(root, providers);
	event->channel = record_json_text(root, channels);
	record_add(record, MEMBER_ENDPOINT_HOST, record_json_text(root, computers));
	record_add(record, MEMBER_ENDPOINT_PROVIDER, event->provider);
	record_add(record, MEMBER_ENDPOINT_CHANNEL, event->channel);
	record_add(record, MEMBER_ENDPOINT_EVENT, id);
	record_add(record, MEMBER_ENDPOINT_RECORD, record_json_text(root, numbers));
	return record_time(reader, record_json_text(root, times), "TimeCreated", record, failure);
}

/* ── data ─ */

static void take(struct windows_event *event, struct text name, struct text value)
{
	if (value.size && !text_equal(value, TEXT("-")) && event->count < WINDOWS_DATA)
		event->data[event->count++] = (struct windows_datum){ name, value };
}

/* {"@Name":"Image","#text":"C:\\…"}: an item of XML. */
static void take_item(struct windows_event *event, struct json_value item)
{
	static const char *const names[] = { "@Name", "#attributes.Name", "Name", "name", NULL };
	static const char *const values[] = { "#text", "Value", "value", NULL };
	take(event, record_json_text(item, names), record_json_text(item, values));
}

static void take_members(struct windows_event *event, struct json_value object, unsigned depth)
{
	for (struct json_walk walk = { 0 }; json_kind(object) == JSON_IS_OBJECT && json_next(object, &walk);) {
		if (json_kind(walk.value) == JSON_IS_ARRAY)
			for (struct json_walk item = { 0 }; json_next(walk.value, &item);)
				take_item(event, item.value);
		else if (json_kind(walk.value) == JSON_IS_OBJECT && depth > 0)
			take_members(event, walk.value, depth - 1); /* UserData.LogFileCleared.SubjectUserName */
		else
			take(event, walk.key, json_text(walk.value));
	}
}

static enum error read_data(
    struct record_reader *reader, struct json_value root, struct windows_event *event, struct failure *failure)
{
	struct text payload = json_text(json_get(root, "Payload"));
	struct json_value inner;
	struct failure wrong;
	if (text_starts(text_trim(payload), TEXT("{"))) {
		if (record_inner_object(reader, payload, &inner, &wrong))
			return fail(failure, ERROR_INPUT, "Payload: %s", wrong.words);
		take_members(event, inner, 2);
		return OK;
	}
	struct json_value container = record_json(root, containers);
	if (json_kind(container) == JSON_IS_OBJECT)
		take_members(event, container, 1);
	else if (json_kind(container) == JSON_IS_ARRAY)
		for (struct json_walk item = { 0 }; json_next(container, &item);)
			take_item(event, item.value);
	else
		take_members(event, root, 0);
	return OK;
}

static enum error windows_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct json_value root;
	struct windows_event *event = arena_take(reader->arena, sizeof *event);
	if (!event)
		return fail(failure, ERROR_MEMORY, "no memory for an event");
	enum error error = record_object(reader, line, &root, failure);
	if (error)
		return error;
	record->type = "endpoint";
	error = read_head(reader, root, event, record, failure);
	if (!error)
		error = read_data(reader, root, event, failure);
	if (!error)
		windows_fill(reader, event, record);
	record_ends_known(record);
	return error;
}

static int windows_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const forms[][5] = {
		{ "\"winlog\"", "event_id\"" },
		{ "\"EventID\"", "\"Channel\"" },
		{ "\"EventID\"", "\"Computer\"" },
		{ "\"EventID\"", "\"SourceName\"" },
		{ "\"EventId\"", "\"Channel\"", "\"Payload\"" },
		{ "\"event_id\"", "\"channel\"", "\"event_data\"" },
	};
	(void)parser;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (record_recognise_keys(beginning, forms[i], 80))
			return 80;
	return 0;
}

const struct record_format record_windows = {
	.name = "windows",
	.title = "Windows events and Sysmon as JSON (winlogbeat, NXLog, Vector, EvtxECmd, evtx_dump …)",
	.proven = false,
	.objects = true,
	.recognise = windows_recognise,
	.line = windows_line,
};
