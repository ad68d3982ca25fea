/*
 * The dissector of SMTP (smtp.h). The observer calls it.
 */
#include "net/smtp.h"

#include "base/hash.h"
#include "base/memory.h"
#include "net/line.h"

#include <string.h>

enum phase { PHASE_COMMANDS, PHASE_DATA, PHASE_CHUNK, PHASE_NOTHING };

enum command { COMMAND_OTHER, COMMAND_DATA, COMMAND_STARTTLS };
#define COMMANDS_WAITING 64

struct smtp_state {
	enum phase phase[2]; /* by side; of the server COMMANDS (replies) and NOTHING */
	size_t scanned[2];
	uint64_t left; /* of a BDAT chunk */
	bool last_chunk;
	bool within_line; /* of DATA */
	bool greeted;     /* a greeting of the client was seen, and no transaction since */
	bool open;        /* a transaction */
	bool become;
	uint8_t waiting[COMMANDS_WAITING]; /* enum command: those without a reply, a ring */
	unsigned first, count;
	uint64_t mails;
	struct arena *helo_arena, *arena; /* of the session, of the transaction */
	struct text helo, from;
	struct text to[SMTP_RECIPIENTS];
	size_t to_count;
	struct mime *mime;
};

struct text smtp_address(struct text text)
{
	if (text.size >= 2 && text.at[0] == '<' && text.at[text.size - 1] == '>')
		return (struct text){ text.at + 1, text.size - 2 };
	return text;
}

/* ── transactions ─ */

static void emit_mail(struct dissection *dissection, bool complete)
{
	struct smtp_state *state = dissection->state;
	struct smtp_mail mail = { .tx_id = state->mails++,
		.helo = state->helo,
		.from = state->from,
		.to = state->to,
		.to_count = state->to_count,
		.complete = complete };
	if (state->mime)
		mail.message = mime_end(state->mime);
	dissection_emit(dissection, SIDE_CLIENT, &mail);
	mime_free(state->mime);
	state->mime = NULL;
	state->from = TEXT_NONE;
	state->to_count = 0;
	state->open = state->greeted = false;
	if (state->arena)
		arena_clear(state->arena);
}

static void end_transaction(struct dissection *dissection)
{
	struct smtp_state *state = dissection->state;
	if (state->open)
		emit_mail(dissection, false);
}

static struct text keep(struct arena **arena, struct text text)
{
	if (!*arena)
		*arena = arena_new(SMTP_KEPT);
	return *arena ? arena_text(*arena, text) : TEXT_NONE;
}

/* The path behind "FROM:" or "TO:", without the parameters that follow it. */
static struct text path_of(struct text argument)
{
	ptrdiff_t colon = text_find(argument, TEXT(":"));
	if (colon < 0)
		return TEXT_NONE;
	struct text path = text_trim((struct text){ argument.at + colon + 1, argument.size - (size_t)colon - 1 });
	ptrdiff_t end = text_find(path, TEXT(">"));
	if (path.size && path.at[0] == '<' && end > 0)
		return (struct text){ path.at, (size_t)end + 1 };
	return text_cut(&path, ' ');
}

static void take_recipient(struct dissection *dissection, struct text path)
{
	struct smtp_state *state = dissection->state;
	if (state->to_count == SMTP_RECIPIENTS)
		dissection_anomaly(dissection, SIDE_CLIENT, "too_many_recipients");
	else if ((state->to[state->to_count] = keep(&state->arena, path)).size)
		state->to_count++;
}

/* ── commands ─ */

static void begin_message(struct smtp_state *state, enum phase phase)
{
	state->phase[SIDE_CLIENT] = phase;
	state->open = true;
	state->within_line = false;
	if (!state->mime)
		state->mime = mime_new();
}

/* "BDAT 1234 LAST" */
static void take_chunk(struct dissection *dissection, struct text argument)
{
	struct smtp_state *state = dissection->state;
	struct text rest = text_trim(argument), size = text_cut(&rest, ' ');
	if (!text_to_u64(size, &state->left)) {
		dissection_anomaly(dissection, SIDE_CLIENT, "bdat_chunk_len_invalid");
		return;
	}
	state->last_chunk = text_equal_nocase(text_trim(rest), TEXT("LAST"));
	begin_message(state, PHASE_CHUNK);
	if (state->left)
		return;
	state->phase[SIDE_CLIENT] = PHASE_COMMANDS;
	if (state->last_chunk)
		emit_mail(dissection, true);
}

