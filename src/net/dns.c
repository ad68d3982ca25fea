/*
 * The dissector of DNS (dns.h): datagrams, and messages with their length before them on TCP. The observer calls it.
 */
#include "net/dns.h"

#include "net/address.h"
#include "net/flow.h"

#include <string.h>

#define HEADER 12
#define LARGEST 65535

enum { PORT_MULTICAST = 5353, PORT_LINK_LOCAL = 5355 };

struct dns_state {
	uint64_t messages; /* that were seen */
};

static struct dns_message read_header(struct text bytes)
{
	struct cursor from = cursor_of_text(bytes);
	struct dns_message message = { .bytes = bytes };
	message.id = cursor_u16(&from);
	message.flags = cursor_u16(&from);
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		message.count[i] = cursor_u16(&from);
	message.malformed = from.failed;
	return message;
}

/* Whether so many records can be: queries have at least a root, a type and a class; records a time and a length too. */
static bool counts_fit(const struct dns_message *message, size_t size)
{
	size_t records =
	    (size_t)message->count[DNS_ANSWERS] + message->count[DNS_AUTHORITIES] + message->count[DNS_ADDITIONALS];
	return HEADER + (size_t)message->count[DNS_QUERIES] * 5 + records * 11 <= size;
}

static bool class_is_known(const struct dns_record *record)
{
	unsigned class = record->class & 0x7fffu; /* the highest bit is multicast DNS's */
	return record->type == DNS_OPT || class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
}

/* NetBIOS names have the form of DNS: one label of 32 letters A–P (RFC 1002, 4.1). A few may be damaged. */
static bool is_netbios(const struct dns_record *record)
{
	unsigned letters = 0;
	if (record->name.size < 32)
		return false;
	for (unsigned i = 0; i < 32; i++)
		letters += record->name.at[i] >= 'A' && record->name.at[i] <= 'P';
	return letters >= 28 && !memchr(record->name.at, '.', 32);
}

static bool name_is_printable(const struct dns_name *name)
{
	for (unsigned i = 0; i < name->size; i++)
		if (name->at[i] <= ' ' || name->at[i] >= 0x7f)
			return false;
	return true;
}

/* Operations that exist (IANA, DNS OpCodes). */
static bool header_is_plausible(const struct dns_message *message)
{
	unsigned opcode = DNS_OPCODE(message);
	if (message->malformed || opcode == 3 || opcode > 6)
		return false;
	if (message->flags & DNS_RESPONSE)
		return true;
	return message->count[DNS_QUERIES] > 0 || message->count[DNS_ANSWERS] > 0;
}

/* Nothing but zeros follows: some pad their messages. */
static bool ends_at(struct text bytes, size_t at)
{
	while (at < bytes.size && bytes.at[at] == 0)
		at++;
	return at == bytes.size;
}

/* A message whose records can all be read, up to its last byte, is taken whatever its names hold; one that is cut or
 * damaged when its first record is an ordinary one. */
static bool looks_like_dns(const struct dns_message *message)
{
	struct dns_walk walk = { message };
	struct dns_record record;
	if (!header_is_plausible(message) || !dns_next(&walk, &record) || !class_is_known(&record) ||
	    is_netbios(&record))
		return false;
	bool named = record.name.size && !record.name.cut && name_is_printable(&record.name);
	bool ordinary = dns_type_name(record.type) && named, known = true;
	while (dns_next(&walk, &record))
		known = known && class_is_known(&record);
	bool whole = !walk.broken && known && ends_at(message->bytes, walk.at) && counts_fit(message, walk.at);
	return whole || ordinary;
}

/* On TCP the first so many bytes decide, however the rest comes. */
#define DECIDING 600

static enum likeness recognise_stream(enum side side, const uint8_t *bytes, size_t size)
{
	(void)side;
	struct cursor from = cursor_of(bytes, size);
	size_t length = cursor_u16(&from);
	if (from.failed)
		return LIKENESS_MAYBE;
	if (length < HEADER + 5)
		return LIKENESS_NONE;
	struct dns_message message = read_header(cursor_rest(&from));
	if (message.malformed)
		return LIKENESS_MAYBE;
	if (!header_is_plausible(&message) || !counts_fit(&message, length))
		return LIKENESS_NONE;
	size_t deciding = length < DECIDING ? length : DECIDING;
	if (message.bytes.size < deciding)
		return LIKENESS_MAYBE;
	message.bytes.size = deciding;
	return looks_like_dns(&message) ? LIKENESS_SURE : LIKENESS_NONE;
}

