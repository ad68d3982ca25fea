/*
 * The words of a notice: subject and plain text, in Japanese or English (gettext: the English texts are the msgids).
 * Pure functions; called for mails, and for the text that pages and the API show.
 */
#ifndef NOROSHI_NOTIFY_LETTER_H
#define NOROSHI_NOTIFY_LETTER_H

#include "base/catalog.h"
#include "base/text.h"
#include "model/coverage.h"
#include "notify/settings.h"

enum letter_purpose { LETTER_NOTICE, LETTER_REMINDER, LETTER_ESCALATION, LETTER_WITHDRAWAL };
const char *letter_purpose_code(enum letter_purpose purpose); /* "notice", … as in delivery.purpose */

struct letter {
	const struct notice *notice;
	const struct event *event;       /* already evidence_of(); NULL when the letter holds no contents */
	const struct coverage *coverage; /* of the event's time; NULL when the letter holds no contents */
	const struct organisation *organisation;
	const struct contact *contact;
	const struct notify_settings *settings;
	const struct catalog *catalog; /* the Japanese one, or NULL for English */
	enum language language;
	enum letter_purpose purpose;
	const char *public_url;
	const char *secret; /* of the acknowledgement link; NULL: none is named */
};

/* Subject and body as they may travel by mail. */
void letter_mail_subject(const struct letter *letter, struct builder *to);
void letter_mail_body(const struct letter *letter, struct builder *to);

/* The whole text, for those who are signed in. */
void letter_text(const struct letter *letter, struct builder *to);

#endif
