/*
 * SMTP on TCP (RFC 5321; BDAT: RFC 3030; STARTTLS: RFC 3207): one fact is a mail transaction, the envelope and what the
 * message says (net/mime.h). It is emitted when the message has ended, or with what there is of it when the transaction
 * ends without one. A session without any transaction gives one with nothing but its greeting.
 *
 * Which reply answers which command is counted, so that a refused DATA is told from an accepted one. After STARTTLS the
 * flow is recognised afresh. What AUTH carries is never kept.
 */
#ifndef NOROSHI_NET_SMTP_H
#define NOROSHI_NET_SMTP_H

#include "net/dissector.h"
#include "net/mime.h"

#define SMTP_RECIPIENTS 100
#define SMTP_KEPT (16u << 10)   /* bytes of an envelope */
#define SMTP_LINE_LARGEST 8192u /* bytes of a command or reply */

struct smtp_mail {
	uint64_t tx_id;         /* of the flow, from 0 */
	struct text helo, from; /* as sent: "<a@example.org>" */
	const struct text *to;
	size_t to_count;
	const struct mime_message *message; /* NULL: there was none */
	bool complete;                      /* the message's end was seen */
};

/* An address of an envelope without its angle brackets. */
struct text smtp_address(struct text text);

extern const struct dissector dissector_smtp;

#endif
