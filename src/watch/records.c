/*
 * Records of other programs through detection; see records.h.
 */
#include "watch/records.h"

#include "base/character.h"
#include "base/hash.h"
#include "formats/record_write.h"
#include "model/alert.h"
#include "watch/behaviour_alert.h"
#include "watch/detection.h"
#include "watch/record_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 256 /* bytes of a name of DNS as text */
#define RECENT_FLOWS 65536

struct records {
	struct records_settings settings;
	struct behaviour *behaviour;
	struct rule_memory *rules;
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
	uint64_t seed;
	random_bytes(&seed, sizeof seed);
	if (settings->rules && !(records->rules = rule_memory_new(seed))) {
		records_free(records);
		return fail(failure, ERROR_MEMORY, "no memory for the rules");
	}
	*made = records;
	return OK;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	behaviour_free(records->behaviour);
	rule_memory_free(records->rules);
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

static void look_at_behaviour(struct records *records, const struct record *record)
{
	if (record->is_flow && record_has_ends(record)) {
		const struct seen_flow seen = seen_flow_of(&record->flow);
		behaviour_flow(records->behaviour, &seen);
	} else if (record->is_response) {
		tell_name(records, record);
	}
}

static void on_rule(void *context, const struct record_rule *rule, uint32_t count)
{
	struct records *records = context;
	char number[16];
	struct eve_alert alert = { .gid = RECORD_RULES_GID,
		.signature_id = 1 + (uint32_t)(rule - record_rules),
		.rev = 1,
		.severity = rule->severity,
		.signature = text_of(rule->words),
		.category = TEXT("event"),
		.from = SIDE_CLIENT };
	eve_alert_pair(&alert, TEXT("rule"), text_of(rule->code));
	eve_alert_pair(&alert, TEXT("mitre_technique_id"), text_of(rule->technique));
	for (unsigned tactic = 0; tactic < TACTIC_COUNT; tactic++)
		if (rule->tactics >> tactic & 1)
			eve_alert_pair(&alert, TEXT("mitre_tactic_id"), text_of(tactic_id((enum tactic)tactic)));
	snprintf(number, sizeof number, "%" PRIu32, count);
	if (count)
		eve_alert_pair(&alert, TEXT("count"), text_of(number));
	record_write_alert(records->alerts, records->settings.host, records->record, &alert);
	records->counts.alerts++;
}

static bool is_event(const struct record *record)
{
	return strcmp(record->type, "endpoint") == 0 || strcmp(record->type, "cloud") == 0;
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
	records->record = record;
	records->alerts = alerts;
	if (records->behaviour && !alert)
		look_at_behaviour(records, record);
	if (records->rules && is_event(record))
		record_rules_take(records->rules, record, on_rule, records);
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
	if (records->rules)
		counts.forgotten += rule_memory_forgotten(records->rules);
	return counts;
}
