/*
 * What of a record is which object of STIX; see observation.h. Sources: STIX 2.1, part 6 (objects and extensions), 4.14
 * (observed data).
 */
#include "intel/observation.h"

#include "net/address.h"

#include <stdlib.h>

struct observing {
	struct builder *to;
	const struct record *record;
	unsigned next; /* number of the next object */
};

static void begin_object(struct observing *observing, const char *type)
{
	build_format(observing->to, "%s\"%u\":{\"type\":\"%s\"", observing->next ? "," : "", observing->next, type);
	observing->next++;
}

static void build_member(struct builder *to, const char *name, struct text text)
{
	build_format(to, ",\"%s\":", name);
	build_json_string(to, text);
}

static void end_object(struct observing *observing)
{
	build_char(observing->to, '}');
}

static void build_simple(struct observing *observing, const char *type, const char *property, struct text value)
{
	begin_object(observing, type);
	build_member(observing->to, property, value);
	end_object(observing);
}

static void build_address(struct observing *observing, struct address address)
{
	char text[ADDRESS_TEXT];
	build_simple(observing, address_is_v4(address) ? "ipv4-addr" : "ipv6-addr", "value",
	    text_of(address_format(address, text)));
}

/* A name, or the address that stands in its place. */
static void build_name(struct observing *observing, struct text text)
{
	struct address address;
	if (address_parse(text, &address))
		build_address(observing, address);
	else
		build_simple(observing, "domain-name", "value", text);
}

/* ── traffic ─ */

/* Members of one object: `first` is the text before the first of them. */
static void build_found(struct observing *observing, enum member member, const char *name, bool *any)
{
	struct text text = record_find(observing->record, member);
	if (!text.size)
		return;
	build_format(observing->to, "%s\"%s\":", *any ? "," : "{", name);
	build_json_string(observing->to, text);
	*any = true;
}

static void build_extensions(struct observing *observing)
{
	struct builder *to = observing->to;
	bool request = record_find(observing->record, MEMBER_HTTP_URI).size > 0;
	bool tls = record_find(observing->record, MEMBER_TLS_JA3).size > 0, any = false;
	if (!request && !tls)
		return;
	build_text(to, TEXT(",\"extensions\":{"));
	if (request) {
		build_text(to, TEXT("\"http-request-ext\":"));
		build_found(observing, MEMBER_HTTP_METHOD, "request_method", &any);
		build_found(observing, MEMBER_HTTP_URI, "request_value", &any);
		build_text(to, TEXT(",\"request_header\":"));
		any = false;
		build_found(observing, MEMBER_HTTP_HOST, "Host", &any);
		build_found(observing, MEMBER_HTTP_USER_AGENT, "User-Agent", &any);
		build_found(observing, MEMBER_HTTP_REFERER, "Referer", &any);
		build_text(to, any ? TEXT("}}") : TEXT("{}}"));
	}
	any = false;
	if (tls) {
		build_text(to, request ? TEXT(",\"tls-ext\":") : TEXT("\"tls-ext\":"));
		build_found(observing, MEMBER_TLS_JA3, "ja3", &any);
		build_char(to, '}');
	}
	build_char(to, '}');
}

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case 1:
		return "icmp";
	case 6:
		return "tcp";
	case 17:
		return "udp";
	case 58:
		return "icmp6";
	default:
		return NULL;
	}
}

static void build_traffic(struct observing *observing)
{
	const struct flow *flow = &observing->record->flow;
	struct builder *to = observing->to;
	bool known[2] = { address_exists(flow->ends[0].address), address_exists(flow->ends[1].address) };
	unsigned from = observing->next;
	static const char *const refs[] = { "src", "dst" };
	if (!known[0] && !known[1])
		return;
	for (int side = 0; side < 2; side++)
		if (known[side])
			build_address(observing, flow->ends[side].address);
	begin_object(observing, "network-traffic");
	for (int side = 0; side < 2; side++) {
		if (known[side])
			build_format(to, ",\"%s_ref\":\"%u\"", refs[side], from + (side == 1 && known[0]));
		if (flow->ends[side].port)
			build_format(to, ",\"%s_port\":%u", refs[side], flow->ends[side].port);
		if (observing->record->is_flow)
			build_format(to, ",\"%s_byte_count\":%lu,\"%s_packets\":%lu", refs[side],
			    (unsigned long)flow->bytes[side], refs[side], (unsigned long)flow->packets[side]);
	}
	const char *protocol = protocol_name(flow->ip_protocol);
	build_format(
	    to, ",\"protocols\":[\"%s\"", address_is_v4(flow->ends[known[0] ? 0 : 1].address) ? "ipv4" : "ipv6");
	if (protocol)
		build_format(to, ",\"%s\"", protocol);
	build_char(to, ']');
	build_extensions(observing);
	end_object(observing);
}

/* ── files and processes ─ */

/* STIX names a file without its folder. */
static struct text file_name(struct text path)
{
	size_t from = path.size;
	while (from > 0 && path.at[from - 1] != '/' && path.at[from - 1] != '\\')
		from--;
	return (struct text){ path.at + from, path.size - from };
}

