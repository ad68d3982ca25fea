/*
 * Suricata's EVE JSON: the events of type "alert"; all others are skipped, or given as records where the settings ask
 * for them. What stats and netflow say of the sensor itself is kept (struct format_told).
 *
 * In: lines of eve.json. Out: alerts. Members as in Suricata's own schema (etc/schema.json) and its manual, chapter
 * "Eve JSON Format". src_ip stays the source and dest_ip the target as Suricata says them: for a rule that matched the
 * answer the server is the source.
 */
#include "formats/eve.h"
#include "formats/eve_darknet.h"
#include "formats/eve_kept.h"
#include "formats/fields.h"

#include <string.h>

enum severity eve_severity(struct text priority)
{
	uint64_t number;
	if (!text_to_u64(priority, &number) || number == 0)
		return SEVERITY_UNKNOWN;
	return number == 1 ? SEVERITY_HIGH : number == 2 ? SEVERITY_MEDIUM : number == 3 ? SEVERITY_LOW : SEVERITY_INFO;
}

static void set_outcome(struct json_value event, struct json_value rule, struct json_value http, struct alert *alert)
{
	const struct json_value says[] = { rule, json_get(event, "verdict") };
	for (size_t i = 0; i < sizeof says / sizeof *says && !alert->outcome; i++) {
		struct text action = field_text(says[i], "action");
		if (text_equal(action, TEXT("blocked")) || text_equal(action, TEXT("drop")) ||
		    text_equal(action, TEXT("reject")))
			alert->outcome = OUTCOME_FAILED;
	}
	if (!alert->outcome)
		alert->outcome = field_http_outcome(field_text(http, "status"));
}

static struct text http_object(struct format_reader *reader, struct json_value http)
{
	struct text host = field_text(http, "hostname"), url = field_text(http, "url");
	if (!host.size || text_starts(url, TEXT("http://")) || text_starts(url, TEXT("https://")))
		return url;
	const struct text pieces[] = { TEXT("http://"), host, url };
	return field_concat(reader, pieces, sizeof pieces / sizeof *pieces);
}

/* Lists of objects (queries, files): what the first one's member says. */
static struct text first_of(struct json_value array, const char *member)
{
	struct json_walk walk = { 0 };
	if (json_kind(array) != JSON_IS_ARRAY || !json_next(array, &walk))
		return TEXT_NONE;
	return field_text(walk.value, member);
}

static struct text object_of(struct format_reader *reader, struct json_value event, struct json_value http)
{
	static const char *const members[] = { "tls.sni", "tls.subject", "fileinfo.filename", "smb.filename",
		"quic.sni", NULL };
	struct json_value dns = json_get(event, "dns");
	struct text object = json_exists(http) ? http_object(reader, http) : TEXT_NONE;
	if (!object.size && json_exists(dns)) {
		object = first_of(json_get(dns, "queries"), "rrname");
		if (!object.size)
			object = first_of(json_get(dns, "query"), "rrname");
	}
	if (!object.size)
		object = first_of(json_get(event, "files"), "filename");
	if (!object.size)
		object = field_text(dns, "rrname");
	for (size_t i = 0; members[i] && !object.size; i++)
		object = field_text(event, members[i]);
	return object;
}

/* ── records of hosts and clouds (docs/formats/records.md) ─ */

/* Whom it is about, without the domain: the same person is AOBA\taro to Windows and taro@aoba.example to a cloud. The
 * accounts of the system itself are of no use for telling what belongs together. */
static struct text account_of(struct text user)
{
	static const char *const systems[] = { "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON", "root",
		"Root", "unset", "HIDDEN_DUE_TO_SECURITY_REASONS" }; /* CloudTrail, of a name that does not exist */
	uint64_t number;
	const char *slash = user.size ? memrchr(user.at, '\\', user.size) : NULL;
	if (slash)
		user = (struct text){ slash + 1, (size_t)(user.at + user.size - slash - 1) };
	user = text_cut(&user, '@');
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
		if (text_equal_nocase(user, text_of(systems[i])))
			return TEXT_NONE;
	return text_ends(user, TEXT("$")) || text_to_u64(user, &number) ? TEXT_NONE : user;
}

static void set_endpoint(struct json_value endpoint, struct alert *alert)
{
	static const char *const objects[] = { "service.path", "process.path", "files", "registry.key", "task" };
	alert->host = field_text(endpoint, "host");
	alert->account = account_of(field_text(endpoint, "user"));
	if (!alert->account.size)
		alert->account = account_of(field_text(endpoint, "target_user"));
	if (text_equal(field_text(endpoint, "outcome"), TEXT("failure")))
		alert->outcome = OUTCOME_FAILED;
	for (size_t i = 0; i < sizeof objects / sizeof *objects && !alert->object.size; i++)
		alert->object = field_text(endpoint, objects[i]);
}

/* What it happened to is the account at the cloud. */
static void set_cloud(struct format_reader *reader, struct json_value cloud, struct alert *alert)
{
	struct text provider = field_text(cloud, "provider"), account = field_text(cloud, "account");
	const struct text pieces[] = { provider, TEXT(":"), account };
	alert->host = account.size ? field_concat(reader, pieces, sizeof pieces / sizeof *pieces) : provider;
	alert->account = account_of(field_text(cloud, "user"));
	alert->protocol = field_text(cloud, "service");
	if (text_equal(field_text(cloud, "outcome"), TEXT("failure")))
		alert->outcome = OUTCOME_FAILED;
	alert->object = field_text(cloud, "resources");
	if (!alert->object.size)
		alert->object = field_text(cloud, "action");
}

