/*
 * EVE records of DNP3 application fragments.
 */
#include "formats/eve_writers.h"
#include "net/dnp3.h"

static void write_link(struct builder *to, uint8_t control)
{
	eve_object(to, "control");
	eve_bool(to, "dir", control & DNP3_LINK_DIRECTION);
	eve_bool(to, "pri", control & DNP3_LINK_PRIMARY);
	eve_bool(to, "fcb", control & DNP3_LINK_COUNT);
	eve_bool(to, "fcv", control & DNP3_LINK_COUNT_VALID);
	eve_number(to, "function_code", control & 15);
	eve_object_end(to);
}

static void write_objects(struct builder *to, const struct dnp3_fragment *fact)
{
	struct text rest = fact->objects;
	struct dnp3_object object;
	size_t opened = eve_array(to, "objects");
	while (rest.size > 0 && dnp3_object_next(&rest, &object, fact->function != DNP3_READ)) {
		eve_object(to, NULL);
		eve_number(to, "group", object.group);
		eve_number(to, "variation", object.variation);
		eve_number(to, "qualifier", object.qualifier);
		eve_number(to, "prefix_code", object.qualifier >> 4 & 7);
		eve_number(to, "range_code", object.qualifier & 15);
		if (object.has_range) {
			eve_number(to, "start", object.start);
			eve_number(to, "stop", object.stop);
		}
		if (object.has_count)
			eve_number(to, "count", object.count);
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

static void write_application(struct builder *to, const struct dnp3_fragment *fact)
{
	eve_object(to, "application");
	eve_object(to, "control");
	eve_bool(to, "fir", fact->control & DNP3_FIRST);
	eve_bool(to, "fin", fact->control & DNP3_FINAL);
	eve_bool(to, "con", fact->control & DNP3_CONFIRMED);
	eve_bool(to, "uns", fact->control & DNP3_IS_UNSOLICITED);
	eve_number(to, "sequence", fact->control & 15);
	eve_object_end(to);
	eve_number(to, "function_code", fact->function);
	write_objects(to, fact);
	eve_bool(to, "complete", fact->complete);
	eve_object_end(to);
}

/* IEEE 1815 4.2.2.6, in the order of the bits of the first byte and then of the second. */
static void write_indications(struct builder *to, uint16_t indications)
{
	static const char *const names[16] = { "all_stations", "class_1_events", "class_2_events", "class_3_events",
		"need_time", "local_control", "device_trouble", "device_restart", "no_func_code_support",
		"object_unknown", "parameter_error", "event_buffer_overflow", "already_executing", "config_corrupt",
		"reserved_2", "reserved_1" };
	if (indications == 0)
		return;
	eve_object(to, "iin");
	size_t opened = eve_array(to, "indicators");
	for (int i = 0; i < 16; i++)
		if (indications >> (i < 8 ? 8 + i : i - 8) & 1)
			eve_string(to, NULL, text_of(names[i]));
	eve_array_end(to, opened);
	eve_object_end(to);
}

static void write_dnp3(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct dnp3_fragment *fact = facts;
	const char *type = fact->function == DNP3_RESPONSE      ? "response"
			   : fact->function == DNP3_UNSOLICITED ? "unsolicited_response"
								: "request";
	(void)dissection, (void)side;
	eve_object(to, "dnp3");
	eve_text(to, "type", text_of(type));
	write_link(to, fact->link);
	eve_number(to, "src", fact->source);
	eve_number(to, "dst", fact->destination);
	write_application(to, fact);
	write_indications(to, fact->indications);
	eve_object_end(to);
}

const struct eve_writer eve_dnp3 = { PROTOCOL_DNP3, "dnp3", write_dnp3 };
