/*
 * The dissector of FTP (ftp.h). The observer calls it.
 */
#include "net/ftp.h"

#include "base/character.h"
#include "base/memory.h"
#include "net/line.h"

#include <stdlib.h>

/* A command that has no reply yet. */
struct waiting {
	uint64_t id;
	char name[8];
	size_t size;
	char *argument; /* may be NULL */
	size_t argument_size;
};

struct ftp_state {
	size_t scanned[2];
	bool beyond[2]; /* the rest of a line is passed over */
	bool become;
	struct waiting waiting[FTP_WAITING]; /* a ring */
	unsigned first, count;
	uint64_t commands;
	/* the reply that is read */
	bool within;         /* its last line is still to come */
	char code[3];        /* of its first line */
	struct arena *arena; /* its lines */
	struct text reply[FTP_REPLY_LINES];
	uint16_t codes[FTP_REPLY_LINES];
	size_t reply_count;
	bool reply_cut;
};

/* ── data connections ─ */

/* Six numbers with commas between them, the last two a port (RFC 959, 4.1.2). */
static uint16_t port_of_six(struct text text)
{
	uint64_t numbers[6];
	for (size_t i = 0; i < 6; i++) {
		struct text number = text_trim(text_cut(&text, ','));
		if (!text_to_u64(number, &numbers[i]) || numbers[i] > 255)
			return 0;
	}
	return (uint16_t)(numbers[4] << 8 | numbers[5]);
}

/* The digits at the beginning of a text are followed by what closes them. */
static struct text up_to_close(struct text text)
{
	size_t size = 0;
	while (size < text.size && (char_is_digit(text.at[size]) || text.at[size] == ','))
		size++;
	return (struct text){ text.at, size };
}

static uint16_t port_of_passive(struct text reply)
{
	size_t at = 0;
	while (at < reply.size && reply.at[at] != '(')
		at++;
	if (at == reply.size) /* some servers leave the parentheses out */
		for (at = 0; at < reply.size && !char_is_digit(reply.at[at]); at++)
			;
	else
		at++;
	return port_of_six(up_to_close((struct text){ reply.at + at, reply.size - at }));
}

