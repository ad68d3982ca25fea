/*
 * The facts of SMB requests and their answers, from their bytes ([MS-SMB2] 2.2; smb2_inner.h).
 */
#include "net/smb2_inner.h"

#include "net/utf16.h"

enum { INFO_FILE = 1, CLASS_RENAME = 10, CLASS_DISPOSITION = 13 };
enum { OPTION_DIRECTORY = 1, OPTION_DELETE_ON_CLOSE = 0x1000 };

size_t smb2_handle_at(uint16_t command)
{
	static const uint8_t at[SMB2_COMMANDS] = {
		[SMB2_CLOSE] = 8,
		[SMB2_FLUSH] = 8,
		[SMB2_READ] = 16,
		[SMB2_WRITE] = 16,
		[SMB2_LOCK] = 8,
		[SMB2_IOCTL] = 8,
		[SMB2_QUERY_DIRECTORY] = 8,
		[SMB2_CHANGE_NOTIFY] = 8,
		[SMB2_QUERY_INFO] = 24,
		[SMB2_SET_INFO] = 16,
	};
	return command < SMB2_COMMANDS ? at[command] : 0;
}

/* Offsets count from the header. Of what is longer than what was kept, its beginning. */
static struct cursor part_at(struct cursor body, uint32_t offset, uint32_t size)
{
	if (offset < SMB2_HEADER)
		return cursor_of(NULL, 0);
	cursor_skip(&body, offset - SMB2_HEADER);
	return cursor_part(&body, size < body.left ? size : body.left);
}

static struct text read_name(struct builder *to, struct cursor units)
{
	size_t most = (size_t)2 * SMB_NAME_LARGEST;
	builder_clear(to);
	utf16_build(to, cursor_part(&units, units.left < most ? units.left : most), true);
	return (struct text){ to->at, to->size };
}

/* ── negotiation ─ */

bool smb_dialect_next(const struct smb_message *message, struct cursor *dialects, uint16_t *number, struct text *text)
{
	*number = 0;
	*text = TEXT_NONE;
	if (message->version != 1) {
		*number = cursor_le16(dialects);
		return !dialects->failed;
	}
	while (dialects->left > 0 && cursor_u8(dialects) == 2) { /* BufferFormat */
		struct text rest = { (const char *)dialects->at, dialects->left };
		*text = text_cut(&rest, '\0');
		*dialects = cursor_of_text(rest);
		if (text->size)
			return true;
	}
	return false;
}

/* SMB_COM_NEGOTIATE ([MS-CIFS] 2.2.4.52): no words, then bytes. */
static struct cursor old_dialects(struct cursor body)
{
	cursor_skip(&body, cursor_u8(&body) * (size_t)2);
	uint16_t size = cursor_le16(&body);
	return cursor_part(&body, size < body.left ? size : body.left);
}

/* An SMB 1 server says which of the client's it takes by its number. */
static void read_old_choice(struct smb_message *message, struct cursor answer)
{
	struct cursor dialects = message->dialects;
	uint16_t number;
	bool chosen = cursor_u8(&answer) > 0;
	uint16_t index = cursor_le16(&answer);
	struct text text;
	for (unsigned i = 0; chosen && smb_dialect_next(message, &dialects, &number, &text); i++)
		if (i == index)
			message->dialect_text = text;
}

static void read_negotiation(
    struct smb_message *message, struct cursor asked, unsigned answered_version, struct cursor answer)
{
	message->kind = SMB_NEGOTIATION;
	if (message->version == 1) {
		message->dialects = old_dialects(asked);
	} else {
		cursor_skip(&asked, 2);
		size_t size = (size_t)2 * cursor_le16(&asked);
		cursor_skip(&asked, 8);
		message->client = cursor_bytes(&asked, 16);
		cursor_skip(&asked, 8);
		message->dialects = cursor_part(&asked, size < asked.left ? size : asked.left);
	}
	if (answered_version == 1) {
		read_old_choice(message, answer);
		return;
	}
	cursor_skip(&answer, 4);
	message->dialect = cursor_le16(&answer);
	cursor_skip(&answer, 2);
	message->server = cursor_bytes(&answer, 16);
	cursor_skip(&answer, 8);
	message->read_largest = cursor_le32(&answer);
	message->write_largest = cursor_le32(&answer);
}

/* ── sessions and shares ─ */

static void read_sign_on(struct smb_message *message, struct cursor asked)
{
	struct cursor body = asked;
	message->kind = SMB_SIGN_ON;
	cursor_skip(&asked, 12);
	uint16_t offset = cursor_le16(&asked), size = cursor_le16(&asked);
	struct cursor token = part_at(body, offset, size);
	sign_on_read(cursor_rest(&token), &message->sign_on);
}

