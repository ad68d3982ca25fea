/*
 * AWS CloudTrail: files {"Records":[…]} as it delivers them, or one event a line (AWS, "CloudTrail record contents",
 * eventVersion 1.08 and later).
 *
 * In: events. Out: records of type "cloud". Which of an action's parameters are taken is a short list; their contents
 * otherwise (policies, commands) stay where they are.
 */
#include "formats/record_inner.h"

static const struct {
	enum member member;
	const char *const names[5];
} facts[] = {
	{ MEMBER_CLOUD_SERVICE, { "eventSource" } },
	{ MEMBER_CLOUD_ACTION, { "eventName" } },
	{ MEMBER_CLOUD_ID, { "eventID" } },
	{ MEMBER_CLOUD_ACCOUNT, { "recipientAccountId", "userIdentity.accountId" } },
	{ MEMBER_CLOUD_REGION, { "awsRegion" } },
	{ MEMBER_CLOUD_ERROR, { "errorCode" } },
	{ MEMBER_CLOUD_USER, { "userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName",
				 "userIdentity.invokedBy", "userIdentity.principalId" } },
	{ MEMBER_CLOUD_USER_TYPE, { "userIdentity.type" } },
	{ MEMBER_CLOUD_PRINCIPAL, { "userIdentity.arn", "userIdentity.principalId" } },
	{ MEMBER_CLOUD_ACCESS_KEY, { "userIdentity.accessKeyId" } },
	{ MEMBER_CLOUD_NEW_KEY, { "responseElements.accessKey.accessKeyId" } },
	{ MEMBER_CLOUD_MFA,
	    { "additionalEventData.MFAUsed", "userIdentity.sessionContext.attributes.mfaAuthenticated" } },
	{ MEMBER_CLOUD_USER_AGENT, { "userAgent" } },
};

/* What an action was about: a value for each that there is. */
static const char *const resources[][2] = {
	{ "requestParameters.name" },
	{ "requestParameters.trailName" },
	{ "requestParameters.userName" },
	{ "requestParameters.roleName" },
	{ "requestParameters.groupName" },
	{ "requestParameters.policyArn" },
	{ "requestParameters.roleArn" },
	{ "requestParameters.bucketName" },
	{ "requestParameters.functionName" },
	{ "requestParameters.groupId" },
	{ "requestParameters.instanceId" },
	{ "requestParameters.detectorId" },
	{ "requestParameters.secretId" },
};

static void set_outcome(struct json_value root, struct record *record)
{
	struct text login = json_text(json_at(root, "responseElements.ConsoleLogin"));
	bool failed = record_find(record, MEMBER_CLOUD_ERROR).size || text_equal_nocase(login, TEXT("Failure"));
	record_add(record, MEMBER_CLOUD_OUTCOME, failed ? TEXT("failure") : TEXT("success"));
}

static enum error cloudtrail_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct json_value root;
	enum error error = record_object(reader, line, &root, failure);
	if (error)
		return error;
	error = record_time(reader, json_text(json_get(root, "eventTime")), "eventTime", record, failure);
	if (error)
		return error;
	if (!json_text(json_get(root, "eventName")).size)
		return fail(failure, ERROR_INPUT, "eventName: there is none; every event of CloudTrail has one");
	record->type = "cloud";
	record_add(record, MEMBER_CLOUD_PROVIDER, TEXT("aws"));
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		record_add(record, facts[i].member, record_json_text(root, facts[i].names));
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		record_add(record, MEMBER_CLOUD_RESOURCE, record_json_text(root, resources[i]));
	set_outcome(root, record);
	record_try_end(&record->flow.ends[SIDE_CLIENT], json_text(json_get(root, "sourceIPAddress")));
	record_ends_known(record);
	return OK;
}

static int cloudtrail_recognise(struct text beginning, struct json_parser *parser)
{
	static const char *const keys[] = { "\"eventSource\"", "\"eventName\"", "\"eventTime\"", NULL };
	(void)parser;
	return record_recognise_keys(beginning, keys, 85);
}

const struct record_format record_cloudtrail = {
	.name = "cloudtrail",
	.title = "AWS CloudTrail, files of Records or an event a line",
	.proven = false,
	.objects = true,
	.recognise = cloudtrail_recognise,
	.line = cloudtrail_line,
};