void eve_details(struct format_reader *reader, struct json_value event, struct alert *alert)
{
	struct json_value rule = json_get(event, "alert"), metadata = json_get(rule, "metadata");
	struct json_value http = json_get(event, "http");
	struct text application = field_text(event, "app_proto");
	struct json_value endpoint = json_get(event, "endpoint"), cloud = json_get(event, "cloud");
	set_outcome(event, rule, http, alert);
	if (json_exists(endpoint))
		set_endpoint(endpoint, alert);
	if (json_exists(cloud))
		set_cloud(reader, cloud, alert);
	if (json_exists(metadata)) {
		alert->tactics |= field_tactics(json_get(metadata, "mitre_tactic_id"));
		alert->tactics |= field_tactics(json_get(metadata, "mitre_tactic_name"));
	}
	if (application.size && !text_equal(application, TEXT("failed")) && !text_equal(application, TEXT("unknown")))
		alert->protocol = application;
	else if (!alert->protocol.size)
		alert->protocol = field_text(event, "proto");
	if (!alert->object.size)
		alert->object = object_of(reader, event, http);
}

static enum error set_rule(
    struct format_reader *reader, struct json_value event, struct alert *alert, struct failure *failure)
{
	struct json_value rule = json_get(event, "alert");
	struct text group = field_text(rule, "gid"), id = field_text(rule, "signature_id"),
		    revision = field_text(rule, "rev");
	if (json_kind(rule) != JSON_IS_OBJECT || !id.size)
		return fail(failure, ERROR_INPUT, "alert.signature_id: there is none; an event of type alert has one");
	const struct text pieces[] = { group.size ? group : TEXT("1"), TEXT(":"), id, TEXT(":"),
		revision.size ? revision : TEXT("0") };
	alert->signature_id = field_concat(reader, pieces, sizeof pieces / sizeof *pieces);
	alert->signature = field_text(rule, "signature");
	if (!alert->signature.size)
		alert->signature = alert->signature_id; /* a rule without msg */
	alert->category = field_text(rule, "category");
	alert->severity = eve_severity(field_text(rule, "severity"));
	return OK;
}

/* Of capture by another way than the kernel's (DPDK, files) there are no such counters. */
static void take_stats(struct format_reader *reader, struct json_value event)
{
	struct json_value capture = json_at(event, "stats.capture");
	uint64_t packets, drops;
	if (!json_to_u64(json_get(capture, "kernel_packets"), &packets) ||
	    !json_to_u64(json_get(capture, "kernel_drops"), &drops))
		return;
	reader->told.counted = true;
	reader->told.packets = packets;
	reader->told.drops = drops;
}

/* `noroshi collect` writes it into metadata.flowvars, as Suricata would a rule's variable. */
static void take_sampling(struct format_reader *reader, struct json_value event)
{
	struct json_value variables = json_at(event, "metadata.flowvars");
	struct json_walk walk = { 0 };
	uint64_t sampling;
	while (json_kind(variables) == JSON_IS_ARRAY && json_next(variables, &walk))
		if (text_equal(json_text(json_get(walk.value, "key")), TEXT("sampling")) &&
		    text_to_u64(json_text(json_get(walk.value, "value")), &sampling) && sampling <= UINT32_MAX)
			reader->told.sampling = (uint32_t)sampling;
}

enum error eve_ends(struct json_value event, struct alert *alert, struct failure *failure)
{
	enum error error = field_address(field_text(event, "src_ip"), "src_ip", &alert->source, failure);
	if (!error)
		error = field_address(field_text(event, "dest_ip"), "dest_ip", &alert->target, failure);
	if (!error)
		error = field_port(field_text(event, "src_port"), "src_port", &alert->source_port, failure);
	if (!error)
		error = field_port(field_text(event, "dest_port"), "dest_port", &alert->target_port, failure);
	return error;
}

static enum error eve_line(struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct json_value event;
	enum error error = field_root(reader, line, &event, failure);
	if (error)
		return error;
	struct text type = field_text(event, "event_type");
	if (!type.size)
		return fail(failure, ERROR_INPUT, "event_type: there is none; every EVE event has one");
	if (text_equal(type, TEXT("stats")))
		take_stats(reader, event);
	else if (text_equal(type, TEXT("netflow")))
		take_sampling(reader, event);
	if (reader->settings->records && eve_is_kept(type)) {
		reader->record = true;
		return eve_kept(reader, event, type, alert, failure);
	}
	if (!text_equal(type, TEXT("alert")))
		return ERROR_AGAIN;
	alert->detector = TEXT("Suricata");
	error = field_time(reader, field_text(event, "timestamp"), "timestamp", alert, failure);
	if (!error)
		error = eve_ends(event, alert, failure);
	if (!error && reader->settings->telescope && eve_is_darknet(event))
		return eve_darknet(reader, event, alert, failure);
	if (!error)
		error = set_rule(reader, event, alert, failure);
	if (error)
		return error;
	eve_details(reader, event, alert);
	field_concern(alert);
	return OK;
}

static bool looks_like_eve(struct json_value root)
{
	return json_exists(json_get(root, "event_type")) && json_exists(json_get(root, "timestamp"));
}

int eve_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"event_type\"", "\"timestamp\"", NULL };
	return field_recognise(beginning, parser, looks_like_eve, keys, 90);
}

const struct format format_eve = {
	.name = "eve",
	.title = "Suricata EVE JSON",
	.proven = true,
	.recognise = eve_recognise,
	.line = eve_line,
};
