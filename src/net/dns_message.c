/*
 * Reading a DNS message (dns.h): names, records and what is in their data. The dissector and the writers of records
 * call it.
 */
#include "net/dns.h"

#include <string.h>

#define HEADER 12
#define MOST_JUMPS 32 /* pointers in one name */

struct text dns_name_text(const struct dns_name *name)
{
	return (struct text){ name->at, name->size };
}

/* A label behind the others, as far as the name has room; the wire's length counts on. */
static void add_label(struct dns_name *name, struct text label)
{
	size_t dot = name->size > 0, room = sizeof name->at - name->size;
	if (name->cut || label.size + dot > room) {
		name->cut = true;
		return;
	}
	if (dot)
		name->at[name->size++] = '.';
	memcpy(name->at + name->size, label.at, label.size);
	name->size = (uint8_t)(name->size + label.size);
}

/* Reads labels from `here` on, and pointers; *end is behind the name where it stands, 0 as long as that is not known.
 * False: the name has no end. The standard has pointers go backwards; those that do not are followed too, because some
 * programs do, but not without end. */
static bool read_labels(struct text message, size_t here, size_t *end, struct dns_name *name)
{
	unsigned jumps = 0;
	while (here < message.size) {
		struct cursor from = cursor_of(message.at + here, message.size - here);
		uint8_t length = cursor_u8(&from);
		if (length >= 0xc0) {
			size_t target = (size_t)(length & 0x3f) << 8 | cursor_u8(&from);
			if (from.failed)
				return false;
			if (!jumps++)
				*end = here + 2;
			if (jumps > MOST_JUMPS)
				return false;
			here = target;
			continue;
		}
		struct text label = cursor_text(&from, length);
		if (from.failed || length >= 0x40) /* 0x40 and 0x80 never came into use (RFC 6891, 5) */
			return false;
		here += 1 + (size_t)length;
		if (!length) {
			if (!jumps)
				*end = here;
			return true;
		}
		add_label(name, label);
	}
	return false;
}

/* Reads the name at `*at` of the message, and moves `*at` behind it. Where a pointer leads nowhere, the name is cut,
 * and what stands behind it can be read all the same. */
static bool read_name(struct text message, size_t *at, struct dns_name *name)
{
	size_t end = 0;
	name->size = 0;
	name->cut = false;
	if (!read_labels(message, *at, &end, name))
		name->cut = true;
	if (!end)
		return false;
	*at = end;
	return true;
}

static bool read_record(struct dns_walk *walk, struct dns_record *record)
{
	struct text message = walk->message->bytes;
	size_t at = walk->at;
	if (!read_name(message, &at, &record->name))
		return false;
	struct cursor from = cursor_of(message.at + at, message.size - at);
	record->type = cursor_u16(&from);
	record->class = cursor_u16(&from);
	record->ttl = 0;
	record->data = TEXT_NONE;
	if (record->section != DNS_QUERIES) {
		record->ttl = cursor_u32(&from);
		record->data = cursor_text(&from, cursor_u16(&from));
	}
	walk->at = message.size - from.left;
	return !from.failed;
}

bool dns_next(struct dns_walk *walk, struct dns_record *record)
{
	if (walk->broken)
		return false;
	if (!walk->at)
		walk->at = HEADER;
	while (walk->section < DNS_SECTIONS && walk->index >= walk->message->count[walk->section])
		walk->section++, walk->index = 0;
	if (walk->section == DNS_SECTIONS)
		return false;
	record->section = (enum dns_section)walk->section;
	walk->index++;
	walk->broken = !read_record(walk, record);
	return !walk->broken;
}

/* The bytes of a record's data that stand before the name in it; -1 when there is no name. */
static int before_name(uint16_t type)
{
	switch (type) {
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
	case DNS_DNAME:
		return 0;
	case DNS_MX:
	case DNS_SVCB:
	case DNS_HTTPS:
		return 2;
	case DNS_SRV:
		return 6;
	default:
		return -1;
	}
}

