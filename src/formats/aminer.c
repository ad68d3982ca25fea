/*
 * AMiner (logdata-anomaly-miner), events as its JsonConverterHandler writes them with `pretty: false`.
 *
 * In: lines. Out: alerts. The name that the administrator gave to the analysis component is the signature; its Message
 * is only the words of the kind of detector. The time is that of the log line, not of the detection. Which log line and
 * what was new in it stays in `original`: the paths depend on the installation's parser.
 */
#include "formats/fields.h"

static enum error set_time(
    struct format_reader *reader, struct json_value data, struct alert *alert, struct failure *failure)
{
	struct text time = field_text(data, "Timestamps");
	if (time.size)
		return field_time(reader, time, "LogData.Timestamps", alert, failure);
	return field_time(reader, field_text(data, "DetectionTimestamp"), "LogData.DetectionTimestamp", alert, failure);
}

static enum error aminer_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct json_value root;
	enum error error = field_root(reader, line, &root, failure);
	if (error)
		return error;
	struct json_value component = json_get(root, "AnalysisComponent"), data = json_get(root, "LogData");
	if (!json_exists(component) && json_exists(json_get(root, "StatusInfo")))
		return ERROR_AGAIN; /* AMiner speaks of itself */
	if (json_kind(component) != JSON_IS_OBJECT)
		return fail(failure, ERROR_INPUT, "AnalysisComponent: there is none; every event of AMiner has one");
	if (json_kind(data) != JSON_IS_OBJECT)
		return fail(failure, ERROR_INPUT, "LogData: there is none; every event of AMiner has one");
	error = set_time(reader, data, alert, failure);
	if (error)
		return error;
	alert->detector = TEXT("AMiner");
	alert->signature = field_text(component, "AnalysisComponentName");
	if (!alert->signature.size)
		alert->signature = field_text(component, "Message");
	alert->signature_id = field_text(component, "AnalysisComponentIdentifier");
	alert->category = field_text(component, "AnalysisComponentType");
	alert->object = field_text(data, "LogResources");
	struct text sensor = field_text(root, "AMiner.ID"); /* a name or an address, as configured */
	if (sensor.size && !address_parse(sensor, &alert->host_address))
		alert->host = sensor;
	return OK;
}

static bool looks_like_aminer(struct json_value root)
{
	return json_kind(json_get(root, "AnalysisComponent")) == JSON_IS_OBJECT &&
	       json_kind(json_get(root, "LogData")) == JSON_IS_OBJECT;
}

static int aminer_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"AnalysisComponent\"", "\"LogData\"", NULL };
	return field_recognise(beginning, parser, looks_like_aminer, keys, 95);
}

const struct format format_aminer = {
	.name = "aminer",
	.title = "AMiner JSON",
	.proven = true,
	.recognise = aminer_recognise,
	.line = aminer_line,
};
