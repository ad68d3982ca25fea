/*
 * Headers of TLS records, and the first bytes of a side.
 */
#include "net/tls_record.h"

#include "net/tls_hello.h"

bool tls_record_read(struct cursor *from, struct tls_record *record)
{
	if (from->failed || from->left < TLS_RECORD_HEADER)
		return false;
	record->type = cursor_u8(from);
	record->version = cursor_u16(from);
	record->length = cursor_u16(from);
	return true;
}

bool tls_record_plausible(const struct tls_record *record)
{
	return record->type >= TLS_RECORD_CHANGE_CIPHER_SPEC && record->type <= TLS_RECORD_HEARTBEAT &&
	       record->version >> 8 == 3 && record->length <= TLS_RECORD_LARGEST;
}

bool tls_is_1_3(uint16_t version)
{
	/* 0x7f..: drafts; 0xfb..: Facebook's Fizz */
	return version == TLS_1_3 || version == DTLS_1_3 || version >> 8 == 0x7f || version >> 8 == 0xfb;
}

/* ── recognition ─ */

bool tls_is_ssl2(const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	uint16_t length = cursor_u16(&from);
	uint8_t type = cursor_u8(&from);
	return !from.failed && length & 0x8000 && (type == SSL2_CLIENT_HELLO || type == SSL2_SERVER_HELLO);
}

/* The hello of an SSL 2 client: every length in it must fit the length of the record. */
static enum likeness recognise_ssl2(struct cursor from)
{
	uint16_t length = cursor_u16(&from) & 0x7fff;
	uint8_t type = cursor_u8(&from);
	uint16_t version = cursor_u16(&from);
	if (!from.failed && version != TLS_SSL2 && version >> 8 != 3)
		return LIKENESS_NONE;
	uint16_t ciphers = cursor_u16(&from), session = cursor_u16(&from), challenge = cursor_u16(&from);
	if (from.failed)
		return type == SSL2_CLIENT_HELLO ? LIKENESS_MAYBE : LIKENESS_NONE;
	bool good = ciphers > 0 && ciphers % 3 == 0 && (session == 0 || session == 16) && challenge >= 16 &&
		    challenge <= 32 && length == 9u + ciphers + session + challenge;
	return type == SSL2_CLIENT_HELLO && good ? LIKENESS_SURE : LIKENESS_NONE;
}

/* A handshake that begins, or an alert that refuses one; from the middle of a flow two records in a row. */
enum likeness tls_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	struct cursor from = cursor_of(bytes, size);
	struct tls_record record, next;
	if (size >= 3 && tls_is_ssl2(bytes, size))
		return side == SIDE_CLIENT ? recognise_ssl2(from) : LIKENESS_NONE;
	if (!tls_record_read(&from, &record)) {
		uint8_t type = cursor_u8(&from), major = cursor_u8(&from);
		bool like = (type & 0x80) || (type >= TLS_RECORD_CHANGE_CIPHER_SPEC && type <= TLS_RECORD_HEARTBEAT &&
						 (from.failed || major == 3));
		return like ? LIKENESS_MAYBE : LIKENESS_NONE;
	}
	if (!tls_record_plausible(&record) || (record.version & 0xff) > 4 || record.length == 0)
		return LIKENESS_NONE;
	if (record.type == TLS_RECORD_HANDSHAKE && record.length >= 4) {
		uint8_t type = cursor_u8(&from), high = cursor_u8(&from);
		if (from.failed)
			return LIKENESS_MAYBE;
		enum tls_message hello = side == SIDE_CLIENT ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO;
		if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
			return type == hello && high == 0 ? LIKENESS_SURE : LIKENESS_NONE;
	} else if (record.type == TLS_RECORD_ALERT && record.length == 2) {
		uint8_t level = cursor_u8(&from);
		return from.failed ? LIKENESS_MAYBE : level == 1 || level == 2 ? LIKENESS_SURE : LIKENESS_NONE;
	}
	from = cursor_of(bytes, size);
	cursor_skip(&from, TLS_RECORD_HEADER + (size_t)record.length);
	if (!tls_record_read(&from, &next))
		return LIKENESS_MAYBE;
	return tls_record_plausible(&next) && next.version == record.version ? LIKENESS_SURE : LIKENESS_NONE;
}
