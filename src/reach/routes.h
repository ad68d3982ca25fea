/*
 * The routes of dispatches: for the centre's analysts, for the members who get them, for whoever follows the link in a
 * mail, and for the program that reads the mails that come back. Handlers run in the keeper.
 */
#ifndef NOROSHI_REACH_ROUTES_H
#define NOROSHI_REACH_ROUTES_H

#include "http/call.h"
#include "reach/work.h"

extern const struct route reach_routes[];

#define SHEET_QUESTIONS 8 /* of one self-check sheet */

/* dispatch_create.c */
enum error dispatch_create(struct call *call, struct failure *failure);
enum error dispatch_digest(struct call *call, struct failure *failure);
/* joint_routes.c */
enum error signature_list(struct call *call, struct failure *failure);
enum error signature_agree(struct call *call, struct failure *failure);
enum error dispatch_counts(struct call *call, struct failure *failure);
/* feed.c */
enum error feed_public(struct call *call, struct failure *failure);
enum error feed_read(struct call *call, struct failure *failure);
enum error feed_make(struct call *call, struct failure *failure);
/* dispatch_routes.c */
enum error dispatch_answer(struct call *call, const struct dispatch *dispatch); /* where it is now, and the dispatch */
enum error dispatch_list(struct call *call, struct failure *failure);
enum error dispatch_read(struct call *call, struct failure *failure);
enum error dispatch_records(struct call *call, struct failure *failure);
enum error dispatch_propose(struct call *call, struct failure *failure);
enum error dispatch_start(struct call *call, struct failure *failure);
enum error dispatch_deadline_set(struct call *call, struct failure *failure);
enum error dispatch_remind(struct call *call, struct failure *failure);
enum error dispatch_close(struct call *call, struct failure *failure);
enum error dispatch_withdraw(struct call *call, struct failure *failure);
/* contact_routes.c */
enum error contact_list(struct call *call, struct failure *failure);
enum error contact_load(struct call *call, struct failure *failure);
enum error reach_year_list(struct call *call, struct failure *failure);
enum error reach_year_load(struct call *call, struct failure *failure);
/* link_routes.c */
enum error publication_list(struct call *call, struct failure *failure);
enum error publication_read(struct call *call, struct failure *failure);
enum error publication_acknowledge(struct call *call, struct failure *failure);
enum error dispatch_link_show(struct call *call, struct failure *failure);
enum error dispatch_link_acknowledge(struct call *call, struct failure *failure);
enum error dispatch_mail(struct call *call, struct failure *failure);

/* dispatch_json.c */
struct reach_work reach_work_of(struct call *call);
json_t *dispatch_json(struct call *call, const struct dispatch *dispatch);
/* What a recipient sees: subject and text in the language of the request, deadline, questions, whether it was answered.
 */
json_t *publication_json(struct call *call, const struct dispatch *dispatch, const struct recipient *recipient);
/* "who", "when", "why" of one recipient, for the centre. */
json_t *recipient_json(const struct recipient *recipient, const struct reach_record *record);

#endif
