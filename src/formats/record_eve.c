/*
 * Suricata's EVE JSON, and our own: records of all types (its schema, etc/schema.json; DNS in versions 1 to 3).
 *
 * In: lines of eve.json. Out: records. Values are found by their place: record_member.c says what stands where. The
 * line itself goes out again as it is, but for the community id where it has none.
 */
#include "formats/record_inner.h"

#include "base/hash.h"
#include "formats/eve.h"
#include "formats/fields.h"
#include "net/dns.h"

#include <netinet/in.h>
#include <string.h>

#define PATH_MOST 64
#define DEPTH_MOST 6

/* What older versions have elsewhere. */
static const struct {
	const char *path;
	enum member member;
} others[] = {
	{ "dns.rrname", MEMBER_DNS_QUERY },         /* versions 1 and 2 */
	{ "dns.query.rrname", MEMBER_DNS_QUERY },   /* of alerts, version 2 */
	{ "dns.queries.rrname", MEMBER_DNS_QUERY }, /* version 3 */
	{ "dns.rrtype", MEMBER_DNS_QUERY_TYPE },
	{ "dns.query.rrtype", MEMBER_DNS_QUERY_TYPE },
	{ "dns.queries.rrtype", MEMBER_DNS_QUERY_TYPE },
	{ "dns.answers.rdata", MEMBER_DNS_ANSWER },
	{ "dns.answer.rdata", MEMBER_DNS_ANSWER },
	{ "dns.rdata", MEMBER_DNS_ANSWER }, /* version 1: a record for each answer */
	{ "dns.authorities.rrname", MEMBER_DNS_OWNER },
	{ "dns.additionals.rrname", MEMBER_DNS_OWNER },
	{ "dns.authorities.rdata", MEMBER_DNS_ANSWER },
	{ "dns.additionals.rdata", MEMBER_DNS_ANSWER },
	{ "dns.grouped.A", MEMBER_DNS_ANSWER },
	{ "dns.grouped.AAAA", MEMBER_DNS_ANSWER },
	{ "dns.grouped.CNAME", MEMBER_DNS_ANSWER },
};

static enum member member_at(const char *path)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(path, others[i].path) == 0)
			return others[i].member;
	for (unsigned member = MEMBER_NONE + 1; member < MEMBER_COUNT; member++)
		if (strcmp(path, member_info((enum member)member)->path) == 0)
			return (enum member)member;
	return MEMBER_NONE;
}

static bool is_section(struct text name)
{
	static const char *const names[] = { "zeek", "dns", "tls", "quic", "http", "fileinfo", "files", "smtp", "email",
		"ssh", "smb", "ftp", "rdp", "krb5", "mqtt", "endpoint", "cloud" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal(name, text_of(names[i])))
			return true;
	return false;
}

/* The values below one member of the record, whose places in it are names with dots between. */
static void take_values(struct record *record, struct json_value value, char *path, size_t size, unsigned depth)
{
	if (json_kind(value) == JSON_IS_OBJECT || json_kind(value) == JSON_IS_ARRAY) {
		bool object = json_kind(value) == JSON_IS_OBJECT;
		for (struct json_walk walk = { 0 }; depth < DEPTH_MOST && json_next(value, &walk);) {
			size_t more = object ? walk.key.size + 1 : 0;
			if (size + more >= PATH_MOST)
				continue;
			if (object) {
				path[size] = '.';
				memcpy(path + size + 1, walk.key.at, walk.key.size);
			}
			take_values(record, walk.value, path, size + more, depth + 1);
		}
		return;
	}
	path[size] = 0;
	enum member member = member_at(path);
	if (member == MEMBER_NONE)
		return;
	if (member_info(member)->form == FORM_BOOL)
		record_add(record, member, json_kind(value) == JSON_IS_TRUE ? TEXT("true") : TEXT("false"));
	else
		record_add(record, member, json_text(value));
}

/* ── ends and counts ─ */

/* "1b": flags of TCP in hexadecimal digits. */
static uint8_t read_flags(struct text text)
{
	uint8_t flags = 0;
	return text.size == 2 && hex_parse(text, &flags, 1) ? flags : 0;
}

