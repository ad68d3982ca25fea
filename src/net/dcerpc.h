/*
 * DCE/RPC, connection-oriented (C706, 12; [MS-RPCE] 2.2.2), as it is spoken over a named pipe: which interfaces a
 * client binds and which of their operations it calls. What stands in the calls is not read.
 */
#ifndef NOROSHI_NET_DCERPC_H
#define NOROSHI_NET_DCERPC_H

#include "net/cursor.h"
#include "net/dissector.h"

enum dcerpc_type {
	DCERPC_REQUEST = 0,
	DCERPC_RESPONSE = 2,
	DCERPC_FAULT = 3,
	DCERPC_BIND = 11,
	DCERPC_BIND_ACK = 12,
	DCERPC_BIND_NAK = 13,
	DCERPC_ALTER = 14,
	DCERPC_ALTER_RESPONSE = 15,
	DCERPC_AUTH3 = 16,
};

#define DCERPC_HEADER 16 /* bytes */
#define DCERPC_INTERFACES 16
#define DCERPC_UUID_TEXT 37

struct dcerpc_interface {
	uint16_t context;
	uint8_t uuid[16]; /* in the order in which it is written */
	uint16_t major, minor;
	bool answered;
	uint16_t result, reason; /* 0 = accepted (12.6.3.1) */
};

struct dcerpc_side {
	bool seen;
	enum dcerpc_type type;
	uint32_t fragments;
	uint64_t bytes; /* of the arguments or results, with their padding and verifier */
};

/* A call and its answer. */
struct dcerpc_call {
	uint32_t id;
	uint16_t operation; /* of a request; its interface is interfaces[0], when the binding was seen */
	struct dcerpc_side sides[2];
	struct dcerpc_interface interfaces[DCERPC_INTERFACES];
	size_t interface_count;
};

/* One pipe. Zeroed at first. */
struct dcerpc {
	struct dcerpc_interface bound[DCERPC_INTERFACES];
	size_t bound_count;
	bool open; /* `call` waits for its answer */
	struct dcerpc_call call;
};

/* Whether the bytes begin as a PDU does that a client or a server sends. */
bool dcerpc_looks_like(struct cursor bytes, enum side side);
/* A PDU of one side, of which at least the beginning is given; `previous` gets the call that was still without answer
 * when another began. Returns whether dcerpc->call is complete: then it is for the caller to tell, until the next PDU.
 */
bool dcerpc_take(struct dcerpc *dcerpc, enum side side, struct cursor bytes, struct dcerpc_call *previous);

char *dcerpc_uuid_format(const uint8_t uuid[static 16], char to[static DCERPC_UUID_TEXT]);
/* "svcctl", "RCreateServiceW"; NULL when it has no name here ([MS-SCMR], [MS-SAMR] … 1.9 and 3.1.4). */
const char *dcerpc_service_name(const uint8_t uuid[static 16]);
const char *dcerpc_operation_name(const uint8_t uuid[static 16], uint16_t operation);

#endif
