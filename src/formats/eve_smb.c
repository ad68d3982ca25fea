/*
 * EVE records of SMB (net/smb2.h). Suricata has no names for what is encrypted or compressed and none for the sums of
 * reads and writes: the commands SMB3_ENCRYPTED and SMB3_COMPRESSED, and "size" with the commands READ and WRITE, are
 * ours.
 */
#include "formats/eve_writers.h"
#include "net/smb2.h"

#include <stdio.h>

/* [MS-DTYP] 2.3.4.3: three numbers, least significant byte first, then bytes. */
static void write_guid(struct builder *to, const char *name, const uint8_t *guid)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t ordered[16];
	char text[DCERPC_UUID_TEXT];
	if (!guid)
		return;
	for (size_t i = 0; i < 16; i++)
		ordered[i] = guid[order[i]];
	eve_text(to, name, text_of(dcerpc_uuid_format(ordered, text)));
}

static struct text text_in(const struct builder *builder)
{
	return (struct text){ builder->at, builder->size };
}

static void write_number_as_text(struct builder *to, const char *name, const char *format, unsigned number)
{
	char text[16];
	snprintf(text, sizeof text, format, number);
	eve_text(to, name, text_of(text));
}

/* ── what kinds of records have ─ */

static void write_dialect(struct builder *to, const char *name, uint16_t number, struct text text)
{
	const char *known = smb_dialect_name(number);
	if (text.size)
		eve_text(to, name, text);
	else if (known)
		eve_text(to, name, text_of(known));
	else
		write_number_as_text(to, name, number ? "0x%04x" : "unknown", number);
}

static void write_negotiation(struct builder *to, const struct smb_message *message)
{
	struct cursor dialects = message->dialects;
	uint16_t number;
	struct text text;
	size_t opened = eve_array(to, "client_dialects");
	while (smb_dialect_next(message, &dialects, &number, &text))
		write_dialect(to, NULL, number, text);
	eve_array_end(to, opened);
	write_guid(to, "client_guid", message->client);
	write_guid(to, "server_guid", message->server);
	if (message->read_largest)
		eve_number(to, "max_read_size", message->read_largest);
	if (message->write_largest)
		eve_number(to, "max_write_size", message->write_largest);
}

static void write_sign_on(struct builder *to, const struct sign_on *sign_on)
{
	if (sign_on->kerberos) {
		struct text service = sign_on->service, part;
		eve_object(to, "kerberos");
		eve_text(to, "realm", sign_on->realm);
		size_t opened = eve_array(to, "snames");
		while (sign_on_service_next(&service, &part))
			eve_string(to, NULL, part);
		eve_array_end(to, opened);
		eve_object_end(to);
	}
	if (sign_on->ntlm) {
		char version[48];
		eve_object(to, "ntlmssp");
		eve_string(to, "domain", text_in(&sign_on->domain));
		eve_string(to, "user", text_in(&sign_on->user));
		eve_string(to, "host", text_in(&sign_on->host));
		snprintf(version, sizeof version, "%u.%u build %u rev %u", (unsigned)sign_on->major,
		    (unsigned)sign_on->minor, (unsigned)sign_on->number, (unsigned)sign_on->revision);
		if (sign_on->versioned)
			eve_text(to, "version", text_of(version));
		eve_object_end(to);
	}
}

static void write_tree(struct builder *to, const struct smb_message *message)
{
	static const char *const types[] = {
		[SMB_SHARE_FILE] = "FILE", [SMB_SHARE_PIPE] = "PIPE", [SMB_SHARE_PRINT] = "PRINT"
	};
	bool known = message->share_type > 0 && message->share_type < sizeof types / sizeof *types;
	eve_text(to, message->share_type == SMB_SHARE_PIPE ? "named_pipe" : "share", message->share);
	if (message->answered && message->share_type)
		eve_text(to, "share_type", text_of(known ? types[message->share_type] : "UNKNOWN"));
}

/* 100 ns since 1601 as seconds since 1970; before that 0. */
static void write_filetime(struct builder *to, const char *name, uint64_t filetime)
{
	const uint64_t epoch = 11644473600u;
	uint64_t seconds = filetime / 10000000u;
	eve_number(to, name, seconds > epoch ? seconds - epoch : 0);
}

static void write_file(struct builder *to, const struct smb_message *message)
{
	static const char *const dispositions[] = { "FILE_SUPERSEDE", "FILE_OPEN", "FILE_CREATE", "FILE_OPEN_IF",
		"FILE_OVERWRITE", "FILE_OVERWRITE_IF" };
	bool known = message->disposition < sizeof dispositions / sizeof *dispositions;
	if (message->asked) {
		struct text file = message->file.size ? message->file : TEXT("<share_root>");
		eve_text(to, message->directory && message->file.size ? "directory" : "filename", file);
		eve_text(to, "disposition", text_of(known ? dispositions[message->disposition] : "UNKNOWN"));
		eve_text(to, "access", message->deleted_on_close ? TEXT("delete on close") : TEXT("normal"));
	}
	eve_text(to, "share", message->share);
	if (!message->handle)
		return;
	write_filetime(to, "created", message->created);
	write_filetime(to, "accessed", message->accessed);
	write_filetime(to, "modified", message->written);
	write_filetime(to, "changed", message->changed);
	eve_number(to, "size", message->size);
	write_guid(to, "fuid", message->handle);
}