static enum likeness recognise_datagram(enum side side, const uint8_t *bytes, size_t size)
{
	(void)side;
	struct dns_message message = read_header((struct text){ (const char *)bytes, size });
	return looks_like_dns(&message) ? LIKENESS_SURE : LIKENESS_NONE;
}

static enum dns_kind kind_of(const struct dissection *dissection)
{
	const struct flow *flow = dissection->flow;
	for (unsigned side = 0; side < 2; side++) {
		if (flow->ends[side].port == PORT_MULTICAST && dissection->transport == TRANSPORT_UDP)
			return DNS_MULTICAST;
		if (flow->ends[side].port == PORT_LINK_LOCAL)
			return DNS_LINK_LOCAL;
	}
	return DNS_UNICAST;
}

/* Whether anything of it can be read; sets `malformed` when not all can. */
static bool examine(struct dns_message *message)
{
	struct dns_walk walk = { message };
	struct dns_record record;
	bool any = false, cut = false;
	while (dns_next(&walk, &record)) {
		if (!any && is_netbios(&record))
			return false;
		any = true;
		cut = cut || record.name.cut;
	}
	message->malformed = walk.broken || cut;
	return any || !walk.broken; /* a bare header that announces nothing is a message too */
}

static void take_message(struct dissection *dissection, enum side side, struct text bytes)
{
	struct dns_state *state = dissection->state;
	struct dns_message message = read_header(bytes);
	message.kind = kind_of(dissection);
	if (message.malformed || !examine(&message)) {
		dissection_anomaly(dissection, side, "malformed_data");
		return;
	}
	if (message.malformed && !(message.flags & DNS_TRUNCATED))
		dissection_anomaly(dissection, side, "malformed_data");
	if (message.flags & DNS_RESERVED && message.kind == DNS_UNICAST)
		dissection_anomaly(dissection, side, "z_flag_set");
	bool response = message.flags & DNS_RESPONSE;
	if (!state->messages && message.kind == DNS_UNICAST && response == (side == SIDE_CLIENT)) {
		dissection_swap(dissection);
		side = OTHER_SIDE(side);
	}
	message.tx_id = state->messages++;
	dissection_emit(dissection, side, &message);
}

static uint64_t take_datagram(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	take_message(dissection, side, (struct text){ (const char *)bytes, size });
	return size;
}

static uint64_t take_stream(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint16_t length = cursor_u16(&from);
	struct text message = cursor_text(&from, length);
	if (from.failed) {
		dissection_want(dissection, side, (size_t)2 + length);
		return 0;
	}
	take_message(dissection, side, message);
	return 2 + message.size;
}

static void visit_address(const struct dns_record *record, field_visitor visit, void *context)
{
	struct address address;
	char text[ADDRESS_TEXT];
	if (dns_data_address(record, &address))
		visit(context, FIELD_DNS_ADDRESS, text_of(address_format(address, text)));
}

static void visit_fields(const void *facts, field_visitor visit, void *context)
{
	const struct dns_message *message = facts;
	struct dns_walk walk = { message };
	struct dns_record record;
	struct dns_name name;
	while (dns_next(&walk, &record)) {
		if (record.type == DNS_OPT)
			continue;
		if (record.name.size)
			visit(context, record.section == DNS_QUERIES ? FIELD_DNS_QUERY : FIELD_DNS_NAME,
			    dns_name_text(&record.name));
		if (record.section == DNS_QUERIES)
			continue;
		if (dns_data_name(message, &record, &name) && name.size)
			visit(context, FIELD_DNS_NAME, dns_name_text(&name));
		visit_address(&record, visit, context);
	}
}

const struct dissector dissector_dns = {
	.name = "dns",
	.protocol = PROTOCOL_DNS,
	.transports = TRANSPORT_UDP,
	.state_size = sizeof(struct dns_state),
	.recognise = recognise_datagram,
	.data = take_datagram,
	.fields = visit_fields,
};

const struct dissector dissector_dns_tcp = {
	.name = "dns",
	.protocol = PROTOCOL_DNS,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct dns_state),
	.most_kept = LARGEST + 2,
	.recognise = recognise_stream,
	.data = take_stream,
	.fields = visit_fields,
};
