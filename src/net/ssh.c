/*
 * SSH up to the point where it becomes secret: a line of text and one binary packet of each side (ssh.h).
 */
#include "net/ssh.h"

#include "net/cursor.h"

#include <stdlib.h>
#include <string.h>

#define LINE_LARGEST 255     /* RFC 4253 4.2, with CR LF */
#define BEFORE_LARGEST 8192  /* bytes of lines that a server may send before its banner */
#define PACKET_LARGEST 35000 /* RFC 4253 6.1 */

enum { MESSAGE_KEXINIT = 20 };

struct ssh_side {
	bool greeted; /* its banner was seen */
	bool done;
	uint32_t before;           /* bytes of lines before it */
	char banner[LINE_LARGEST]; /* without its end */
	uint8_t size;
	struct builder hassh;
};

struct ssh_state {
	struct ssh_side sides[2];
	bool emitted;
};

/* ── the fact ─ */

/* "SSH-2.0-OpenSSH_9.2p1 Debian-2" */
static void split_banner(const struct ssh_side *side, struct ssh_hello *hello)
{
	struct text rest = { side->banner, side->size };
	text_cut(&rest, '-');
	hello->protocol = text_cut(&rest, '-');
	hello->software = text_cut(&rest, ' ');
	hello->comment = rest;
}

static void emit(struct dissection *dissection, struct ssh_state *state)
{
	struct ssh_connection fact = { .hello = { { .hassh_hash = "" } } };
	if (state->emitted || (!state->sides[0].greeted && !state->sides[1].greeted))
		return;
	for (int i = 0; i < 2; i++) {
		struct ssh_side *side = &state->sides[i];
		uint8_t digest[16];
		split_banner(side, &fact.hello[i]);
		if (side->hassh.size == 0 || side->hassh.failed)
			continue;
		fact.hello[i].hassh = (struct text){ side->hassh.at, side->hassh.size };
		md5(side->hassh.at, side->hassh.size, digest);
		hex_format(digest, sizeof digest, fact.hello[i].hassh_hash);
	}
	state->emitted = true;
	dissection_emit(dissection, SIDE_CLIENT, &fact);
}

static uint64_t side_done(struct dissection *dissection, struct ssh_state *state, enum side side)
{
	state->sides[side].done = true;
	if (state->sides[OTHER_SIDE(side)].done)
		emit(dissection, state);
	return DISSECTION_DONE;
}

static uint64_t give_up(struct dissection *dissection, struct ssh_state *state, enum side side, const char *event)
{
	dissection_anomaly(dissection, side, event);
	return side_done(dissection, state, side);
}

/* ── the banner ─ */

static uint64_t read_banner(
    struct dissection *dissection, struct ssh_state *state, enum side which, const uint8_t *bytes, size_t size)
{
	struct ssh_side *side = &state->sides[which];
	struct text rest = { (const char *)bytes, size };
	if (!memchr(bytes, '\n', size < BEFORE_LARGEST ? size : BEFORE_LARGEST))
		return size < BEFORE_LARGEST ? 0 : give_up(dissection, state, which, "long_banner");
	struct text line = text_cut(&rest, '\n');
	uint64_t done = line.size + 1;
	if (text_ends(line, TEXT("\r")))
		line.size--;
	if (!text_starts(line, TEXT("SSH-"))) {
		side->before += (uint32_t)done;
		if (which == SIDE_CLIENT || side->before > BEFORE_LARGEST)
			return give_up(dissection, state, which, "invalid_banner");
		return done;
	}
	if (line.size > LINE_LARGEST) {
		dissection_anomaly(dissection, which, "long_banner");
		line.size = LINE_LARGEST;
	}
	memcpy(side->banner, line.at, line.size);
	side->size = (uint8_t)line.size;
	side->greeted = true;
	/* SSH 1 goes on otherwise; 1.99 is a server that speaks both. */
	if (text_starts(line, TEXT("SSH-1.")) && !text_starts(line, TEXT("SSH-1.99-")))
		return side_done(dissection, state, which);
	return done;
}

/* ── the binary packet ─ */

