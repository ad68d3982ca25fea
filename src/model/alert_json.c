/*
 * An alert as one JSON object, for people and programs: `noroshi convert`, the API, the pages. Members are named as the
 * columns of our CSV, so that what one prints the other reads.
 */
#include "model/alert.h"

#include <inttypes.h>

static void write_text(struct builder *to, const char *name, struct text value)
{
	if (!value.size)
		return;
	build_format(to, ",\"%s\":", name);
	build_json_string(to, value);
}

static void write_address(struct builder *to, const char *name, struct address address)
{
	char text[ADDRESS_TEXT];
	if (address_exists(address))
		write_text(to, name, text_of(address_format(address, text)));
}

static void write_number(struct builder *to, const char *name, uint32_t number)
{
	if (number)
		build_format(to, ",\"%s\":%" PRIu32, name, number);
}

static void write_time(struct builder *to, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	write_text(to, name, text_of(time_format(time, text)));
}

static void write_tactics(struct builder *to, uint16_t tactics)
{
	if (!tactics)
		return;
	build_text(to, TEXT(",\"tactics\":["));
	bool first = true;
	for (unsigned i = 0; i < TACTIC_COUNT; i++)
		if (tactics & 1u << i) {
			build_format(to, "%s\"%s\"", first ? "" : ",", tactic_id((enum tactic)i));
			first = false;
		}
	build_char(to, ']');
}

static bool has_identity(const struct fact_id *id)
{
	return id->sensor || id->epoch.high || id->epoch.low || id->sequence;
}

void alert_write_json(const struct alert *alert, bool with_original, struct builder *to)
{
	char text[TIME_TEXT], id[FACT_ID_TEXT];
	build_format(to, "{\"time\":\"%s\",\"detector\":", time_format(alert->occurred, text));
	build_json_string(to, alert->detector);
	build_text(to, TEXT(",\"signature\":"));
	build_json_string(to, alert->signature);
	if (has_identity(&alert->id))
		write_text(to, "id", text_of(fact_id_format(&alert->id, id)));
	write_number(to, "organisation", alert->organisation);
	if (alert->received)
		write_time(to, "received", alert->received);
	if (alert->zone_assumed)
		build_text(to, TEXT(",\"zone_assumed\":true"));
	write_text(to, "signature_id", alert->signature_id);
	write_text(to, "category", alert->category);
	if (alert->severity)
		write_text(to, "severity", text_of(severity_code(alert->severity)));
	if (alert->outcome)
		write_text(to, "outcome", text_of(outcome_code(alert->outcome)));
	write_tactics(to, alert->tactics);
	write_address(to, "source", alert->source);
	write_number(to, "source_port", alert->source_port);
	write_address(to, "target", alert->target);
	write_number(to, "target_port", alert->target_port);
	write_text(to, "host", alert->host);
	write_address(to, "address", alert->host_address);
	write_text(to, "account", alert->account);
	write_text(to, "protocol", alert->protocol);
	write_text(to, "object", alert->object);
	if (alert->repeats > 1)
		write_number(to, "repeats", alert->repeats);
	if (with_original)
		write_text(to, "original", alert->original);
	build_char(to, '}');
}