static enum command take_command(struct dissection *dissection, struct text verb, struct text argument)
{
	struct smtp_state *state = dissection->state;
	if (text_equal_nocase(verb, TEXT("EHLO")) || text_equal_nocase(verb, TEXT("HELO"))) {
		end_transaction(dissection);
		if (state->helo_arena)
			arena_clear(state->helo_arena);
		state->helo = keep(&state->helo_arena, text_trim(argument));
		state->greeted = !state->mails;
	} else if (text_equal_nocase(verb, TEXT("MAIL"))) {
		end_transaction(dissection);
		state->open = true;
		state->from = keep(&state->arena, path_of(argument));
	} else if (text_equal_nocase(verb, TEXT("RCPT"))) {
		state->open = true;
		take_recipient(dissection, path_of(argument));
	} else if (text_equal_nocase(verb, TEXT("DATA"))) {
		begin_message(state, PHASE_DATA);
		return COMMAND_DATA;
	} else if (text_equal_nocase(verb, TEXT("BDAT"))) {
		take_chunk(dissection, argument);
	} else if (text_equal_nocase(verb, TEXT("RSET")) || text_equal_nocase(verb, TEXT("QUIT"))) {
		end_transaction(dissection);
	} else if (text_equal_nocase(verb, TEXT("STARTTLS"))) {
		return COMMAND_STARTTLS;
	}
	return COMMAND_OTHER;
}

static void add_waiting(struct smtp_state *state, enum command command)
{
	if (state->count == COMMANDS_WAITING) { /* nobody answers: forget the oldest */
		state->first = (state->first + 1) % COMMANDS_WAITING;
		state->count--;
	}
	state->waiting[(state->first + state->count++) % COMMANDS_WAITING] = (uint8_t)command;
}

static void command_line(struct dissection *dissection, struct text line)
{
	struct text rest = line, verb = text_cut(&rest, ' ');
	if (line.size)
		add_waiting(dissection->state, take_command(dissection, verb, rest));
}

/* ── replies ─ */

static void take_reply(struct dissection *dissection, unsigned code)
{
	struct smtp_state *state = dissection->state;
	if (!state->count) /* the server's greeting */
		return;
	enum command command = (enum command)state->waiting[state->first];
	state->first = (state->first + 1) % COMMANDS_WAITING;
	state->count--;
	if (command == COMMAND_DATA && code >= 400 && state->phase[SIDE_CLIENT] == PHASE_DATA) {
		state->phase[SIDE_CLIENT] = PHASE_COMMANDS; /* refused: no message follows */
		mime_free(state->mime);
		state->mime = NULL;
	} else if (command == COMMAND_DATA && code / 100 == 3) {
		add_waiting(state, COMMAND_OTHER); /* and another one when the message has ended */
	} else if (command == COMMAND_STARTTLS && code == 220) {
		state->become = true;
		dissection_become(dissection, NULL);
	}
}

static void reply_line(struct dissection *dissection, struct text line)
{
	uint64_t code;
	if (line.size < 3 || !text_to_u64((struct text){ line.at, 3 }, &code)) {
		dissection_anomaly(dissection, SIDE_SERVER, "invalid_reply");
		return;
	}
	if (line.size == 3 || line.at[3] != '-') /* the last line of the reply (RFC 5321, 4.2.1) */
		take_reply(dissection, (unsigned)code);
}

/* ── bytes ─ */

static void message_bytes(struct smtp_state *state, struct text bytes)
{
	if (state->mime)
		mime_bytes(state->mime, bytes);
}

/* A line of DATA with its end, or a piece of a very long one. A dot alone ends the message, another one before a dot
 * is taken off (RFC 5321, 4.5.2). */
static size_t take_data(struct dissection *dissection, const uint8_t *bytes, size_t size)
{
	struct smtp_state *state = dissection->state;
	size_t *scanned = &state->scanned[SIDE_CLIENT], taken;
	struct text line = line_read(bytes, size, *scanned, &taken);
	if (taken > SMTP_LINE_LARGEST || (!taken && size >= SMTP_LINE_LARGEST))
		taken = SMTP_LINE_LARGEST;
	*scanned = taken ? 0 : size;
	if (!taken)
		return 0;
	bool begins = !state->within_line, ends = bytes[taken - 1] == '\n';
	state->within_line = !ends;
	if (begins && ends && text_equal(line, TEXT("."))) {
		state->phase[SIDE_CLIENT] = PHASE_COMMANDS;
		emit_mail(dissection, true);
		return taken;
	}
	bool dot = begins && bytes[0] == '.';
	message_bytes(state, (struct text){ (const char *)bytes + dot, taken - dot });
	return taken;
}

static size_t take_chunk_bytes(struct dissection *dissection, const uint8_t *bytes, size_t size)
{
	struct smtp_state *state = dissection->state;
	size_t some = state->left < size ? (size_t)state->left : size;
	message_bytes(state, (struct text){ (const char *)bytes, some });
	state->left -= some;
	if (!state->left) {
		state->phase[SIDE_CLIENT] = PHASE_COMMANDS;
		if (state->last_chunk)
			emit_mail(dissection, true);
	}
	return some;
}

