/*
 * Records of other programs through detection; see records.h.
 */
#include "watch/records.h"

#include "base/character.h"
#include "base/hash.h"
#include "watch/behaviour_alert.h"
#include "watch/detection.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 256 /* bytes of a name of DNS as text */
#define RECENT_FLOWS 65536

struct records {
	struct records_settings settings;
	struct behaviour *behaviour;
	const struct record *record; /* at which something is found in behaviour */
	struct builder *alerts;
	struct records_counts counts;
	uint64_t
	    flows[RECENT_FLOWS]; /* whose ends were compared: of the flows that would stand at a place the newest */
};

static void on_finding(void *context, const struct finding *finding)
{
	struct records *records = context;
	const struct record *record = records->record;
	const struct eve_source source = {
		.host = records->settings.host, .community = record->community, .log = true
	};
	behaviour_alert_write(finding, &source, &record->flow, records->alerts);
	records->counts.alerts++;
}

enum error records_new(const struct records_settings *settings, struct records **made, struct failure *failure)
{
	struct records *records = calloc(1, sizeof *records);
	if (!records)
		return fail(failure, ERROR_MEMORY, "no memory for the records");
	records->settings = *settings;
	if (settings->behaviour && !(records->behaviour = behaviour_new(settings->behaviour, on_finding, records))) {
		free(records);
		return fail(failure, ERROR_MEMORY, "no memory for the detectors of behaviour");
	}
	*made = records;
	return OK;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	behaviour_free(records->behaviour);
	free(records);
}

/* As behaviour_dns() tells of a message: what was asked for, in lower case. */
static void tell_name(struct records *records, const struct record *record)
{
	struct text query = record_find(record, MEMBER_DNS_QUERY);
	char name[NAME_MOST];
	if (!query.size || query.size > sizeof name || !address_exists(record->flow.ends[SIDE_CLIENT].address))
		return;
	for (size_t i = 0; i < query.size; i++)
		name[i] = char_lower(query.at[i]);
	const struct seen_name seen = { .time = record->occurred,
		.client = record->flow.ends[SIDE_CLIENT].address,
		.name = { name, query.size },
		.rcode = record->rcode };
	behaviour_name(records->behaviour, &seen);
}

static void look_at_behaviour(struct records *records, const struct record *record, struct builder *alerts)
{
	records->record = record;
	records->alerts = alerts;
	if (record->is_flow && record_has_ends(record)) {
		const struct seen_flow seen = seen_flow_of(&record->flow);
		behaviour_flow(records->behaviour, &seen);
	} else if (record->is_response) {
		tell_name(records, record);
	}
}

/* A flow has several records, of which one is enough to look at its ends. */
static bool is_new_flow(struct records *records, const struct record *record)
{
	uint64_t id = record->flow.id, *place = &records->flows[hash_u64(id, 0) % RECENT_FLOWS];
	if (id && *place == id)
		return false;
	*place = id;
	return true;
}

void records_take(struct records *records, const struct record *record, struct builder *alerts)
{
	bool alert = strcmp(record->type, "alert") == 0; /* it was found already; its flow has records of its own */
	struct detection *detection = records->settings.detection;
	if (detection && !alert) {
		detection_enter(detection);
		detection_record(detection, record, is_new_flow(records, record), records->settings.host, alerts);
		detection_leave(detection);
	}
	if (records->behaviour && !alert)
		look_at_behaviour(records, record, alerts);
}

struct records_counts records_count(const struct records *records)
{
	struct records_counts counts = records->counts;
	if (records->settings.detection) {
		struct detection_counts found = detection_count(records->settings.detection);
		counts.alerts += found.indicators + found.signatures;
	}
	if (records->behaviour)
		counts.forgotten = behaviour_forgotten(records->behaviour);
	return counts;
}
