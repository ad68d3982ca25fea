/*
 * What one worker looks for. A burst of packets enters the current sets once and leaves them when it is done, so that
 * all that a packet tells is compared with one and the same set.
 */
#include "watch/detection.h"

#include "formats/record_write.h"
#include "match/disclosure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MATCHES_MOST 64 /* indicators of one event; further ones are of values that others match too */
#define FIELDS_MOST 512

enum { QUERY_CLIENT = FIELD_COUNT, QUERY_SERVER };
enum indicator_layer { LAYER_OWN, LAYER_SHARED, LAYER_RECENT, LAYERS };

struct met {
	struct indicator_match match;
	bool shared; /* its number is one of the exchange */
	bool told;
};

struct detection {
	struct detection_sets *sets;
	size_t reader;
	const struct indicator_layers *layers; /* entered; NULL: there are none */
	const struct signature_set *signatures;
	struct signature_matcher *matcher;
	struct indicator_batch batches[LAYERS];
	struct met matches[MATCHES_MOST];
	size_t match_count;
	bool wanting; /* fields, for signatures */
	struct signature_field fields[FIELDS_MOST];
	size_t field_count;
	struct builder values; /* of the fields, one after the other */
	struct detection_counts counts;
	/* the event whose alerts are being written */
	const struct eve_source *source;
	struct builder *lines;
	const struct flow *flow;
	const struct dissection *dissection;
	const void *facts;
	const struct record *record; /* instead of those */
	struct text host;
	bool ends; /* the flow's addresses are asked for */
	enum side side;
	nanoseconds time;
};

struct detection *detection_new(struct detection_sets *sets, size_t reader)
{
	struct detection *detection = calloc(1, sizeof *detection);
	if (!detection)
		return NULL;
	detection->sets = sets;
	detection->reader = reader;
	detection->matcher = signature_matcher_new(&signature_defaults);
	if (!detection->matcher) {
		free(detection);
		return NULL;
	}
	return detection;
}

void detection_free(struct detection *detection)
{
	if (!detection)
		return;
	signature_matcher_free(detection->matcher);
	builder_free(&detection->values);
	free(detection);
}

struct detection_counts detection_count(const struct detection *detection)
{
	struct detection_counts counts = detection->counts;
	counts.matcher = signature_matcher_count(detection->matcher);
	return counts;
}

/* ── alerts ─ */

static void write_alert(struct detection *detection, const struct eve_alert *alert)
{
	flow_note_alerted(detection->flow);
	if (detection->record) {
		record_write_alert(detection->lines, detection->host, detection->record, alert);
		return;
	}
	eve_alert_write(detection->lines, detection->source, detection->flow, detection->time, detection->dissection,
	    detection->side, detection->facts, alert);
}

/* How many days the vulnerability has been known; an alert about a new one with a public proof of concept is more
 * urgent. `days` lives as long as the alert. */
static void note_disclosure(struct text metadata, nanoseconds time, struct eve_alert *alert, char days[static 24])
{
	const struct disclosure disclosure = disclosure_of(metadata);
	if (disclosure.known && disclosure.cve[0]) {
		snprintf(days, 24, "%" PRId64, disclosure_days(&disclosure, time));
		eve_alert_pair(alert, TEXT("days_since_disclosure"), text_of(days));
	}
	if (!disclosure_raises(&disclosure, time))
		return;
	alert->severity -= alert->severity > 1;
	eve_alert_pair(alert, TEXT("priority_raised"), TEXT("public proof of concept"));
}

static void signature_met(void *context, const struct signature_alert *met)
{
	struct detection *detection = context;
	char days[24];
	struct eve_alert alert = { .gid = met->gid,
		.signature_id = met->sid,
		.rev = met->rev,
		.severity = met->priority,
		.signature = text_of(met->message),
		.category = text_of(met->classtype),
		.from = met->from };
	eve_alert_metadata(&alert, text_of(met->metadata));
	note_disclosure(text_of(met->metadata), detection->time, &alert, days);
	if (strcmp(met->action, "alert") != 0)
		eve_alert_pair(&alert, TEXT("rule_action"), text_of(met->action));
	detection->counts.signatures++;
	write_alert(detection, &alert);
}

