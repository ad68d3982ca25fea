/*
 * UDP: recorded. Questions of DNS, NTP and SSDP may be answered where the configuration says so, by no more bytes than
 * the question has: whose address is forged gets less than would have been sent to him directly. (Whoever sends checks
 * the size once more: hatch.h.)
 */
#include "decoy/session.h"

#include <string.h>

static size_t take_all(struct session *session, struct text input)
{
	session_payload(session, input);
	session->end = SESSION_DONE;
	return input.size;
}

/* Never more than was asked with. */
static void answer(struct session *session, struct text question, struct text words)
{
	if (session->settings->udp_answers && words.size <= question.size)
		session_answer(session, words);
}

/* DNS (RFC 1035, 4.1): its own question, refused. */
static size_t question_end(struct text input)
{
	size_t at = 12;
	while (at < input.size && input.at[at] && (uint8_t)input.at[at] < 64)
		at += (size_t)(uint8_t)input.at[at] + 1;
	return at < input.size && input.at[at] == 0 && input.size - at >= 5 ? at + 5 : 0;
}

static size_t dns_step(struct session *session, struct text input)
{
	char words[512];
	size_t size = input.size >= 12 ? question_end(input) : 0;
	bool question =
	    size && size <= sizeof words && !((uint8_t)input.at[2] & 0x80) && input.at[4] == 0 && input.at[5] == 1;
	if (question) {
		memcpy(words, input.at, size);
		words[2] = (char)(0x80 | ((uint8_t)words[2] & 0x79)); /* an answer; operation and RD as asked */
		words[3] = 5;                                         /* refused */
		memset(words + 6, 0, 6);
		answer(session, input, (struct text){ words, size });
	}
	return take_all(session, input);
}

/* NTP (RFC 5905, 7.4): "go away" (kiss-o'-death DENY) to a client's question; to nothing else, and so not to mode 6
 * or 7. */
static size_t ntp_step(struct session *session, struct text input)
{
	char words[48] = { 0 };
	if (input.size >= sizeof words && ((uint8_t)input.at[0] & 7) == 3) {
		words[0] = (char)(0xc0 | ((uint8_t)input.at[0] & 0x38) | 4); /* not synchronized, its version, server */
		memcpy(words + 12, "DENY", 4);
		memcpy(words + 24, input.at + 40, 8); /* origin: its own transmit time */
		answer(session, input, (struct text){ words, sizeof words });
	}
	return take_all(session, input);
}

/* SSDP (UPnP Device Architecture 1.1, 1.3): an answer that names nothing. */
static size_t ssdp_step(struct session *session, struct text input)
{
	if (text_starts(input, TEXT("M-SEARCH ")))
		answer(session, input, TEXT("HTTP/1.1 200 OK\r\n\r\n"));
	return take_all(session, input);
}

const struct protocol udp_protocol = { .name = "udp", .datagrams = true, .step = take_all };
const struct protocol dns_protocol = { .name = "dns", .datagrams = true, .step = dns_step };
const struct protocol ntp_protocol = { .name = "ntp", .datagrams = true, .step = ntp_step };
const struct protocol ssdp_protocol = { .name = "ssdp", .datagrams = true, .step = ssdp_step };
