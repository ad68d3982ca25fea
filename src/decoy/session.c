/*
 * What all protocols of the decoy have in common; see session.h.
 */
#include "decoy/session.h"

#include "base/codec.h"
#include "decoy/download.h"

#include <stdlib.h>
#include <string.h>

static const struct protocol *const protocols[] = {
	&tcp_protocol,
	&telnet_protocol,
	&ssh_protocol,
	&http_protocol,
	&smb_protocol,
	&redis_protocol,
	&adb_protocol,
	&udp_protocol,
	&dns_protocol,
	&ntp_protocol,
	&ssdp_protocol,
	NULL,
};

const struct protocol *protocol_at(size_t index)
{
	return index < sizeof protocols / sizeof *protocols ? protocols[index] : NULL;
}

const struct protocol *protocol_named(struct text name)
{
	const struct protocol *const *protocol = protocols;
	while (*protocol && !text_equal(text_of((*protocol)->name), name))
		protocol++;
	return *protocol;
}

const char *session_end_code(enum session_end end)
{
	static const char *const codes[] = { "open", "done", "broken", "full", "late", "left", "stopped" };
	return codes[end];
}

bool session_begin(
    struct session *session, const struct protocol *protocol, const struct session_settings *settings, nanoseconds now)
{
	*session = (struct session){ .protocol = protocol, .settings = settings, .now = now };
	if (protocol->state_size && !(session->state = calloc(1, protocol->state_size)))
		return false;
	if (protocol->begin)
		protocol->begin(session);
	return true;
}

static void drop_front(struct builder *builder, size_t size)
{
	builder->size -= size;
	if (builder->size)
		memmove(builder->at, builder->at + size, builder->size);
}

void session_take(struct session *session, struct text bytes)
{
	if (session->end || !bytes.size)
		return;
	if (bytes.size > session->settings->bytes_most - session->received) {
		bytes.size = session->settings->bytes_most - session->received;
		session->end = SESSION_FULL;
	}
	session->received += (uint32_t)bytes.size;
	build_text(&session->input, bytes);
	/* Even when this was the last: what came is recorded. */
	enum session_end end = session->end;
	session->end = SESSION_OPEN;
	size_t at = 0;
	while (!session->end && at < session->input.size) {
		size_t used =
		    session->protocol->step(session, (struct text){ session->input.at + at, session->input.size - at });
		if (used == 0)
			break;
		at += used;
	}
	if (at)
		drop_front(&session->input, at);
	if (!session->end)
		session->end = end;
	if (session->input.failed || session->answer.failed || session->facts.failed || session->payload.failed)
		session->end = SESSION_FULL;
}

void session_finish(struct session *session, enum session_end end)
{
	if (!session->end)
		session->end = end;
	if (session->protocol->finish)
		session->protocol->finish(session);
	download_find_all(session);
}

void session_free(struct session *session)
{
	if (session->state && session->protocol->clear)
		session->protocol->clear(session);
	free(session->state);
	builder_free(&session->input);
	builder_free(&session->answer);
	builder_free(&session->facts);
	builder_free(&session->payload);
	session->state = NULL;
}

size_t session_memory(const struct session *session)
{
	return session->input.room + session->answer.room + session->facts.room + session->payload.room +
	       session->protocol->state_size;
}

/* ── for protocols ─ */

void session_answer(struct session *session, struct text bytes)
{
	build_text(&session->answer, bytes);
}

static struct text cut(struct text text)
{
	if (text.size > FACT_LONGEST)
		text.size = FACT_LONGEST;
	return text;
}

void session_fact_pair(struct session *session, enum fact kind, struct text first, struct text second)
{
	first = cut(first);
	second = cut(second);
	if (session->facts.size + first.size + second.size + 9 > FACTS_MOST) {
		session->facts_left_out++;
		return;
	}
	put_u8(&session->facts, (uint8_t)kind);
	put_text(&session->facts, first);
	if (kind == FACT_CREDENTIAL || kind == FACT_HEADER)
		put_text(&session->facts, second);
}

void session_fact(struct session *session, enum fact kind, struct text text)
{
	session_fact_pair(session, kind, text, TEXT_NONE);
}

void session_payload(struct session *session, struct text bytes)
{
	build_text(&session->payload, bytes);
}
