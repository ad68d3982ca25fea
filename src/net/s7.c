/*
 * S7: headers of messages and the first byte of their parameters, the function code (s7.h).
 */
#include "net/s7.h"

#include "net/cursor.h"
#include "net/tpkt.h"

#include <stddef.h>

enum { PROTOCOL_S7COMM = 0x32, PROTOCOL_S7COMM_PLUS = 0x72 };

const char *s7_function_name(uint8_t function)
{
	static const struct {
		uint8_t function;
		const char *name;
	} names[] = { { 0x00, "cpu_services" }, { 0x04, "read_var" }, { 0x05, "write_var" },
		{ 0x1a, "request_download" }, { 0x1b, "download_block" }, { 0x1c, "download_ended" },
		{ 0x1d, "start_upload" }, { 0x1e, "upload" }, { 0x1f, "end_upload" }, { 0x28, "plc_control" },
		{ 0x29, "plc_stop" }, { 0xf0, "setup_communication" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].function == function)
			return names[i].name;
	return NULL;
}

static bool read_message(struct cursor from, struct s7_message *message)
{
	*message = (struct s7_message){ .plus = cursor_u8(&from) == PROTOCOL_S7COMM_PLUS };
	if (message->plus)
		return true;
	message->type = (enum s7_type)cursor_u8(&from);
	cursor_skip(&from, 2);
	message->reference = cursor_u16(&from);
	uint16_t parameters = cursor_u16(&from);
	cursor_skip(&from, 2); /* length of the data */
	if (message->type == S7_ACK || message->type == S7_ACK_DATA) {
		message->error_class = cursor_u8(&from);
		message->error_code = cursor_u8(&from);
	}
	struct cursor part = cursor_part(&from, parameters);
	message->has_function = part.left > 0 && message->type != S7_USER_DATA;
	message->function = message->has_function ? cursor_u8(&part) : 0;
	bool known = message->type == S7_JOB || message->type == S7_ACK || message->type == S7_ACK_DATA ||
		     message->type == S7_USER_DATA;
	return known && !from.failed;
}

static bool is_s7(struct cursor payload)
{
	uint8_t protocol = cursor_u8(&payload);
	return protocol == PROTOCOL_S7COMM || protocol == PROTOCOL_S7COMM_PLUS;
}

static uint64_t s7_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct tpkt packet;
	struct s7_message message;
	enum likeness likeness = tpkt_read(cursor_of(bytes, size), &packet);
	if (likeness == LIKENESS_MAYBE) {
		dissection_want(dissection, side, packet.size);
		return 0;
	}
	if (likeness == LIKENESS_NONE) {
		dissection_anomaly(dissection, side, "malformed_data");
		return DISSECTION_DONE;
	}
	if (packet.code == X224_DATA && is_s7(packet.payload)) {
		if (read_message(packet.payload, &message))
			dissection_emit(dissection, side, &message);
		else
			dissection_anomaly(dissection, side, "malformed_data");
	}
	return packet.size;
}

/* A connect or confirm says nothing of what it is for (MMS and others use them too): the first data behind it does. */
static enum likeness s7_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct tpkt packet;
	enum likeness likeness = tpkt_read(from, &packet);
	if (likeness == LIKENESS_SURE && packet.code == (side == SIDE_CLIENT ? X224_CONNECT : X224_CONFIRM)) {
		cursor_skip(&from, packet.size);
		likeness = tpkt_read(from, &packet);
	}
	if (likeness != LIKENESS_SURE)
		return likeness;
	return packet.code == X224_DATA && is_s7(packet.payload) ? LIKENESS_SURE : LIKENESS_NONE;
}

static void s7_fields(const void *facts, field_visitor visit, void *context)
{
	(void)facts, (void)visit, (void)context; /* no field of indicators or signatures speaks of it */
}

const struct dissector dissector_s7 = {
	.name = "s7",
	.protocol = PROTOCOL_S7,
	.transports = TRANSPORT_TCP,
	.state_size = 0,
	.most_kept = 65535,
	.recognise = s7_recognise,
	.data = s7_data,
	.fields = s7_fields,
};
