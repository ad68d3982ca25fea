/*
 * EVE records of DNS (version 3), multicast DNS and LLMNR: three shapes of the same message (net/dns.h).
 */
#include "formats/eve_writers.h"
#include "net/dns.h"

#include <stdio.h>

/* As Suricata names types: those without a name by their number. */
static void write_type(struct builder *to, const char *member, uint16_t type)
{
	char number[16];
	const char *name = dns_type_name(type);
	if (!name)
		snprintf(number, sizeof number, "TYPE%u", (unsigned)type);
	eve_text(to, member, text_of(name ? name : number));
}

/* A message is walked through once; `record` is the next one. */
struct reader {
	struct dns_walk walk;
	struct dns_record record;
	bool more;
};

static void read_next(struct reader *from)
{
	from->more = dns_next(&from->walk, &from->record);
}

static void write_queries(struct builder *to, struct reader *from)
{
	size_t opened = eve_array(to, "queries");
	for (; from->more && from->record.section == DNS_QUERIES; read_next(from)) {
		eve_object(to, NULL);
		eve_string(to, "rrname", dns_name_text(&from->record.name));
		write_type(to, "rrtype", from->record.type);
		if (from->record.name.cut)
			eve_true(to, "rrname_truncated");
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

static void write_soa(struct builder *to, const struct dns_message *message, const struct dns_record *record)
{
	struct dns_soa soa;
	if (!dns_data_soa(message, record, &soa))
		return;
	eve_object(to, "soa");
	eve_string(to, "mname", dns_name_text(&soa.mname));
	eve_string(to, "rname", dns_name_text(&soa.rname));
	eve_number(to, "serial", soa.serial);
	eve_number(to, "refresh", soa.refresh);
	eve_number(to, "retry", soa.retry);
	eve_number(to, "expire", soa.expire);
	eve_number(to, "minimum", soa.minimum);
	eve_object_end(to);
}

static void write_srv(struct builder *to, const struct dns_message *message, const struct dns_record *record)
{
	struct cursor from = cursor_of_text(record->data);
	struct dns_name target;
	uint16_t priority = cursor_u16(&from), weight = cursor_u16(&from), port = cursor_u16(&from);
	if (from.failed || !dns_data_name(message, record, &target))
		return;
	eve_object(to, "srv");
	eve_number(to, "priority", priority);
	eve_number(to, "weight", weight);
	eve_number(to, "port", port);
	eve_string(to, "name", dns_name_text(&target));
	eve_object_end(to);
}

/* RFC 4255: algorithm, type, fingerprint. */
static void write_sshfp(struct builder *to, const struct dns_record *record)
{
	struct cursor from = cursor_of_text(record->data);
	uint8_t algorithm = cursor_u8(&from), type = cursor_u8(&from);
	if (from.failed)
		return;
	eve_object(to, "sshfp");
	build_text(to, TEXT("\"fingerprint\":\""));
	for (bool first = true; from.left; first = false)
		build_format(to, "%s%02x", first ? "" : ":", cursor_u8(&from));
	build_char(to, '"');
	eve_number(to, "algo", algorithm);
	eve_number(to, "type", type);
	eve_object_end(to);
}

/* The options of EDNS (RFC 6891, 6.1.2), their data in hex. */
static void write_options(struct builder *to, const struct dns_record *record)
{
	struct cursor from = cursor_of_text(record->data);
	size_t opened = eve_array(to, "opt");
	while (from.left) {
		uint16_t code = cursor_u16(&from);
		struct cursor data = cursor_part16(&from);
		if (from.failed)
			break;
		eve_object(to, NULL);
		eve_number(to, "code", code);
		build_text(to, TEXT(",\"data\":\""));
		while (data.left)
			build_format(to, "%02x", cursor_u8(&data));
		build_char(to, '"');
		eve_object_end(to);
	}
	eve_array_end(to, opened);
}

/* What a record says, in the section's shape: Suricata's schema has SOA not among the additional records, and SRV and
 * SSHFP among the answers only. `member` is the name for what is one text. */
static void write_data(
    struct builder *to, const struct dns_message *message, const struct dns_record *record, const char *member)
{
	struct dns_name name;
	struct address address;
	char text[ADDRESS_TEXT];
	bool answer = record->section == DNS_ANSWERS;
	if (dns_data_address(record, &address))
		eve_text(to, member, text_of(address_format(address, text)));
	else if (record->type == DNS_NULL)
		eve_text(to, member, record->data);
	else if (record->type == DNS_SOA && record->section != DNS_ADDITIONALS)
		write_soa(to, message, record);
	else if (record->type == DNS_SRV && answer)
		write_srv(to, message, record);
	else if (record->type == DNS_SSHFP && answer)
		write_sshfp(to, record);
	else if (record->type == DNS_OPT && record->section == DNS_ADDITIONALS)
		write_options(to, record);
	else if (dns_data_name(message, record, &name))
		eve_string(to, member, dns_name_text(&name));
}

static void begin_record(struct builder *to, const struct dns_record *record)
{
	eve_object(to, NULL);
	eve_string(to, "rrname", dns_name_text(&record->name));
	write_type(to, "rrtype", record->type);
	eve_number(to, "ttl", record->ttl);
}

/* Each string of a TXT record (RFC 1035, 3.3.14) stands as a record of its own, as Suricata has it. */
static void write_record(struct builder *to, const struct dns_message *message, const struct dns_record *record)
{
	struct cursor strings = cursor_of_text(record->data);
	if (record->type != DNS_TXT || !record->data.size) {
		begin_record(to, record);
		write_data(to, message, record, "rdata");
		eve_object_end(to);
		return;
	}
	while (strings.left) {
		struct text string = cursor_text(&strings, cursor_u8(&strings));
		if (strings.failed)
			return;
		begin_record(to, record);
		eve_text(to, "rdata", string);
		eve_object_end(to);
	}
}

/* Whether Suricata writes it: not an EDNS record that says nothing. */
static bool is_written(const struct dns_record *record)
{
	return record->type != DNS_OPT || record->data.size >= 4;
}

typedef void (*record_writer)(struct builder *to, const struct dns_message *message, const struct dns_record *record);

static void write_section(
    struct builder *to, struct reader *from, enum dns_section section, const char *member, record_writer write)
{
	size_t opened = eve_array(to, member);
	for (; from->more && from->record.section == section; read_next(from))
		if (is_written(&from->record))
			write(to, from->walk.message, &from->record);
	eve_array_end(to, opened);
}

static void write_sections(struct builder *to, const struct dns_message *message, record_writer write)
{
	struct reader from = { .walk = { message } };
	read_next(&from);
	write_queries(to, &from);
	write_section(to, &from, DNS_ANSWERS, "answers", write);
	write_section(to, &from, DNS_AUTHORITIES, "authorities", write);
	write_section(to, &from, DNS_ADDITIONALS, "additionals", write);
}

static void write_flag_members(struct builder *to, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {
		{ DNS_RESPONSE, "qr" },
		{ DNS_AUTHORITATIVE, "aa" },
		{ DNS_TRUNCATED, "tc" },
		{ DNS_RECURSION_DESIRED, "rd" },
		{ DNS_RECURSION_AVAILABLE, "ra" },
		{ DNS_RESERVED, "z" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flags & names[i].flag)
			eve_true(to, names[i].name);
}

static void write_rcode(struct builder *to, const struct dns_message *message)
{
	char number[8];
	const char *name = dns_rcode_name(DNS_RCODE(message));
	if (!name)
		snprintf(number, sizeof number, "%u", DNS_RCODE(message));
	eve_text(to, "rcode", text_of(name ? name : number));
}

static const char *kind_name(const struct dns_message *message)
{
	return message->flags & DNS_RESPONSE ? "response" : "request";
}

static void write_dns(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct dns_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "dns");
	eve_number(to, "version", 3);
	eve_text(to, "type", text_of(kind_name(message)));
	eve_number(to, "tx_id", message->tx_id);
	eve_number(to, "id", message->id);
	eve_hex(to, "flags", message->flags, 1);
	write_flag_members(to, message->flags);
	eve_number(to, "opcode", DNS_OPCODE(message));
	write_rcode(to, message);
	write_sections(to, message, write_record);
	eve_object_end(to);
}

static void write_strings(struct builder *to, const struct dns_record *record)
{
	struct cursor strings = cursor_of_text(record->data);
	size_t opened = eve_array(to, "txt");
	while (strings.left) {
		struct text string = cursor_text(&strings, cursor_u8(&strings));
		if (!strings.failed)
			eve_string(to, NULL, string);
	}
	eve_array_end(to, opened);
}

/* Of multicast DNS Suricata's schema has the name, and what PTR and TXT say. */
static void write_multicast_record(
    struct builder *to, const struct dns_message *message, const struct dns_record *record)
{
	bool authority = record->section == DNS_AUTHORITIES;
	eve_object(to, NULL);
	eve_string(to, "rrname", dns_name_text(&record->name));
	if (record->type == DNS_PTR && !authority)
		write_data(to, message, record, "ptr");
	else if (record->type == DNS_TXT && !authority)
		write_strings(to, record);
	eve_object_end(to);
}

/* Of LLMNR the data stands under the name of its type. */
static void write_link_local_record(
    struct builder *to, const struct dns_message *message, const struct dns_record *record)
{
	static const struct {
		uint16_t type;
		const char *member;
	} members[] = {
		{ DNS_A, "a" },
		{ DNS_AAAA, "aaaa" },
		{ DNS_CNAME, "cname" },
		{ DNS_MX, "mx" },
		{ DNS_NS, "ns" },
		{ DNS_NULL, "null" },
		{ DNS_PTR, "ptr" },
		{ DNS_SOA, "soa" },
		{ DNS_SRV, "srv" },
		{ DNS_SSHFP, "sshfp" },
		{ DNS_OPT, "opt" },
	};
	begin_record(to, record);
	if (record->type == DNS_TXT)
		write_strings(to, record);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].type == record->type)
			write_data(to, message, record, members[i].member);
	eve_object_end(to);
}

