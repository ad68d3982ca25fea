/*
 * Mail as it is sent (RFC 5322, MIME: RFC 2045–2047, 2231): headers decoded, parts taken apart, attachments hashed. It
 * reads line by line and keeps only what it says; SMTP is who calls it.
 *
 * Bounds: MIME_KEPT bytes of texts, MIME_DEPTH multiparts within each other, MIME_ATTACHMENTS attachments. What is
 * beyond is read on and left out, and `cut` says so.
 */
#ifndef NOROSHI_NET_MIME_H
#define NOROSHI_NET_MIME_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define MIME_KEPT (32u << 10)    /* bytes of header texts of a message */
#define MIME_HEADER_LARGEST 8192 /* bytes of one header, unfolded */
#define MIME_DEPTH 8
#define MIME_ATTACHMENTS 32
#define MIME_BOUNDARY 70 /* characters (RFC 2046, 5.1.1) */

struct mime_attachment {
	struct text name; /* UTF-8; may be empty */
	uint64_t size;    /* decoded bytes */
	bool hashed;      /* it came whole */
	uint8_t sha256[32];
};

/* What a message says; texts are decoded to UTF-8, as far as their character set is known, and empty when absent. */
struct mime_message {
	struct text from, to, cc, subject, date, message_id, x_mailer;
	const struct mime_attachment *attachments;
	size_t count;
	bool cut;
};

struct mime; /* one message being read; one thread */

struct mime *mime_new(void); /* NULL without memory */
void mime_free(struct mime *mime);
/* What comes next of the message, in any pieces. */
void mime_bytes(struct mime *mime, struct text bytes);
/* Bytes between what came and what comes next were not seen. */
void mime_gap(struct mime *mime);
/* Nothing more comes. The message lives until mime_free(). */
const struct mime_message *mime_end(struct mime *mime);

/* Encoded words (RFC 2047) and what else a header holds, as UTF-8. Words in a character set that is not known stay as
 * they were sent. */
void mime_decode_header(struct text value, struct builder *to);
/* A parameter of a header such as Content-Type, in any of its forms (RFC 2045, RFC 2231 with charset and pieces, and
 * encoded words, which mailers send all the same), as UTF-8. False when there is none. */
bool mime_parameter(struct text header, const char *name, struct builder *to);

#endif
