/*
 * The data of Windows events: which of them are taken, and what they are (Microsoft, "Sysmon", "Events", and "Appendix
 * L: Events to monitor"). Called by record_windows.c.
 */
#include "formats/record_windows.h"

#include "base/character.h"

#include <stdio.h>
#include <string.h>

/* ── which events these are ─ */

enum source { ANY, SYSMON, SECURITY, SYSTEM };

static const struct {
	enum source source;
	uint32_t id;
	const char *action, *outcome;
} actions[] = {
	{ SYSMON, 1, "process-created", NULL },
	{ SYSMON, 3, "connection", NULL },
	{ SYSMON, 5, "process-ended", NULL },
	{ SYSMON, 6, "driver-loaded", NULL },
	{ SYSMON, 7, "image-loaded", NULL },
	{ SYSMON, 8, "remote-thread", NULL },
	{ SYSMON, 10, "process-accessed", NULL },
	{ SYSMON, 11, "file-created", NULL },
	{ SYSMON, 12, "registry-changed", NULL },
	{ SYSMON, 13, "registry-set", NULL },
	{ SYSMON, 15, "stream-created", NULL },
	{ SYSMON, 17, "pipe-created", NULL },
	{ SYSMON, 18, "pipe-connected", NULL },
	{ SYSMON, 22, "dns-query", NULL },
	{ SYSMON, 23, "file-deleted", NULL },
	{ SYSMON, 25, "process-tampered", NULL },
	{ SECURITY, 1102, "log-cleared", "success" },
	{ SECURITY, 4624, "signed-in", "success" },
	{ SECURITY, 4625, "signed-in", "failure" },
	{ SECURITY, 4648, "credentials-used", NULL },
	{ SECURITY, 4688, "process-created", NULL },
	{ SECURITY, 4697, "service-installed", NULL },
	{ SECURITY, 4698, "task-created", NULL },
	{ SECURITY, 4702, "task-changed", NULL },
	{ SECURITY, 4719, "audit-policy-changed", NULL },
	{ SECURITY, 4720, "account-created", NULL },
	{ SECURITY, 4728, "group-member-added", NULL },
	{ SECURITY, 4732, "group-member-added", NULL },
	{ SECURITY, 4756, "group-member-added", NULL },
	{ SECURITY, 4768, "ticket-asked", NULL },
	{ SECURITY, 4769, "ticket-asked", NULL },
	{ SECURITY, 4776, "credentials-checked", NULL },
	{ SECURITY, 5140, "share-used", NULL },
	{ SECURITY, 5145, "share-used", NULL },
	{ SECURITY, 5156, "connection", NULL },
	{ SYSTEM, 104, "log-cleared", "success" },
	{ SYSTEM, 7045, "service-installed", NULL },
};

static enum source source_of(const struct windows_event *event)
{
	if (text_find_nocase(event->provider, TEXT("Sysmon")) >= 0 ||
	    text_find_nocase(event->channel, TEXT("Sysmon")) >= 0)
		return SYSMON;
	if (text_equal_nocase(event->channel, TEXT("Security")))
		return SECURITY;
	return text_equal_nocase(event->channel, TEXT("System")) ? SYSTEM : ANY;
}

static void add_action(const struct windows_event *event, enum source source, struct record *record)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (actions[i].source == source && actions[i].id == event->id) {
			record_add(record, MEMBER_ENDPOINT_ACTION, text_of(actions[i].action));
			record_add(record, MEMBER_ENDPOINT_OUTCOME, text_of(actions[i].outcome));
		}
}

/* ── data that are a value as they stand ─ */