static size_t take_line(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct smtp_state *state = dissection->state;
	size_t taken;
	struct text line = line_read(bytes, size, state->scanned[side], &taken);
	if (taken > SMTP_LINE_LARGEST || (!taken && size > SMTP_LINE_LARGEST)) {
		dissection_anomaly(dissection, side, "max_command_line_len_exceeded");
		state->phase[side] = PHASE_NOTHING;
		return size;
	}
	state->scanned[side] = taken ? 0 : size;
	if (taken && side == SIDE_CLIENT)
		command_line(dissection, line);
	else if (taken)
		reply_line(dissection, line);
	return taken;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct smtp_state *state = dissection->state;
	size_t done = 0, some = 1;
	while (done < size && some && !state->become) {
		switch (state->phase[side]) {
		case PHASE_DATA:
			some = take_data(dissection, bytes + done, size - done);
			break;
		case PHASE_CHUNK:
			some = take_chunk_bytes(dissection, bytes + done, size - done);
			break;
		case PHASE_NOTHING:
			some = size - done;
			break;
		default:
			some = take_line(dissection, side, bytes + done, size - done);
			break;
		}
		done += some;
	}
	return done;
}

/* A hole in a message is a hole in what it says; elsewhere the next line is one again, wherever it begins. */
static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct smtp_state *state = dissection->state;
	state->scanned[side] = 0;
	if (side == SIDE_CLIENT && state->phase[side] == PHASE_CHUNK) {
		if (missing > state->left)
			return false;
		state->left -= missing;
		if (!state->left)
			state->phase[side] = PHASE_COMMANDS;
	}
	if (side == SIDE_CLIENT) {
		state->within_line = true;
		if (state->mime)
			mime_gap(state->mime);
	}
	return true;
}

static void stop(struct dissection *dissection)
{
	struct smtp_state *state = dissection->state;
	end_transaction(dissection);
	if (state->greeted)
		emit_mail(dissection, false);
	mime_free(state->mime);
	if (state->arena)
		arena_free(state->arena);
	if (state->helo_arena)
		arena_free(state->helo_arena);
}

/* ── recognition ─ */

static bool begins_nocase(struct text text, struct text word)
{
	size_t size = text.size < word.size ? text.size : word.size;
	return text_equal_nocase((struct text){ text.at, size }, (struct text){ word.at, size });
}

static enum likeness recognise_client(struct text text)
{
	static const struct text words[] = { { "EHLO ", 5 }, { "HELO ", 5 }, { "MAIL FROM:", 10 }, { "RCPT TO:", 8 } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (begins_nocase(text, words[i]))
			return text.size >= words[i].size ? LIKENESS_SURE : LIKENESS_MAYBE;
	return LIKENESS_NONE;
}

/* "220 mail.example.org ESMTP": FTP servers greet the same way, but do not say SMTP. */
static enum likeness recognise_server(const uint8_t *bytes, size_t size)
{
	bool over;
	struct text text = { (const char *)bytes, size }, line = line_first(text, &over);
	if (!begins_nocase(text, TEXT("220")) || (size > 3 && bytes[3] != ' ' && bytes[3] != '-'))
		return LIKENESS_NONE;
	if (!line.at)
		return over ? LIKENESS_NONE : LIKENESS_MAYBE;
	return text_find_nocase(line, TEXT("SMTP")) >= 0 ? LIKENESS_SURE : LIKENESS_MAYBE;
}

static enum likeness recognise(enum side side, const uint8_t *bytes, size_t size)
{
	if (!size)
		return LIKENESS_MAYBE;
	return side == SIDE_CLIENT ? recognise_client((struct text){ (const char *)bytes, size })
				   : recognise_server(bytes, size);
}

/* ── fields ─ */

static void visit_text(field_visitor visit, void *context, enum field field, struct text value)
{
	if (value.size)
		visit(context, field, value);
}

static void visit_fields(const void *facts, field_visitor visit, void *context)
{
	const struct smtp_mail *mail = facts;
	char hex[HEX_SIZE(32)];
	visit_text(visit, context, FIELD_MAIL_HELO, mail->helo);
	visit_text(visit, context, FIELD_MAIL_FROM, smtp_address(mail->from));
	for (size_t i = 0; i < mail->to_count; i++)
		visit_text(visit, context, FIELD_MAIL_TO, smtp_address(mail->to[i]));
	if (!mail->message)
		return;
	visit_text(visit, context, FIELD_MAIL_SUBJECT, mail->message->subject);
	for (size_t i = 0; i < mail->message->count; i++) {
		const struct mime_attachment *attachment = &mail->message->attachments[i];
		visit_text(visit, context, FIELD_FILE_NAME, attachment->name);
		if (attachment->hashed)
			visit(context, FIELD_FILE_SHA256,
			    text_of(hex_format(attachment->sha256, sizeof attachment->sha256, hex)));
	}
}

const struct dissector dissector_smtp = {
	.name = "smtp",
	.protocol = PROTOCOL_SMTP,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct smtp_state),
	.most_kept = SMTP_LINE_LARGEST + 1,
	.recognise = recognise,
	.data = take,
	.gap = gap,
	.stop = stop,
	.fields = visit_fields,
};