static void write_flag_list(struct builder *to, uint16_t flags, const char *const names[16])
{
	size_t opened = eve_array(to, "flags");
	for (unsigned bit = 0; bit < 16; bit++)
		if (names[bit] && flags & 1u << bit)
			eve_string(to, NULL, text_of(names[bit]));
	eve_array_end(to, opened);
}

static void write_mdns(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	static const char *const flags[16] = {
		[4] = "cd", [5] = "ad", [6] = "z", [7] = "ra", [8] = "rd", [9] = "tc", [10] = "aa"
	};
	const struct dns_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "mdns");
	eve_text(to, "type", text_of(kind_name(message)));
	eve_number(to, "id", message->id);
	write_flag_list(to, message->flags, flags);
	eve_number(to, "opcode", DNS_OPCODE(message));
	eve_number(to, "rcode", DNS_RCODE(message));
	write_sections(to, message, write_multicast_record);
	eve_object_end(to);
}

static void write_llmnr(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	static const char *const flags[16] = { [8] = "t", [9] = "tc", [10] = "c" }; /* RFC 4795, 2.1.1 */
	const struct dns_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "llmnr");
	eve_text(to, "type", text_of(kind_name(message)));
	eve_number(to, "tx_id", message->tx_id);
	eve_number(to, "id", message->id);
	write_flag_list(to, message->flags, flags);
	eve_number(to, "opcode", DNS_OPCODE(message));
	write_sections(to, message, write_link_local_record);
	eve_object_end(to);
}

static bool is_unicast(const void *facts)
{
	return ((const struct dns_message *)facts)->kind == DNS_UNICAST;
}

static bool is_multicast(const void *facts)
{
	return ((const struct dns_message *)facts)->kind == DNS_MULTICAST;
}

static bool is_link_local(const void *facts)
{
	return ((const struct dns_message *)facts)->kind == DNS_LINK_LOCAL;
}

const struct eve_writer eve_dns = { PROTOCOL_DNS, "dns", write_dns, is_unicast };
const struct eve_writer eve_mdns = { PROTOCOL_DNS, "mdns", write_mdns, is_multicast };
const struct eve_writer eve_llmnr = { PROTOCOL_DNS, "llmnr", write_llmnr, is_link_local };