static void read_tree(struct smb_state *state, struct smb_message *message, struct cursor asked, struct cursor answer)
{
	struct cursor body = asked;
	message->kind = SMB_TREE;
	cursor_skip(&asked, 4);
	uint16_t offset = cursor_le16(&asked), size = cursor_le16(&asked);
	message->share = read_name(&state->names[0], part_at(body, offset, size));
	cursor_skip(&answer, 2);
	message->share_type = cursor_u8(&answer);
}

/* ── files ─ */

static void read_file(struct smb_state *state, struct smb_message *message, struct cursor asked, struct cursor answer)
{
	struct cursor body = asked;
	message->kind = SMB_FILE;
	cursor_skip(&asked, 36);
	message->disposition = cursor_le32(&asked);
	uint32_t options = cursor_le32(&asked);
	message->directory = options & OPTION_DIRECTORY;
	message->deleted_on_close = options & OPTION_DELETE_ON_CLOSE;
	uint16_t offset = cursor_le16(&asked), size = cursor_le16(&asked);
	message->file = read_name(&state->names[0], part_at(body, offset, size));
	cursor_skip(&answer, 8);
	message->created = cursor_le64(&answer);
	message->accessed = cursor_le64(&answer);
	message->written = cursor_le64(&answer);
	message->changed = cursor_le64(&answer);
	cursor_skip(&answer, 8);
	message->size = cursor_le64(&answer);
	cursor_skip(&answer, 8);
	message->handle = cursor_bytes(&answer, 16);
}

/* A new name ([MS-FSCC] 2.4.42.2), or whether the file goes when it is closed (2.4.11). */
static void read_set_info(struct smb_state *state, struct smb_message *message, struct cursor asked)
{
	struct cursor body = asked;
	cursor_skip(&asked, 2);
	uint8_t type = cursor_u8(&asked), class = cursor_u8(&asked);
	uint32_t size = cursor_le32(&asked);
	struct cursor info = part_at(body, cursor_le16(&asked), size);
	if (type != INFO_FILE || asked.failed)
		return;
	if (class == CLASS_RENAME) {
		cursor_skip(&info, 16);
		uint32_t name = cursor_le32(&info);
		message->kind = SMB_RENAME;
		message->to = read_name(&state->names[1], cursor_part(&info, name < info.left ? name : info.left));
	} else if (class == CLASS_DISPOSITION && cursor_u8(&info)) {
		message->kind = SMB_DELETION;
	}
}

static void read_control(struct smb_message *message, struct cursor asked, struct cursor answer)
{
	message->kind = SMB_CONTROL;
	struct cursor *from = asked.left ? &asked : &answer;
	cursor_skip(from, 4);
	message->control = cursor_le32(from);
}

struct cursor smb2_data(uint16_t command, enum side side, struct cursor body)
{
	struct cursor from = body;
	uint32_t offset = 0, size = 0;
	if (command == SMB2_WRITE || command == SMB2_READ) {
		cursor_skip(&from, 2);
		offset = side == SIDE_CLIENT ? cursor_le16(&from) : cursor_u8(&from);
		cursor_skip(&from, side == SIDE_CLIENT ? 0 : 1);
		size = cursor_le32(&from);
	} else if (command == SMB2_IOCTL) {
		cursor_skip(&from, side == SIDE_CLIENT ? 24 : 32);
		offset = cursor_le32(&from);
		size = cursor_le32(&from);
	}
	return from.failed ? cursor_of(NULL, 0) : part_at(body, offset, size);
}

void smb2_message_read(struct smb_state *state, const struct smb_request *request, unsigned answered_version,
    struct cursor answer, struct smb_message *message)
{
	struct cursor asked = request ? cursor_of(request->body, request->size) : cursor_of(NULL, 0);
	switch (message->command) {
	case SMB2_NEGOTIATE:
		read_negotiation(message, asked, answered_version, answer);
		break;
	case SMB2_SESSION_SETUP:
		read_sign_on(message, asked);
		break;
	case SMB2_TREE_CONNECT:
		read_tree(state, message, asked, answer);
		break;
	case SMB2_CREATE:
		read_file(state, message, asked, answer);
		break;
	case SMB2_SET_INFO:
		read_set_info(state, message, asked);
		break;
	case SMB2_IOCTL:
		read_control(message, asked, answer);
		break;
	default:
		break;
	}
}
