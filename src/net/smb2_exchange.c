/*
 * Requests of SMB and their answers: which belongs to which, what they change, what is told (smb2_inner.h).
 */
#include "net/smb2_inner.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_SUCCESS = 0, STATUS_PENDING = 0x103 };
#define STATUS_END_OF_FILE 0xc0000011u
#define CONTROL_TRANSCEIVE 0x0011c017u
#define DIALECT_ANY 0x02ff /* another negotiation follows */
#define SMB2_MOVE_BODY 48  /* bytes of a read or write before its data */

static bool is_error(uint32_t status)
{
	return status >> 30 == 3;
}

/* Those that have no answer, or whose answers say nothing. */
static bool is_passed_over(uint16_t command)
{
	return command == SMB2_CANCEL || command == SMB2_ECHO || command == SMB2_OPLOCK_BREAK ||
	       command >= SMB2_COMMANDS;
}

/* ── telling ─ */

void smb2_tell(struct dissection *dissection, enum side side, struct smb_message *message)
{
	struct smb_state *state = dissection->state;
	message->tx_id = state->count++;
	if (!message->dialect)
		message->dialect = state->dialect;
	dissection_emit(dissection, side, message);
	sign_on_free(&message->sign_on);
	message->sign_on = (struct sign_on){ 0 };
}

static void name_tree(const struct smb_state *state, struct smb_message *message)
{
	const struct smb_tree *tree = smb_tree_find(state, message->session, message->tree);
	if (tree && !message->share.size) {
		message->share = (struct text){ tree->share, tree->share_size };
		message->share_type = tree->type;
	}
}

static void name_open(const struct smb_state *state, struct smb_message *message, const struct smb_open *open)
{
	message->handle = open->handle;
	if (!message->file.size)
		message->file = (struct text){ open->name, open->name_size };
	name_tree(state, message);
}

static void tell_call(struct dissection *dissection, enum side side, struct smb_message *message,
    const struct smb_open *open, const struct dcerpc_call *call)
{
	message->kind = SMB_RPC;
	message->call = call;
	name_open(dissection->state, message, open);
	smb2_tell(dissection, side, message);
}

/* An open file is known no longer: what was moved, and a call that nobody answered. */
static void tell_end(struct dissection *dissection, enum side side, struct smb_open *open)
{
	static const uint16_t commands[] = { SMB2_READ, SMB2_WRITE };
	struct smb_message message = { .version = 2, .asked = true, .session = open->session, .tree = open->tree };
	if (open->pipe && open->pipe->open) {
		message.command = SMB2_WRITE;
		tell_call(dissection, side, &message, open, &open->pipe->call);
		message.call = NULL;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!open->moved[i])
			continue;
		message.kind = SMB_TRANSFER;
		message.command = commands[i];
		message.size = open->moved[i];
		name_open(dissection->state, &message, open);
		smb2_tell(dissection, side, &message);
	}
	smb_open_free(open);
}

static struct smb_open *open_of(struct dissection *dissection, enum side side, const struct smb_request *request)
{
	struct smb_state *state = dissection->state;
	struct smb_open *open = smb_open_find(state, request->handle), *surplus;
	if (open || !(open = smb_open_add(state, request->handle)))
		return open;
	open->session = request->header.session;
	open->tree = request->header.tree;
	while ((surplus = smb_open_surplus(state, false)))
		tell_end(dissection, side, surplus);
	return open;
}

/* ── pipes ─ */

/* Data of a pipe as DCE/RPC; false = it is none. */
static bool take_rpc(struct dissection *dissection, enum side side, const struct smb_request *request,
    const struct smb2_header *header, struct cursor data)
{
	struct smb_state *state = dissection->state;
	const struct smb_tree *tree = smb_tree_find(state, request->header.session, request->header.tree);
	struct dcerpc_call previous = { 0 };
	if (!request->handled || (tree && tree->type != SMB_SHARE_PIPE) || !dcerpc_looks_like(data, side))
		return false;
	struct smb_open *open = open_of(dissection, side, request);
	if (!open || (!open->pipe && !(open->pipe = calloc(1, sizeof *open->pipe))))
		return false;
	struct smb_message message = { .version = 2,
		.command = header->command,
		.asked = true,
		.session = request->header.session,
		.tree = request->header.tree };
	bool complete = dcerpc_take(open->pipe, side, data, &previous);
	if (previous.sides[SIDE_CLIENT].seen)
		tell_call(dissection, SIDE_CLIENT, &message, open, &previous);
	if (complete) {
		message.answered = true;
		message.status = header->status;
		tell_call(dissection, side, &message, open, &open->pipe->call);
	}
	return true;
}

/* ── what is told of a request and its answer ─ */

static struct smb_message message_of(const struct smb_request *request, const struct smb2_header *answer)
{
	struct smb_message message = { .version = request ? request->version : 2,
		.command = request ? request->header.command : answer->command,
		.asked = request,
		.answered = answer,
		.status = answer ? answer->status : 0,
		.session = request ? request->header.session : answer->session,
		.tree = request ? request->header.tree : answer->tree };
	if (answer && !message.session)
		message.session = answer->session;
	if (answer && message.command == SMB2_TREE_CONNECT)
		message.tree = answer->tree;
	if (request && request->handled)
		message.handle = request->handle;
	return message;
}

static void tell_unanswered(struct dissection *dissection, struct smb_request *request)
{
	struct smb_state *state = dissection->state;
	struct smb_message message = message_of(request, NULL);
	struct smb_open *open = request->handled ? smb_open_find(state, request->handle) : NULL;
	bool moves = request->header.command == SMB2_READ || request->header.command == SMB2_WRITE;
	smb2_message_read(state, request, request->version, cursor_of(NULL, 0), &message);
	if (open)
		name_open(state, &message, open);
	else
		name_tree(state, &message);
	bool called = message.control == CONTROL_TRANSCEIVE && open && open->pipe;
	if (!moves && !called)
		smb2_tell(dissection, SIDE_CLIENT, &message);
	else
		sign_on_free(&message.sign_on);
	free(request);
}