static void note_match(struct detection *detection, const struct indicator_match *match, bool shared)
{
	if (detection->match_count < MATCHES_MOST)
		detection->matches[detection->match_count++] = (struct met){ .match = *match, .shared = shared };
}

static void own_met(void *context, const struct indicator_match *match)
{
	note_match(context, match, false);
}

/* What the large set says counts unless it changed since. */
static void shared_met(void *context, const struct indicator_match *match)
{
	struct detection *detection = context;
	if (!indicator_overlay_hides(detection->layers->recent, match->number))
		note_match(detection, match, true);
}

static void recent_met(void *context, const struct indicator_match *match)
{
	note_match(context, match, true);
}

static bool same_indicator(const struct met *one, const struct met *other)
{
	const struct indicator_match *a = &one->match, *b = &other->match;
	return one->shared == other->shared && a->kind == b->kind && a->query == b->query && a->action == b->action &&
	       a->size == b->size && memcmp(a->value, b->value, a->size) == 0;
}

static const char *place_of(uint64_t query)
{
	return query == QUERY_CLIENT   ? "client.address"
	       : query == QUERY_SERVER ? "server.address"
				       : field_name((enum field)query);
}

/* One alert for an indicator, with the numbers of all that say the same. */
static void write_indicator(struct detection *detection, size_t first)
{
	static const uint32_t severities[INDICATOR_ACTIONS] = { 3, 2, 1 };
	const struct met *met = &detection->matches[first];
	const struct indicator_match *match = &met->match;
	char value[INDICATOR_TEXT], words[INDICATOR_TEXT + 80], numbers[MATCHES_MOST][12];
	indicator_format(match->kind, match->value, match->size, value);
	snprintf(words, sizeof words, "NOROSHI indicator %s %s", indicator_kind_name(match->kind), value);
	struct eve_alert alert = { .gid = DETECTION_GID,
		.signature_id = 1 + (uint32_t)match->kind,
		.rev = 1,
		.severity = severities[match->action],
		.signature = text_of(words),
		.category = TEXT("indicator"),
		.from = match->query == QUERY_SERVER ? SIDE_SERVER
			: detection->facts           ? detection->side
						     : SIDE_CLIENT };
	eve_alert_pair(&alert, TEXT("indicator_type"), text_of(indicator_kind_name(match->kind)));
	eve_alert_pair(&alert, TEXT("indicator"), text_of(value));
	eve_alert_pair(&alert, TEXT("indicator_action"), text_of(indicator_action_name(match->action)));
	eve_alert_pair(&alert, TEXT("field"), text_of(place_of(match->query)));
	if (met->shared)
		eve_alert_pair(&alert, TEXT("indicator_source"), TEXT("exchange"));
	for (size_t i = first, count = 0; i < detection->match_count; i++) {
		if (!same_indicator(met, &detection->matches[i]))
			continue;
		detection->matches[i].told = true;
		snprintf(numbers[count], sizeof numbers[0], "%u", detection->matches[i].match.number);
		eve_alert_pair(&alert, TEXT("indicator_id"), text_of(numbers[count++]));
	}
	detection->counts.indicators++;
	write_alert(detection, &alert);
}

/* ── events ─ */

void detection_enter(struct detection *detection)
{
	detection->layers = live_set_enter(detection_indicators(detection->sets), detection->reader);
	detection->signatures = live_set_enter(detection_signatures(detection->sets), detection->reader);
}

void detection_leave(struct detection *detection)
{
	live_set_leave(detection_indicators(detection->sets), detection->reader);
	live_set_leave(detection_signatures(detection->sets), detection->reader);
}

static void begin(struct detection *detection, const struct eve_source *source, struct builder *lines,
    const struct flow *flow, nanoseconds time)
{
	detection->source = source;
	detection->lines = lines;
	detection->flow = flow;
	detection->time = time;
	detection->dissection = NULL;
	detection->facts = NULL;
	detection->record = NULL;
	detection->ends = false;
}