static const struct {
	const char *name;
	enum member member;
} values[] = {
	{ "Image", MEMBER_PROCESS_PATH },
	{ "NewProcessName", MEMBER_PROCESS_PATH },
	{ "SourceImage", MEMBER_PROCESS_PATH },
	{ "Application", MEMBER_PROCESS_PATH },
	{ "CommandLine", MEMBER_PROCESS_COMMAND },
	{ "CurrentDirectory", MEMBER_PROCESS_FOLDER },
	{ "ParentImage", MEMBER_PARENT_PATH },
	{ "ParentProcessName", MEMBER_PARENT_PATH },
	{ "ParentCommandLine", MEMBER_PARENT_COMMAND },
	{ "TargetImage", MEMBER_TARGET_PATH },
	{ "GrantedAccess", MEMBER_TARGET_ACCESS },
	{ "TargetFilename", MEMBER_ENDPOINT_FILE },
	{ "ImageLoaded", MEMBER_ENDPOINT_FILE },
	{ "TargetObject", MEMBER_REGISTRY_KEY },
	{ "Details", MEMBER_REGISTRY_VALUE },
	{ "ServiceName", MEMBER_SERVICE_NAME },
	{ "ImagePath", MEMBER_SERVICE_PATH },
	{ "ServiceFileName", MEMBER_SERVICE_PATH },
	{ "AccountName", MEMBER_SERVICE_ACCOUNT },
	{ "ServiceAccount", MEMBER_SERVICE_ACCOUNT },
	{ "TaskName", MEMBER_ENDPOINT_TASK },
	{ "LogonType", MEMBER_ENDPOINT_LOGON_TYPE },
	{ "WorkstationName", MEMBER_ENDPOINT_WORKSTATION },
	{ "MemberName", MEMBER_ENDPOINT_MEMBER },
	{ "ShareName", MEMBER_ENDPOINT_SHARE },
	{ "RelativeTargetName", MEMBER_ENDPOINT_SHARE_FILE },
	{ "QueryName", MEMBER_DNS_QUERY },
};

static struct text datum(const struct windows_event *event, const char *name)
{
	for (size_t i = 0; i < event->count; i++)
		if (text_equal(event->data[i].name, text_of(name)))
			return event->data[i].value;
	return TEXT_NONE;
}

static void add_values(const struct windows_event *event, struct record *record)
{
	for (size_t i = 0; i < event->count; i++)
		for (size_t j = 0; j < sizeof values / sizeof *values; j++)
			if (text_equal(event->data[i].name, text_of(values[j].name)))
				record_add(record, values[j].member, event->data[i].value);
}

/* ── and those that are more ─ */

/* "AOBA\taro" */
static struct text full_name(struct record_reader *reader, struct text domain, struct text name)
{
	const struct text pieces[] = { domain, TEXT("\\"), name };
	return domain.size && name.size ? arena_concat(reader->arena, pieces, 3) : name;
}

/* Who did it, and to whom. At a sign-in it is the one who signs in, not the service that says so. */
static void add_users(struct record_reader *reader, const struct windows_event *event, struct record *record)
{
	struct text subject = full_name(reader, datum(event, "SubjectDomainName"), datum(event, "SubjectUserName"));
	struct text target = full_name(reader, datum(event, "TargetDomainName"), datum(event, "TargetUserName"));
	struct text user = datum(event, "User");
	bool sign_in =
	    event->id == 4624 || event->id == 4625 || event->id == 4768 || event->id == 4769 || event->id == 4776;
	if (!user.size)
		user = datum(event, "SourceUser");
	record_add(record, MEMBER_ENDPOINT_USER, user.size ? user : sign_in ? target : subject);
	if (!sign_in)
		record_add(record, MEMBER_ENDPOINT_TARGET_USER, target);
}

/* "0x1f4" or "500" */
static void add_number(struct record_reader *reader, struct record *record, enum member member, struct text value)
{
	uint64_t number = 0;
	if (!text_starts(value, TEXT("0x"))) {
		record_add(record, member, value);
		return;
	}
	for (size_t i = 2; i < value.size && i < 18; i++)
		number = number << 4 | (uint64_t)(char_hex(value.at[i]) & 15);
	char *text = arena_take(reader->arena, 24);
	if (text)
		record_add(record, member,
		    (struct text){ text, (size_t)snprintf(text, 24, "%llu", (unsigned long long)number) });
}

