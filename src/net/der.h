/*
 * DER (ITU-T X.690): one element after another out of a cursor. Of BER only what certificates, Kerberos and RDP send:
 * low tag numbers and definite lengths below 4 GiB. Nothing is allocated, nothing nests by itself: how deep to
 * go is the caller's to say, so no input can make it recurse.
 */
#ifndef NOROSHI_NET_DER_H
#define NOROSHI_NET_DER_H

#include "net/cursor.h"

/* First bytes of an element: class, constructed or not, and number. */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_GENERAL_STRING = 0x1b,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
#define DER_APPLICATION(number) (0x60 | (number)) /* [APPLICATION n], constructed */
#define DER_CONTEXT(number) (0xa0 | (number))     /* [n], constructed */
#define DER_PRIMITIVE(number) (0x80 | (number))   /* [n] IMPLICIT of a simple type */

/* The next element: its tag and a cursor over its content. False at the end, and (with from->failed) when it is
 * malformed or longer than what is left. */
bool der_next(struct cursor *from, unsigned *tag, struct cursor *content);
/* The content of the next element, which must have this tag; otherwise `from` fails and so does the result. */
struct cursor der_take(struct cursor *from, unsigned tag);
/* The same when it may be absent: false, with `from` where it was, when the next element has another tag. */
bool der_optional(struct cursor *from, unsigned tag, struct cursor *content);
/* INTEGER or ENUMERATED of up to eight bytes; otherwise `from` fails. */
int64_t der_integer(struct cursor *from);

/* "1.2.840.113549" of an OID's content; cut when it does not fit. */
#define DER_OID_TEXT 128
char *der_oid_format(struct text oid, char to[static DER_OID_TEXT]);
/* A string's content, as its tag says it is encoded, as UTF-8 (malformed bytes stay as they are). */
void der_string(unsigned tag, struct text content, struct builder *to);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them, in UTC: "2017-01-04T10:48:43". False, with nothing written,
 * when it is none. (Text and not nanoseconds: "no expiry" is the year 9999.) */
#define DER_TIME_TEXT 20
bool der_time(unsigned tag, struct text content, char to[static DER_TIME_TEXT]);

#endif
