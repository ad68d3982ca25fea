/*
 * Capture policies; see capture_policy.h. The first table says what each kind is called and what may become of it at
 * most, the second what becomes of it where nobody says anything.
 */
#include "model/capture_policy.h"

#include <stdio.h>
#include <string.h>

static const struct kind {
	const char *code, *title;
	uint8_t most;
	bool reduces;
} kinds[CAPTURE_KIND_COUNT] = {
	[CAPTURE_UNKNOWN] = { "unknown", "Fields that are not known", CAPTURE_STAYS, false },
	[CAPTURE_TECHNICAL] = { "technical", "Addresses, times, counts, names of rules", CAPTURE_LEAVES, false },
	[CAPTURE_NAME] = { "name", "Names looked up (DNS)", CAPTURE_LEAVES, false },
	[CAPTURE_SERVER] = { "server", "Names of servers (TLS, HTTP)", CAPTURE_LEAVES, false },
	[CAPTURE_AGENT] = { "agent", "Software of both ends", CAPTURE_LEAVES, false },
	[CAPTURE_URL] = { "url", "URLs", CAPTURE_LEAVES, true },
	[CAPTURE_MAIL] = { "mail", "Mail addresses", CAPTURE_LEAVES, true },
	[CAPTURE_SUBJECT] = { "subject", "Subjects of mails", CAPTURE_LEAVES, false },
	[CAPTURE_FILE] = { "file", "Names of transferred files", CAPTURE_LEAVES, true },
	[CAPTURE_HASH] = { "hash", "Hashes of transferred files", CAPTURE_LEAVES, false },
	[CAPTURE_PATH] = { "path", "Programs and files of hosts", CAPTURE_LEAVES, false },
	[CAPTURE_ACCOUNT] = { "account", "Names of accounts", CAPTURE_LEAVES, false },
	[CAPTURE_COMMAND] = { "command", "Commands and their arguments", CAPTURE_LEAVES, false },
	[CAPTURE_TEXT] = { "text", "Lines of logs as they are", CAPTURE_LEAVES, true },
	[CAPTURE_PAYLOAD] = { "payload", "Packets and bodies", CAPTURE_STAYS, false },
	[CAPTURE_SECRET] = { "secret", "Passwords, cookies, keys", CAPTURE_NOT, false },
};

const struct capture_policy capture_policy_default = {
	.kinds = {
		[CAPTURE_UNKNOWN] = CAPTURE_STAYS,
		[CAPTURE_TECHNICAL] = CAPTURE_LEAVES,
		[CAPTURE_NAME] = CAPTURE_LEAVES,
		[CAPTURE_SERVER] = CAPTURE_LEAVES,
		[CAPTURE_AGENT] = CAPTURE_LEAVES,
		[CAPTURE_URL] = CAPTURE_REDUCED,
		[CAPTURE_MAIL] = CAPTURE_REDUCED,
		[CAPTURE_SUBJECT] = CAPTURE_STAYS,
		[CAPTURE_FILE] = CAPTURE_REDUCED,
		[CAPTURE_HASH] = CAPTURE_LEAVES,
		[CAPTURE_PATH] = CAPTURE_LEAVES,
		[CAPTURE_ACCOUNT] = CAPTURE_LEAVES,
		[CAPTURE_COMMAND] = CAPTURE_STAYS,
		[CAPTURE_TEXT] = CAPTURE_STAYS,
		[CAPTURE_PAYLOAD] = CAPTURE_STAYS,
		[CAPTURE_SECRET] = CAPTURE_NOT,
	},
	.member_days = 30,
	.centre_days = 180,
};

static const char *const codes[CAPTURE_COUNT] = { "not", "stays", "reduced", "leaves" };

const char *capture_code(enum capture capture)
{
	return (unsigned)capture < CAPTURE_COUNT ? codes[capture] : codes[CAPTURE_NOT];
}

bool capture_parse(struct text code, enum capture *capture)
{
	for (unsigned i = 0; i < CAPTURE_COUNT; i++)
		if (text_equal(code, text_of(codes[i]))) {
			*capture = (enum capture)i;
			return true;
		}
	return false;
}