/* "SHA1=…,MD5=…,SHA256=…,IMPHASH=…" (Sysmon) */
static void add_hashes(struct text list, struct record *record)
{
	static const struct {
		const char *name;
		enum member member;
	} kinds[] = { { "MD5", MEMBER_HASH_MD5 }, { "SHA1", MEMBER_HASH_SHA1 }, { "SHA256", MEMBER_HASH_SHA256 },
		{ "IMPHASH", MEMBER_HASH_IMPORTS } };
	while (list.size) {
		struct text value = text_cut(&list, ','), name = text_trim(text_cut(&value, '='));
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (text_equal_nocase(name, text_of(kinds[i].name)))
				record_add(record, kinds[i].member, text_trim(value));
	}
}

/* Sysmon 22: "type:  5 www.cdn.example;::ffff:192.0.2.1;" */
static void add_answers(struct record_reader *reader, struct text list, struct record *record)
{
	while (list.size) {
		struct address address;
		char text[ADDRESS_TEXT];
		struct text one = text_trim(text_cut(&list, ';'));
		if (text_starts(one, TEXT("type:"))) {
			one = text_trim((struct text){ one.at + 5, one.size - 5 });
			text_cut(&one, ' ');
		}
		one = text_trim(one);
		if (address_parse(one, &address)) /* IPv4 without what Windows writes in front */
			one = arena_text(reader->arena, text_of(address_format(address, text)));
		record_add(record, MEMBER_DNS_ANSWER, one);
	}
}

static void add_ends(const struct windows_event *event, struct record *record)
{
	struct flow *flow = &record->flow;
	const char *const clients[] = { "SourceIp", "SourceAddress", "IpAddress", "ClientAddress" };
	const char *const servers[] = { "DestinationIp", "DestAddress" };
	struct text protocol = datum(event, "Protocol");
	uint64_t port;
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		record_try_end(&flow->ends[SIDE_CLIENT], datum(event, clients[i]));
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		record_try_end(&flow->ends[SIDE_SERVER], datum(event, servers[i]));
	const char *const ports[][2] = { { "SourcePort", "IpPort" }, { "DestinationPort", "DestPort" } };
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < 2; i++)
			if (text_to_u64(datum(event, ports[side][i]), &port) && port <= UINT16_MAX)
				flow->ends[side].port = (uint16_t)port;
	if (address_exists(flow->ends[SIDE_SERVER].address))
		flow->ip_protocol = record_ip_protocol(protocol);
}

/* A question and its answers; Windows says no more of the message. */
static void make_dns(struct record_reader *reader, const struct windows_event *event, struct record *record)
{
	record->type = "dns";
	record_add(record, MEMBER_DNS_VERSION, TEXT("3"));
	record_add(record, MEMBER_DNS_TYPE, TEXT("response"));
	record_add(record, MEMBER_DNS_RCODE,
	    text_equal(datum(event, "QueryStatus"), TEXT("9003")) ? TEXT("NXDOMAIN") : TEXT("NOERROR"));
	add_answers(reader, datum(event, "QueryResults"), record);
}

void windows_fill(struct record_reader *reader, const struct windows_event *event, struct record *record)
{
	enum source source = source_of(event);
	add_action(event, source, record);
	add_values(event, record);
	add_users(reader, event, record);
	add_hashes(datum(event, "Hashes"), record);
	add_ends(event, record);
	if (source == SYSMON || event->id == 4688) {
		struct text started = datum(event, "NewProcessId"), own = datum(event, "ProcessId");
		add_number(reader, record, MEMBER_PROCESS_ID, started.size ? started : own);
		add_number(reader, record, MEMBER_PARENT_ID, started.size ? own : datum(event, "ParentProcessId"));
	}
	if (source == SYSMON && event->id == 22)
		make_dns(reader, event, record);
	if (event->id == 4732 || event->id == 4728 || event->id == 4756)
		record_add(record, MEMBER_ENDPOINT_GROUP, datum(event, "TargetSid"));
}
