/*
 * EVE records of Modbus transactions: names as Suricata has them.
 */
#include "formats/eve_writers.h"
#include "net/cursor.h"
#include "net/modbus.h"

#include <stdio.h>

static const struct {
	uint8_t function;
	const char *name, *access;
} functions[] = {
	{ 1, "RdCoils", "READ | COILS" },
	{ 2, "RdDiscreteInputs", "READ | DISCRETES" },
	{ 3, "RdHoldRegs", "READ | HOLDING" },
	{ 4, "RdInputRegs", "READ | INPUT" },
	{ 5, "WrSingleCoil", "WRITE | COILS | SINGLE" },
	{ 6, "WrSingleReg", "WRITE | HOLDING | SINGLE" },
	{ 7, "RdExcStatus", NULL },
	{ 8, "Diagnostic", NULL },
	{ 9, "Program484", NULL },
	{ 10, "Poll484", NULL },
	{ 11, "GetCommEventCtr", NULL },
	{ 12, "GetCommEventLog", NULL },
	{ 13, "ProgramController", NULL },
	{ 14, "PollController", NULL },
	{ 15, "WrMultCoils", "WRITE | COILS | MULTIPLE" },
	{ 16, "WrMultRegs", "WRITE | HOLDING | MULTIPLE" },
	{ 17, "ReportServerID", NULL },
	{ 18, "Program884", NULL },
	{ 19, "ResetCommLink", NULL },
	{ 20, "RdFileRec", NULL },
	{ 21, "WrFileRec", NULL },
	{ 22, "MaskWrReg", "WRITE | HOLDING | SINGLE" },
	{ 23, "RdWrMultRegs", "READ | WRITE | HOLDING | MULTIPLE" },
	{ 24, "RdFIFOQueue", NULL },
	{ 43, "MEI", NULL },
};

static const char *const exceptions[] = {
	[1] = "IllegalFunction",
	[2] = "IllegalDataAddr",
	[3] = "IllegalDataValue",
	[4] = "ServerDeviceFail",
	[5] = "Ack",
	[6] = "ServerDeviceBusy",
	[7] = "NegAck",
	[8] = "MemParityErr",
	[10] = "GatewayPathUnavailable",
	[11] = "GatewayTargetFailToResp",
};

/* Modbus Application Protocol V1.1b3, 5. */
static const char *category(uint8_t function)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (functions[i].function == function)
			return function == 9 || function == 10 || function == 13 || function == 14 || function == 18 ||
				       function == 19
				   ? "RESERVED"
				   : "PUBLIC_ASSIGNED";
	if ((function >= 65 && function <= 72) || (function >= 100 && function <= 110))
		return "USER_DEFINED";
	return "PUBLIC_UNASSIGNED";
}

static void write_function(struct builder *to, uint8_t function)
{
	const char *name = "Unknown", *access = NULL;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (functions[i].function == function) {
			name = functions[i].name;
			access = functions[i].access;
		}
	eve_number(to, "function_raw", function);
	eve_text(to, "function_code", text_of(name));
	eve_text(to, "access_type", text_of(access));
	eve_text(to, "category", text_of(category(function)));
}

static void write_numbers(
    struct builder *to, const char *member, struct cursor *from, const char *first, const char *second)
{
	uint16_t a = cursor_u16(from), b = second ? cursor_u16(from) : 0;
	if (from->failed)
		return;
	eve_object(to, member);
	eve_number(to, first, a);
	if (second)
		eve_number(to, second, b);
	eve_object_end(to);
}

/* What requests say, and responses that repeat it. */
static void write_request_data(struct builder *to, const struct modbus_message *message)
{
	struct cursor from = cursor_of(message->data, message->size);
	switch (message->function) {
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETE_INPUTS:
	case MODBUS_READ_HOLDING_REGISTERS:
	case MODBUS_READ_INPUT_REGISTERS:
		write_numbers(to, "read", &from, "address", "quantity");
		break;
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_REGISTER:
		write_numbers(to, "write", &from, "address", "data");
		break;
	case MODBUS_WRITE_COILS:
	case MODBUS_WRITE_REGISTERS:
		write_numbers(to, "write", &from, "address", NULL);
		break;
	case MODBUS_READ_WRITE_REGISTERS:
		write_numbers(to, "read", &from, "address", "quantity");
		write_numbers(to, "write", &from, "address", NULL);
		break;
	case MODBUS_DIAGNOSTIC:
		write_numbers(to, "diagnostic", &from, "raw", NULL);
		break;
	case MODBUS_ENCAPSULATED: {
		uint8_t type = cursor_u8(&from);
		eve_object(to, "mei");
		eve_number(to, "raw", type);
		eve_object_end(to);
		break;
	}
	default:
		break;
	}
}

static void write_response_data(struct builder *to, const struct modbus_message *message)
{
	bool repeats = message->function == MODBUS_WRITE_COIL || message->function == MODBUS_WRITE_REGISTER ||
		       message->function == MODBUS_WRITE_COILS || message->function == MODBUS_WRITE_REGISTERS ||
		       message->function == MODBUS_DIAGNOSTIC || message->function == MODBUS_ENCAPSULATED;
	if (message->exception > 0) {
		bool known =
		    message->exception < sizeof exceptions / sizeof *exceptions && exceptions[message->exception];
		eve_object(to, "exception");
		eve_number(to, "raw", message->exception);
		eve_text(to, "code", text_of(known ? exceptions[message->exception] : "Unknown"));
		eve_object_end(to);
	} else if (repeats) {
		write_request_data(to, message);
	}
}

static void write_message(struct builder *to, const char *member, const struct modbus_message *message, bool response)
{
	if (!message)
		return;
	eve_object(to, member);
	eve_number(to, "transaction_id", message->transaction);
	eve_number(to, "protocol_id", 0);
	eve_number(to, "unit_id", message->unit);
	write_function(to, message->function);
	if (response)
		write_response_data(to, message);
	else
		write_request_data(to, message);
	eve_object_end(to);
}

static void write_modbus(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct modbus_transaction *fact = facts;
	(void)dissection, (void)side;
	eve_object(to, "modbus");
	eve_number(to, "id", fact->id);
	write_message(to, "request", fact->request, false);
	write_message(to, "response", fact->response, true);
	eve_object_end(to);
}

const struct eve_writer eve_modbus = { PROTOCOL_MODBUS, "modbus", write_modbus };
