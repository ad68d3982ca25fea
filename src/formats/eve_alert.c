/*
 * EVE records of alerts, nested as Suricata nests them. The action is always "allowed": the sensor watches.
 */
#include "formats/eve_alert.h"

void eve_alert_pair(struct eve_alert *alert, struct text name, struct text value)
{
	if (alert->metadata_count < EVE_METADATA_MOST && name.size > 0)
		alert->metadata[alert->metadata_count++] = (struct eve_metadata){ name, value };
}

void eve_alert_metadata(struct eve_alert *alert, struct text pairs)
{
	while (pairs.size > 0) {
		struct text value = text_trim(text_cut(&pairs, ',')), name = text_cut(&value, ' ');
		eve_alert_pair(alert, name, text_trim(value));
	}
}

static bool was_before(const struct eve_alert *alert, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (text_equal(alert->metadata[i].name, alert->metadata[number].name))
			return true;
	return false;
}

static void write_metadata(struct builder *to, const struct eve_alert *alert)
{
	if (alert->metadata_count == 0)
		return;
	eve_object(to, "metadata");
	for (size_t i = 0; i < alert->metadata_count; i++) {
		char name[64];
		if (was_before(alert, i))
			continue;
		text_copy(alert->metadata[i].name, name, sizeof name);
		for (char *c = name; *c; c++) /* it stands in the record as it is */
			*c = *c == '"' || *c == '\\' || (unsigned char)*c < ' ' || (unsigned char)*c > '~' ? '_' : *c;
		size_t opened = eve_array(to, name);
		for (size_t j = i; j < alert->metadata_count; j++)
			if (text_equal(alert->metadata[i].name, alert->metadata[j].name))
				eve_string(to, NULL, alert->metadata[j].value);
		eve_array_end(to, opened);
	}
	eve_object_end(to);
}

void eve_alert_begin(struct builder *to, const struct eve_source *source, const struct flow *flow, nanoseconds time,
    const struct eve_alert *alert)
{
	const struct dissector *dissector = dissector_of(flow->protocol);
	eve_begin(to, source, "alert", time, flow, alert->from);
	eve_object(to, "alert");
	eve_text(to, "action", TEXT("allowed"));
	eve_number(to, "gid", alert->gid);
	eve_number(to, "signature_id", alert->signature_id);
	eve_number(to, "rev", alert->rev);
	eve_string(to, "signature", alert->signature);
	eve_string(to, "category", alert->category);
	eve_number(to, "severity", alert->severity);
	write_metadata(to, alert);
	eve_object_end(to);
	if (dissector)
		eve_text(to, "app_proto", text_of(dissector->name));
}

/* Of a log that counts no packets nothing is said about its flow. */
void eve_alert_end(
    struct builder *to, const struct eve_source *source, const struct flow *flow, const struct eve_alert *alert)
{
	if (!source->log || flow->packets[SIDE_CLIENT] || flow->packets[SIDE_SERVER]) {
		eve_text(to, "direction", alert->from == SIDE_CLIENT ? TEXT("to_server") : TEXT("to_client"));
		eve_flow_object(to, flow);
		eve_object_end(to);
	}
	eve_end(to);
}

void eve_alert_write(struct builder *to, const struct eve_source *source, const struct flow *flow, nanoseconds time,
    const struct dissection *dissection, enum side side, const void *facts, const struct eve_alert *alert)
{
	eve_alert_begin(to, source, flow, time, alert);
	if (dissection && facts)
		eve_members(to, dissection, side, facts);
	eve_alert_end(to, source, flow, alert);
}
