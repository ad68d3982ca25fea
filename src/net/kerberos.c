/*
 * Kerberos messages: a walk over the few fields that a fact has (kerberos.h).
 */
#include "net/kerberos.h"

#include "net/der.h"

#define MESSAGE_LARGEST ((size_t)64 << 10) /* over TCP; with the longest privilege certificates about 48 KiB */

struct kerberos_state {
	enum kerberos_type request; /* the newest */
};

/* The texts of a message that must be put together. */
struct names {
	struct builder client, service;
};

/* ── fields ─ */

/* PrincipalName ::= SEQUENCE { [0] type, [1] SEQUENCE OF string } (5.2.2). */
static void read_principal(struct cursor field, struct builder *to)
{
	struct cursor name = der_take(&field, DER_SEQUENCE), part;
	unsigned tag;
	builder_clear(to);
	der_take(&name, DER_CONTEXT(0));
	struct cursor list = der_take(&name, DER_CONTEXT(1)), parts = der_take(&list, DER_SEQUENCE);
	for (bool first = true; der_next(&parts, &tag, &part); first = false) {
		if (!first)
			build_char(to, '/');
		build_text(to, cursor_rest(&part));
	}
}

static struct text read_string(struct cursor field)
{
	unsigned tag;
	struct cursor content;
	return der_next(&field, &tag, &content) ? cursor_rest(&content) : TEXT_NONE;
}

static int32_t read_number(struct cursor field)
{
	int64_t value = der_integer(&field);
	return value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value : 0;
}

/* EncryptedData ::= SEQUENCE { [0] etype, … } (5.2.9). */
static int32_t read_encryption(struct cursor field)
{
	struct cursor data = der_take(&field, DER_SEQUENCE);
	return read_number(der_take(&data, DER_CONTEXT(0)));
}

/* ── messages ─ */

static void read_offered(struct kerberos_message *message, struct cursor field)
{
	struct cursor list = der_take(&field, DER_SEQUENCE);
	while (list.left > 0 && !list.failed && message->offered_count < KERBEROS_OFFERED_MOST) {
		int64_t value = der_integer(&list);
		if (!list.failed)
			message->offered[message->offered_count++] = (int32_t)value;
	}
}

/* KDC-REQ-BODY (5.4.1). */
static void read_request_body(struct kerberos_message *message, struct names *names, struct cursor body)
{
	struct cursor fields = der_take(&body, DER_SEQUENCE), field;
	unsigned tag;
	while (der_next(&fields, &tag, &field)) {
		if (tag == DER_CONTEXT(1))
			read_principal(field, &names->client);
		else if (tag == DER_CONTEXT(2))
			message->realm = read_string(field);
		else if (tag == DER_CONTEXT(3))
			read_principal(field, &names->service);
		else if (tag == DER_CONTEXT(8))
			read_offered(message, field);
	}
}

/* Ticket ::= [APPLICATION 1] SEQUENCE { [0] version, [1] realm, [2] service, [3] encrypted } (5.3). */
static void read_ticket(struct kerberos_message *message, struct names *names, struct cursor field)
{
	struct cursor outer = der_take(&field, DER_APPLICATION(1)), ticket = der_take(&outer, DER_SEQUENCE);
	unsigned tag;
	while (der_next(&ticket, &tag, &field)) {
		if (tag == DER_CONTEXT(2))
			read_principal(field, &names->service);
		else if (tag == DER_CONTEXT(3))
			message->ticket_encryption = read_encryption(field);
	}
}

static void read_request(struct kerberos_message *message, struct names *names, unsigned tag, struct cursor field)
{
	if (tag == DER_CONTEXT(4))
		read_request_body(message, names, field);
}

/* KDC-REP (5.4.2). */
static void read_reply(struct kerberos_message *message, struct names *names, unsigned tag, struct cursor field)
{
	if (tag == DER_CONTEXT(3))
		message->realm = read_string(field);
	else if (tag == DER_CONTEXT(4))
		read_principal(field, &names->client);
	else if (tag == DER_CONTEXT(5))
		read_ticket(message, names, field);
	else if (tag == DER_CONTEXT(6))
		message->encryption = read_encryption(field);
}

/* KRB-ERROR (5.9.1). */
static void read_error(struct kerberos_message *message, struct names *names, unsigned tag, struct cursor field)
{
	if (tag == DER_CONTEXT(6))
		message->error = read_number(field);
	else if (tag == DER_CONTEXT(8))
		read_principal(field, &names->client);
	else if (tag == DER_CONTEXT(9))
		message->realm = read_string(field);
	else if (tag == DER_CONTEXT(10))
		read_principal(field, &names->service);
}

static bool is_type(unsigned tag)
{
	unsigned type = tag & 0x1f;
	return tag == DER_APPLICATION(type) &&
	       ((type >= KERBEROS_AS_REQ && type <= KERBEROS_TGS_REP) || type == KERBEROS_ERROR);
}