static void collect_field(void *context, enum field field, struct text value)
{
	struct detection *detection = context;
	for (int i = 0; i < LAYERS; i++)
		indicator_batch_field(&detection->batches[i], field, value, field);
	if (!detection->wanting || detection->field_count == FIELDS_MOST ||
	    !signature_set_wants(detection->signatures, field))
		return;
	/* the text may be gone when all are there; until then its place stands for it */
	detection->fields[detection->field_count++] = (struct signature_field){ field, { NULL, value.size } };
	build_text(&detection->values, value);
}

static void place_fields(struct detection *detection)
{
	const char *at = detection->values.at;
	for (size_t i = 0; i < detection->field_count; i++) {
		detection->fields[i].value.at = at;
		at += detection->fields[i].value.size;
	}
	if (detection->values.failed)
		detection->field_count = 0;
}

static void begin_batches(struct detection *detection)
{
	static const indicator_visitor visitors[LAYERS] = { own_met, shared_met, recent_met };
	const struct indicator_layers none = { 0 }, *layers = detection->layers ? detection->layers : &none;
	const struct indicator_set *sets[LAYERS] = { layers->own, layers->shared,
		indicator_overlay_added(layers->recent) };
	for (int i = 0; i < LAYERS; i++)
		indicator_batch_begin(&detection->batches[i], sets[i], visitors[i], detection);
}

static void ask_ends(struct detection *detection)
{
	const struct flow *flow = detection->flow;
	for (int i = 0; i < LAYERS; i++) {
		indicator_batch_address(&detection->batches[i], flow->ends[SIDE_CLIENT].address, QUERY_CLIENT);
		indicator_batch_address(&detection->batches[i], flow->ends[SIDE_SERVER].address, QUERY_SERVER);
	}
}

/* Asks for the ends of the flow, and for the fields of the facts or the record. */
static void ask_indicators(struct detection *detection)
{
	detection->match_count = detection->field_count = 0;
	builder_clear(&detection->values);
	begin_batches(detection);
	if (detection->ends)
		ask_ends(detection);
	if (detection->facts && detection->dissection->dissector->fields)
		detection->dissection->dissector->fields(detection->facts, collect_field, detection);
	if (detection->record)
		record_fields(detection->record, collect_field, detection);
	for (int i = 0; i < LAYERS; i++)
		indicator_batch_end(&detection->batches[i]);
	for (size_t i = 0; i < detection->match_count; i++)
		if (!detection->matches[i].told)
			write_indicator(detection, i);
}

static void look(struct detection *detection)
{
	detection->wanting = detection->signatures;
	ask_indicators(detection);
	place_fields(detection);
	if (detection->signatures)
		signature_matcher_fields(detection->matcher, detection->signatures, detection->flow, detection->time,
		    detection->fields, detection->field_count, signature_met, detection);
}

void detection_facts(struct detection *detection, const struct dissection *dissection, enum side side,
    const void *facts, const struct eve_source *source, struct builder *lines)
{
	begin(detection, source, lines, dissection->flow, dissection->time);
	detection->dissection = dissection;
	detection->facts = facts;
	detection->side = side;
	look(detection);
}

void detection_record(
    struct detection *detection, const struct record *record, bool ends, struct text host, struct builder *lines)
{
	begin(detection, NULL, lines, &record->flow, record->occurred);
	detection->record = record;
	detection->ends = ends;
	detection->host = host;
	look(detection);
	if (!record->flow.id) /* of no flow: what signatures remember of one must not join it with the next */
		signature_matcher_flow_over(detection->matcher, &record->flow);
}

void detection_payload(struct detection *detection, const struct flow *flow, enum side side, nanoseconds time,
    uint64_t offset, const uint8_t *bytes, size_t size, const struct eve_source *source, struct builder *lines)
{
	begin(detection, source, lines, flow, time);
	if (detection->signatures)
		signature_matcher_payload(detection->matcher, detection->signatures, flow, side, time, offset, bytes,
		    size, signature_met, detection);
}

void detection_flow_begun(
    struct detection *detection, const struct flow *flow, const struct eve_source *source, struct builder *lines)
{
	begin(detection, source, lines, flow, flow->first);
	detection->ends = true;
	ask_indicators(detection);
}

void detection_flow_over(struct detection *detection, const struct flow *flow)
{
	signature_matcher_flow_over(detection->matcher, flow);
}
