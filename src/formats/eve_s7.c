/*
 * EVE records of S7 messages. Suricata has none: the event type and its members are our own (docs/sensor.md).
 */
#include "formats/eve_writers.h"
#include "net/s7.h"

static const char *type_name(const struct s7_message *message)
{
	switch (message->type) {
	case S7_JOB:
		return "job";
	case S7_ACK:
		return "ack";
	case S7_ACK_DATA:
		return "ack_data";
	case S7_USER_DATA:
		return "user_data";
	default:
		return "plus";
	}
}

static void write_s7(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct s7_message *message = facts;
	(void)dissection;
	eve_object(to, "s7");
	eve_text(to, "from", side == SIDE_CLIENT ? TEXT("client") : TEXT("server"));
	eve_text(to, "type", text_of(type_name(message)));
	if (!message->plus)
		eve_number(to, "reference", message->reference);
	if (message->has_function) {
		eve_number(to, "function_code", message->function);
		eve_text(to, "function", text_of(s7_function_name(message->function)));
	}
	if (message->error_class != 0 || message->error_code != 0) {
		eve_number(to, "error_class", message->error_class);
		eve_number(to, "error_code", message->error_code);
	}
	eve_object_end(to);
}

const struct eve_writer eve_s7 = { PROTOCOL_S7, "s7", write_s7 };