const char *capture_kind_code(enum capture_kind kind)
{
	return kinds[(unsigned)kind < CAPTURE_KIND_COUNT ? kind : CAPTURE_UNKNOWN].code;
}

const char *capture_kind_title(enum capture_kind kind)
{
	return kinds[(unsigned)kind < CAPTURE_KIND_COUNT ? kind : CAPTURE_UNKNOWN].title;
}

bool capture_kind_parse(struct text code, enum capture_kind *kind)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (text_equal(code, text_of(kinds[i].code))) {
			*kind = (enum capture_kind)i;
			return true;
		}
	return false;
}

enum capture capture_most(enum capture_kind kind)
{
	return kinds[kind].most;
}

bool capture_is_choice(enum capture_kind kind)
{
	return kind != CAPTURE_UNKNOWN && kind != CAPTURE_TECHNICAL && kinds[kind].most != CAPTURE_NOT;
}

bool capture_can_reduce(enum capture_kind kind)
{
	return kinds[kind].reduces;
}

void capture_policy_loosest(struct capture_policy *policy)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		policy->kinds[i] = kinds[i].most;
	policy->member_days = policy->centre_days = CAPTURE_DAYS_MOST;
}

void capture_policy_meet(const struct capture_policy *a, const struct capture_policy *b, struct capture_policy *to)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		to->kinds[i] = a->kinds[i] < b->kinds[i] ? a->kinds[i] : b->kinds[i];
	to->member_days = a->member_days < b->member_days ? a->member_days : b->member_days;
	to->centre_days = a->centre_days < b->centre_days ? a->centre_days : b->centre_days;
}

bool capture_policy_loosens(const struct capture_policy *from, const struct capture_policy *to)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (to->kinds[i] > from->kinds[i])
			return true;
	return to->member_days > from->member_days || to->centre_days > from->centre_days;
}

void capture_policy_write(const struct capture_policy *policy, struct builder *to)
{
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		if (capture_is_choice(i))
			build_format(to, "%s=%s ", kinds[i].code, capture_code(policy->kinds[i]));
	build_format(to, "member_days=%u centre_days=%u", policy->member_days, policy->centre_days);
}

static const char *set_days(uint32_t *days, struct text value)
{
	uint64_t number;
	if (!text_to_u64(value, &number) || number < 1 || number > CAPTURE_DAYS_MOST)
		return "a number of days from 1 to 3650 was expected";
	*days = (uint32_t)number;
	return NULL;
}

static const char *set_kind(struct capture_policy *policy, enum capture_kind kind, struct text value)
{
	enum capture capture;
	if (!capture_parse(value, &capture))
		return "one of not, stays, reduced, leaves was expected";
	if (!capture_is_choice(kind))
		return "no policy decides about this";
	if (capture > kinds[kind].most)
		return "this never leaves a member";
	if (capture == CAPTURE_REDUCED && !kinds[kind].reduces)
		return "this cannot be reduced: not, stays or leaves was expected";
	policy->kinds[kind] = (uint8_t)capture;
	return NULL;
}

const char *capture_policy_set(struct capture_policy *policy, struct text name, struct text value)
{
	enum capture_kind kind;
	if (text_equal(name, TEXT("member_days")))
		return set_days(&policy->member_days, value);
	if (text_equal(name, TEXT("centre_days")))
		return set_days(&policy->centre_days, value);
	if (!capture_kind_parse(name, &kind))
		return "there is no such kind of content";
	return set_kind(policy, kind, value);
}

enum error capture_policy_read(struct text line, struct capture_policy *policy, struct failure *failure)
{
	struct capture_policy read = *policy;
	enum capture_kind kind;
	while (line.size > 0) {
		struct text value = text_cut(&line, ' ');
		if (value.size == 0)
			continue;
		struct text name = text_cut(&value, '=');
		bool known = text_equal(name, TEXT("member_days")) || text_equal(name, TEXT("centre_days")) ||
			     capture_kind_parse(name, &kind);
		const char *problem = known ? capture_policy_set(&read, name, value) : NULL;
		if (problem)
			return fail(failure, ERROR_INPUT, "capture policy: %.*s: %s",
			    (int)(name.size < 40 ? name.size : 40), name.at, problem);
	}
	*policy = read;
	return OK;
}