bool dns_data_name(const struct dns_message *message, const struct dns_record *record, struct dns_name *name)
{
	int before = before_name(record->type);
	if (before < 0 || record->data.size <= (size_t)before)
		return false;
	size_t at = (size_t)(record->data.at - message->bytes.at) + (size_t)before;
	return read_name(message->bytes, &at, name);
}

bool dns_data_address(const struct dns_record *record, struct address *address)
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
	if (record->type == DNS_AAAA && record->data.size == sizeof address->bytes) {
		memcpy(address->bytes, record->data.at, sizeof address->bytes);
		return true;
	}
	if (record->type != DNS_A || record->data.size != 4)
		return false;
	memcpy(address->bytes, v4, sizeof v4);
	memcpy(address->bytes + sizeof v4, record->data.at, 4);
	return true;
}

bool dns_data_soa(const struct dns_message *message, const struct dns_record *record, struct dns_soa *soa)
{
	if (record->type != DNS_SOA || !record->data.size)
		return false;
	size_t at = (size_t)(record->data.at - message->bytes.at), end = at + record->data.size;
	if (!read_name(message->bytes, &at, &soa->mname) || !read_name(message->bytes, &at, &soa->rname) || at > end)
		return false;
	struct cursor from = cursor_of(message->bytes.at + at, end - at);
	soa->serial = cursor_u32(&from);
	soa->refresh = cursor_u32(&from);
	soa->retry = cursor_u32(&from);
	soa->expire = cursor_u32(&from);
	soa->minimum = cursor_u32(&from);
	return !from.failed;
}

const char *dns_type_name(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {
		{ 1, "A" },
		{ 2, "NS" },
		{ 3, "MD" },
		{ 4, "MF" },
		{ 5, "CNAME" },
		{ 6, "SOA" },
		{ 7, "MB" },
		{ 8, "MG" },
		{ 9, "MR" },
		{ 10, "NULL" },
		{ 11, "WKS" },
		{ 12, "PTR" },
		{ 13, "HINFO" },
		{ 14, "MINFO" },
		{ 15, "MX" },
		{ 16, "TXT" },
		{ 17, "RP" },
		{ 18, "AFSDB" },
		{ 19, "X25" },
		{ 20, "ISDN" },
		{ 21, "RT" },
		{ 22, "NSAP" },
		{ 23, "NSAPPTR" },
		{ 24, "SIG" },
		{ 25, "KEY" },
		{ 26, "PX" },
		{ 27, "GPOS" },
		{ 28, "AAAA" },
		{ 29, "LOC" },
		{ 30, "NXT" },
		{ 33, "SRV" },
		{ 34, "ATMA" },
		{ 35, "NAPTR" },
		{ 36, "KX" },
		{ 37, "CERT" },
		{ 38, "A6" },
		{ 39, "DNAME" },
		{ 41, "OPT" },
		{ 42, "APL" },
		{ 43, "DS" },
		{ 44, "SSHFP" },
		{ 45, "IPSECKEY" },
		{ 46, "RRSIG" },
		{ 47, "NSEC" },
		{ 48, "DNSKEY" },
		{ 49, "DHCID" },
		{ 50, "NSEC3" },
		{ 51, "NSEC3PARAM" },
		{ 52, "TLSA" },
		{ 53, "SMIMEA" },
		{ 55, "HIP" },
		{ 59, "CDS" },
		{ 60, "CDNSKEY" },
		{ 61, "OPENPGPKEY" },
		{ 62, "CSYNC" },
		{ 63, "ZONEMD" },
		{ 64, "SVCB" },
		{ 65, "HTTPS" },
		{ 99, "SPF" },
		{ 108, "EUI48" },
		{ 109, "EUI64" },
		{ 249, "TKEY" },
		{ 250, "TSIG" },
		{ 251, "IXFR" },
		{ 252, "AXFR" },
		{ 253, "MAILB" },
		{ 254, "MAILA" },
		{ 255, "ANY" },
		{ 256, "URI" },
		{ 257, "CAA" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE" };
	return rcode < sizeof names / sizeof *names ? names[rcode] : NULL;
}
