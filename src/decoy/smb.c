/*
 * SMB: the negotiation alone (MS-CIFS 2.2.4.52, MS-SMB2 2.2.3, 2.2.4, 3.3.5.3), which says which dialects there are and
 * nothing of who this is. What comes after it is recorded and not answered.
 */
#include "decoy/session.h"

#include "base/codec.h"
#include "net/cursor.h"

#include <string.h>

#define MESSAGE_MOST 65536
#define NEGOTIATE_1 0x72
#define STATUS_NOT_SUPPORTED 0xc00000bbu
#define BUFFER_MOST 65536u

struct smb {
	bool negotiated; /* SMB2, or SMB1 for good */
};

/* SPNEGO NegTokenInit (RFC 4178, 4.2.1) that offers NTLMSSP (MS-NLMP 1.9) alone, in DER. */
static const uint8_t token[] = { 0x60, 0x1c, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, 0xa0, 0x12, 0x30, 0x10,
	0xa0, 0x0e, 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };

/* 100 ns since 1601 (MS-DTYP 2.3.3) */
static uint64_t file_time(nanoseconds now)
{
	return (uint64_t)(now / 100) + 116444736000000000u;
}

/* With the length before it (RFC 1002, 4.3.1; MS-SMB2 2.1). */
static void send(struct session *session, const struct builder *message)
{
	const char before[] = { 0, (char)(message->size >> 16), (char)(message->size >> 8), (char)message->size };
	session_answer(session, (struct text){ before, sizeof before });
	session_answer(session, (struct text){ message->at, message->size });
}

/* ── SMB2 ─ */

static void put_header_2(struct builder *to, uint32_t status, uint64_t message_id, uint16_t command)
{
	static const uint8_t zeros[16] = { 0 };
	put_bytes(to, "\xfeSMB", 4);
	put_u16(to, 64);
	put_u16(to, 0); /* credit charge */
	put_u32(to, status);
	put_u16(to, command);
	put_u16(to, 1); /* credits */
	put_u32(to, 1); /* flags: from the server */
	put_u32(to, 0); /* no further message */
	put_u64(to, message_id);
	put_u32(to, 0);
	put_u32(to, 0); /* tree */
	put_u64(to, 0); /* session */
	put_bytes(to, zeros, 16);
}

static void answer_2(struct session *session, uint16_t dialect, uint64_t message_id)
{
	struct builder message = { 0 };
	uint8_t guid[16];
	session->settings->random(guid, sizeof guid);
	put_header_2(&message, 0, message_id, 0);
	put_u16(&message, 65);
	put_u16(&message, 1); /* signing is possible */
	put_u16(&message, dialect);
	put_u16(&message, 0);
	put_bytes(&message, guid, sizeof guid);
	put_u32(&message, 0); /* capabilities */
	put_u32(&message, BUFFER_MOST);
	put_u32(&message, BUFFER_MOST);
	put_u32(&message, BUFFER_MOST);
	put_u64(&message, file_time(session->now));
	put_u64(&message, 0);
	put_u16(&message, 128); /* where the token stands */
	put_u16(&message, sizeof token);
	put_u32(&message, 0);
	put_bytes(&message, token, sizeof token);
	send(session, &message);
	builder_free(&message);
}

static void refuse_2(struct session *session, uint64_t message_id)
{
	struct builder message = { 0 };
	put_header_2(&message, STATUS_NOT_SUPPORTED, message_id, 0);
	put_u16(&message, 9); /* MS-SMB2 2.2.2 */
	put_u16(&message, 0);
	put_u32(&message, 0);
	put_u8(&message, 0);
	send(session, &message);
	builder_free(&message);
	session->end = SESSION_DONE;
}

/* The highest that is offered below 3.1.1, which needs more than a negotiation. */
static void negotiate_2(struct session *session, struct smb *smb, struct cursor body, uint64_t message_id)
{
	uint16_t best = 0;
	cursor_skip(&body, 2);
	uint16_t count = cursor_le16(&body);
	cursor_skip(&body, 32);
	for (uint16_t i = 0; i < count && !body.failed; i++) {
		uint16_t dialect = cursor_le16(&body);
		bool known = dialect == 0x0202 || dialect == 0x0210 || dialect == 0x0300 || dialect == 0x0302;
		if (known && dialect > best)
			best = dialect;
	}
	session_fact(session, FACT_COMMAND, TEXT("SMB2 negotiate"));
	smb->negotiated = true;
	if (best)
		answer_2(session, best, message_id);
	else
		refuse_2(session, message_id);
}

/* ── SMB1 ─ */

