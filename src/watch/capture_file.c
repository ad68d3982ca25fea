/*
 * The group `capture` of a configuration file; see capture_file.h.
 */
#include "watch/capture_file.h"

#include "watch/capture_local.h"

#include <string.h>

/* The value alone: which kind it is for is not known here, so what that kind may be at most is checked when it is
 * taken: the stricter of the two counts. */
static const char *check_value(const char *value)
{
	enum capture capture;
	return !*value || capture_parse(text_of(value), &capture) ? NULL : "one of not, stays, reduced, leaves";
}

#define KIND(name, number, words)                                                                                      \
	{                                                                                                              \
		name, OPTION_TEXT, offsetof(struct capture_file, kinds[number]), .fixed = true, .check = check_value,  \
										 .summary = words                      \
	}
#define REDUCIBLE "not, stays, reduced or leaves; as the centre's policy says when absent."
#define WHOLE "not, stays or leaves; as the centre's policy says when absent."

const struct option capture_file_options[] = {
	KIND("name", CAPTURE_NAME, "Names looked up (DNS): " WHOLE),
	KIND("server", CAPTURE_SERVER, "Names of servers (TLS, HTTP): " WHOLE),
	KIND("agent", CAPTURE_AGENT, "Software of both ends: " WHOLE),
	KIND("url", CAPTURE_URL, "URLs: " REDUCIBLE),
	KIND("mail", CAPTURE_MAIL, "Mail addresses: " REDUCIBLE),
	KIND("subject", CAPTURE_SUBJECT, "Subjects of mails: " WHOLE),
	KIND("file", CAPTURE_FILE, "Names of transferred files: " REDUCIBLE),
	KIND("hash", CAPTURE_HASH, "Hashes of transferred files: " WHOLE),
	KIND("path", CAPTURE_PATH, "Programs and files of hosts: " WHOLE),
	KIND("account", CAPTURE_ACCOUNT, "Names of accounts: " WHOLE),
	KIND("command", CAPTURE_COMMAND, "Commands and their arguments: " WHOLE),
	KIND("text", CAPTURE_TEXT, "Lines of logs as they are: " REDUCIBLE),
	KIND("payload", CAPTURE_PAYLOAD, "Packets and bodies: not or stays; as the centre's policy says when absent."),
	{ "member_days", OPTION_INTEGER, offsetof(struct capture_file, member_days), NULL, 0, CAPTURE_DAYS_MOST,
	    .unit = "days", .fixed = true, .summary = "So long records are kept here at most; 0: as the policy says." },
	{ "centre_days", OPTION_INTEGER, offsetof(struct capture_file, centre_days), NULL, 0, CAPTURE_DAYS_MOST,
	    .unit = "days", .fixed = true,
	    .summary = "So long records are kept at the centre at most; 0: as the policy says." },
	{ NULL },
};

/* "reduced" of what cannot be reduced is the next stricter; "leaves" of what may not is the most that may. */
static enum capture fitting(enum capture_kind kind, enum capture wanted)
{
	if (wanted > capture_most(kind))
		return capture_most(kind);
	return wanted == CAPTURE_REDUCED && !capture_can_reduce(kind) ? CAPTURE_STAYS : wanted;
}

void capture_file_take(const struct capture_file *file, struct capture_policy *policy)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++) {
		enum capture capture;
		if (file->kinds[i] && capture_parse(text_of(file->kinds[i]), &capture))
			policy->kinds[i] = (uint8_t)fitting(i, capture);
	}
	if (file->member_days > 0)
		policy->member_days = (uint32_t)file->member_days;
	if (file->centre_days > 0)
		policy->centre_days = (uint32_t)file->centre_days;
}

enum error capture_local_read(const char *path, struct capture_policy *policy, struct failure *failure)
{
	struct capture_file file = { 0 };
	const struct option_group groups[2] = {
		{ .name = "capture", .options = capture_file_options, .settings = &file, .settings_size = sizeof file },
	};
	enum error error = config_load(path, groups, failure);
	if (!error)
		capture_file_take(&file, policy);
	config_free(groups);
	return error;
}