/* Which file a record is about, of those that open none. */
static void write_open(struct builder *to, const struct smb_message *message)
{
	if (message->kind == SMB_RENAME) {
		eve_object(to, "rename");
		eve_text(to, "from", message->file);
		eve_string(to, "to", message->to);
		eve_object_end(to);
	} else {
		eve_text(to, "filename", message->file);
	}
	eve_text(to, "share", message->share);
	write_guid(to, "fuid", message->handle);
	if (message->kind == SMB_TRANSFER)
		eve_number(to, "size", message->size);
	if (message->kind != SMB_RENAME && message->kind != SMB_DELETION)
		return;
	eve_object(to, "set_info");
	eve_text(to, "class", TEXT("FILE_INFO"));
	eve_text(to, "info_level",
	    message->kind == SMB_RENAME ? TEXT("SMB2_FILE_RENAME_INFO") : TEXT("SMB2_FILE_DISPOSITION_INFO"));
	eve_object_end(to);
}

/* ── calls ─ */

static struct text type_name(const struct dcerpc_side *side, const char *none)
{
	static const char *const names[] = {
		[DCERPC_REQUEST] = "REQUEST",
		[DCERPC_RESPONSE] = "RESPONSE",
		[DCERPC_FAULT] = "FAULT",
		[DCERPC_BIND] = "BIND",
		[DCERPC_BIND_ACK] = "BINDACK",
		[DCERPC_BIND_NAK] = "BINDNAK",
		[DCERPC_ALTER] = "ALTER_CONTEXT",
		[DCERPC_ALTER_RESPONSE] = "ALTER_CONTEXT_RESP",
	};
	return text_of(side->seen ? names[side->type] : none);
}

static void write_interface(
    struct builder *to, const struct dcerpc_call *call, const struct dcerpc_interface *interface)
{
	char text[DCERPC_UUID_TEXT];
	const char *service = dcerpc_service_name(interface->uuid), *operation = NULL;
	if (call->sides[SIDE_CLIENT].type == DCERPC_REQUEST)
		operation = dcerpc_operation_name(interface->uuid, call->operation);
	eve_object(to, NULL);
	eve_text(to, "uuid", text_of(dcerpc_uuid_format(interface->uuid, text)));
	snprintf(text, sizeof text, "%u.%u", (unsigned)interface->major, (unsigned)interface->minor);
	eve_text(to, "version", text_of(text));
	eve_text(to, "service", text_of(service));
	eve_text(to, "procedure", text_of(operation));
	if (interface->answered) {
		eve_number(to, "ack_result", interface->result);
		eve_number(to, "ack_reason", interface->reason);
	}
	eve_object_end(to);
}

static void write_side(struct builder *to, const char *name, const struct dcerpc_side *side)
{
	if (!side->seen)
		return;
	eve_object(to, name);
	eve_number(to, "frag_cnt", side->fragments);
	eve_number(to, "stub_data_size", side->bytes);
	eve_object_end(to);
}

static void write_call(struct builder *to, const struct dcerpc_call *call)
{
	bool request = call->sides[SIDE_CLIENT].type == DCERPC_REQUEST;
	eve_object(to, "dcerpc");
	eve_text(to, "request", type_name(&call->sides[SIDE_CLIENT], "REQUEST_LOST"));
	eve_text(to, "response", type_name(&call->sides[SIDE_SERVER], "UNREPLIED"));
	if (request) {
		eve_number(to, "opnum", call->operation);
		write_side(to, "req", &call->sides[SIDE_CLIENT]);
		write_side(to, "res", &call->sides[SIDE_SERVER]);
	}
	size_t opened = eve_array(to, "interfaces");
	for (size_t i = 0; i < call->interface_count; i++)
		write_interface(to, call, &call->interfaces[i]);
	eve_array_end(to, opened);
	eve_number(to, "call_id", call->id);
	eve_object_end(to);
}

/* ── the record ─ */

static void write_head(struct builder *to, const struct smb_message *message)
{
	const char *command = smb_command_name(message), *status = smb_status_name(message->status);
	eve_number(to, "id", message->tx_id + 1); /* as Suricata counts */
	write_dialect(to, "dialect", message->dialect, message->dialect_text);
	if (command)
		eve_text(to, "command", text_of(command));
	else
		write_number_as_text(to, "command", "0x%04x", message->command);
	if (message->answered) {
		if (status)
			eve_text(to, "status", text_of(status));
		else
			write_number_as_text(to, "status", "%u", message->status);
		write_number_as_text(to, "status_code", "0x%x", message->status);
	}
	eve_number(to, "session_id", message->session);
	eve_number(to, "tree_id", message->tree);
}

static void write_smb(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct smb_message *message = facts;
	(void)dissection, (void)side;
	eve_object(to, "smb");
	write_head(to, message);
	if (message->kind == SMB_NEGOTIATION)
		write_negotiation(to, message);
	else if (message->kind == SMB_SIGN_ON)
		write_sign_on(to, &message->sign_on);
	else if (message->kind == SMB_TREE)
		write_tree(to, message);
	else if (message->kind == SMB_FILE)
		write_file(to, message);
	else
		write_open(to, message);
	if (message->kind == SMB_CONTROL) {
		const char *control = smb_control_name(message->control);
		if (control)
			eve_text(to, "function", text_of(control));
		else
			write_number_as_text(to, "function", "0x%08x", message->control);
	}
	if (message->call)
		write_call(to, message->call);
	eve_object_end(to);
}

const struct eve_writer eve_smb = { PROTOCOL_SMB, "smb", write_smb };
