/*
 * The dissector of SMB (smb2.h): frames of NetBIOS sessions or of direct TCP, and the messages in them. The observer
 * calls it. Of a message only as much is waited for as is looked at; the rest of it is skipped.
 */
#include "net/smb2_inner.h"

#include <string.h>

#define FRAME_HEADER 4
#define SMB1_HEADER 32
#define TRANSFORM_HEADER 52
#define MAGIC_SMB1 "\xffSMB"
#define MAGIC_SMB2 "\xfeSMB"
#define MAGIC_ENCRYPTED "\xfdSMB"
#define MAGIC_COMPRESSED "\xfcSMB"

/* RFC 1002, 4.3.1 */
enum { FRAME_MESSAGE = 0, FRAME_REQUEST = 0x81, FRAME_POSITIVE, FRAME_NEGATIVE, FRAME_RETARGET, FRAME_KEEPALIVE };

static bool is_magic(const uint8_t *bytes, const char *magic)
{
	return memcmp(bytes, magic, 4) == 0;
}

static bool read_header(struct cursor *from, struct smb2_header *header)
{
	cursor_skip(from, 4);
	uint16_t structure = cursor_le16(from);
	cursor_skip(from, 2);
	header->status = cursor_le32(from);
	header->command = cursor_le16(from);
	cursor_skip(from, 2);
	header->flags = cursor_le32(from);
	header->next = cursor_le32(from);
	header->message = cursor_le64(from);
	cursor_skip(from, 4);
	header->tree = cursor_le32(from);
	header->session = cursor_le64(from);
	cursor_skip(from, 16);
	if (header->flags & SMB2_FLAG_ASYNC)
		header->tree = 0;
	return !from->failed && structure == SMB2_HEADER;
}

/* ── messages ─ */

/* Bytes of a body that are looked at. */
static size_t wanted(const struct smb2_header *header)
{
	bool answer = header->flags & SMB2_FLAG_RESPONSE;
	bool data = header->command == SMB2_WRITE ? !answer : header->command == SMB2_READ && answer;
	return data ? SMB_DATA_KEPT : SMB_BODY_KEPT;
}

/* A request of a compound that is related to the one before it has its session and share (3.2.4.1.4). */
static void take_message(struct dissection *dissection, enum side side, struct smb2_header *header, struct cursor body)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	if (header->flags & SMB2_FLAG_RESPONSE) {
		smb2_take_answer(dissection, 2, header, body);
		return;
	}
	if (header->flags & SMB2_FLAG_RELATED) {
		header->session = reading->before.session;
		header->tree = reading->before.tree;
	} else {
		reading->chain = header->message;
	}
	reading->before = *header;
	smb2_take_request(dissection, 2, header, body);
}

/* The message at the beginning of what is left of a frame; returns its size, 0 when more of it is needed. */
static uint32_t take_smb2(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	uint32_t whole = reading->left;
	struct smb2_header header;
	struct cursor from = bytes;
	if (whole < SMB2_HEADER) {
		dissection_anomaly(dissection, side, "malformed_data");
		return whole;
	}
	if (bytes.left < SMB2_HEADER)
		return 0;
	if (!read_header(&from, &header) || (header.next && (header.next < SMB2_HEADER || header.next > whole))) {
		dissection_anomaly(dissection, side, "malformed_data");
		return whole;
	}
	if (header.next)
		whole = header.next;
	size_t most = wanted(&header), body = whole - SMB2_HEADER;
	if (body > most)
		body = most;
	if (from.left < body) {
		dissection_want(dissection, side, SMB2_HEADER + body);
		return 0;
	}
	take_message(dissection, side, &header, cursor_part(&from, body));
	return whole;
}

/* Of SMB 1 only the negotiation ([MS-CIFS] 2.2.3.1): its answer may be the first message of SMB 2, with the id 0. */
static uint32_t take_smb1(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	enum { COMMAND_NEGOTIATE = 0x72, FLAG_REPLY = 0x80 };
	uint32_t most = SMB1_HEADER + SMB_BODY_KEPT, body = reading->left < most ? reading->left : most;
	if (bytes.left < body) {
		dissection_want(dissection, side, body);
		return 0;
	}
	struct cursor from = cursor_part(&bytes, body);
	cursor_skip(&from, 4);
	uint8_t command = cursor_u8(&from);
	struct smb2_header header = { .command = SMB2_NEGOTIATE, .status = cursor_le32(&from) };
	uint8_t flags = cursor_u8(&from);
	cursor_skip(&from, SMB1_HEADER - 10);
	if (from.failed)
		dissection_anomaly(dissection, side, "malformed_data");
	else if (command == COMMAND_NEGOTIATE && flags & FLAG_REPLY)
		smb2_take_answer(dissection, 1, &header, from);
	else if (command == COMMAND_NEGOTIATE)
		smb2_take_request(dissection, 1, &header, from);
	return reading->left;
}

