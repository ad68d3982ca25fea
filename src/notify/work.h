/*
 * A notice's life: drafted, sent, acknowledged, replied to, closed, withdrawn. Each step is one function that runs
 * inside the transaction of its caller (a route's handler, the reminders), so that the state, the delivery rows and the
 * messages in the outbox commit together (rule 7).
 */
#ifndef NOROSHI_NOTIFY_WORK_H
#define NOROSHI_NOTIFY_WORK_H

#include "model/capability.h"
#include "model/policy.h"
#include "notify/letter.h"
#include "store/store.h"

/* What every step needs. */
struct work {
	struct center *center;
	struct store *store;
	const struct scope *scope; /* of who does it */
	struct arena *arena;
	const struct notify_settings *settings;
	nanoseconds now;
};

struct draft {
	struct uuid event;
	enum tlp tlp;
	nanoseconds deadline;                       /* 0 = the default for its TLP and severity */
	struct text subject_ja, subject_en, advice; /* subjects may be empty: then made from the event */
	struct uuid author;
};

/* The event must be confirmed (ERROR_CONFLICT), and the texts may not name another organisation (ERROR_INPUT). */
enum error work_draft(struct work *work, const struct draft *draft, struct notice *notice, struct failure *failure);

/* These change `notice` as it was read and store it. ERROR_CONFLICT when its state does not allow the step. */
enum error work_send(struct work *work, struct notice *notice, struct failure *failure);
enum error work_withdraw(struct work *work, struct notice *notice, struct failure *failure);
enum error work_close(struct work *work, struct notice *notice, struct failure *failure);
/* `account` nil: by the link. */
enum error work_acknowledge(
    struct work *work, struct notice *notice, struct uuid account, struct text name, struct failure *failure);
/* Adds to what the organisation answered before. */
enum error work_reply(
    struct work *work, struct notice *notice, struct text name, struct text reply, struct failure *failure);

/* Puts a message about the notice into the inbox and, when mail is on and the contact has an address, into the outbox.
 */
enum error work_tell(struct work *work, const struct notice *notice, enum letter_purpose purpose, unsigned contact,
    struct failure *failure);

/* The catalogue for letters in a language: NULL for English. A Japanese letter never goes out in English by accident:
 * without the Japanese words it is an error. */
enum error work_catalog(
    const struct center *center, enum language language, const struct catalog **catalog, struct failure *failure);

/* Of the time of the event that a notice is about. */
enum error work_coverage(
    struct work *work, const struct event *event, struct coverage *coverage, struct failure *failure);

/* May the acknowledgement link of this notice be used now? */
bool work_link_works(const struct notify_settings *settings, const struct notice *notice, nanoseconds now);

#define REPLY_LARGEST 16384 /* bytes of all replies to one notice */

#endif
