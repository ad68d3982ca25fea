/*
 * Telnet (RFC 854, 855): a prompt for a name and a password, then one for commands, of which none does anything.
 * Options of the other side are refused (RFC 1143: only what is asked for is answered, so that nothing goes round).
 */
#include "decoy/session.h"

#include <string.h>

#define LINE_ROOM 1024

enum telnet_byte { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum telnet_option { OPTION_ECHO = 1, OPTION_GO_AHEAD = 3 };

struct telnet {
	enum { AT_NAME, AT_PASSWORD, AT_SHELL } where;
	unsigned tries;
	bool after_return; /* a LF or NUL that follows belongs to it (RFC 854, "NVT printer and keyboard") */
	size_t size, name_size;
	char line[LINE_ROOM], name[LINE_ROOM];
};

static const char greeting[] = { (char)IAC, (char)WILL, OPTION_ECHO, (char)IAC, (char)WILL, OPTION_GO_AHEAD, '\r', '\n',
	'l', 'o', 'g', 'i', 'n', ':', ' ' };

static void telnet_begin(struct session *session)
{
	session_answer(session, (struct text){ greeting, sizeof greeting });
}

/* ── what a shell says to what it has not ─ */

static struct text word(struct text *rest)
{
	*rest = text_trim(*rest);
	struct text first = *rest;
	for (size_t i = 0; i < rest->size; i++)
		if (strchr(" \t;|&><", rest->at[i])) {
			first.size = i;
			break;
		}
	rest->at += first.size;
	rest->size -= first.size;
	return first;
}

/* busybox names what it does not have; everything else is silent. */
static void answer_command(struct session *session, struct text command)
{
	struct text first = word(&command);
	if (text_ends(first, TEXT("busybox"))) {
		struct text applet = word(&command);
		if (applet.size && applet.size <= 32) {
			session_answer(session, applet);
			session_answer(session, TEXT(": applet not found\r\n"));
		}
	}
	session_answer(session, TEXT("$ "));
}

static void take_line(struct session *session, struct telnet *telnet)
{
	struct text line = { telnet->line, telnet->size };
	session_answer(session, TEXT("\r\n"));
	switch (telnet->where) {
	case AT_NAME:
		memcpy(telnet->name, telnet->line, telnet->size);
		telnet->name_size = telnet->size;
		telnet->where = AT_PASSWORD;
		session_answer(session, TEXT("Password: "));
		break;
	case AT_PASSWORD:
		session_fact_pair(session, FACT_CREDENTIAL, (struct text){ telnet->name, telnet->name_size }, line);
		telnet->tries++;
		if (session->settings->login_after && telnet->tries >= session->settings->login_after) {
			telnet->where = AT_SHELL;
			session_answer(session, TEXT("$ "));
		} else {
			telnet->where = AT_NAME;
			session_answer(session, TEXT("Login incorrect\r\nlogin: "));
		}
		break;
	default:
		if (text_trim(line).size)
			session_fact(session, FACT_COMMAND, line);
		answer_command(session, line);
	}
	telnet->size = 0;
}

static void take_byte(struct session *session, struct telnet *telnet, char byte)
{
	bool belongs = telnet->after_return && (byte == '\n' || byte == '\0');
	telnet->after_return = byte == '\r';
	if (belongs)
		return;
	if (byte == '\r' || byte == '\n' || telnet->size == sizeof telnet->line)
		take_line(session, telnet);
	if (byte != '\r' && byte != '\n')
		telnet->line[telnet->size++] = byte;
}

/* ── options ─ */

static bool is_ours(uint8_t option)
{
	return option == OPTION_ECHO || option == OPTION_GO_AHEAD;
}

static void refuse(struct session *session, uint8_t verb, uint8_t option)
{
	const char answer[] = { (char)IAC, (char)verb, (char)option };
	session_answer(session, (struct text){ answer, sizeof answer });
}

/* The bytes of the command that `input` begins with; 0 = not all are there. */
static size_t take_iac(struct session *session, struct telnet *telnet, struct text input)
{
	const uint8_t *at = (const uint8_t *)input.at;
	if (input.size < 2)
		return 0;
	if (at[1] == IAC) {
		take_byte(session, telnet, (char)IAC);
		return 2;
	}
	if (at[1] == SB) {
		for (size_t i = 2; i + 1 < input.size; i++)
			if (at[i] == IAC && at[i + 1] == SE)
				return i + 2;
		if (input.size > LINE_ROOM)
			session->end = SESSION_BROKEN;
		return 0;
	}
	if (at[1] < WILL)
		return 2;
	if (input.size < 3)
		return 0;
	if (at[1] == WILL)
		refuse(session, DONT, at[2]);
	else if (at[1] == DO && !is_ours(at[2]))
		refuse(session, WONT, at[2]);
	return 3;
}

static size_t telnet_step(struct session *session, struct text input)
{
	struct telnet *telnet = session->state;
	if ((uint8_t)input.at[0] == IAC)
		return take_iac(session, telnet, input);
	take_byte(session, telnet, input.at[0]);
	return 1;
}

/* A password that was not ended by a line break, and a command. */
static void telnet_finish(struct session *session)
{
	struct telnet *telnet = session->state;
	if (telnet->size && telnet->where != AT_NAME)
		take_line(session, telnet);
}

const struct protocol telnet_protocol = {
	.name = "telnet",
	.state_size = sizeof(struct telnet),
	.begin = telnet_begin,
	.step = telnet_step,
	.finish = telnet_finish,
};