static void read_flow(struct record_reader *reader, struct json_value root, struct record *record)
{
	static const char *const packets[] = { "pkts_toserver", "pkts_toclient" };
	static const char *const bytes[] = { "bytes_toserver", "bytes_toclient" };
	struct json_value counts = json_get(root, "flow"), tcp = json_get(root, "tcp");
	struct text state = json_text(json_get(counts, "state"));
	struct flow *flow = &record->flow;
	for (int side = 0; side < 2; side++) {
		json_to_u64(json_get(counts, packets[side]), &flow->packets[side]);
		json_to_u64(json_get(counts, bytes[side]), &flow->bytes[side]);
	}
	flow->tcp_flags[SIDE_CLIENT] = read_flags(json_text(json_get(tcp, "tcp_flags_ts")));
	flow->tcp_flags[SIDE_SERVER] = read_flags(json_text(json_get(tcp, "tcp_flags_tc")));
	flow->state = text_equal(state, TEXT("new"))      ? FLOW_NEW
		      : text_equal(state, TEXT("closed")) ? FLOW_CLOSED
							  : FLOW_ESTABLISHED;
	time_parse(json_text(json_get(counts, "start")), reader->settings.zone, &flow->first, NULL);
	flow->last = record->occurred;
	time_parse(json_text(json_get(counts, "end")), reader->settings.zone, &flow->last, NULL);
	record->is_flow = json_exists(json_get(counts, "end"));
}

static enum error read_ends(struct json_value root, struct record *record, struct failure *failure)
{
	struct flow *flow = &record->flow;
	uint64_t type, code;
	enum error error = record_end(&flow->ends[SIDE_CLIENT], field_text(root, "src_ip"), "src_ip",
	    field_text(root, "src_port"), "src_port", failure);
	if (!error)
		error = record_end(&flow->ends[SIDE_SERVER], field_text(root, "dest_ip"), "dest_ip",
		    field_text(root, "dest_port"), "dest_port", failure);
	flow->ip_protocol = record_ip_protocol(field_text(root, "proto"));
	if (json_to_u64(json_get(root, "icmp_type"), &type) && json_to_u64(json_get(root, "icmp_code"), &code)) {
		flow->ends[SIDE_CLIENT].port = (uint16_t)type;
		flow->ends[SIDE_SERVER].port = (uint16_t)code;
	}
	return error;
}

static void read_dns(struct json_value root, struct record *record)
{
	struct json_value dns = json_get(root, "dns");
	struct text type = json_text(json_get(dns, "type"));
	struct text rcode = record_find(record, MEMBER_DNS_RCODE);
	record->is_response = text_equal(type, TEXT("response")) || text_equal(type, TEXT("answer"));
	for (unsigned i = 0; dns_rcode_name(i); i++)
		if (text_equal(rcode, text_of(dns_rcode_name(i))))
			record->rcode = (uint8_t)i;
}

/* Types live as long as the program. */
static const char *known_type(struct text type)
{
	static const char *const types[] = { "alert", "anomaly", "cloud", "darknet", "dhcp", "dnp3", "dns", "drop",
		"email", "endpoint", "fileinfo", "flow", "ftp", "ftp_data", "http", "ike", "krb5", "ldap", "llmnr",
		"mdns", "modbus", "mqtt", "netflow", "nfs", "packetinfo", "quic", "rdp", "rfb", "sip", "smb", "smtp",
		"snmp", "ssh", "stats", "tftp", "tls", "websocket" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (text_equal(type, text_of(types[i])))
			return types[i];
	return "other";
}

static enum error eve_line(
    struct record_reader *reader, struct text line, struct record *record, struct failure *failure)
{
	struct json_value root;
	char path[PATH_MOST];
	enum error error = json_parse(reader->parser, line, &root, failure);
	if (error)
		return error;
	struct text type = field_text(root, "event_type");
	if (!type.size)
		return fail(failure, ERROR_INPUT, "event_type: there is none; every EVE event has one");
	error = record_time(reader, field_text(root, "timestamp"), "timestamp", record, failure);
	if (!error)
		error = read_ends(root, record, failure);
	if (error)
		return error;
	record->type = known_type(type);
	record->passed = text_trim(line);
	record->community = field_text(root, "community_id");
	struct text app = field_text(root, "app_proto");
	record->flow.protocol = record_protocol(app.size ? app : type);
	json_to_u64(json_get(root, "flow_id"), &record->flow.id);
	for (struct json_walk walk = { 0 }; json_next(root, &walk);)
		if (is_section(walk.key)) {
			memcpy(path, walk.key.at, walk.key.size);
			take_values(record, walk.value, path, walk.key.size, 0);
		}
	if (strcmp(record->type, "dns") == 0)
		read_dns(root, record);
	struct text host = record_find(record, MEMBER_HTTP_HOST);
	record_add_url(reader, record, host, record_find(record, MEMBER_HTTP_URI));
	record_ends_known(record);
	if (json_exists(json_get(root, "flow")))
		read_flow(reader, root, record);
	return OK;
}

const struct record_format record_eve = {
	.name = "eve",
	.title = "EVE JSON of Suricata and of noroshi sensor",
	.proven = true,
	.recognise = eve_recognise,
	.line = eve_line,
};
