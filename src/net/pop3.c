/*
 * The dissector of POP3 (pop3.h). The observer calls it.
 */
#include "net/pop3.h"

#include "base/character.h"
#include "net/line.h"

struct waiting {
	uint64_t id;
	char name[8];
	uint8_t name_size, argument_size;
	char argument[POP3_KEPT];
};

struct pop3_state {
	size_t scanned[2];
	bool beyond[2]; /* the rest of a line is passed over */
	bool listing;   /* an answer of several lines, up to one with a dot alone */
	bool secret;    /* what the client says answers a challenge */
	bool become;
	struct waiting waiting[POP3_WAITING]; /* a ring */
	unsigned first, count;
	uint64_t commands;
};

static bool is_command(const struct waiting *waiting, const char *name)
{
	return text_equal((struct text){ waiting->name, waiting->name_size }, text_of(name));
}

/* Takes the oldest command out of those that wait. */
static struct waiting *answer(struct dissection *dissection, bool answered, bool granted)
{
	struct pop3_state *state = dissection->state;
	struct waiting *waiting = &state->waiting[state->first];
	const struct pop3_command fact = { .tx_id = waiting->id,
		.command = { waiting->name, waiting->name_size },
		.argument = { waiting->argument, waiting->argument_size },
		.answered = answered,
		.granted = granted };
	dissection_emit(dissection, answered ? SIDE_SERVER : SIDE_CLIENT, &fact);
	state->first = (state->first + 1) % POP3_WAITING;
	state->count--;
	return waiting;
}

static void command_line(struct dissection *dissection, struct text line)
{
	struct pop3_state *state = dissection->state;
	struct text rest = line, name = text_cut(&rest, ' ');
	if (state->secret || !line.size)
		return;
	if (!name.size || name.size > sizeof state->waiting[0].name) {
		dissection_anomaly(dissection, SIDE_CLIENT, "invalid_command");
		return;
	}
	if (state->count == POP3_WAITING)
		answer(dissection, false, false);
	struct waiting *waiting = &state->waiting[(state->first + state->count++) % POP3_WAITING];
	*waiting = (struct waiting){ .id = state->commands++, .name_size = (uint8_t)name.size };
	for (size_t i = 0; i < name.size; i++)
		waiting->name[i] = char_lower(name.at[i]) == name.at[i] && name.at[i] >= 'a'
				       ? (char)(name.at[i] - 'a' + 'A')
				       : name.at[i];
	struct text argument = text_trim(rest);
	bool secret = is_command(waiting, "PASS") || is_command(waiting, "APOP") || is_command(waiting, "AUTH");
	if (secret) /* only that AUTH has one counts: without, its answer is a list */
		argument.size = argument.size && is_command(waiting, "AUTH");
	waiting->argument_size = (uint8_t)(argument.size < POP3_KEPT ? argument.size : POP3_KEPT);
	for (size_t i = 0; i < waiting->argument_size; i++)
		waiting->argument[i] = secret ? '*' : argument.at[i];
}

/* Whether the answer goes on until a line with a dot (RFC 1939, 3). */
static bool is_listing(const struct waiting *waiting)
{
	bool always = is_command(waiting, "RETR") || is_command(waiting, "TOP") || is_command(waiting, "CAPA");
	bool alone = is_command(waiting, "LIST") || is_command(waiting, "UIDL") || is_command(waiting, "AUTH");
	return always || (alone && !waiting->argument_size);
}

static void reply_line(struct dissection *dissection, struct text line)
{
	struct pop3_state *state = dissection->state;
	bool granted = text_starts(line, TEXT("+OK")), refused = text_starts(line, TEXT("-ERR"));
	if (state->listing) {
		state->listing = !text_equal(line, TEXT("."));
	} else if (text_starts(line, TEXT("+ ")) || text_equal(line, TEXT("+"))) {
		state->secret = true;
	} else if (!granted && !refused) {
		dissection_anomaly(dissection, SIDE_SERVER, "invalid_reply");
	} else if (state->count) { /* not the greeting */
		const struct waiting *waiting = answer(dissection, true, granted);
		state->secret = false;
		state->listing = granted && is_listing(waiting);
		if (granted && is_command(waiting, "STLS")) {
			state->become = true;
			dissection_become(dissection, NULL);
		}
	}
}

static size_t take_line(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct pop3_state *state = dissection->state;
	size_t taken;
	struct text line = line_read(bytes, size, state->scanned[side], &taken);
	bool begins = !state->beyond[side] && taken <= POP3_LINE_LARGEST;
	state->scanned[side] = taken ? 0 : size;
	if (!taken && size >= POP3_LINE_LARGEST) {
		state->beyond[side] = true;
		state->scanned[side] = 0;
		return size;
	}
	if (!taken)
		return 0;
	state->beyond[side] = false;
	if (begins && side == SIDE_CLIENT)
		command_line(dissection, line);
	else if (begins)
		reply_line(dissection, line);
	return taken;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct pop3_state *state = dissection->state;
	size_t done = 0, some = 1;
	while (done < size && some && !state->become) {
		some = take_line(dissection, side, bytes + done, size - done);
		done += some;
	}
	return done;
}

/* The line in which the hole ends is passed over; which answer belongs to what is not known any more. */
static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct pop3_state *state = dissection->state;
	(void)missing;
	state->scanned[side] = 0;
	state->beyond[side] = true;
	while (state->count)
		answer(dissection, false, false);
	return true;
}

static void stop(struct dissection *dissection)
{
	struct pop3_state *state = dissection->state;
	while (state->count)
		answer(dissection, false, false);
}

/* ── recognition ─ */

/* "+OK" and words: what else answers with it (Redis) has none. Clients by commands that no other protocol has. */
static enum likeness recognise(enum side side, const uint8_t *bytes, size_t size)
{
	static const char *const clients[] = { "CAPA\r\n", "STLS\r\n", "APOP " };
	static const char *const servers[] = { "+OK " };
	const char *const *words = side == SIDE_CLIENT ? clients : servers;
	size_t count = side == SIDE_CLIENT ? sizeof clients / sizeof *clients : sizeof servers / sizeof *servers;
	for (size_t i = 0; i < count; i++) {
		struct text word = text_of(words[i]), begins = { (const char *)bytes, size };
		if (begins.size > word.size)
			begins.size = word.size;
		if (text_equal_nocase(begins, (struct text){ word.at, begins.size }))
			return begins.size == word.size ? LIKENESS_SURE : LIKENESS_MAYBE;
	}
	return LIKENESS_NONE;
}

static void visit_fields(const void *facts, field_visitor visit, void *context)
{
	(void)facts, (void)visit, (void)context; /* nothing that others match */
}

const struct dissector dissector_pop3 = {
	.name = "pop3",
	.protocol = PROTOCOL_POP3,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct pop3_state),
	.most_kept = POP3_LINE_LARGEST + 1,
	.recognise = recognise,
	.data = take,
	.gap = gap,
	.stop = stop,
	.fields = visit_fields,
};