/* The number of the object; -1: there is nothing of it. */
static int build_file(
    struct observing *observing, enum member name, enum member md5, enum member sha1, enum member sha256)
{
	struct text path = record_find(observing->record, name);
	struct builder *to = observing->to;
	bool any = false, hashes = record_find(observing->record, md5).size ||
				   record_find(observing->record, sha1).size ||
				   record_find(observing->record, sha256).size;
	if (!path.size && !hashes)
		return -1;
	begin_object(observing, "file");
	if (path.size)
		build_member(to, "name", file_name(path));
	if (hashes) {
		build_text(to, TEXT(",\"hashes\":"));
		build_found(observing, md5, "MD5", &any);
		build_found(observing, sha1, "SHA-1", &any);
		build_found(observing, sha256, "SHA-256", &any);
		build_char(to, '}');
	}
	end_object(observing);
	return (int)observing->next - 1;
}

static void build_process(struct observing *observing)
{
	struct text command = record_find(observing->record, MEMBER_PROCESS_COMMAND);
	int image = build_file(observing, MEMBER_PROCESS_PATH, MEMBER_HASH_MD5, MEMBER_HASH_SHA1, MEMBER_HASH_SHA256);
	if (!command.size && !record_find(observing->record, MEMBER_PROCESS_PATH).size)
		return;
	begin_object(observing, "process");
	if (command.size)
		build_member(observing->to, "command_line", command);
	if (image >= 0) /* 2.1, and 2.0 */
		build_format(observing->to, ",\"image_ref\":\"%d\",\"binary_ref\":\"%d\"", image, image);
	end_object(observing);
}

/* ── values that are an object each ─ */

static const struct {
	enum member member;
	const char *type, *property; /* of a name that may be an address: NULL */
} simple[] = {
	{ MEMBER_DNS_QUERY, NULL, NULL },
	{ MEMBER_DNS_OWNER, NULL, NULL },
	{ MEMBER_DNS_ANSWER, NULL, NULL },
	{ MEMBER_TLS_SNI, NULL, NULL },
	{ MEMBER_TLS_NAME, NULL, NULL },
	{ MEMBER_QUIC_SNI, NULL, NULL },
	{ MEMBER_HTTP_HOST, NULL, NULL },
	{ MEMBER_HTTP_URL, "url", "value" },
	{ MEMBER_SMTP_FROM, "email-addr", "value" },
	{ MEMBER_SMTP_TO, "email-addr", "value" },
	{ MEMBER_MAIL_FROM, "email-addr", "value" },
	{ MEMBER_MAIL_TO, "email-addr", "value" },
	{ MEMBER_MAIL_SUBJECT, "email-message", "subject" },
	{ MEMBER_ENDPOINT_USER, "user-account", "account_login" },
	{ MEMBER_ENDPOINT_TARGET_USER, "user-account", "account_login" },
	{ MEMBER_CLOUD_USER, "user-account", "account_login" },
	{ MEMBER_REGISTRY_KEY, "windows-registry-key", "key" },
};

static void build_value(struct observing *observing, enum member member, struct text value)
{
	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (simple[i].member != member)
			continue;
		if (simple[i].type)
			build_simple(observing, simple[i].type, simple[i].property, value);
		else
			build_name(observing, value);
	}
}

void observation_build(struct builder *to, const struct record *record, uint32_t number)
{
	struct observing observing = { .to = to, .record = record };
	char time[TIME_TEXT];
	time_format(record->occurred, time);
	build_format(to,
	    "{\"type\":\"observed-data\",\"id\":\"observed-data--%08x-0000-4000-8000-000000000000\","
	    "\"first_observed\":\"%s\",\"last_observed\":\"%s\",\"number_observed\":1,\"objects\":{",
	    number, time, time);
	build_traffic(&observing);
	build_file(&observing, MEMBER_FILE_NAME, MEMBER_FILE_MD5, MEMBER_FILE_SHA1, MEMBER_FILE_SHA256);
	build_file(&observing, MEMBER_FILES_NAME, MEMBER_FILES_MD5, MEMBER_FILES_SHA1, MEMBER_FILES_SHA256);
	build_file(&observing, MEMBER_ENDPOINT_FILE, MEMBER_COUNT, MEMBER_COUNT, MEMBER_COUNT);
	build_file(&observing, MEMBER_SMB_FILE, MEMBER_COUNT, MEMBER_COUNT, MEMBER_COUNT);
	build_process(&observing);
	for (size_t i = 0; i < record->count; i++)
		build_value(&observing, record->values[i].member, record->values[i].value);
	build_text(to, TEXT("}}"));
}

uint32_t observation_number(struct text id)
{
	char digits[9] = { 0 };
	struct text prefix = TEXT("observed-data--");
	if (id.size >= prefix.size + 8)
		memcpy(digits, id.at + prefix.size, 8);
	return (uint32_t)strtoul(digits, NULL, 16);
}
