/*
 * The mails of dispatches: subject and text in the recipient's language, with the link of its own, into the outbox.
 */
#include "base/catalog.h"
#include "mail/envelope.h"
#include "mail/link.h"
#include "reach/answer.h"
#include "reach/work.h"

#include <stdio.h>
#include <stdlib.h>

struct writing {
	struct reach_work *work;
	const struct dispatch *dispatch;
	const struct recipient *recipient;
	const struct catalog *catalog;
	struct mail_sender sender;
	const char *secret;
	struct builder signatories; /* their titles */
	bool reminder;
};

static void line(const struct writing *writing, struct builder *to, const char *msgid, const char *value)
{
	const struct text parameter = text_of(value);
	catalog_build(writing->catalog, text_of(msgid), &parameter, 1, to);
	build_char(to, '\n');
}

static bool is_japanese(const struct writing *writing)
{
	return writing->recipient->language == LANGUAGE_JAPANESE;
}

static const char *in_language(const struct writing *writing, const char *japanese, const char *english)
{
	if (is_japanese(writing))
		return japanese[0] ? japanese : english;
	return english[0] ? english : japanese;
}

static void write_subject(const struct writing *writing, struct builder *to)
{
	const struct dispatch *dispatch = writing->dispatch;
	char label[32];
	snprintf(label, sizeof label, "TLP:%s", tlp_code(dispatch->tlp));
	bool open = tlp_may_travel_open(dispatch->tlp);
	const struct text parameters[] = { text_of(label),
		text_of(in_language(writing, dispatch->subject_ja, dispatch->subject_en)) };
	const char *words = writing->reminder ? open ? N_("[{0}] Reminder: {1}")
						     : N_("[{0}] Reminder of a message of the "
							  "centre")
			    : open ? N_("[{0}] {1}")
					      : N_("[{0}] A message of the centre");
	catalog_build(writing->catalog, text_of(words), parameters, 2, to);
}

/* What is asked of the recipient. */
static void write_request(const struct writing *writing, struct builder *to)
{
	struct builder deadline = { 0 };
	const struct dispatch *dispatch = writing->dispatch;
	mail_time(dispatch_deadline(dispatch), &deadline);
	if (dispatch->kind == DISPATCH_REACH_TEST)
		line(writing, to,
		    N_("This is a reach test: it finds out whether messages reach you. Nothing has happened."), "");
	line(writing, to, N_("Please acknowledge it by {0}."), deadline.at);
	build_char(to, '\n');
	line(writing, to,
	    N_("To acknowledge receipt, open this page and press the button (opening it alone changes nothing), or "
	       "reply "
	       "to this mail:"),
	    "");
	build_format(to, "  %s/d/%s\n\n", writing->work->center->public_url, writing->secret);
	if (dispatch->pass == PASS_ACKNOWLEDGED)
		line(writing, to, N_("When you acknowledge, it is passed on to those after you."), "");
	to->failed |= deadline.failed;
	builder_free(&deadline);
}

static void write_body(const struct writing *writing, struct builder *to)
{
	const struct dispatch *dispatch = writing->dispatch;
	build_format(to, "TLP:%s\n\n", tlp_code(dispatch->tlp));
	line(writing, to, N_("To {0}"), writing->recipient->title);
	if (writing->recipient->person[0])
		line(writing, to, N_("Attention: {0}"), writing->recipient->person);
	line(writing, to, N_("From {0}"), in_language(writing, writing->sender.centre_ja, writing->sender.centre_en));
	if (writing->signatories.size > 0)
		line(writing, to, N_("Issued jointly with {0}"), writing->signatories.at);
	build_char(to, '\n');
	if (writing->reminder)
		line(writing, to, N_("We have not received your answer to this message yet."), "");
	if (tlp_may_travel_open(dispatch->tlp))
		build_text(to, text_of(in_language(writing, dispatch->body_ja, dispatch->body_en)));
	else
		line(writing, to, N_("Because of its TLP label, the contents are not in this mail."), "");
	build_text(to, TEXT("\n\n"));
	write_request(writing, to);
	build_text(to, catalog_text(writing->catalog, text_of(tlp_handling(dispatch->tlp))));
	build_char(to, '\n');
	line(writing, to, N_("This message was generated automatically."), "");
}