/* RFC 4253 7.1: ten lists of names; those of HASSH are the first, and every second from the third on (the client's) or
 * from the fourth on (the server's). */
static bool read_kexinit(struct ssh_side *side, enum side which, struct cursor payload)
{
	cursor_skip(&payload, 16); /* cookie */
	for (int list = 0; list < 8; list++) {
		struct cursor names = cursor_part32(&payload);
		bool ours = list == 0 || (list >= 2 && list % 2 == (which == SIDE_SERVER));
		if (!ours || payload.failed)
			continue;
		if (list > 0)
			build_char(&side->hassh, ';');
		build_text(&side->hassh, cursor_rest(&names));
	}
	if (payload.failed)
		builder_clear(&side->hassh);
	return !payload.failed;
}

static uint64_t read_packet(
    struct dissection *dissection, struct ssh_state *state, enum side which, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint32_t length = cursor_u32(&from);
	if (from.failed)
		return 0;
	if (length < 2 || length > PACKET_LARGEST)
		return give_up(dissection, state, which, "invalid_record");
	struct cursor packet = cursor_part(&from, length);
	if (from.failed) {
		dissection_want(dissection, which, (size_t)4 + length);
		return 0;
	}
	uint8_t padding = cursor_u8(&packet);
	uint8_t type = cursor_u8(&packet);
	if (type != MESSAGE_KEXINIT)
		return 4 + (uint64_t)length;
	struct cursor payload = cursor_part(&packet, packet.left > padding ? packet.left - padding : 0);
	if (!read_kexinit(&state->sides[which], which, payload))
		dissection_anomaly(dissection, which, "invalid_kexinit");
	return side_done(dissection, state, which);
}

/* ── the dissector ─ */

static uint64_t ssh_data(struct dissection *dissection, enum side side, const uint8_t *bytes, size_t size)
{
	struct ssh_state *state = dissection->state;
	if (state->sides[side].done || state->emitted)
		return DISSECTION_DONE;
	if (!state->sides[side].greeted)
		return read_banner(dissection, state, side, bytes, size);
	return read_packet(dissection, state, side, bytes, size);
}

static bool ssh_gap(struct dissection *dissection, enum side side, uint64_t missing)
{
	const struct ssh_state *state = dissection->state;
	(void)missing;
	return state->sides[side].done || state->emitted;
}

static void ssh_stop(struct dissection *dissection)
{
	struct ssh_state *state = dissection->state;
	emit(dissection, state);
	builder_free(&state->sides[0].hassh);
	builder_free(&state->sides[1].hassh);
}

static enum likeness ssh_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	static const char start[] = { 'S', 'S', 'H', '-' };
	(void)side;
	for (size_t i = 0; i < size && i < sizeof start; i++)
		if (bytes[i] != start[i])
			return LIKENESS_NONE;
	if (size <= sizeof start)
		return LIKENESS_MAYBE;
	return bytes[4] == '1' || bytes[4] == '2' ? LIKENESS_SURE : LIKENESS_NONE;
}

static void ssh_fields(const void *facts, field_visitor visit, void *context)
{
	static const enum field software[] = { FIELD_SSH_CLIENT, FIELD_SSH_SERVER };
	static const enum field hassh[] = { FIELD_SSH_HASSH, FIELD_SSH_HASSH_SERVER };
	const struct ssh_connection *fact = facts;
	for (int i = 0; i < 2; i++) {
		if (fact->hello[i].software.size > 0)
			visit(context, software[i], fact->hello[i].software);
		if (fact->hello[i].hassh_hash[0])
			visit(context, hassh[i], text_of(fact->hello[i].hassh_hash));
	}
}

const struct dissector dissector_ssh = {
	.name = "ssh",
	.protocol = PROTOCOL_SSH,
	.transports = TRANSPORT_TCP,
	.state_size = sizeof(struct ssh_state),
	.most_kept = PACKET_LARGEST + 4,
	.recognise = ssh_recognise,
	.data = ssh_data,
	.gap = ssh_gap,
	.stop = ssh_stop,
	.fields = ssh_fields,
};
