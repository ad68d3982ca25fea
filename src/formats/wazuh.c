/*
 * Wazuh's alerts.json, and the JSON of OSSEC before it (rule.comment, rule.sidid, TimeStamp in milliseconds, the
 * decoded fields at the top instead of in "data").
 *
 * In: lines. Out: alerts. What each member means: Wazuh's manual, "Rules classification" for the levels;
 * docs/formats/alerts.md has the whole table. rule.firedtimes counts how often the rule fired since the manager
 * started: it is not `repeats`.
 */
#include "formats/eve.h"
#include "formats/fields.h"

static enum severity severity_of_level(struct text level)
{
	uint64_t number;
	if (!text_to_u64(level, &number))
		return SEVERITY_UNKNOWN;
	return number >= 15   ? SEVERITY_CRITICAL
	       : number >= 12 ? SEVERITY_HIGH
	       : number >= 7  ? SEVERITY_MEDIUM
	       : number >= 4  ? SEVERITY_LOW
			      : SEVERITY_INFO;
}

/* The first of the members that says something. */
static struct text first_text(struct json_value object, const char *const *members)
{
	for (size_t i = 0; members[i]; i++) {
		struct text text = field_text(object, members[i]);
		if (text.size && !text_equal(text, TEXT("-")))
			return text;
	}
	return TEXT_NONE;
}

static bool has_group(struct text groups, struct text wanted)
{
	while (groups.size)
		if (text_equal(text_trim(text_cut(&groups, ',')), wanted))
			return true;
	return false;
}

static enum error set_rule(
    struct format_reader *reader, struct json_value root, struct alert *alert, struct failure *failure)
{
	struct json_value rule = json_get(root, "rule"), groups = json_get(rule, "groups");
	struct text level = field_text(rule, "level");
	if (json_kind(rule) != JSON_IS_OBJECT || !level.size)
		return fail(failure, ERROR_INPUT, "rule.level: there is none; every alert of Wazuh has one");
	alert->signature = first_text(rule, (const char *const[]){ "description", "comment", NULL });
	if (!alert->signature.size)
		return fail(
		    failure, ERROR_INPUT, "rule.description: there is none; the words of the rule were expected");
	alert->signature_id = first_text(rule, (const char *const[]){ "id", "sidid", NULL });
	alert->category = field_join(reader, json_exists(groups) ? groups : json_get(rule, "group"));
	while (text_ends(alert->category, TEXT(",")))
		alert->category.size--;
	alert->severity = severity_of_level(level);
	alert->tactics = field_tactics(json_at(rule, "mitre.tactic"));
	return OK;
}

/* "192.168.10.21:80" in the fields of the snort decoder, and names where an address should be in those of others. */
static void set_end(struct json_value data, const char *const *addresses, const char *const *ports,
    struct address *address, uint16_t *port)
{
	struct text text = first_text(data, addresses);
	if (text.size)
		address_parse_port(text, address, port);
	if (!*port)
		field_try_port(first_text(data, ports), port);
}

static void set_traffic(struct json_value data, struct alert *alert)
{
	static const char *const sources[] = { "srcip", "src_ip", "win.eventdata.ipAddress", NULL };
	static const char *const source_ports[] = { "srcport", "src_port", "win.eventdata.ipPort", NULL };
	static const char *const targets[] = { "dstip", "dest_ip", NULL };
	static const char *const target_ports[] = { "dstport", "dest_port", NULL };
	set_end(data, sources, source_ports, &alert->source, &alert->source_port);
	set_end(data, targets, target_ports, &alert->target, &alert->target_port);
}

static bool is_web_log(struct json_value root, struct text groups)
{
	return text_starts(field_text(root, "decoder.name"), TEXT("web-accesslog")) ||
	       has_group(groups, TEXT("accesslog"));
}

static void set_outcome(struct json_value root, struct json_value data, struct alert *alert)
{
	static const char *const failed[] = { "authentication_failed", "authentication_failures", "invalid_login",
		"win_authentication_failed", "access_denied", "firewall_drop", NULL };
	for (size_t i = 0; failed[i] && !alert->outcome; i++)
		if (has_group(alert->category, text_of(failed[i])))
			alert->outcome = OUTCOME_FAILED;
	if (!alert->outcome && has_group(alert->category, TEXT("authentication_success")))
		alert->outcome = OUTCOME_SUCCEEDED;
	if (!alert->outcome && is_web_log(root, alert->category))
		alert->outcome = field_http_outcome(field_text(data, "id"));
	if (!alert->outcome)
		alert->outcome = field_outcome(field_text(data, "audit.success"));
	if (!alert->outcome && field_outcome(field_text(data, "action")) == OUTCOME_FAILED)
		alert->outcome = OUTCOME_FAILED;
}