/* "(|||1234|)" and "|2|address|1234|" (RFC 2428): the third part between the delimiters. */
static uint16_t port_of_extended(struct text text)
{
	struct text rest = text;
	uint64_t port;
	if (text_find(text, TEXT("(")) >= 0)
		text_cut(&rest, '(');
	if (!rest.size)
		return 0;
	char delimiter = rest.at[0];
	for (unsigned i = 0; i < 3; i++)
		text_cut(&rest, delimiter);
	return text_to_u64(text_cut(&rest, delimiter), &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void find_port(struct ftp_command *fact)
{
	bool replied = fact->reply_count > 0;
	if (text_equal(fact->command, TEXT("PORT")))
		fact->port = port_of_six(fact->argument);
	else if (text_equal(fact->command, TEXT("EPRT")))
		fact->port = port_of_extended(fact->argument);
	else if (text_equal(fact->command, TEXT("PASV")) && replied && fact->codes[0] == 227)
		fact->passive = (fact->port = port_of_passive(fact->reply[0]));
	else if (text_equal(fact->command, TEXT("EPSV")) && replied && fact->codes[0] == 229)
		fact->passive = (fact->port = port_of_extended(fact->reply[0]));
}

/* ── commands and replies ─ */

static void forget_reply(struct ftp_state *state)
{
	state->reply_count = 0;
	state->reply_cut = false;
	if (state->arena)
		arena_clear(state->arena);
}

/* Emits the oldest command, when there is one, with or without the reply that was read. */
static void emit(struct dissection *dissection, enum side side, bool replied)
{
	struct ftp_state *state = dissection->state;
	struct waiting none = { .id = state->commands },
		       *waiting = state->count ? &state->waiting[state->first] : &none;
	struct ftp_command fact = { .tx_id = waiting->id,
		.command = { waiting->name, waiting->size },
		.argument = { waiting->argument, waiting->argument_size },
		.reply = state->reply,
		.codes = state->codes,
		.reply_count = replied ? state->reply_count : 0,
		.reply_cut = replied && state->reply_cut };
	find_port(&fact);
	dissection_emit(dissection, side, &fact);
	bool tls = text_equal(fact.command, TEXT("AUTH")) && fact.reply_count && state->codes[0] == 234;
	free(waiting->argument);
	*waiting = (struct waiting){ 0 };
	if (state->count) {
		state->first = (state->first + 1) % FTP_WAITING;
		state->count--;
	} else {
		state->commands++;
	}
	if (replied)
		forget_reply(state);
	if (tls) {
		state->become = true;
		dissection_become(dissection, NULL);
	}
}

static struct text command_name(struct text line)
{
	size_t size = 0;
	while (size < line.size && char_lower(line.at[size]) >= 'a' && char_lower(line.at[size]) <= 'z')
		size++;
	return (struct text){ line.at, size };
}

static void command_line(struct dissection *dissection, struct text line)
{
	struct ftp_state *state = dissection->state;
	struct text name = command_name(line),
		    argument = text_trim((struct text){ line.at + name.size, line.size - name.size });
	if (!line.size)
		return;
	if (!name.size || name.size > sizeof state->waiting[0].name) {
		dissection_anomaly(dissection, SIDE_CLIENT, "invalid_command");
		return;
	}
	if (state->count == FTP_WAITING) /* nobody answers */
		emit(dissection, SIDE_CLIENT, false);
	struct waiting *waiting = &state->waiting[(state->first + state->count++) % FTP_WAITING];
	*waiting = (struct waiting){ .id = state->commands++, .size = name.size };
	for (size_t i = 0; i < name.size; i++)
		waiting->name[i] = char_lower(name.at[i]) == name.at[i] ? (char)(name.at[i] - 'a' + 'A') : name.at[i];
	if (text_equal((struct text){ waiting->name, waiting->size }, TEXT("PASS")))
		return;
	if (argument.size > FTP_KEPT)
		argument.size = FTP_KEPT;
	if (argument.size && (waiting->argument = malloc(argument.size))) {
		memcpy(waiting->argument, argument.at, argument.size);
		waiting->argument_size = argument.size;
	}
}

static void keep_reply(struct ftp_state *state, struct text line, uint16_t code)
{
	if (!state->arena)
		state->arena = arena_new((size_t)FTP_REPLY_LINES * FTP_KEPT);
	if (line.size > FTP_KEPT)
		line.size = FTP_KEPT, state->reply_cut = true;
	if (state->reply_count == FTP_REPLY_LINES || !state->arena) {
		state->reply_cut = true;
		return;
	}
	state->codes[state->reply_count] = code;
	state->reply[state->reply_count++] = arena_text(state->arena, line);
}

/* Three digits and a space or a hyphen. */
static bool has_code(struct text line, uint64_t *code)
{
	return line.size >= 3 && text_to_u64((struct text){ line.at, 3 }, code) &&
	       (line.size == 3 || line.at[3] == ' ' || line.at[3] == '-');
}

/* A reply of several lines ends with a line that has the first one's code and a space (RFC 959, 4.2). */
static void reply_line(struct dissection *dissection, struct text line)
{
	struct ftp_state *state = dissection->state;
	uint64_t code = 0;
	bool coded = has_code(line, &code), hyphen = coded && line.size > 3 && line.at[3] == '-';
	if (!state->within && !coded) {
		dissection_anomaly(dissection, SIDE_SERVER, "invalid_reply");
		return;
	}
	struct text rest =
	    coded ? (struct text){ line.at + (line.size > 3 ? 4 : 3), line.size - (line.size > 3 ? 4 : 3) } : line;
	if (!state->within)
		memcpy(state->code, line.at, sizeof state->code);
	bool same = coded && memcmp(state->code, line.at, sizeof state->code) == 0;
	keep_reply(state, rest, coded ? (uint16_t)code : 0);
	state->within = !(same && !hyphen);
	/* 1xx is followed by another reply to the same command */
	if (!state->within && (code >= 200 || !state->count))
		emit(dissection, SIDE_SERVER, true);
}

static void whole_line(struct dissection *dissection, enum side side, struct text line)
{
	if (side == SIDE_CLIENT)
		command_line(dissection, line);
	else
		reply_line(dissection, line);
}

/* Of a line that is too long its beginning is taken, and the rest of it passed over. */
static size_t long_line(struct dissection *dissection, enum side side, const uint8_t *bytes)
{
	struct ftp_state *state = dissection->state;
	dissection_anomaly(
	    dissection, side, side == SIDE_CLIENT ? "request_command_too_long" : "response_command_too_long");
	state->beyond[side] = true;
	state->scanned[side] = 0;
	whole_line(dissection, side, (struct text){ (const char *)bytes, FTP_LINE_LARGEST });
	return FTP_LINE_LARGEST;
}

static size_t take_line(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct ftp_state *state = dissection->state;
	size_t taken;
	struct text line = line_read(bytes, size, state->scanned[side], &taken);
	if (state->beyond[side]) {
		state->beyond[side] = !taken;
		return taken ? taken : size;
	}
	if (taken > FTP_LINE_LARGEST || (!taken && size >= FTP_LINE_LARGEST))
		return long_line(dissection, side, bytes);
	state->scanned[side] = taken ? 0 : size;
	if (taken)
		whole_line(dissection, side, line);
	return taken;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct ftp_state *state = dissection->state;
	size_t done = 0, some = 1;
	while (done < size && some && !state->become) {
		some = take_line(dissection, side, bytes + done, size - done);
		done += some;
	}
	return done;
}

static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct ftp_state *state = dissection->state;
	(void)missing;
	state->scanned[side] = 0;
	return true;
}

static void stop(struct dissection *dissection)
{
	struct ftp_state *state = dissection->state;
	while (state->count && !state->become)
		emit(dissection, SIDE_CLIENT, state->reply_count > 0);
	for (unsigned i = 0; i < FTP_WAITING; i++)
		free(state->waiting[i].argument);
	if (state->arena)
		arena_free(state->arena);
}

/* ── recognition ─ */

/* What clients say first. POP3's server greets otherwise than FTP's, and IRC's USER has more than a name. */
static enum likeness recognise_client(struct text text)
{
	static const char *const first[] = { "AUTH TLS", "AUTH SSL", "FEAT", "SYST", "OPTS UTF8 ON" };
	bool over;
	struct text line = line_first(text, &over), rest = line;
	if (!line.at) {
		bool letter = char_lower(text.at[0]) >= 'a' && char_lower(text.at[0]) <= 'z';
		return letter && !over ? LIKENESS_MAYBE : LIKENESS_NONE;
	}
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (text_equal_nocase(line, text_of(first[i])))
			return LIKENESS_SURE;
	bool user = text_equal_nocase(text_cut(&rest, ' '), TEXT("USER"));
	return user && rest.size && !memchr(rest.at, ' ', rest.size) ? LIKENESS_SURE : LIKENESS_NONE;
}

static enum likeness recognise_server(struct text text)
{
	size_t size = text.size < 3 ? text.size : 3;
	bool over;
	if (!text_equal((struct text){ text.at, size }, (struct text){ "220", size }) ||
	    (text.size > 3 && text.at[3] != ' ' && text.at[3] != '-'))
		return LIKENESS_NONE;
	struct text line = line_first(text, &over);
	if (!line.at)
		return over ? LIKENESS_NONE : LIKENESS_MAYBE;
	if (text_find_nocase(line, TEXT("SMTP")) >= 0)
		return LIKENESS_NONE;
	return text_find(line, TEXT("FTP")) >= 0 ? LIKENESS_SURE : LIKENESS_MAYBE;
}

static enum likeness recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct text text = { (const char *)bytes, size };
	if (!size)
		return LIKENESS_MAYBE;
	return side == SIDE_CLIENT ? recognise_client(text) : recognise_server(text);
}

static void visit_fields(const void *facts, field_visitor visit, void *context)
{
	const struct ftp_command *fact = facts;
	if (fact->command.size)
		visit(context, FIELD_FTP_COMMAND, fact->command);
	if ((text_equal(fact->command, TEXT("RETR")) || text_equal(fact->command, TEXT("STOR"))) && fact->argument.size)
		visit(context, FIELD_FILE_NAME, fact->argument);
}

const struct dissector dissector_ftp = {
	.name = "ftp",
	.protocol = PROTOCOL_FTP,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct ftp_state),
	.most_kept = FTP_LINE_LARGEST + 1,
	.recognise = recognise,
	.data = take,
	.gap = gap,
	.stop = stop,
	.fields = visit_fields,
};
