/*
 * Exported flows to findings. See collect_behaviour.h.
 */
#include "watch/collect_behaviour.h"

#include "base/hash.h"
#include "model/item.h"
#include "watch/behaviour_alert.h"

#include <inttypes.h>
#include <stdlib.h>

struct collect_behaviour {
	struct behaviour *behaviour;
	struct flow_join *join;
	struct builder *lines;
	const struct joined_flow *joined; /* at which something is found */
	uint64_t alerts;
};

static void on_finding(void *context, const struct finding *finding)
{
	struct collect_behaviour *behaviour = context;
	char exporter[ADDRESS_TEXT];
	const struct eve_source source = { .host = text_of(address_format(behaviour->joined->exporter, exporter)) };
	behaviour->alerts++;
	if (behaviour->lines)
		behaviour_alert_write(finding, &source, &behaviour->joined->flow, behaviour->lines);
}

static void on_joined(void *context, const struct joined_flow *joined)
{
	struct collect_behaviour *behaviour = context;
	behaviour->joined = joined;
	behaviour_flow(behaviour->behaviour, &joined->seen);
}

enum error collect_behaviour_new(const struct behaviour_settings *settings, struct builder *lines,
    struct collect_behaviour **made, struct failure *failure)
{
	struct collect_behaviour *behaviour = calloc(1, sizeof *behaviour);
	struct flow_join_settings join = flow_join_defaults;
	if (!behaviour)
		return fail(failure, ERROR_MEMORY, "no memory for the detectors of behaviour");
	join.told = on_joined;
	join.context = behaviour;
	join.seed = settings->seed;
	join.behaviour = settings;
	behaviour->lines = lines;
	behaviour->behaviour = behaviour_new(settings, on_finding, behaviour);
	behaviour->join = flow_join_new(&join);
	if (!behaviour->behaviour || !behaviour->join) {
		collect_behaviour_free(behaviour);
		return fail(failure, ERROR_MEMORY, "no memory for the detectors of behaviour");
	}
	*made = behaviour;
	return OK;
}

void collect_behaviour_free(struct collect_behaviour *behaviour)
{
	if (!behaviour)
		return;
	behaviour_free(behaviour->behaviour);
	flow_join_free(behaviour->join);
	free(behaviour);
}

void collect_behaviour_record(
    struct collect_behaviour *behaviour, const struct flow_record *record, nanoseconds received)
{
	flow_join_record(behaviour->join, record, received);
}

void collect_behaviour_time(struct collect_behaviour *behaviour, nanoseconds now)
{
	flow_join_time(behaviour->join, now);
}

void collect_behaviour_finish(struct collect_behaviour *behaviour)
{
	flow_join_finish(behaviour->join);
}

void collect_behaviour_report(const struct collect_behaviour *behaviour, FILE *to)
{
	struct flow_join_counts counts = flow_join_count(behaviour->join);
	fprintf(to,
	    "{\"records\":%" PRIu64 ",\"flows\":%" PRIu64 ",\"continued\":%" PRIu64 ",\"alone\":%" PRIu64
	    ",\"early\":%" PRIu64 ",\"future\":%" PRIu64 ",\"forgotten\":%" PRIu64 ",\"alerts\":%" PRIu64 "}",
	    counts.records, counts.flows, counts.continued, counts.alone, counts.early, counts.future,
	    behaviour_forgotten(behaviour->behaviour), behaviour->alerts);
}

/* ── likely servers of command and control ─ */

struct controls {
	struct likely_control *at;
	size_t count, room;
	bool failed;
};

static void keep_control(void *context, const struct likely_control *control)
{
	struct controls *controls = context;
	if (controls->count == controls->room) {
		size_t room = controls->room ? controls->room * 2 : 64;
		struct likely_control *grown = realloc(controls->at, room * sizeof *grown);
		if (!grown) {
			controls->failed = true;
			return;
		}
		controls->at = grown;
		controls->room = room;
	}
	controls->at[controls->count++] = *control;
}

static int by_likelihood(const void *one, const void *other)
{
	const struct likely_control *a = one, *b = other;
	if (a->likelihood != b->likelihood)
		return a->likelihood > b->likelihood ? -1 : 1;
	return address_compare(a->address, b->address);
}

