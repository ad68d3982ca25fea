/*
 * What a mail that came in says about one that we sent: it came back (RFC 3464 delivery status notifications, and what
 * older servers write instead), it waits, a machine answered it (RFC 3834), a person answered it.
 *
 * In: the bytes of one message, from anywhere. The mail it is about is known by its Message-ID, which holds the
 * recipient's id: nobody but the recipient and the servers on the way knows it.
 */
#ifndef NOROSHI_REACH_ANSWER_H
#define NOROSHI_REACH_ANSWER_H

#include "base/error.h"
#include "base/hash.h"
#include "model/organisation.h"

#define ANSWER_LARGEST (4u << 20)   /* bytes of one message */
#define ANSWER_IDENTITY "dispatch." /* a Message-ID begins so; the recipient's id follows */

enum mail_answer_kind {
	ANSWER_NONE,      /* not about a mail of ours */
	ANSWER_BOUNCE,    /* it was not delivered, and will not be */
	ANSWER_DELAY,     /* it is not delivered yet; or it was delivered, which says nothing of a person */
	ANSWER_AUTOMATIC, /* a machine answered: out of office */
	ANSWER_REPLY      /* a person answered */
};
const char *mail_answer_kind_code(enum mail_answer_kind kind); /* "none", "bounce", "delay", "automatic", "reply" */

struct mail_answer {
	enum mail_answer_kind kind;
	struct uuid recipient;
	char status[16];      /* RFC 3463, of a bounce; may be empty */
	char from[MAIL_SIZE]; /* of a reply: the sender's address, lower case */
	char words[256];      /* of a bounce: what the server said, printable */
};

/* Never fails: what cannot be understood is ANSWER_NONE. */
void mail_answer_read(struct text message, struct mail_answer *answer);

#endif
