/*
 * Handlers for those who get a dispatch: members who are signed in, whoever follows the link in the mail, and the
 * program that reads the mails that come back. Mail scanners open links, so opening acknowledges nothing; it is noted
 * as opened. A wrong link and one of a dispatch that takes no answers any more give one and the same answer.
 */
#include "mail/link.h"
#include "reach/answer.h"
#include "reach/routes.h"

#include <stdio.h>
#include <strings.h>

/* ── answers ─ */

/* The answers to the sheet, one a line in the order of the questions; nothing when all are empty. */
static struct text answers_of(struct call *call)
{
	struct builder lines = { 0 };
	bool any = false;
	for (int i = 1; i <= SHEET_QUESTIONS; i++) {
		char name[16];
		snprintf(name, sizeof name, "answer%d", i);
		struct text answer = text_trim(input_text(call, name));
		any |= answer.size > 0;
		build_text(&lines, i > 1 ? TEXT("\n") : TEXT_NONE);
		build_text(&lines, answer);
	}
	struct text all =
	    any && !lines.failed ? arena_text(call->arena, (struct text){ lines.at, lines.size }) : TEXT_NONE;
	builder_free(&lines);
	while (all.size > 0 && all.at[all.size - 1] == '\n')
		all.size--;
	return all;
}

static struct reach_answer answer_of(struct call *call, enum reach_way way)
{
	return (struct reach_answer){ .way = way,
		.another = input_boolean(call, "another", false),
		.by = text_trim(input_text(call, "name")),
		.answers = answers_of(call) };
}

/* It is known now that somebody looked. Outside a change a transaction of its own. */
static enum error note_opened(struct reach_work *work, struct recipient *recipient, struct failure *failure)
{
	if (recipient->opened)
		return OK;
	recipient->opened = work->now;
	enum error error = store_begin(work->store, failure);
	if (error == OK)
		error = store_recipient_put(work->store, work->all, recipient, failure);
	if (error == OK)
		error = store_commit(work->store, failure);
	else
		store_rollback(work->store);
	return error;
}

/* ── members ─ */

struct listing {
	struct call *call;
	struct reach_work work;
	json_t *list;
	uint64_t last;
};

static void add_publication(void *context, const struct recipient *recipient)
{
	struct listing *listing = context;
	struct dispatch dispatch;
	listing->last = recipient->number;
	if (store_dispatch_of(listing->work.store, listing->work.all, recipient->dispatch, listing->call->arena,
		&dispatch, NULL) != OK ||
	    dispatch.state == DISPATCH_WITHDRAWN)
		return;
	json_t *object = publication_json(listing->call, &dispatch, recipient);
	if (!input_boolean(listing->call, "text", false))
		json_object_del(object, "text");
	json_array_append_new(listing->list, object);
}

enum error publication_list(struct call *call, struct failure *failure)
{
	struct listing listing = { call, reach_work_of(call), json_array(), 0 };
	uint32_t limit = (uint32_t)input_integer(call, "limit", 50);
	uint64_t after = 0;
	json_object_set_new(call->output, "publications", listing.list);
	if (input_has(call, "after") && !text_to_u64(input_text(call, "after"), &after))
		return fail(failure, ERROR_INPUT, "after: this is no cursor of this list");
	enum error error = store_recipient_each(
	    call->store, call->scope, 0, RECIPIENTS_ALL, after, limit, call->arena, add_publication, &listing, failure);
	char next[24] = "";
	if (json_array_size(listing.list) == limit)
		snprintf(next, sizeof next, "%llu", (unsigned long long)listing.last);
	output_string(call->output, "next", next);
	return error;
}

static enum error find_own(struct call *call, struct reach_work *work, struct dispatch *dispatch,
    struct recipient *recipient, struct failure *failure)
{
	enum error error =
	    store_recipient_get(call->store, call->scope, input_uuid(call, "id"), call->arena, recipient, failure);
	if (error == OK && (!recipient->organisation || !recipient->sent))
		error = ERROR_NOT_FOUND;
	if (error == OK)
		error = store_dispatch_of(call->store, work->all, recipient->dispatch, call->arena, dispatch, failure);
	if (error == OK && dispatch->state == DISPATCH_WITHDRAWN)
		error = ERROR_NOT_FOUND;
	return error == ERROR_NOT_FOUND ? fail(failure, error, "there is no such message") : error;
}

