/*
 * Bindings and calls of DCE/RPC (dcerpc.h).
 */
#include "net/dcerpc.h"

#include <stdio.h>
#include <string.h>

enum { FLAG_FIRST = 1, FLAG_LAST = 2, FLAG_OBJECT = 0x80 };

struct header {
	enum dcerpc_type type;
	uint8_t flags;
	bool little;
	uint16_t size, verifier;
	uint32_t call;
};

static uint16_t read16(struct cursor *from, bool little)
{
	return little ? cursor_le16(from) : cursor_u16(from);
}

static uint32_t read32(struct cursor *from, bool little)
{
	return little ? cursor_le32(from) : cursor_u32(from);
}

static bool read_header(struct cursor *from, struct header *header)
{
	uint8_t major = cursor_u8(from), minor = cursor_u8(from);
	header->type = (enum dcerpc_type)cursor_u8(from);
	header->flags = cursor_u8(from);
	header->little = cursor_u8(from) & 0x10;
	cursor_skip(from, 3);
	header->size = read16(from, header->little);
	header->verifier = read16(from, header->little);
	header->call = read32(from, header->little);
	return !from->failed && major == 5 && minor <= 1 && header->size >= DCERPC_HEADER;
}

static bool is_said_by(enum dcerpc_type type, enum side side)
{
	switch (type) {
	case DCERPC_REQUEST:
	case DCERPC_BIND:
	case DCERPC_ALTER:
	case DCERPC_AUTH3:
		return side == SIDE_CLIENT;
	case DCERPC_RESPONSE:
	case DCERPC_FAULT:
	case DCERPC_BIND_ACK:
	case DCERPC_BIND_NAK:
	case DCERPC_ALTER_RESPONSE:
		return side == SIDE_SERVER;
	}
	return false;
}

bool dcerpc_looks_like(struct cursor bytes, enum side side)
{
	struct header header;
	return read_header(&bytes, &header) && is_said_by(header.type, side);
}

/* ── bindings ─ */

/* Three numbers in the sender's order, then bytes (C706, appendix A). */
static void read_uuid(struct cursor *from, bool little, uint8_t uuid[static 16])
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	const uint8_t *bytes = cursor_bytes(from, 16);
	for (size_t i = 0; bytes && i < 16; i++)
		uuid[i] = bytes[little ? order[i] : i];
}

static struct dcerpc_interface *interface_of(struct dcerpc *dcerpc, uint16_t context)
{
	for (size_t i = 0; i < dcerpc->bound_count; i++)
		if (dcerpc->bound[i].context == context)
			return &dcerpc->bound[i];
	return NULL;
}

static void keep_interface(struct dcerpc *dcerpc, const struct dcerpc_interface *interface)
{
	struct dcerpc_interface *kept = interface_of(dcerpc, interface->context);
	if (!kept && dcerpc->bound_count < DCERPC_INTERFACES)
		kept = &dcerpc->bound[dcerpc->bound_count++];
	if (kept)
		*kept = *interface;
}

static void read_bind(struct dcerpc *dcerpc, struct cursor from, bool little)
{
	struct dcerpc_call *call = &dcerpc->call;
	cursor_skip(&from, 8);
	unsigned count = cursor_u8(&from);
	cursor_skip(&from, 3);
	while (count-- && call->interface_count < DCERPC_INTERFACES) {
		struct dcerpc_interface interface = { .context = read16(&from, little) };
		size_t transfers = cursor_u8(&from);
		cursor_skip(&from, 1);
		read_uuid(&from, little, interface.uuid);
		interface.major = read16(&from, little);
		interface.minor = read16(&from, little);
		if (from.failed)
			return;
		cursor_skip(&from, 20 * transfers);
		keep_interface(dcerpc, &interface);
		call->interfaces[call->interface_count++] = interface;
	}
}

/* Results in the order of what was asked for, behind a secondary address that is padded to four bytes. */
static void read_bind_answer(struct dcerpc *dcerpc, struct cursor from, bool little)
{
	struct dcerpc_call *call = &dcerpc->call;
	cursor_skip(&from, 8);
	size_t address = read16(&from, little);
	cursor_skip(&from, address + (4 - (2 + address) % 4) % 4);
	unsigned count = cursor_u8(&from);
	cursor_skip(&from, 3);
	for (size_t i = 0; i < count && i < call->interface_count; i++) {
		uint16_t result = read16(&from, little), reason = read16(&from, little);
		if (from.failed)
			return;
		call->interfaces[i].answered = true;
		call->interfaces[i].result = result;
		call->interfaces[i].reason = reason;
		cursor_skip(&from, 20);
	}
}

/* ── calls ─ */

static void begin_call(struct dcerpc *dcerpc, const struct header *header, struct cursor from)
{
	struct dcerpc_call *call = &dcerpc->call;
	*call = (struct dcerpc_call){ .id = header->call };
	dcerpc->open = true;
	if (header->type != DCERPC_REQUEST) {
		read_bind(dcerpc, from, header->little);
		return;
	}
	cursor_skip(&from, 4);
	uint16_t context = read16(&from, header->little);
	call->operation = read16(&from, header->little);
	const struct dcerpc_interface *interface = interface_of(dcerpc, context);
	if (interface)
		call->interfaces[call->interface_count++] = *interface;
}

static void count_fragment(struct dcerpc_side *side, const struct header *header)
{
	size_t head = DCERPC_HEADER + 8 + (header->flags & FLAG_OBJECT ? 16 : 0);
	side->seen = true;
	side->type = header->type;
	side->fragments++;
	if ((header->type == DCERPC_REQUEST || header->type == DCERPC_RESPONSE) && header->size > head)
		side->bytes += header->size - head;
}

