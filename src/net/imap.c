/*
 * The dissector of IMAP (imap.h). The observer calls it.
 */
#include "net/imap.h"

#include "net/line.h"

#define LINE_LARGEST 8192u
#define TAG_LARGEST 32u
#define LITERAL_LARGEST 24u /* bytes, with the line's end */
#define LITERAL_DIGITS 12

/* What a side is in the middle of. */
struct reading {
	size_t scanned;
	uint64_t literal; /* bytes of one to come */
	bool within;      /* a line that goes on behind a literal, or whose beginning was passed over */
};

struct imap_state {
	struct reading sides[2];
	char tag[TAG_LARGEST]; /* of the STARTTLS or COMPRESS that waits for its answer */
	size_t tag_size;
	bool compress;
	bool become, over;
};

static void command_line(struct imap_state *state, struct text line)
{
	struct text rest = line, tag = text_cut(&rest, ' '), name = text_cut(&rest, ' ');
	bool tls = text_equal_nocase(name, TEXT("STARTTLS")), compress = text_equal_nocase(name, TEXT("COMPRESS"));
	if ((!tls && !compress) || !tag.size || tag.size > sizeof state->tag)
		return;
	state->compress = compress;
	state->tag_size = tag.size;
	memcpy(state->tag, tag.at, tag.size);
}

static void reply_line(struct dissection *dissection, struct text line)
{
	struct imap_state *state = dissection->state;
	struct text rest = line, tag = text_cut(&rest, ' '), status = text_cut(&rest, ' ');
	if (!state->tag_size || !text_equal(tag, (struct text){ state->tag, state->tag_size }))
		return;
	state->tag_size = 0;
	if (!text_equal_nocase(status, TEXT("OK")))
		return;
	state->over = state->compress;
	state->become = !state->compress;
	if (state->become)
		dissection_become(dissection, NULL);
}

/* "{123}" or "{123+}" at the end of a line: so many bytes follow, and then the line goes on. */
static uint64_t literal_at_end(const uint8_t *bytes, size_t taken)
{
	size_t some = taken < LITERAL_LARGEST ? taken : LITERAL_LARGEST, at;
	struct text line = text_trim((struct text){ (const char *)bytes + taken - some, some });
	uint64_t size;
	at = line.size;
	if (!at || line.at[at - 1] != '}')
		return 0;
	while (at > 0 && line.at[at - 1] != '{')
		at--;
	struct text digits = { line.at + at, line.size - at - 1 };
	if (at && digits.size && digits.at[digits.size - 1] == '+')
		digits.size--;
	return at && digits.size <= LITERAL_DIGITS && text_to_u64(digits, &size) ? size : 0;
}

static size_t take_line(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct imap_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	size_t taken;
	struct text line = line_read(bytes, size, reading->scanned, &taken);
	reading->scanned = taken ? 0 : size;
	if (!taken && size >= LINE_LARGEST) { /* its end, where a literal may begin, is still to come */
		reading->within = true;
		reading->scanned = 0;
		return size - LITERAL_LARGEST;
	}
	if (!taken)
		return 0;
	bool begins = !reading->within && taken <= LINE_LARGEST;
	if (begins && side == SIDE_CLIENT)
		command_line(state, line);
	else if (begins)
		reply_line(dissection, line);
	reading->literal = literal_at_end(bytes, taken);
	reading->within = reading->literal > 0;
	return taken;
}

static uint64_t take(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct imap_state *state = dissection->state;
	struct reading *reading = &state->sides[side];
	size_t done = 0, some = 1;
	while (done < size && some && !state->become && !state->over) {
		some = take_line(dissection, side, bytes + done, size - done);
		done += some;
		if (reading->literal) {
			uint64_t skip = reading->literal;
			reading->literal = 0;
			if (skip > size - done)
				return done + skip;
			done += (size_t)skip;
		}
	}
	return state->over ? DISSECTION_DONE : done;
}

static bool gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	struct imap_state *state = dissection->state;
	(void)missing;
	state->sides[side] = (struct reading){ .within = true };
	return true;
}

/* ── recognition ─ */

static enum likeness recognise_server(struct text text)
{
	static const char *const greetings[] = { "* OK ", "* PREAUTH ", "* BYE " };
	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		struct text word = text_of(greetings[i]), begins = text;
		if (begins.size > word.size)
			begins.size = word.size;
		if (text_equal_nocase(begins, (struct text){ word.at, begins.size }))
			return begins.size == word.size ? LIKENESS_SURE : LIKENESS_MAYBE;
	}
	return LIKENESS_NONE;
}

/* A tag and what clients begin with. */
static enum likeness recognise_client(struct text text)
{
	static const char *const first[] = { "CAPABILITY", "STARTTLS", "LOGIN", "AUTHENTICATE", "ID", "NAMESPACE" };
	bool over;
	struct text line = line_first(text, &over), rest = line.at ? line : text;
	struct text tag = text_cut(&rest, ' '), name = text_cut(&rest, ' ');
	for (size_t i = 0; i < tag.size; i++)
		if (tag.at[i] <= ' ' || tag.at[i] > '~')
			return LIKENESS_NONE;
	if (!tag.size || tag.size > TAG_LARGEST)
		return LIKENESS_NONE;
	if (!line.at)
		return over ? LIKENESS_NONE : LIKENESS_MAYBE;
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (text_equal_nocase(name, text_of(first[i])))
			return LIKENESS_SURE;
	return LIKENESS_NONE;
}

static enum likeness recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct text text = { (const char *)bytes, size };
	if (!size)
		return LIKENESS_MAYBE;
	return side == SIDE_CLIENT ? recognise_client(text) : recognise_server(text);
}

const struct dissector dissector_imap = {
	.name = "imap",
	.protocol = PROTOCOL_IMAP,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct imap_state),
	.most_kept = LINE_LARGEST + 1,
	.recognise = recognise,
	.data = take,
	.gap = gap,
};
