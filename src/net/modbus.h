/*
 * Modbus/TCP (Modbus Application Protocol V1.1b3; Messaging on TCP/IP Implementation Guide V1.0b): one fact for each
 * transaction, a request and its response, when the response was seen or the flow is over. Names are as Suricata has
 * them.
 */
#ifndef NOROSHI_NET_MODBUS_H
#define NOROSHI_NET_MODBUS_H

#include "net/dissector.h"

#define MODBUS_PDU_LARGEST 253 /* bytes from the function code on */

struct modbus_message {
	uint16_t transaction;
	uint8_t unit;
	uint8_t function;  /* without the bit of an exception */
	uint8_t exception; /* of a response: its code; 0 = none */
	uint8_t size;      /* of the bytes behind the function code (and the exception's) */
	uint8_t data[MODBUS_PDU_LARGEST];
};

struct modbus_transaction {
	uint64_t id;                                     /* of the flow, from 1 */
	const struct modbus_message *request, *response; /* NULL = not seen */
};

enum modbus_function {
	MODBUS_READ_COILS = 1,
	MODBUS_READ_DISCRETE_INPUTS = 2,
	MODBUS_READ_HOLDING_REGISTERS = 3,
	MODBUS_READ_INPUT_REGISTERS = 4,
	MODBUS_WRITE_COIL = 5,
	MODBUS_WRITE_REGISTER = 6,
	MODBUS_DIAGNOSTIC = 8,
	MODBUS_WRITE_COILS = 15,
	MODBUS_WRITE_REGISTERS = 16,
	MODBUS_READ_WRITE_REGISTERS = 23,
	MODBUS_ENCAPSULATED = 43,
};

extern const struct dissector dissector_modbus;

#endif