bool dcerpc_take(struct dcerpc *dcerpc, enum side side, struct cursor bytes, struct dcerpc_call *previous)
{
	struct header header;
	struct dcerpc_call *call = &dcerpc->call;
	if (!read_header(&bytes, &header) || !is_said_by(header.type, side) || header.type == DCERPC_AUTH3)
		return false;
	if (side == SIDE_CLIENT) {
		bool more = dcerpc->open && call->id == header.call && !(header.flags & FLAG_FIRST);
		if (!more) {
			if (dcerpc->open)
				*previous = *call;
			begin_call(dcerpc, &header, bytes);
		}
	} else if (!dcerpc->open || call->id != header.call) {
		return false;
	} else if (header.type == DCERPC_BIND_ACK || header.type == DCERPC_ALTER_RESPONSE) {
		read_bind_answer(dcerpc, bytes, header.little);
	}
	count_fragment(&call->sides[side], &header);
	if (side == SIDE_CLIENT || !(header.flags & FLAG_LAST))
		return false;
	dcerpc->open = false;
	return true;
}

/* ── names ─ */

char *dcerpc_uuid_format(const uint8_t uuid[static 16], char to[static DCERPC_UUID_TEXT])
{
	size_t size = 0;
	for (size_t i = 0; i < 16; i++)
		size += (size_t)snprintf(to + size, DCERPC_UUID_TEXT - size, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
	return to;
}

struct operation {
	uint16_t number;
	const char *name;
};

static const struct service {
	const char *uuid, *name;
	struct operation operations[8]; /* those by which hosts are administered and looked over */
} services[] = {
	{ "367abb81-9844-35f1-ad32-98f038001003", "svcctl",
	    { { 2, "RDeleteService" }, { 12, "RCreateServiceW" }, { 15, "ROpenSCManagerW" }, { 16, "ROpenServiceW" },
		{ 19, "RStartServiceW" }, { 24, "RCreateServiceA" }, { 31, "RStartServiceA" } } },
	{ "1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc", { { 0, "NetrJobAdd" }, { 2, "NetrJobEnum" } } },
	{ "86d35949-83c9-4044-b424-db363231fd0c", "ITaskSchedulerService",
	    { { 1, "SchRpcRegisterTask" }, { 12, "SchRpcRun" }, { 13, "SchRpcDelete" } } },
	{ "12345778-1234-abcd-ef00-0123456789ac", "samr",
	    { { 6, "SamrEnumerateDomainsInSamServer" }, { 11, "SamrEnumerateGroupsInDomain" },
		{ 13, "SamrEnumerateUsersInDomain" }, { 50, "SamrCreateUser2InDomain" },
		{ 58, "SamrSetInformationUser2" } } },
	{ "12345778-1234-abcd-ef00-0123456789ab", "lsarpc",
	    { { 15, "LsarLookupSids" }, { 44, "LsarOpenPolicy2" }, { 76, "LsarLookupSids3" } } },
	{ "12345678-1234-abcd-ef00-01234567cffb", "netlogon",
	    { { 4, "NetrServerReqChallenge" }, { 26, "NetrServerAuthenticate3" }, { 30, "NetrServerPasswordSet2" } } },
	{ "e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi",
	    { { 0, "IDL_DRSBind" }, { 3, "IDL_DRSGetNCChanges" }, { 12, "IDL_DRSCrackNames" } } },
	{ "4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc",
	    { { 12, "NetrSessionEnum" }, { 15, "NetrShareEnum" }, { 21, "NetrServerGetInfo" } } },
	{ "6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc", { { 0, "NetrWkstaGetInfo" }, { 2, "NetrWkstaUserEnum" } } },
	{ "338cd001-2244-31f1-aaaa-900038001003", "winreg",
	    { { 2, "OpenLocalMachine" }, { 17, "BaseRegQueryValue" }, { 22, "BaseRegSetValue" },
		{ 20, "BaseRegSaveKey" } } },
	{ "12345678-1234-abcd-ef00-0123456789ab", "spoolss",
	    { { 65, "RpcRemoteFindFirstPrinterChangeNotificationEx" }, { 89, "RpcAddPrinterDriverEx" } } },
	{ "c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc", { { 0, "EfsRpcOpenFileRaw" } } },
	{ "df1941c5-fe89-4e79-bf10-463657acf44d", "efsrpc", { { 0, "EfsRpcOpenFileRaw" } } },
	{ "4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs", { { 12, "NetrDfsAddStdRoot" } } },
	{ "e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", { { 3, "ept_map" } } },
	{ "82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog", { { 0, "ElfrClearELFW" } } },
};

static const struct service *service_of(const uint8_t uuid[static 16])
{
	char text[DCERPC_UUID_TEXT];
	dcerpc_uuid_format(uuid, text);
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcmp(services[i].uuid, text) == 0)
			return &services[i];
	return NULL;
}

const char *dcerpc_service_name(const uint8_t uuid[static 16])
{
	const struct service *service = service_of(uuid);
	return service ? service->name : NULL;
}

const char *dcerpc_operation_name(const uint8_t uuid[static 16], uint16_t operation)
{
	const struct service *service = service_of(uuid);
	for (size_t i = 0; service && i < sizeof service->operations / sizeof *service->operations; i++)
		if (service->operations[i].name && service->operations[i].number == operation)
			return service->operations[i].name;
	return NULL;
}