enum error publication_read(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch;
	struct recipient recipient;
	enum error error = find_own(call, &work, &dispatch, &recipient, failure);
	if (error == OK && call->subject->role == ROLE_MEMBER)
		error = note_opened(&work, &recipient, failure);
	if (error != OK)
		return error;
	json_object_set_new(call->output, "publication", publication_json(call, &dispatch, &recipient));
	json_object_set_new(call->output, "may_acknowledge",
	    json_boolean(policy_reach(call->subject->role, ACTION_NOTICE_ACKNOWLEDGE) != 0 && !recipient.reached &&
			 reach_takes_answers(&dispatch)));
	return OK;
}

enum error publication_acknowledge(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch;
	struct recipient recipient;
	char id[UUID_TEXT];
	enum error error = find_own(call, &work, &dispatch, &recipient, failure);
	if (error != OK)
		return error;
	struct reach_answer answer = answer_of(call, REACH_BY_ACCOUNT);
	if (answer.by.size == 0)
		answer.by = text_of(call->subject->name);
	error = reach_answered(&work, &dispatch, &recipient, &answer, failure);
	if (error != OK)
		return error;
	bool form = call->route->kind == ROUTE_FORM;
	snprintf(call->location, sizeof call->location, "%s/publications/%s", form ? "" : "/v1",
	    uuid_format(recipient.id, id));
	json_object_set_new(call->output, "publication", publication_json(call, &dispatch, &recipient));
	return OK;
}

/* ── the link ─ */

static enum error find_link(struct call *call, struct reach_work *work, struct dispatch *dispatch,
    struct recipient *recipient, struct failure *failure)
{
	uint8_t digest[32];
	struct failure own;
	enum error error = ERROR_NOT_FOUND;
	if (link_digest(input_text(call, "secret"), digest))
		error = store_recipient_by_link(call->store, work->all, digest, call->arena, recipient, &own);
	if (error == OK)
		error = store_dispatch_of(call->store, work->all, recipient->dispatch, call->arena, dispatch, &own);
	if (error == OK && !reach_takes_answers(dispatch))
		error = ERROR_NOT_FOUND;
	if (error == ERROR_NOT_FOUND)
		return fail(failure, ERROR_NOT_FOUND, "this link is not valid, or not any more");
	if (error != OK && failure)
		*failure = own;
	return error;
}

enum error dispatch_link_show(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch;
	struct recipient recipient;
	enum error error = find_link(call, &work, &dispatch, &recipient, failure);
	if (error == OK)
		error = note_opened(&work, &recipient, failure);
	if (error != OK)
		return error;
	json_t *object = publication_json(call, &dispatch, &recipient);
	struct text secret = input_text(call, "secret");
	if (!tlp_may_travel_open(dispatch.tlp)) /* whoever has the mail has the link */
		json_object_del(object, "text");
	json_object_set_new(call->output, "publication", object);
	json_object_set_new(call->output, "secret", json_stringn(secret.at, secret.size));
	return OK;
}

enum error dispatch_link_acknowledge(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch;
	struct recipient recipient;
	enum error error = find_link(call, &work, &dispatch, &recipient, failure);
	struct reach_answer answer = answer_of(call, REACH_BY_LINK);
	if (error == OK)
		error = reach_answered(&work, &dispatch, &recipient, &answer, failure);
	if (error == OK)
		snprintf(call->location, sizeof call->location, "/acknowledged");
	return error;
}

/* ── mails that came in ─ */

enum error dispatch_mail(struct call *call, struct failure *failure)
{
	struct reach_work work = reach_work_of(call);
	struct dispatch dispatch;
	struct recipient recipient;
	struct uuid id;
	enum error error = ERROR_NOT_FOUND;
	if (uuid_parse(input_text(call, "secret"), &id))
		error = store_recipient_get(call->store, work.all, id, call->arena, &recipient, failure);
	if (error == OK)
		error = store_dispatch_of(call->store, work.all, recipient.dispatch, call->arena, &dispatch, failure);
	if (error == OK && (!recipient.sent || !reach_takes_answers(&dispatch)))
		error = ERROR_NOT_FOUND;
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "there is no such mail");
	if (error != OK)
		return error;
	if (text_equal(input_text(call, "kind"), TEXT("bounce")))
		return reach_bounced(
		    &work, &dispatch, &recipient, input_text(call, "status"), input_text(call, "words"), failure);
	struct text from = text_trim(input_text(call, "from"));
	struct reach_answer answer = {
		.way = REACH_BY_MAIL, .another = !text_equal_nocase(from, text_of(recipient.mail)), .by = from
	};
	return reach_answered(&work, &dispatch, &recipient, &answer, failure);
}
