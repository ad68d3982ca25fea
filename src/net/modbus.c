/*
 * Modbus/TCP: messages, and which response belongs to which request (modbus.h).
 */
#include "net/modbus.h"

#include "net/cursor.h"

#include <string.h>

#define HEADER 7  /* MBAP: transaction, protocol, length, unit */
#define WAITING 8 /* requests that may wait for their responses */
#define EXCEPTION 0x80

struct modbus_state {
	uint64_t count; /* transactions told of */
	unsigned waiting;
	struct modbus_message requests[WAITING]; /* oldest first */
};

/* What a header says. */
struct header {
	uint16_t transaction, protocol, length; /* length: from the unit on */
	uint8_t unit;
};

static bool read_header(struct cursor *from, struct header *header)
{
	header->transaction = cursor_u16(from);
	header->protocol = cursor_u16(from);
	header->length = cursor_u16(from);
	header->unit = cursor_u8(from);
	return !from->failed;
}

static bool is_plausible(const struct header *header)
{
	return header->protocol == 0 && header->length >= 2 && header->length <= MODBUS_PDU_LARGEST + 1;
}

static void read_message(struct cursor pdu, const struct header *header, bool response, struct modbus_message *message)
{
	uint8_t function = cursor_u8(&pdu);
	message->transaction = header->transaction;
	message->unit = header->unit;
	message->function = function & (uint8_t)~EXCEPTION;
	message->exception = response && function & EXCEPTION ? cursor_u8(&pdu) : 0;
	struct text data = cursor_rest(&pdu);
	message->size = (uint8_t)data.size;
	if (data.size > 0)
		memcpy(message->data, data.at, data.size);
}

static void tell(struct dissection *dissection, struct modbus_state *state, const struct modbus_message *request,
    const struct modbus_message *response)
{
	struct modbus_transaction fact = { ++state->count, request, response };
	dissection_emit(dissection, SIDE_CLIENT, &fact);
}

static void forget(struct modbus_state *state, unsigned index)
{
	state->waiting--;
	memmove(
	    &state->requests[index], &state->requests[index + 1], (state->waiting - index) * sizeof *state->requests);
}

static void take_request(
    struct dissection *dissection, struct modbus_state *state, const struct modbus_message *request)
{
	if (state->waiting == WAITING) {
		tell(dissection, state, &state->requests[0], NULL);
		forget(state, 0);
	}
	state->requests[state->waiting++] = *request;
}

static void take_response(
    struct dissection *dissection, struct modbus_state *state, const struct modbus_message *response)
{
	for (unsigned i = 0; i < state->waiting; i++) {
		if (state->requests[i].transaction != response->transaction)
			continue;
		if (state->requests[i].function != response->function)
			dissection_anomaly(dissection, SIDE_SERVER, "invalid_function_code");
		tell(dissection, state, &state->requests[i], response);
		forget(state, i);
		return;
	}
	dissection_anomaly(dissection, SIDE_SERVER, "unsolicited_response");
	tell(dissection, state, NULL, response);
}

static uint64_t modbus_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct header header;
	struct modbus_message message;
	if (!read_header(&from, &header))
		return 0;
	if (!is_plausible(&header)) {
		dissection_anomaly(dissection, side, header.protocol ? "invalid_protocol_id" : "invalid_length");
		return DISSECTION_DONE; /* where the next message begins nobody knows */
	}
	struct cursor pdu = cursor_part(&from, header.length - 1u);
	if (pdu.failed)
		return 0;
	read_message(pdu, &header, side == SIDE_SERVER, &message);
	if (side == SIDE_CLIENT)
		take_request(dissection, dissection->state, &message);
	else
		take_response(dissection, dissection->state, &message);
	return HEADER - 1 + (uint64_t)header.length;
}

static void modbus_stop(struct dissection *dissection)
{
	struct modbus_state *state = dissection->state;
	while (state->waiting > 0) {
		tell(dissection, state, &state->requests[0], NULL);
		forget(state, 0);
	}
}

/* Bytes behind the function code that a message of this function must have; -1 = any. */
static int fixed_size(uint8_t function)
{
	switch (function) {
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETE_INPUTS:
	case MODBUS_READ_HOLDING_REGISTERS:
	case MODBUS_READ_INPUT_REGISTERS:
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_REGISTER:
		return 4;
	default:
		return -1;
	}
}

/* The header says little, so what follows must fit: a function that there is, with as many bytes as it needs. */
static enum likeness modbus_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct header header;
	if (size >= 4 && (bytes[2] || bytes[3]))
		return LIKENESS_NONE;
	if (!read_header(&from, &header))
		return LIKENESS_MAYBE;
	if (!is_plausible(&header))
		return LIKENESS_NONE;
	struct cursor pdu = cursor_part(&from, header.length - 1u);
	if (pdu.failed)
		return LIKENESS_MAYBE;
	uint8_t function = cursor_u8(&pdu), plain = function & (uint8_t)~EXCEPTION;
	bool known = (plain >= 1 && plain <= 24) || plain == MODBUS_ENCAPSULATED || plain == 90; /* 90: UMAS */
	bool counted = side == SIDE_SERVER && plain <= MODBUS_READ_INPUT_REGISTERS && pdu.left > 0;
	if (!known || (function & EXCEPTION && (side == SIDE_CLIENT || pdu.left != 1)))
		return LIKENESS_NONE;
	if (side == SIDE_CLIENT && fixed_size(plain) >= 0 && pdu.left != (size_t)fixed_size(plain))
		return LIKENESS_NONE;
	if (counted && !(function & EXCEPTION) && cursor_u8(&pdu) != pdu.left)
		return LIKENESS_NONE;
	return LIKENESS_SURE;
}

static void modbus_fields(const void *facts, field_visitor visit, void *context)
{
	(void)facts, (void)visit, (void)context; /* no field of indicators or signatures speaks of it */
}

const struct dissector dissector_modbus = {
	.name = "modbus",
	.protocol = PROTOCOL_MODBUS,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct modbus_state),
	.most_kept = HEADER + MODBUS_PDU_LARGEST,
	.recognise = modbus_recognise,
	.data = modbus_data,
	.stop = modbus_stop,
	.fields = modbus_fields,
};
