/*
 * Names out of security tokens (sign_on.h).
 */
#include "net/sign_on.h"

#include "net/der.h"
#include "net/utf16.h"

#define SIGNATURE "NTLMSSP" /* and a NUL */
enum { AUTHENTICATE = 3, FLAG_UNICODE = 1, FLAG_VERSION = 0x02000000 };

/* ── NTLM ─ */

/* Length, room and offset from the beginning of the message ([MS-NLMP] 2.2.1.3). */
static struct cursor field_of(struct cursor *from, struct text message)
{
	uint16_t size = cursor_le16(from);
	cursor_skip(from, 2);
	uint32_t offset = cursor_le32(from);
	struct cursor whole = cursor_of_text(message);
	cursor_skip(&whole, offset);
	return cursor_part(&whole, size);
}

static void read_text(struct cursor field, bool unicode, struct builder *to)
{
	builder_clear(to);
	if (unicode)
		utf16_build(to, field, true);
	else
		build_text(to, cursor_rest(&field));
}

static bool read_ntlm(struct text message, struct sign_on *sign_on)
{
	struct cursor from = cursor_of_text(message);
	cursor_skip(&from, sizeof SIGNATURE);
	if (cursor_le32(&from) != AUTHENTICATE)
		return false;
	field_of(&from, message); /* responses to the challenge */
	field_of(&from, message);
	struct cursor domain = field_of(&from, message), user = field_of(&from, message),
		      host = field_of(&from, message);
	field_of(&from, message); /* session key */
	uint32_t flags = cursor_le32(&from);
	bool unicode = flags & FLAG_UNICODE;
	if (from.failed)
		return false;
	read_text(domain, unicode, &sign_on->domain);
	read_text(user, unicode, &sign_on->user);
	read_text(host, unicode, &sign_on->host);
	if (flags & FLAG_VERSION) {
		sign_on->major = cursor_u8(&from);
		sign_on->minor = cursor_u8(&from);
		sign_on->number = cursor_le16(&from);
		cursor_skip(&from, 3);
		sign_on->revision = cursor_u8(&from);
		sign_on->versioned = !from.failed;
	}
	return sign_on->ntlm = true;
}

/* ── Kerberos ─ */

/* AP-REQ ::= [APPLICATION 14] SEQUENCE { [0] 5, [1] 14, [2] options, [3] Ticket, … } (RFC 4120, 5.5.1). A token that
 * was cut may lack its end: elements are walked, not taken whole. */
static bool read_ticket(struct cursor ticket, struct sign_on *sign_on)
{
	unsigned tag;
	struct cursor field;
	struct cursor outer = der_take(&ticket, DER_APPLICATION(1)), fields = der_take(&outer, DER_SEQUENCE);
	while (der_next(&fields, &tag, &field)) {
		if (tag == DER_CONTEXT(1) && der_next(&field, &tag, &outer)) {
			sign_on->realm = cursor_rest(&outer);
		} else if (tag == DER_CONTEXT(2)) {
			struct cursor name = der_take(&field, DER_SEQUENCE);
			der_take(&name, DER_CONTEXT(0));
			struct cursor list = der_take(&name, DER_CONTEXT(1)), parts = der_take(&list, DER_SEQUENCE);
			sign_on->service = cursor_rest(&parts);
		}
	}
	return sign_on->kerberos = sign_on->realm.size > 0;
}

/* Behind the mechanism's OID stand two bytes that say which message it is (RFC 4121, 4.1). */
static bool read_kerberos(struct cursor inner, struct sign_on *sign_on)
{
	unsigned tag;
	struct cursor field;
	if (cursor_u16(&inner) != 0x0100)
		return false;
	struct cursor request = der_take(&inner, DER_APPLICATION(14)), fields = der_take(&request, DER_SEQUENCE);
	while (der_next(&fields, &tag, &field))
		if (tag == DER_CONTEXT(3))
			return read_ticket(field, sign_on);
	return false;
}

/* ── SPNEGO ─ */

/* The mechanism's token: [2] of NegTokenInit and of NegTokenResp, an octet string. */
static bool read_negotiation(struct cursor negotiation, struct text *token)
{
	unsigned tag;
	struct cursor field, fields = der_take(&negotiation, DER_SEQUENCE);
	while (der_next(&fields, &tag, &field))
		if (tag == DER_CONTEXT(2)) {
			struct cursor content = der_take(&field, DER_OCTET_STRING);
			*token = cursor_rest(&content);
			return !content.failed && token->size > 0;
		}
	return false;
}

/* InitialContextToken ::= [APPLICATION 0] SEQUENCE { mechanism, inner } (RFC 2743, 3.1), its tag already read. */
static bool read_initial(struct cursor content, struct sign_on *sign_on, struct text *token)
{
	static const char spnego[] = "\x2b\6\1\5\5\2";
	struct cursor mechanism = der_take(&content, DER_OID), negotiation;
	if (!text_equal(cursor_rest(&mechanism), TEXT(spnego)))
		return read_kerberos(content, sign_on);
	return der_optional(&content, DER_CONTEXT(0), &negotiation) && read_negotiation(negotiation, token);
}

#define MOST_NESTED 3 /* SPNEGO, GSS, the mechanism's own */

bool sign_on_read(struct text token, struct sign_on *sign_on)
{
	for (int nested = 0; nested < MOST_NESTED; nested++) {
		unsigned tag;
		struct cursor from = cursor_of_text(token), content;
		struct text inner = TEXT_NONE;
		if (text_starts(token, (struct text){ SIGNATURE, sizeof SIGNATURE }))
			return read_ntlm(token, sign_on);
		if (!der_next(&from, &tag, &content))
			return false;
		bool found = tag == DER_APPLICATION(0) ? read_initial(content, sign_on, &inner)
						       : tag == DER_CONTEXT(1) && read_negotiation(content, &inner);
		if (!found || !inner.size)
			return found;
		token = inner;
	}
	return false;
}

bool sign_on_service_next(struct text *service, struct text *part)
{
	unsigned tag;
	struct cursor from = cursor_of_text(*service), content;
	if (!service->size || !der_next(&from, &tag, &content))
		return false;
	*part = cursor_rest(&content);
	*service = cursor_rest(&from);
	return true;
}

void sign_on_free(struct sign_on *sign_on)
{
	builder_free(&sign_on->domain);
	builder_free(&sign_on->user);
	builder_free(&sign_on->host);
}