/* The message's own sequence, when it is of version 5: field [1] of requests, [0] of the others. */
static bool open_message(struct cursor bytes, enum kerberos_type *type, struct cursor *fields)
{
	unsigned tag;
	struct cursor outer;
	if (!der_next(&bytes, &tag, &outer) || !is_type(tag))
		return false;
	*type = (enum kerberos_type)(tag & 0x1f);
	*fields = der_take(&outer, DER_SEQUENCE);
	bool request = *type == KERBEROS_AS_REQ || *type == KERBEROS_TGS_REQ;
	struct cursor first = *fields, version = der_take(&first, request ? DER_CONTEXT(1) : DER_CONTEXT(0));
	return der_integer(&version) == 5 && !version.failed;
}

static void take_message(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct kerberos_state *state = dissection->state;
	struct kerberos_message message = { .offered_count = 0 };
	struct names names = { .client = { 0 } };
	struct cursor fields, field;
	unsigned tag;
	if (!open_message(bytes, &message.type, &fields)) {
		dissection_anomaly(dissection, side, "malformed_data");
		return;
	}
	bool request = message.type == KERBEROS_AS_REQ || message.type == KERBEROS_TGS_REQ;
	while (der_next(&fields, &tag, &field)) {
		if (request)
			read_request(&message, &names, tag, field);
		else if (message.type == KERBEROS_ERROR)
			read_error(&message, &names, tag, field);
		else
			read_reply(&message, &names, tag, field);
	}
	if (fields.failed)
		dissection_anomaly(dissection, side, "malformed_data");
	if (request)
		state->request = message.type;
	if (message.type == KERBEROS_ERROR)
		message.failed = state->request;
	message.client = (struct text){ names.client.at, names.client.size };
	message.service = (struct text){ names.service.at, names.service.size };
	dissection_emit(dissection, side, &message);
	builder_free(&names.client);
	builder_free(&names.service);
}

/* ── the dissectors ─ */

static uint64_t udp_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	take_message(dissection, side, cursor_of(bytes, size));
	return size;
}

static uint64_t tcp_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint32_t length = cursor_u32(&from);
	if (from.failed)
		return 0;
	if (length > MESSAGE_LARGEST) {
		dissection_anomaly(dissection, side, "malformed_data");
		return DISSECTION_DONE;
	}
	struct cursor message = cursor_part(&from, length);
	if (message.failed) {
		dissection_want(dissection, side, (size_t)4 + length);
		return 0;
	}
	take_message(dissection, side, message);
	return 4 + (uint64_t)length;
}

static enum likeness udp_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	enum kerberos_type type;
	struct cursor fields;
	if (!open_message(cursor_of(bytes, size), &type, &fields))
		return LIKENESS_NONE;
	bool request = type == KERBEROS_AS_REQ || type == KERBEROS_TGS_REQ;
	return request == (side == SIDE_CLIENT) ? LIKENESS_SURE : LIKENESS_NONE;
}

static void skip_length(struct cursor *from)
{
	uint8_t first = cursor_u8(from);
	if (first & 0x80)
		cursor_skip(from, first & 0x7f);
}

/* By the beginning up to the version: a message may be longer than what recognition waits for. */
static enum likeness tcp_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint32_t length = cursor_u32(&from);
	uint8_t tag = cursor_u8(&from);
	if ((size > 0 && bytes[0] != 0) || (!from.failed && (length > MESSAGE_LARGEST || !is_type(tag))))
		return LIKENESS_NONE;
	skip_length(&from);
	uint8_t sequence = cursor_u8(&from);
	skip_length(&from);
	uint8_t field = cursor_u8(&from);
	uint32_t version = cursor_u32(&from);
	if (from.failed)
		return LIKENESS_MAYBE;
	unsigned type = tag & 0x1f;
	bool request = type == KERBEROS_AS_REQ || type == KERBEROS_TGS_REQ;
	bool good = sequence == DER_SEQUENCE && field == (request ? DER_CONTEXT(1) : DER_CONTEXT(0)) &&
		    version == 0x03020105; /* length 3: INTEGER, length 1, 5 */
	return good && request == (side == SIDE_CLIENT) ? LIKENESS_SURE : LIKENESS_NONE;
}

static void kerberos_fields(const void *facts, field_visitor visit, void *context)
{
	const struct kerberos_message *message = facts;
	if (message->client.size > 0)
		visit(context, FIELD_KERBEROS_NAME, message->client);
	if (message->service.size > 0)
		visit(context, FIELD_KERBEROS_SERVICE, message->service);
}

const struct dissector dissector_kerberos = {
	.name = "krb5",
	.protocol = PROTOCOL_KERBEROS,
	.transports = TRANSPORT_UDP,
	.state_size = sizeof(struct kerberos_state),
	.recognise = udp_recognise,
	.data = udp_data,
	.fields = kerberos_fields,
};

const struct dissector dissector_kerberos_tcp = {
	.name = "krb5",
	.protocol = PROTOCOL_KERBEROS,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct kerberos_state),
	.most_kept = MESSAGE_LARGEST + 4,
	.recognise = tcp_recognise,
	.data = tcp_data,
	.fields = kerberos_fields,
};