/* Accounts stand in brackets in some logs ("<violet>" from Dovecot). */
static struct text account_of(struct json_value data)
{
	static const char *const members[] = { "dstuser", "srcuser", "user", "win.eventdata.targetUserName",
		"win.eventdata.subjectUserName", NULL };
	struct text account = first_text(data, members);
	if (account.size > 2 && account.at[0] == '<' && account.at[account.size - 1] == '>')
		return (struct text){ account.at + 1, account.size - 2 };
	return account;
}

static void set_data(struct format_reader *reader, struct json_value root, struct alert *alert)
{
	static const char *const objects[] = { "url", "file", "audit.file.name", "audit.exe",
		"win.eventdata.targetFilename", "win.eventdata.image", "win.eventdata.newProcessName", "command",
		NULL };
	struct json_value data = json_get(root, "data");
	if (json_kind(data) != JSON_IS_OBJECT)
		data = root; /* OSSEC */
	set_traffic(data, alert);
	set_outcome(root, data, alert);
	alert->account = account_of(data);
	alert->object = field_text(root, "syscheck.path");
	if (!alert->object.size)
		alert->object = first_text(data, objects);
	/* The decoder of web logs puts the method where others put the protocol. */
	alert->protocol = is_web_log(root, alert->category) ? TEXT("http") : field_text(data, "protocol");
	if (!json_exists(json_at(data, "alert.signature_id")))
		return;
	enum severity severity = eve_severity(field_text(data, "alert.severity"));
	if (severity > alert->severity)
		alert->severity = severity;
	eve_details(reader, data, alert);
}

/* The agent is the host. Of lines that the manager itself collected (agent 000) the sender in the syslog header is
 * nearer. */
static void set_host(struct json_value root, struct alert *alert)
{
	struct text sender = first_text(root, (const char *const[]){ "predecoder.hostname", "hostname", NULL });
	alert->host = first_text(root, (const char *const[]){ "agent.name", "agent_name", "manager.name", NULL });
	field_try_address(
	    first_text(root, (const char *const[]){ "agent.ip", "agent_ip", NULL }), &alert->host_address);
	bool by_manager = text_equal(field_text(root, "agent.id"), TEXT("000")) || !alert->host.size;
	if (!by_manager || !sender.size || text_equal_nocase(sender, alert->host))
		return;
	alert->host = sender;
	alert->host_address = (struct address){ 0 }; /* it was the manager's */
}

static enum error wazuh_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	struct json_value root;
	enum error error = field_root(reader, line, &root, failure);
	if (!error)
		error = set_rule(reader, root, alert, failure);
	if (error)
		return error;
	/* As Wazuh writes it; as its indexer exports it; as OSSEC writes it, in milliseconds. */
	static const char *const times[] = { "timestamp", "@timestamp", "TimeStamp", NULL };
	error = field_time(reader, first_text(root, times), "timestamp", alert, failure);
	if (error)
		return error;
	alert->detector = TEXT("Wazuh");
	set_data(reader, root, alert);
	set_host(root, alert);
	return OK;
}

static bool looks_like_wazuh(struct json_value root)
{
	bool words = json_exists(json_at(root, "rule.description")) || json_exists(json_at(root, "rule.comment"));
	bool from = json_exists(json_get(root, "agent")) || json_exists(json_get(root, "manager")) ||
		    json_exists(json_at(root, "rule.sidid"));
	return json_exists(json_at(root, "rule.level")) && words && from;
}

static int wazuh_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"rule\"", "\"level\"", "\"description\"", NULL };
	return field_recognise(beginning, parser, looks_like_wazuh, keys, 92);
}

const struct format format_wazuh = {
	.name = "wazuh",
	.title = "Wazuh and OSSEC JSON",
	.proven = true,
	.recognise = wazuh_recognise,
	.line = wazuh_line,
};
