/*
 * A session of the decoy: what a stranger sent to one service, what is answered, and what is worth recording of it.
 *
 *   bytes ─► session_take() ─► a protocol (telnet.c, ssh.c, …) ─► answer, facts, payload
 *
 * No sockets, no files, no clock of its own: the same bytes in any slicing, at the same time and with the same chance,
 * give the same answer and facts. So each protocol is tested and fuzzed as a function of bytes. Memory of a session is
 * bounded by its settings; what is beyond a bound ends the session or is left out, and the record says so.
 *
 * One thread for a session.
 */
#ifndef NOROSHI_DECOY_SESSION_H
#define NOROSHI_DECOY_SESSION_H

#include "base/text.h"
#include "base/time.h"

#include <stdbool.h>

/* What is recorded; a fact is its kind (u8) and one or two texts (base/codec.h). */
enum fact {
	FACT_CREDENTIAL = 1, /* two texts: name, password */
	FACT_COMMAND,
	FACT_CLIENT, /* what the client says that it is */
	FACT_HASSH,  /* MD5 of its offer, hexadecimal */
	FACT_METHOD, /* of HTTP: this one, path, host and headers (two texts: name, value) */
	FACT_PATH,
	FACT_HEADER,
	FACT_URL, /* a download address that stands in commands or payload, normalised */
	FACT_LAST = FACT_URL
};

enum session_end {
	SESSION_OPEN,   /* it goes on */
	SESSION_DONE,   /* the protocol has nothing more to say */
	SESSION_BROKEN, /* what came is not of the protocol */
	SESSION_FULL,   /* a limit of bytes or memory */
	SESSION_LATE,   /* the limit of time */
	SESSION_LEFT,   /* the other side went away */
	SESSION_STOPPED /* the decoy ends */
};
const char *session_end_code(enum session_end end); /* "done", "broken", … */

struct session_settings {
	uint32_t bytes_most;  /* that are taken of one session */
	uint32_t login_after; /* telnet: the try from which on a login seems to succeed; 0: never */
	bool udp_answers;     /* datagrams may be answered, by no more bytes than they have */
	uint8_t host_key[64]; /* SSH: Ed25519 secret key as libsodium has it */
	void (*random)(void *at, size_t size);
};

struct protocol;

struct session {
	const struct protocol *protocol;
	const struct session_settings *settings;
	nanoseconds now; /* set by the caller before each call */
	enum session_end end;
	uint32_t received;      /* bytes */
	struct builder input;   /* not looked at yet */
	struct builder answer;  /* to be sent; the caller takes it away */
	struct builder facts;   /* codec */
	struct builder payload; /* what was brought: of TCP all, of HTTP the body, … */
	uint32_t facts_left_out;
	void *state; /* the protocol's own */
};

struct protocol {
	const char *name; /* of the service: "telnet" */
	bool datagrams;   /* over UDP */
	size_t state_size;
	/* What is said first; may be NULL. */
	void (*begin)(struct session *session);
	/* `input` is all that was not consumed yet, at least one byte. Gives how many bytes of it were consumed; 0 =
	 * the beginning of something whose rest must come first. */
	size_t (*step)(struct session *session, struct text input);
	void (*finish)(struct session *session); /* before the facts are read; may be NULL */
	void (*clear)(struct session *session);  /* what the state points to; may be NULL */
};

extern const struct protocol tcp_protocol, telnet_protocol, ssh_protocol, http_protocol, smb_protocol, redis_protocol,
    adb_protocol, udp_protocol, dns_protocol, ntp_protocol, ssdp_protocol;

const struct protocol *protocol_named(struct text name); /* NULL: there is none */
const struct protocol *protocol_at(size_t index);        /* NULL behind the last */

/* The settings must outlive the session. False: no memory. */
bool session_begin(
    struct session *session, const struct protocol *protocol, const struct session_settings *settings, nanoseconds now);
/* May end it: look at `end`. Nothing is taken after that. */
void session_take(struct session *session, struct text bytes);
/* For good: download addresses are looked for. `end` is set unless it ended before. */
void session_finish(struct session *session, enum session_end end);
void session_free(struct session *session);
/* Bytes on the heap. */
size_t session_memory(const struct session *session);

/* ── for protocols ─ */

#define FACT_LONGEST 2048u /* bytes of a text of a fact; the rest is cut off */
#define FACTS_MOST 24576u  /* bytes of all */

void session_answer(struct session *session, struct text bytes);
void session_fact(struct session *session, enum fact kind, struct text text);
void session_fact_pair(struct session *session, enum fact kind, struct text first, struct text second);
void session_payload(struct session *session, struct text bytes);

#endif