/* 2.2.41: what an encrypted message says in clear is its session. */
static uint32_t take_encrypted(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct smb_state *state = dissection->state;
	struct smb_message message = { .kind = SMB_ENCRYPTED, .version = 2 };
	uint32_t whole = state->sides[side].left;
	if (whole < TRANSFORM_HEADER) {
		dissection_anomaly(dissection, side, "malformed_data");
		return whole;
	}
	if (bytes.left < TRANSFORM_HEADER)
		return 0;
	cursor_skip(&bytes, TRANSFORM_HEADER - 8);
	message.session = cursor_le64(&bytes);
	if (!state->encrypted || state->encrypted_session != message.session) {
		state->encrypted = true;
		state->encrypted_session = message.session;
		smb2_tell(dissection, side, &message);
	}
	return whole;
}

static uint32_t take_compressed(struct dissection *dissection, enum side side)
{
	struct smb_state *state = dissection->state;
	struct smb_message message = { .kind = SMB_COMPRESSED, .version = 2 };
	if (!state->compressed) {
		state->compressed = true;
		smb2_tell(dissection, side, &message);
	}
	return state->sides[side].left;
}

static uint32_t take_of_frame(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	if (reading->left < 4)
		return reading->left;
	if (bytes.left < 4)
		return 0;
	if (is_magic(bytes.at, MAGIC_SMB2))
		return take_smb2(dissection, side, bytes);
	if (is_magic(bytes.at, MAGIC_SMB1))
		return take_smb1(dissection, side, bytes);
	if (is_magic(bytes.at, MAGIC_ENCRYPTED))
		return take_encrypted(dissection, side, bytes);
	if (is_magic(bytes.at, MAGIC_COMPRESSED))
		return take_compressed(dissection, side);
	dissection_anomaly(dissection, side, "malformed_data");
	return reading->left;
}

/* ── frames ─ */

/* Where a frame begins again after bytes were lost: a message of SMB 2 with the frame's header before it. Returns how
 * many bytes are none. */
static size_t find_frame(const uint8_t *bytes, size_t size, bool *found)
{
	enum { BEGINNING = FRAME_HEADER + 4 };
	for (size_t i = 0; i + BEGINNING <= size; i++)
		if (bytes[i] == FRAME_MESSAGE && (is_magic(bytes + i + FRAME_HEADER, MAGIC_SMB2) ||
						     is_magic(bytes + i + FRAME_HEADER, MAGIC_ENCRYPTED))) {
			*found = true;
			return i;
		}
	return size < BEGINNING ? 0 : size - BEGINNING + 1;
}

/* Returns how many bytes it was done with; more than there are: the others are skipped. */
static uint64_t take_frame_header(struct dissection *dissection, enum side side, struct cursor bytes)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	if (bytes.left < FRAME_HEADER)
		return 0;
	uint8_t type = cursor_u8(&bytes);
	uint32_t size = cursor_u24(&bytes);
	if (type == FRAME_MESSAGE) {
		reading->left = size;
		return FRAME_HEADER;
	}
	if (type >= FRAME_REQUEST && type <= FRAME_KEEPALIVE)
		return FRAME_HEADER + (uint64_t)size;
	dissection_anomaly(dissection, side, "malformed_data");
	reading->lost = true;
	return FRAME_HEADER;
}

static uint64_t smb_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	if (reading->lost) {
		bool found = false;
		size_t passed = find_frame(bytes, size, &found);
		reading->lost = !found;
		if (passed || !found)
			return passed;
	}
	if (!reading->left)
		return take_frame_header(dissection, side, cursor_of(bytes, size));
	uint32_t taken = take_of_frame(dissection, side, cursor_of(bytes, size));
	reading->left -= taken;
	return taken;
}

/* What is skipped may be missing; anything else that is takes the place of frames with it. */
static bool smb_gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct smb_side *reading = &((struct smb_state *)dissection->state)->sides[side];
	(void)missing;
	reading->lost = true;
	reading->left = 0;
	return true;
}

/* ── recognition ─ */

