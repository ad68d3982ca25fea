/*
 * The life of a dispatch: drafted, proposed by one who saw how many it goes to, started by another who saw the same
 * number, passed on from tier to tier, closed. Each step runs inside the transaction of its caller, so that the state,
 * the recipients and the messages in the outbox commit together (rule 7).
 */
#ifndef NOROSHI_REACH_WORK_H
#define NOROSHI_REACH_WORK_H

#include "mail/mail.h"
#include "model/capability.h"
#include "model/policy.h"
#include "reach/table.h"
#include "store/dispatch.h"

struct reach_work {
	struct center *center;
	struct store *store;
	const struct scope *scope; /* of who does it; recipients are written under `all` */
	const struct scope *all;   /* background */
	struct arena *arena;
	nanoseconds now;
};

/* The recipients that the dispatch would have now. ERROR_INPUT when its list is none, or empty. */
enum error reach_count(
    struct reach_work *work, const struct dispatch *dispatch, uint32_t *recipients, struct failure *failure);
/* `seen`: the number that the person was shown; ERROR_CONFLICT when it is another one. */
enum error reach_propose(
    struct reach_work *work, struct dispatch *dispatch, struct uuid account, uint32_t seen, struct failure *failure);
/* By somebody else than who proposed it (ERROR_CONFLICT). It is the first tier's turn. */
enum error reach_start(
    struct reach_work *work, struct dispatch *dispatch, struct uuid account, uint32_t seen, struct failure *failure);
/* Appends the titles of those who issue it together with the centre. */
enum error reach_signatories(struct reach_work *work, const struct dispatch *dispatch, bool japanese,
    struct builder *to, struct failure *failure);
/* Notes in the directory whom it reached and whom it did not. */
enum error reach_close(struct reach_work *work, struct dispatch *dispatch, struct failure *failure);
enum error reach_withdraw(struct reach_work *work, struct dispatch *dispatch, struct failure *failure);

struct reach_answer {
	enum reach_way way;
	bool another;
	struct text by, answers;
};
/* The first answer counts; further ones change nothing. */
enum error reach_answered(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    const struct reach_answer *answer, struct failure *failure);
/* Its mail came back. */
enum error reach_bounced(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    struct text status, struct text words, struct failure *failure);
/* Answers are taken until it is closed. */
bool reach_takes_answers(const struct dispatch *dispatch);

/* send.c: the mails of those whose turn it is, or (RECIPIENTS_SILENT) reminders, `most` of them, into the outbox (none
 * where there is no address, or where no mail is configured). *sent: how many recipients it was. */
enum error reach_send_some(struct reach_work *work, const struct dispatch *dispatch, enum recipient_choice choice,
    uint32_t most, size_t *sent, struct failure *failure);

/* All recipients, one by one, with their reasons as records. */
enum error reach_records(struct reach_work *work, const struct dispatch *dispatch,
    void (*each)(void *, const struct recipient *, const struct reach_record *), void *context,
    struct failure *failure);

#endif