static enum error write_mail(const struct writing *writing, struct builder *message, struct failure *failure)
{
	char id[UUID_TEXT], first[64], identity[80];
	struct builder subject = { 0 }, body = { 0 };
	const struct recipient *recipient = writing->recipient;
	write_subject(writing, &subject);
	write_body(writing, &body);
	snprintf(first, sizeof first, ANSWER_IDENTITY "%s", uuid_format(recipient->id, id));
	snprintf(identity, sizeof identity, "%s.%u", first, recipient->reminders);
	struct mail mail = { .from = { text_of(
					   in_language(writing, writing->sender.centre_ja, writing->sender.centre_en)),
				 text_of(writing->sender.from) },
		.to = { text_of(recipient->person), text_of(recipient->mail) },
		.subject = { subject.at, subject.size },
		.identity = text_of(writing->reminder ? identity : first),
		.answers = writing->reminder ? text_of(first) : TEXT_NONE,
		.date = writing->work->now,
		.body = { body.at, body.size } };
	enum error error = subject.failed || body.failed ? fail(failure, ERROR_MEMORY, "dispatch: no memory")
							 : mail_write(&mail, message, failure);
	builder_free(&subject);
	builder_free(&body);
	return error;
}

static enum error put_mail(const struct writing *writing, struct failure *failure)
{
	struct builder message = { 0 }, body = { 0 };
	enum error error = write_mail(writing, &message, failure);
	if (error == OK) {
		envelope_encode(&(struct envelope){ .notice = writing->recipient->id,
				    .created = writing->work->now,
				    .recipient = text_of(writing->recipient->mail),
				    .message = { message.at, message.size } },
		    &body);
		error = body.failed ? fail(failure, ERROR_MEMORY, "dispatch: no memory")
				    : store_outbox_put(writing->work->store, "mail",
					  (struct text){ body.at, body.size }, writing->work->now, failure);
	}
	builder_free(&message);
	builder_free(&body);
	return error;
}

static enum error send_mail(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    bool reminder, struct failure *failure)
{
	struct link_key key;
	char secret[LINK_SECRET_SIZE];
	struct writing writing = {
		.work = work, .dispatch = dispatch, .recipient = recipient, .secret = secret, .reminder = reminder
	};
	if (work->center->sender)
		work->center->sender(&writing.sender);
	if (!recipient->mail[0] || !writing.sender.on)
		return OK;
	if (is_japanese(&writing) && !work->center->japanese)
		return fail(failure, ERROR_SYSTEM,
		    "the Japanese words (noroshi.mo) are not installed; a Japanese mail cannot be written");
	writing.catalog = is_japanese(&writing) ? work->center->japanese : NULL;
	enum error error = link_key_load(work->center->folder, &key, failure);
	if (error == OK)
		link_secret(&key, recipient->id, secret);
	if (error == OK)
		error = reach_signatories(work, dispatch, is_japanese(&writing), &writing.signatories, failure);
	if (error == OK)
		error = put_mail(&writing, failure);
	builder_free(&writing.signatories);
	return error;
}

/* ── some at once ─ */

struct batch {
	struct recipient *recipients;
	size_t count;
};

static void take(void *context, const struct recipient *recipient)
{
	struct batch *batch = context;
	batch->recipients[batch->count++] = *recipient;
}

static enum error send_one(struct reach_work *work, const struct dispatch *dispatch, struct recipient *recipient,
    bool reminder, struct failure *failure)
{
	recipient->reminders += reminder;
	enum error error = send_mail(work, dispatch, recipient, reminder, failure);
	if (error == ERROR_INPUT) { /* such as an address that is none */
		recipient->bounced = work->now;
		text_copy(TEXT("5.1.3"), recipient->status, sizeof recipient->status); /* RFC 3463: bad syntax */
		text_copy(text_of(failure->words), recipient->answer, sizeof recipient->answer);
		error = OK;
	}
	if (error == OK && !reminder && (recipient->mail[0] || recipient->organisation))
		recipient->sent = work->now;
	else if (error == OK && !reminder)
		recipient->due = -recipient->due; /* it is nobody's: not asked for again */
	if (error == OK)
		error = store_recipient_put(work->store, work->all, recipient, failure);
	if (error == OK && !reminder && dispatch->pass == PASS_AT_ONCE)
		error = store_recipient_pass(work->store, work->all, dispatch, recipient, work->now, failure);
	return error;
}

enum error reach_send_some(struct reach_work *work, const struct dispatch *dispatch, enum recipient_choice choice,
    uint32_t most, size_t *sent, struct failure *failure)
{
	struct batch batch = { .recipients = malloc((size_t)most * sizeof *batch.recipients) };
	enum error error = batch.recipients ? store_recipient_each(work->store, work->all, dispatch->number, choice, 0,
						  most, work->arena, take, &batch, failure)
					    : fail(failure, ERROR_MEMORY, "dispatch: no memory");
	*sent = batch.count;
	for (size_t i = 0; i < batch.count && error == OK; i++)
		error = send_one(work, dispatch, &batch.recipients[i], choice == RECIPIENTS_SILENT, failure);
	free(batch.recipients);
	return error;
}
