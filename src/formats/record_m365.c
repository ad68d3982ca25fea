/*
 * Microsoft 365's unified audit log: items of the Management Activity API, or results of a search, whose AuditData is
 * such an item within a string (Microsoft, "Office 365 Management Activity API schema").
 *
 * In: items, one a line or as an array. Out: records of type "cloud". Of an action's parameters those are taken that
 * tell where mail goes and what is logged; file and mail contents are not in this log.
 */
#include "formats/record_inner.h"

static const struct {
	enum member member;
	const char *const names[5];
} facts[] = {
	{ MEMBER_CLOUD_SERVICE, { "Workload" } },
	{ MEMBER_CLOUD_ACTION, { "Operation" } },
	{ MEMBER_CLOUD_ID, { "Id" } },
	{ MEMBER_CLOUD_ACCOUNT, { "OrganizationId", "OrganizationName" } },
	{ MEMBER_CLOUD_USER, { "UserId", "MailboxOwnerUPN" } },
	{ MEMBER_CLOUD_USER_TYPE, { "UserType" } },
	{ MEMBER_CLOUD_ERROR, { "LogonError", "ErrorNumber" } },
	{ MEMBER_CLOUD_USER_AGENT, { "UserAgent", "ClientInfoString" } },
	{ MEMBER_CLOUD_RESOURCE, { "ObjectId", "SourceFileName", "MailboxOwnerUPN" } },
};

static const char *const forwards[] = { "ForwardTo", "RedirectTo", "ForwardAsAttachmentTo", "ForwardingSmtpAddress",
	"ForwardingAddress" };

static const char *const parameters[] = { "UnifiedAuditLogIngestionEnabled", "AuditEnabled", "AdminAuditLogEnabled",
	"DeleteMessage", "MarkAsRead", "MoveToFolder", "AccessRights", "User", "Identity", "Name" };

static bool is_among(struct text name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(name, text_of(names[i])))
			return true;
	return false;
}

/* "smtp:a@example.org;b@example.org" */
static void add_forwards(struct record *record, struct text value)
{
	while (value.size) {
		struct text one = text_trim(text_cut(&value, ';')), rest = one;
		if (text_equal_nocase(text_cut(&rest, ':'), TEXT("smtp")))
			one = text_trim(rest);
		record_add(record, MEMBER_CLOUD_FORWARD, one);
	}
}

static void take_parameters(struct record_reader *reader, struct json_value list, struct record *record)
{
	for (struct json_walk walk = { 0 }; json_kind(list) == JSON_IS_ARRAY && json_next(list, &walk);) {
		struct text name = json_text(json_get(walk.value, "Name"));
		struct text value = json_text(json_get(walk.value, "Value"));
		if (is_among(name, forwards, sizeof forwards / sizeof *forwards)) {
			add_forwards(record, value);
		} else if (is_among(name, parameters, sizeof parameters / sizeof *parameters)) {
			const struct text pieces[] = { name, TEXT("="), value };
			record_add(record, MEMBER_CLOUD_PARAMETER,
			    arena_concat(reader->arena, pieces, sizeof pieces / sizeof *pieces));
		} else if (text_equal(name, TEXT("UserAgent"))) {
			record_add(record, MEMBER_CLOUD_USER_AGENT, value);
		}
	}
}

static void set_outcome(struct json_value root, struct record *record)
{
	static const char *const names[] = { "ResultStatus", NULL };
	struct text result = record_json_text(root, names), action = record_find(record, MEMBER_CLOUD_ACTION);
	bool failed = text_equal_nocase(result, TEXT("Failed")) || text_equal_nocase(result, TEXT("Failure")) ||
		      text_equal_nocase(result, TEXT("False")) || text_ends(action, TEXT("Failed"));
	record_add(record, MEMBER_CLOUD_OUTCOME, failed ? TEXT("failure") : TEXT("success"));
}

/* Its times are UTC and mostly name no zone: that is no assumption. */
static enum error set_time(
    struct record_reader *reader, struct json_value root, struct record *record, struct failure *failure)
{
	static const char *const names[] = { "CreationTime", "CreationDate", NULL };
	int zone = reader->settings.zone;
	reader->settings.zone = 0;
	enum error error = record_time(reader, record_json_text(root, names), "CreationTime", record, failure);
	reader->settings.zone = zone;
	record->zone_assumed = false;
	return error;
}

static enum error fill(
    struct record_reader *reader, struct json_value root, struct record *record, struct failure *failure)
{
	static const char *const addresses[] = { "ClientIP", "ClientIPAddress", "ActorIpAddress", NULL };
	enum error error = set_time(reader, root, record, failure);
	if (error)
		return error;
	if (!json_text(json_get(root, "Operation")).size)
		return fail(failure, ERROR_INPUT, "Operation: there is none; every item of this log has one");
	record->type = "cloud";
	record_add(record, MEMBER_CLOUD_PROVIDER, TEXT("microsoft365"));
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		record_add(record, facts[i].member, record_json_text(root, facts[i].names));
	take_parameters(reader, json_get(root, "Parameters"), record);
	take_parameters(reader, json_get(root, "OperationProperties"), record);
	take_parameters(reader, json_get(root, "ExtendedProperties"), record);
	set_outcome(root, record);
	record_try_end(&record->flow.ends[SIDE_CLIENT], record_json_text(root, addresses));
	record_ends_known(record);
	return OK;
}

static enum error m365_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct json_value root, inner;
	struct failure wrong;
	enum error error = record_object(reader, line, &root, failure);
	if (error)
		return error;
	struct json_value data = json_get(root, "AuditData");
	if (json_kind(data) == JSON_IS_OBJECT)
		return fill(reader, data, record, failure);
	if (json_kind(data) != JSON_IS_STRING)
		return fill(reader, root, record, failure);
	if (record_inner_object(reader, json_text(data), &inner, &wrong))
		return fail(failure, ERROR_INPUT, "AuditData: %s", wrong.words);
	return fill(reader, inner, record, failure);
}

static int m365_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const items[] = { "\"Workload\"", "\"Operation\"", "\"CreationTime\"", NULL };
	static const char *const results[] = { "\"AuditData\"", NULL };
	(void)parser;
	int sure = record_recognise_keys(beginning, items, 85);
	return sure ? sure : record_recognise_keys(beginning, results, 85);
}

const struct record_format record_m365 = {
	.name = "m365",
	.title = "Microsoft 365 unified audit log, also AuditData within a string",
	.proven = false,
	.objects = true,
	.recognise = m365_recognise,
	.line = m365_line,
};
