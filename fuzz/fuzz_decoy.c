/*
 * What strangers send to a decoy. The first byte chooses the protocol, the second how the rest is cut into pieces:
 * pieces change neither answers nor facts; nothing is beyond its bounds; no datagram is answered with more than it has;
 * what is reported is read again. Two further choices are the messages between the decoy's processes.
 *
 * Sources: decoy/session.c, telnet.c, ssh.c, ssh_packet.c, http.c, form.c, smb.c, redis.c, adb.c, datagram.c, tcp.c,
 * download.c, report.c.
 */
#include "decoy/report.h"

#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MOST 32768u

static uint8_t chance; /* the same for each session, so that two of them can be compared */

static void same_chance(void *at, size_t size)
{
	uint8_t *to = at;
	for (size_t i = 0; i < size; i++)
		to[i] = chance += 29;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* In pieces of `piece` bytes; 0: in one. */
static void run(struct session *session, const struct protocol *protocol, const struct session_settings *settings,
    struct text bytes, size_t piece)
{
	chance = 0;
	check(session_begin(session, protocol, settings, 1795300000 * SECOND));
	while (bytes.size) {
		size_t size = piece && piece < bytes.size ? piece : bytes.size;
		session_take(session, (struct text){ bytes.at, size });
		bytes.at += size;
		bytes.size -= size;
	}
	check(session->received <= BYTES_MOST && session->payload.size <= 2 * BYTES_MOST);
	enum session_end end = session->end;
	session_finish(session, SESSION_LEFT);
	check(session->facts.size <= FACTS_MOST && session_memory(session) < (1u << 20));
	session->end = end;
}

static bool same(const struct builder *a, const struct builder *b)
{
	return text_equal((struct text){ a->at, a->size }, (struct text){ b->at, b->size });
}

static void check_report(const struct session *session)
{
	struct report report = { .end = session->end,
		.facts = { session->facts.at, session->facts.size },
		.payload = { session->payload.at, session->payload.size },
		.answer = { session->answer.at, session->answer.size } },
		      again;
	struct builder message = { 0 };
	report_encode(&report, &message);
	check(report_decode((struct text){ message.at, message.size }, &again) &&
	      text_equal(again.facts, report.facts) && text_equal(again.answer, report.answer));
	builder_free(&message);
}

static void check_messages(struct text bytes)
{
	struct report report;
	struct datagram datagram;
	struct fact_text fact;
	if (report_decode(bytes, &report)) {
		struct reader facts = reader_of(report.facts.at, report.facts.size);
		while (report_fact(&facts, &fact))
			check(fact.first.size <= FACT_LONGEST && fact.second.size <= FACT_LONGEST);
		check(!facts.failed);
	}
	if (datagram_decode(bytes, &datagram))
		check(datagram.bytes.size <= bytes.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_settings settings = {
		.bytes_most = BYTES_MOST, .login_after = 1, .udp_answers = true, .random = same_chance
	};
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	const uint8_t seed[crypto_sign_SEEDBYTES] = { 7 };
	struct session whole, pieces;
	if (size < 2 || sodium_init() < 0)
		return 0;
	struct text bytes = { (const char *)data + 2, size - 2 };
	const struct protocol *protocol = protocol_at(data[0] % 12);
	if (!protocol) {
		check_messages(bytes);
		return 0;
	}
	crypto_sign_seed_keypair(public_key, settings.host_key, seed);
	run(&whole, protocol, &settings, bytes, 0);
	check_report(&whole);
	if (protocol->datagrams) {
		check(whole.answer.size <= bytes.size);
	} else {
		run(&pieces, protocol, &settings, bytes, 1u + data[1]);
		/* What came behind the end of a session is there in one piece, or never came. */
		bool ended = whole.end == SESSION_BROKEN || whole.end == SESSION_FULL;
		check(ended || (same(&whole.answer, &pieces.answer) && same(&whole.facts, &pieces.facts) &&
				   same(&whole.payload, &pieces.payload) && whole.end == pieces.end));
		session_free(&pieces);
	}
	session_free(&whole);
	return 0;
}