static void answer_1(struct session *session, uint16_t dialect, struct text echoed)
{
	struct builder message = { 0 };
	uint8_t challenge[8];
	session->settings->random(challenge, sizeof challenge);
	put_bytes(&message, "\xffSMB\x72\0\0\0\0\x88\x01\xc0", 12); /* an answer; 32-bit errors, Unicode */
	put_bytes(&message, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	put_bytes(&message, echoed.at, echoed.size); /* tree, process, user, multiplex */
	put_u8(&message, 17);                        /* words */
	put_u16(&message, dialect);
	put_u8(&message, 3); /* users, hashed passwords */
	put_u16(&message, 1);
	put_u16(&message, 1);
	put_u32(&message, BUFFER_MOST - 1);
	put_u32(&message, 0);
	put_u32(&message, 0);
	put_u32(&message, 0x44); /* 32-bit errors, Unicode */
	put_u64(&message, file_time(session->now));
	put_u16(&message, 0); /* zone */
	put_u8(&message, sizeof challenge);
	put_u16(&message, sizeof challenge + 4);
	put_bytes(&message, challenge, sizeof challenge);
	put_u32(&message, 0); /* no names of a domain and a server */
	send(session, &message);
	builder_free(&message);
}

struct dialects {
	bool smb2, smb2_any, nt; /* "SMB 2.002", "SMB 2.???", "NT LM 0.12" */
	uint16_t nt_index;
};

static struct dialects read_dialects(struct text bytes)
{
	struct dialects dialects = { .nt = false };
	for (uint16_t i = 0; bytes.size && i < 64; i++) {
		struct text name = text_cut(&bytes, '\0');
		if (text_starts(name, TEXT("\x02")))
			name.at++, name.size--;
		dialects.smb2 |= text_equal(name, TEXT("SMB 2.002"));
		dialects.smb2_any |= text_equal(name, TEXT("SMB 2.?\?\?"));
		if (text_equal(name, TEXT("NT LM 0.12"))) {
			dialects.nt = true;
			dialects.nt_index = i;
		}
	}
	return dialects;
}

static void negotiate_1(struct session *session, struct smb *smb, struct cursor header, struct cursor body)
{
	cursor_skip(&header, 19); /* status, flags, signature, reserved */
	struct text echoed = cursor_text(&header, 8);
	uint8_t words = cursor_u8(&body);
	cursor_skip(&body, words * 2u);
	uint16_t size = cursor_le16(&body);
	struct dialects dialects = read_dialects(cursor_text(&body, size));
	if (body.failed || header.failed) {
		session->end = SESSION_BROKEN;
		return;
	}
	session_fact(session, FACT_COMMAND, TEXT("SMB1 negotiate"));
	if (dialects.smb2_any || dialects.smb2) {
		smb->negotiated = !dialects.smb2_any; /* else it is negotiated once more */
		answer_2(session, dialects.smb2_any ? 0x02ff : 0x0202, 0);
	} else {
		smb->negotiated = true;
		answer_1(session, dialects.nt ? dialects.nt_index : 0xffff, echoed);
	}
}

/* ── */

static void take_other(struct session *session, struct text message, const char *version, unsigned command)
{
	struct builder words = { 0 };
	build_format(&words, "%s command %u", version, command);
	if (!words.failed)
		session_fact(session, FACT_COMMAND, (struct text){ words.at, words.size });
	builder_free(&words);
	session_payload(session, message);
	session->end = SESSION_DONE;
}

static void take_message(struct session *session, struct text message)
{
	struct smb *smb = session->state;
	struct cursor from = cursor_of_text(message);
	struct text mark = cursor_text(&from, 4);
	if (text_equal(mark, TEXT("\xffSMB"))) {
		uint8_t command = cursor_u8(&from);
		struct cursor header = cursor_part(&from, 27);
		if (command == NEGOTIATE_1 && !smb->negotiated && !header.failed)
			negotiate_1(session, smb, header, from);
		else
			take_other(session, message, "SMB1", command);
	} else if (text_equal(mark, TEXT("\xfeSMB"))) {
		cursor_skip(&from, 8);
		uint16_t command = cursor_le16(&from);
		cursor_skip(&from, 10);
		uint64_t id = cursor_le64(&from);
		cursor_skip(&from, 32);
		if (command == 0 && !smb->negotiated && !from.failed)
			negotiate_2(session, smb, from, id);
		else
			take_other(session, message, "SMB2", command);
	} else {
		session_payload(session, message);
		session->end = SESSION_BROKEN;
	}
}

static size_t smb_step(struct session *session, struct text input)
{
	struct cursor from = cursor_of_text(input);
	if (input.size < 4)
		return 0;
	uint8_t kind = cursor_u8(&from);
	uint32_t size = cursor_u24(&from);
	if (kind == 0x81) { /* session request of NetBIOS (RFC 1002, 4.3.2): granted */
		if (from.left < size)
			return size > 1024 ? (session->end = SESSION_BROKEN, 0) : 0;
		session_answer(session, TEXT("\x82\0\0\0"));
	} else if (kind != 0 || size > MESSAGE_MOST) {
		session_payload(session, input);
		session->end = SESSION_BROKEN;
		return input.size;
	} else if (from.left < size) {
		return 0;
	} else {
		take_message(session, cursor_text(&from, size));
	}
	return 4 + size;
}

const struct protocol smb_protocol = { .name = "smb", .state_size = sizeof(struct smb), .step = smb_step };
