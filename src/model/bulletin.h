/*
 * A bulletin (お知らせ): what the centre tells one organisation of its own accord, and not about an event: how its
 * sensors do, a slow-down that many share, an attack that was announced against it. Kept by store/, shown in the inbox,
 * mailed by notify/ to the organisation's contact. It asks for no acknowledgement.
 */
#ifndef NOROSHI_MODEL_BULLETIN_H
#define NOROSHI_MODEL_BULLETIN_H

#include "model/notice.h"

#define BULLETIN_BODY 8192 /* bytes of one language's text */

struct bulletin {
	uint64_t number;
	struct uuid id;
	uint32_t organisation;
	char kind[24]; /* "sensor", "slow-down", "announcement" */
	enum tlp tlp;
	char subject_ja[256], subject_en[256];
	char *body_ja, *body_en; /* lines of plain text; arena-owned */
	nanoseconds created;
	nanoseconds queued;           /* its mail went into the outbox, or there is none to send; 0 = not yet */
	enum delivery_state delivery; /* of the mail; DELIVERY_DONE without tries: there was none to send */
	uint32_t tries;
	nanoseconds last_try;
	char answer[256]; /* what the far side said, printable */
};

/* In the language; the other one's when it is empty. */
const char *bulletin_subject(const struct bulletin *bulletin, enum language language);
const char *bulletin_body(const struct bulletin *bulletin, enum language language);

#endif