static void write_control(const struct likely_control *control, FILE *to)
{
	char address[ADDRESS_TEXT], source[ADDRESS_TEXT], first[TIME_TEXT], last[TIME_TEXT];
	fprintf(to,
	    "{\"address\":\"%s\",\"port\":%u,\"protocol\":%u,\"likelihood\":%.3f,\"first\":\"%s\",\"last\":\"%s\","
	    "\"evidence\":{\"source\":\"%s\",\"calls\":%" PRIu32 ",\"interval\":%.1f,\"jitter\":%.3f,",
	    address_format(control->address, address), control->port, control->ip_protocol, control->likelihood,
	    time_format(control->first, first), time_format(control->last, last),
	    address_format(control->source, source), control->calls, control->interval, control->jitter);
	if (control->variation >= 0)
		fprintf(to, "\"variation\":%.3f,", control->variation);
	fprintf(to,
	    "\"hosts\":%" PRIu32 ",\"hosts_in_time\":%" PRIu32 ",\"hosts_inside\":%" PRIu32
	    ",\"common_port\":%s,\"everybody\":%s,\"new\":%s}}\n",
	    control->hosts, control->regular, control->inside, control->common_port ? "true" : "false",
	    control->everybody ? "true" : "false", control->fresh ? "true" : "false");
}

/* In a space of our own: of address, protocol and port. */
static struct uuid indicator_of(const struct likely_control *control)
{
	static const struct uuid space = { { 0x6c, 0x1e, 0x0d, 0x52, 0x8e, 0x3b, 0x4f, 0x0a, 0x93, 0x77, 0x21, 0xd5,
	    0xb0, 0x4c, 0x6a, 0xf8 } };
	char words[ADDRESS_TEXT + 16], address[ADDRESS_TEXT];
	int size = snprintf(words, sizeof words, "%s %u %u", address_format(control->address, address),
	    control->ip_protocol, control->port);
	return uuid_derived(space, words, (size_t)size);
}

/* With milliseconds, as STIX wants them. */
static const char *stix_time(nanoseconds when, char to[static TIME_TEXT])
{
	const struct item_time time = { .when = when };
	item_time_text(&time, to);
	return to;
}

static void write_indicator(const struct likely_control *control, nanoseconds valid, FILE *to)
{
	char address[ADDRESS_TEXT], id[UUID_TEXT], first[TIME_TEXT], last[TIME_TEXT], until[TIME_TEXT];
	const char *protocol = control->ip_protocol == 6 ? "TCP" : control->ip_protocol == 17 ? "UDP" : "IP";
	stix_time(control->first, first);
	stix_time(control->last, last);
	fprintf(to,
	    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%s\",\"created\":\"%s\","
	    "\"modified\":\"%s\",\"name\":\"Likely command and control: %s port %u\",\"description\":\"Called every "
	    "%.0f "
	    "s; jitter %.3f\",\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[%s:value = '%s']\","
	    "\"pattern_type\":\"stix\",\"valid_from\":\"%s\",\"valid_until\":\"%s\",\"confidence\":%d,"
	    "\"labels\":[\"noroshi:beacon\"]}\n",
	    uuid_format(indicator_of(control), id), first, last, protocol, control->port, control->interval,
	    control->jitter, address_is_v4(control->address) ? "ipv4-addr" : "ipv6-addr",
	    address_format(control->address, address), first, stix_time(control->last + valid, until),
	    (int)(control->likelihood * 100));
}

static bool gather(const struct collect_behaviour *behaviour, struct controls *controls)
{
	behaviour_controls(behaviour->behaviour, keep_control, controls);
	if (controls->count)
		qsort(controls->at, controls->count, sizeof *controls->at, by_likelihood);
	return !controls->failed;
}

bool collect_behaviour_indicators(const struct collect_behaviour *behaviour, nanoseconds valid, FILE *to)
{
	struct controls controls = { 0 };
	bool whole = gather(behaviour, &controls);
	for (size_t i = 0; i < controls.count; i++)
		write_indicator(&controls.at[i], valid, to);
	free(controls.at);
	return whole;
}

bool collect_behaviour_controls(const struct collect_behaviour *behaviour, FILE *to)
{
	struct controls controls = { 0 };
	bool whole = gather(behaviour, &controls);
	for (size_t i = 0; i < controls.count; i++)
		write_control(&controls.at[i], to);
	free(controls.at);
	return whole;
}
