/*
 * IDEA, the format in which CESNET's Warden and Nemea share events (IDEA0, https://idea.cesnet.cz/en/definition).
 *
 * In: one JSON object on each line. Out: alerts. Source and Target are lists: the first entry that has a single address
 * (no range, no network) is taken. The words are Description, or the categories where there is none.
 */
#include "formats/fields.h"

/* The first text of the array `member` in any object of the list that `take` accepts. */
static struct text first_in_list(struct json_value list, const char *member)
{
	if (json_kind(list) != JSON_IS_ARRAY)
		return TEXT_NONE;
	for (struct json_walk walk = { 0 }; json_next(list, &walk);) {
		struct text text = field_text(walk.value, member);
		if (text.size)
			return text;
	}
	return TEXT_NONE;
}

static bool take_address(struct json_value end, const char *member, struct address *address)
{
	struct json_value list = json_get(end, member);
	if (json_kind(list) != JSON_IS_ARRAY)
		return address_parse(json_text(list), address);
	for (struct json_walk walk = { 0 }; json_next(list, &walk);)
		if (address_parse(json_text(walk.value), address))
			return true;
	return false;
}

/* The address of the first end that has a single one, and the port that stands beside it. */
static void set_end(struct json_value list, struct address *address, uint16_t *port)
{
	if (json_kind(list) != JSON_IS_ARRAY)
		return;
	for (struct json_walk walk = { 0 }; json_next(list, &walk);)
		if (take_address(walk.value, "IP4", address) || take_address(walk.value, "IP6", address)) {
			field_try_port(field_text(walk.value, "Port"), port);
			return;
		}
	field_try_port(first_in_list(list, "Port"), port);
}

static bool has_category(struct json_value categories, struct text prefix)
{
	if (json_kind(categories) != JSON_IS_ARRAY)
		return text_starts(json_text(categories), prefix);
	for (struct json_walk walk = { 0 }; json_next(categories, &walk);)
		if (text_starts(json_text(walk.value), prefix))
			return true;
	return false;
}

static void set_detector(struct format_reader *reader, struct json_value root, struct alert *alert)
{
	struct json_walk walk = { 0 };
	struct json_value nodes = json_get(root, "Node");
	alert->detector = TEXT("IDEA");
	if (json_kind(nodes) != JSON_IS_ARRAY || !json_next(nodes, &walk))
		return;
	struct text software = field_join(reader, json_get(walk.value, "SW")), name = field_text(walk.value, "Name");
	if (software.size || name.size)
		alert->detector = software.size ? software : name;
}

static void set_ends(struct json_value root, struct alert *alert)
{
	static const char *const members[] = { "URL", "Hostname", "Email", NULL };
	struct json_value sources = json_get(root, "Source"), targets = json_get(root, "Target");
	set_end(sources, &alert->source, &alert->source_port);
	set_end(targets, &alert->target, &alert->target_port);
	alert->protocol = first_in_list(targets, "Proto");
	if (!alert->protocol.size)
		alert->protocol = first_in_list(sources, "Proto");
	bool is_target = field_concern(alert);
	alert->host = first_in_list(is_target || !address_exists(alert->host_address) ? targets : sources, "Hostname");
	alert->object = first_in_list(targets, "URL");
	for (size_t i = 0; members[i] && !alert->object.size; i++)
		alert->object = first_in_list(sources, members[i]);
	if (!alert->object.size)
		alert->object = first_in_list(json_get(root, "Attach"), "FileName");
}

static enum error idea_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct json_value root;
	char quoted[QUOTED];
	enum error error = field_root(reader, line, &root, failure);
	if (error)
		return error;
	struct text format = field_text(root, "Format");
	if (!text_equal(format, TEXT("IDEA0")))
		return fail(
		    failure, ERROR_INPUT, "Format: %s was met, \"IDEA0\" was expected", field_quote(format, quoted));
	struct json_value categories = json_get(root, "Category");
	struct text event_time = field_text(root, "EventTime");
	error = event_time.size ? field_time(reader, event_time, "EventTime", alert, failure)
				: field_time(reader, field_text(root, "DetectTime"), "DetectTime", alert, failure);
	if (error)
		return error;
	alert->category = field_join(reader, categories);
	if (!alert->category.size)
		return fail(failure, ERROR_INPUT, "Category: there is none; every IDEA event has one");
	alert->signature = field_text(root, "Description");
	if (!alert->signature.size)
		alert->signature = alert->category;
	set_detector(reader, root, alert);
	set_ends(root, alert);
	uint64_t connections;
	if (json_to_u64(json_get(root, "ConnCount"), &connections) && connections > 1)
		alert->repeats = connections > UINT32_MAX ? UINT32_MAX : (uint32_t)connections;
	if (has_category(categories, TEXT("Recon.")))
		alert->tactics = 1u << TACTIC_RECONNAISSANCE;
	if (has_category(categories, TEXT("Intrusion.")))
		alert->outcome = OUTCOME_SUCCEEDED;
	return OK;
}

static bool looks_like_idea(struct json_value root)
{
	return text_equal(field_text(root, "Format"), TEXT("IDEA0"));
}

static int idea_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"IDEA0\"", "\"Category\"", NULL };
	return field_recognise(beginning, parser, looks_like_idea, keys, 98);
}

const struct format format_idea = {
	.name = "idea",
	.title = "IDEA (CESNET) JSON",
	.proven = false,
	.recognise = idea_recognise,
	.line = idea_line,
};