static void keep_opened(
    struct dissection *dissection, const struct smb_request *request, const struct smb_message *message)
{
	struct smb_state *state = dissection->state;
	struct smb_request opened = *request;
	memcpy(opened.handle, message->handle, sizeof opened.handle);
	struct smb_open *open = open_of(dissection, SIDE_SERVER, &opened);
	if (open)
		smb_open_name(open, message->file);
	for (struct smb_request *other = state->waiting; other; other = other->next)
		if (other->related && other->chain == request->chain) {
			memcpy(other->handle, message->handle, sizeof other->handle);
			other->handled = true;
			other->related = false;
		}
}

/* Bytes that were read or written; an error is told. */
static void take_moved(struct dissection *dissection, const struct smb_request *request,
    const struct smb2_header *header, struct cursor body)
{
	struct smb_open *open = request->handled ? open_of(dissection, SIDE_SERVER, request) : NULL;
	struct smb_message message = message_of(request, header);
	if (open && !is_error(header->status)) {
		cursor_skip(&body, 4);
		open->moved[header->command == SMB2_WRITE] += cursor_le32(&body);
	} else if (is_error(header->status) && header->status != STATUS_END_OF_FILE) {
		if (open)
			name_open(dissection->state, &message, open);
		smb2_tell(dissection, SIDE_SERVER, &message);
	}
}

static void take_pair(struct dissection *dissection, const struct smb_request *request, unsigned version,
    const struct smb2_header *header, struct cursor body)
{
	struct smb_state *state = dissection->state;
	bool error = is_error(header->status);
	struct smb_message message = message_of(request, header);
	struct smb_open *open = request && request->handled ? smb_open_find(state, request->handle) : NULL;
	smb2_message_read(state, request, version, error ? cursor_of(NULL, 0) : body, &message);
	if (message.command == SMB2_NEGOTIATE && !error)
		state->dialect = message.dialect == DIALECT_ANY ? 0 : message.dialect;
	if (message.command == SMB2_TREE_CONNECT && !error && request)
		smb_tree_keep(state, message.session, message.tree, message.share_type, message.share);
	if (message.command == SMB2_CREATE && !error && request && message.handle)
		keep_opened(dissection, request, &message);
	if (open)
		name_open(state, &message, open);
	else
		name_tree(state, &message);
	smb2_tell(dissection, SIDE_SERVER, &message);
	if (open && message.command == SMB2_CLOSE && !error)
		tell_end(dissection, SIDE_SERVER, smb_open_take(state, open->handle));
}

/* ── what the frames bring ─ */

static void note_handle(struct smb_request *request)
{
	static const uint8_t ones[16] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255 };
	struct cursor body = cursor_of(request->body, request->size);
	size_t at = request->version == 2 ? smb2_handle_at(request->header.command) : 0;
	cursor_skip(&body, at);
	const uint8_t *handle = at ? cursor_bytes(&body, 16) : NULL;
	if (!handle)
		return;
	request->related = memcmp(handle, ones, sizeof ones) == 0;
	request->handled = !request->related;
	memcpy(request->handle, handle, sizeof request->handle);
}

void smb2_take_request(
    struct dissection *dissection, unsigned version, const struct smb2_header *header, struct cursor body)
{
	struct smb_state *state = dissection->state;
	bool moves = version == 2 && (header->command == SMB2_READ || header->command == SMB2_WRITE);
	if (version == 2 && is_passed_over(header->command))
		return;
	struct cursor kept = moves && body.left > SMB2_MOVE_BODY ? cursor_of(body.at, SMB2_MOVE_BODY) : body;
	struct smb_request *request = smb_request_add(state, version, header, state->sides[SIDE_CLIENT].chain, kept);
	if (!request)
		return;
	note_handle(request);
	if (version == 2)
		take_rpc(dissection, SIDE_CLIENT, request, header, smb2_data(header->command, SIDE_CLIENT, body));
	while ((request = smb_request_surplus(state, false)))
		tell_unanswered(dissection, request);
}

void smb2_take_answer(
    struct dissection *dissection, unsigned version, const struct smb2_header *header, struct cursor body)
{
	struct smb_state *state = dissection->state;
	if (is_passed_over(header->command) || (header->status == STATUS_PENDING && header->flags & SMB2_FLAG_ASYNC))
		return;
	struct smb_request *request = smb_request_take(state, header->message);
	if (request && request->header.command != header->command) { /* its id was used again */
		tell_unanswered(dissection, request);
		request = NULL;
	}
	bool moves = header->command == SMB2_READ || header->command == SMB2_WRITE;
	struct cursor data =
	    is_error(header->status) ? cursor_of(NULL, 0) : smb2_data(header->command, SIDE_SERVER, body);
	if (request && take_rpc(dissection, SIDE_SERVER, request, header, data)) {
		/* told as a call */
	} else if (moves && request) {
		take_moved(dissection, request, header, body);
	} else if (!moves) {
		take_pair(dissection, request, version, header, body);
	}
	free(request);
}

void smb2_stop(struct dissection *dissection)
{
	struct smb_state *state = dissection->state;
	struct smb_request *request;
	struct smb_open *open;
	while ((request = smb_request_surplus(state, true)))
		tell_unanswered(dissection, request);
	while ((open = smb_open_surplus(state, true)))
		tell_end(dissection, SIDE_CLIENT, open);
	smb_tables_free(state);
}
