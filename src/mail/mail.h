/*
 * A mail message in the form that travels: RFC 5322 header, RFC 2047 encoded words, RFC 2045 body (text/plain, UTF-8,
 * base64).
 *
 * In: texts from anywhere. Out: bytes with CRLF lines, every line of at most 78 characters (a long Message-ID stands
 * whole), all ASCII. Nothing of the input can become a header of its own: control characters leave, addresses are
 * checked. Called when a notice is queued.
 */
#ifndef NOROSHI_MAIL_MAIL_H
#define NOROSHI_MAIL_MAIL_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

struct mail_address {
	struct text name; /* shown; may be empty */
	struct text mail; /* local@domain, ASCII */
};

struct mail {
	struct mail_address from, to;
	struct text subject;
	struct text identity; /* left side of the Message-ID: letters, digits, '.', '-' */
	struct text answers;  /* the identity of the first message of the thread; empty = this one opens it */
	nanoseconds date;
	struct text body; /* UTF-8, lines end with \n */
	struct {
		struct text name; /* of a file: letters, digits, '.', '-' */
		struct text type; /* "text/csv; charset=utf-8" */
		struct text bytes;
	} attachment; /* its name is empty: none */
};

/* In whose name mails go out: notify's settings, as they are now. */
struct mail_sender {
	const char *centre_ja, *centre_en; /* the centre's name */
	const char *from;                  /* the sender's address */
	bool on;                           /* a server and a sender are configured */
};

/* "2026-11-21 17:05 JST (2026-11-21 08:05 UTC)" */
void mail_time(nanoseconds time, struct builder *to);

/* Whether a header can hold the address as it is: stricter than mail_is_plausible(). */
bool mail_is_written(struct text mail);

/* ERROR_INPUT says which address is not one, or that the identity is not one. */
enum error mail_write(const struct mail *mail, struct builder *to, struct failure *failure);

#endif
