/*
 * DNS over UDP and TCP (RFC 1035, 3596, 2782, 4255, 6891, 9460), and what has its form: multicast DNS (RFC 6762) and
 * LLMNR (RFC 4795), which are told apart by their ports because their messages look the same.
 *
 * A fact is one message. It is not unpacked: dns_next() walks its records and reads each when asked, from the bytes of
 * the message, which live as long as the facts. A name follows a bounded number of compression pointers and is cut
 * behind DNS_NAME_SIZE bytes, so that every walk ends.
 */
#ifndef NOROSHI_NET_DNS_H
#define NOROSHI_NET_DNS_H

#include "net/address.h"
#include "net/cursor.h"
#include "net/dissector.h"

#define DNS_NAME_SIZE 255 /* bytes of a name on the wire (RFC 1035, 2.3.4) */

enum dns_kind { DNS_UNICAST, DNS_MULTICAST, DNS_LINK_LOCAL };

enum dns_section { DNS_QUERIES, DNS_ANSWERS, DNS_AUTHORITIES, DNS_ADDITIONALS, DNS_SECTIONS };

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_NULL = 10,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_DNAME = 39,
	DNS_OPT = 41,
	DNS_SSHFP = 44,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
};

/* Bits of `flags`. */
enum dns_flag {
	DNS_RESPONSE = 0x8000,
	DNS_AUTHORITATIVE = 0x0400,
	DNS_TRUNCATED = 0x0200,
	DNS_RECURSION_DESIRED = 0x0100,
	DNS_RECURSION_AVAILABLE = 0x0080,
	DNS_RESERVED = 0x0040,
	DNS_AUTHENTIC_DATA = 0x0020,
	DNS_CHECKING_DISABLED = 0x0010,
};

struct dns_message {
	uint64_t tx_id; /* of the flow, from 0; each message is one */
	enum dns_kind kind;
	uint16_t id, flags;
	uint16_t count[DNS_SECTIONS]; /* as the header says: there may be fewer */
	struct text bytes;            /* the whole message */
	bool malformed;               /* not all of the records can be read */
};
#define DNS_OPCODE(message) ((unsigned)(message)->flags >> 11 & 15u)
#define DNS_RCODE(message) ((unsigned)(message)->flags & 15u)

/* Labels with dots between them, as they were sent (any bytes, either case), without a last dot: the root is empty. */
struct dns_name {
	char at[DNS_NAME_SIZE];
	uint8_t size;
	bool cut; /* it was longer than a name may be, or has no end */
};
struct text dns_name_text(const struct dns_name *name);

struct dns_record {
	enum dns_section section;
	struct dns_name name;
	uint16_t type, class; /* of a query: no more than these three */
	uint32_t ttl;         /* seconds */
	struct text data;     /* as it is in the message */
};

/* Walks all sections; start with { message }. False at the end, or where the message cannot be read (`broken`). */
struct dns_walk {
	const struct dns_message *message;
	size_t at; /* offset in the message */
	unsigned section, index;
	bool broken;
};
bool dns_next(struct dns_walk *walk, struct dns_record *record);

/* The name in a record's data: of CNAME, NS, PTR, DNAME the whole, of MX, SRV, SVCB, HTTPS the target. False for other
 * types and where there is no name. */
bool dns_data_name(const struct dns_message *message, const struct dns_record *record, struct dns_name *name);

/* The address that an A or AAAA record holds. */
bool dns_data_address(const struct dns_record *record, struct address *address);

/* The parts of an SOA record's data; false when it has not all of them. */
struct dns_soa {
	struct dns_name mname, rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
bool dns_data_soa(const struct dns_message *message, const struct dns_record *record, struct dns_soa *soa);

/* "A", "HTTPS"; NULL when the type has no name (IANA, DNS parameters). */
const char *dns_type_name(uint16_t type);
const char *dns_rcode_name(unsigned rcode);

/* UDP and TCP: they are told by different first bytes. */
extern const struct dissector dissector_dns, dissector_dns_tcp;

#endif
