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

/* Whether a request of a function that everybody has may have so many bytes behind its code. */
static bool fits_request(uint8_t function, size_t size)
{
	switch (function) {
	case 7: /* those that ask for nothing but themselves */
	case 11:
	case 12:
	case 17:
		return size == 0;
	case MODBUS_WRITE_COILS:
	case MODBUS_WRITE_REGISTERS:
	case 20:
	case 21:
		return size >= 6;
	case MODBUS_READ_WRITE_REGISTERS:
		return size >= 11;
	case MODBUS_DIAGNOSTIC:
		return size >= 4;
	case 22:
		return size == 6;
	case 24:
		return size == 2;
	case MODBUS_ENCAPSULATED:
	case 90: /* Schneider's UMAS */
		return size >= 2;
	default:
		return function >= MODBUS_READ_COILS && function <= MODBUS_WRITE_REGISTER && size == 4;
	}
}

static bool fits_response(uint8_t function, struct cursor data)
{
	if (function & EXCEPTION)
		return data.left == 1;
	if (function >= MODBUS_READ_COILS && function <= MODBUS_READ_INPUT_REGISTERS)
		return data.left >= 2 && cursor_u8(&data) == data.left;
	if (function >= MODBUS_WRITE_COIL && function <= MODBUS_WRITE_REGISTERS && fits_request(function, data.left))
		return true;
	return (function == MODBUS_WRITE_COILS || function == MODBUS_WRITE_REGISTERS) && data.left == 4;
}

/* The header says little, so the function must be one that everybody has, with as many bytes as it needs. */
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
	uint8_t function = cursor_u8(&pdu);
	bool fits = side == SIDE_CLIENT ? fits_request(function, pdu.left) : fits_response(function, pdu);
	return fits ? LIKENESS_SURE : LIKENESS_NONE;
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