static enum likeness recognise_message(enum side side, const uint8_t *bytes, size_t size)
{
	enum { SMB1_FLAGS = 9, SMB2_FLAGS = 16, REPLY = 0x80 };
	if (memcmp(bytes, MAGIC_SMB1, size < 4 ? size : 4) == 0) {
		if (size <= SMB1_FLAGS)
			return LIKENESS_MAYBE;
		return !(bytes[SMB1_FLAGS] & REPLY) == (side == SIDE_CLIENT) ? LIKENESS_SURE : LIKENESS_NONE;
	}
	if (memcmp(bytes, MAGIC_SMB2, size < 4 ? size : 4) == 0) {
		if (size <= SMB2_FLAGS)
			return LIKENESS_MAYBE;
		bool answer = bytes[SMB2_FLAGS] & SMB2_FLAG_RESPONSE;
		return bytes[4] == SMB2_HEADER && bytes[5] == 0 && answer == (side == SIDE_SERVER) ? LIKENESS_SURE
												   : LIKENESS_NONE;
	}
	if (memcmp(bytes, MAGIC_ENCRYPTED, size < 4 ? size : 4) == 0)
		return size < 4 ? LIKENESS_MAYBE : LIKENESS_SURE;
	return LIKENESS_NONE;
}

/* A session's request has two encoded names of 34 bytes each (RFC 1002, 4.3.2); its answer has nothing. */
static enum likeness smb_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	static const uint8_t request[] = { FRAME_REQUEST, 0, 0, 68, 32 }, positive[] = { FRAME_POSITIVE, 0, 0, 0 };
	if (!size)
		return LIKENESS_MAYBE;
	if (side == SIDE_CLIENT && bytes[0] == FRAME_REQUEST) {
		if (memcmp(bytes, request, size < sizeof request ? size : sizeof request) != 0)
			return LIKENESS_NONE;
		return size < sizeof request ? LIKENESS_MAYBE : LIKENESS_SURE;
	}
	if (side == SIDE_SERVER && bytes[0] == FRAME_POSITIVE) {
		if (memcmp(bytes, positive, size < sizeof positive ? size : sizeof positive) != 0)
			return LIKENESS_NONE;
		bytes += size < sizeof positive ? size : sizeof positive;
		size -= size < sizeof positive ? size : sizeof positive;
		if (!size)
			return LIKENESS_MAYBE;
	}
	if (bytes[0] != FRAME_MESSAGE)
		return LIKENESS_NONE;
	return size <= FRAME_HEADER ? LIKENESS_MAYBE
				    : recognise_message(side, bytes + FRAME_HEADER, size - FRAME_HEADER);
}

/* ── fields ─ */

static void visit_text(field_visitor visit, void *context, enum field field, struct text value)
{
	if (value.size)
		visit(context, field, value);
}

static void visit_call(const struct dcerpc_call *call, field_visitor visit, void *context)
{
	char uuid[DCERPC_UUID_TEXT];
	for (size_t i = 0; i < call->interface_count; i++)
		visit(context, FIELD_DCERPC_INTERFACE, text_of(dcerpc_uuid_format(call->interfaces[i].uuid, uuid)));
}

static void smb_fields(const void *facts, field_visitor visit, void *context)
{
	const struct smb_message *message = facts;
	const struct sign_on *sign_on = &message->sign_on;
	bool pipe = message->share_type == SMB_SHARE_PIPE;
	visit_text(visit, context, FIELD_SMB_SHARE, message->share);
	visit_text(visit, context, pipe ? FIELD_SMB_PIPE : FIELD_SMB_FILE, message->file);
	visit_text(visit, context, FIELD_SMB_FILE, message->to);
	if (!pipe) {
		visit_text(visit, context, FIELD_FILE_NAME, message->file);
		visit_text(visit, context, FIELD_FILE_NAME, message->to);
	}
	visit_text(visit, context, FIELD_SMB_USER, (struct text){ sign_on->user.at, sign_on->user.size });
	visit_text(visit, context, FIELD_SMB_DOMAIN, (struct text){ sign_on->domain.at, sign_on->domain.size });
	visit_text(visit, context, FIELD_SMB_HOST, (struct text){ sign_on->host.at, sign_on->host.size });
	if (message->call)
		visit_call(message->call, visit, context);
}

const struct dissector dissector_smb = {
	.name = "smb",
	.protocol = PROTOCOL_SMB,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct smb_state),
	.most_kept = SMB2_HEADER + SMB_BODY_KEPT,
	.recognise = smb_recognise,
	.data = smb_data,
	.gap = smb_gap,
	.stop = smb2_stop,
	.fields = smb_fields,
};
