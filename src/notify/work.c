/*
 * The steps of a notice's life.
 */
#include "notify/work.h"

#include "mail/envelope.h"
#include "mail/link.h"
#include "mail/mail.h"
#include "notify/evidence.h"
#include "store/others.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool work_link_works(const struct notify_settings *settings, const struct notice *notice, nanoseconds now)
{
	return notice->state == NOTICE_SENT && now < notice->deadline + settings->link_lifetime;
}

enum error work_catalog(
    const struct center *center, enum language language, const struct catalog **catalog, struct failure *failure)
{
	*catalog = language == LANGUAGE_JAPANESE ? center->japanese : NULL;
	if (language == LANGUAGE_JAPANESE && !*catalog)
		return fail(failure, ERROR_SYSTEM,
		    "the Japanese words (noroshi.mo) are not installed; a Japanese letter cannot be written");
	return OK;
}

static void make_subjects(struct notice *notice, const struct event *event, const struct draft *draft)
{
	char title[400];
	event_title(event, title, sizeof title);
	snprintf(notice->subject_ja, sizeof notice->subject_ja, "不審な活動の確認のお願い(%.180s)", title);
	snprintf(notice->subject_en, sizeof notice->subject_en, "Please confirm suspicious activity (%.180s)", title);
	/* a character may have been cut in half above */
	notice->subject_ja[text_utf8_valid(text_of(notice->subject_ja))] = '\0';
	notice->subject_en[text_utf8_valid(text_of(notice->subject_en))] = '\0';
	if (draft->subject_ja.size > 0)
		text_copy(draft->subject_ja, notice->subject_ja, sizeof notice->subject_ja);
	if (draft->subject_en.size > 0)
		text_copy(draft->subject_en, notice->subject_en, sizeof notice->subject_en);
}

static enum error check_texts(
    struct work *work, const struct draft *draft, uint32_t organisation, struct failure *failure)
{
	/* What may not stand in it are names of others, whoever writes it. */
	const struct scope *all = policy_background("notices", work->arena);
	enum error error = others_absent(work->store, all, organisation, "subject_ja", draft->subject_ja, failure);
	if (error == OK)
		error = others_absent(work->store, all, organisation, "subject_en", draft->subject_en, failure);
	if (error == OK)
		error = others_absent(work->store, all, organisation, "advice", draft->advice, failure);
	return error;
}

enum error work_draft(struct work *work, const struct draft *draft, struct notice *notice, struct failure *failure)
{
	struct event event;
	struct event_standing standing;
	enum error error =
	    store_event_get(work->store, work->scope, draft->event, work->arena, &event, &standing, failure);
	if (error != OK)
		return error;
	if (standing.state != EVENT_CONFIRMED)
		return fail(failure, ERROR_CONFLICT, "the event is %s; confirm it before its organisation is told",
		    event_state_code(standing.state));
	nanoseconds deadline =
	    draft->deadline ? draft->deadline : notify_deadline(work->settings, draft->tlp, event.severity, work->now);
	if (deadline <= work->now)
		return fail(failure, ERROR_INPUT, "deadline: it must be in the future");
	error = check_texts(work, draft, event.organisation, failure);
	if (error != OK)
		return error;
	*notice = (struct notice){ .event = draft->event,
		.organisation = event.organisation,
		.tlp = draft->tlp,
		.state = NOTICE_DRAFT,
		.author = draft->author,
		.created = work->now,
		.deadline = deadline };
	make_subjects(notice, &event, draft);
	notice->advice = arena_string(work->arena, draft->advice);
	notice->reply = arena_string(work->arena, TEXT_NONE);
	return store_notice_put(work->store, work->scope, notice, failure);
}

/* The message as it will travel; the envelope's text points into `message`. */
static enum error write_message(struct work *work, const struct letter *letter, const struct delivery *delivery,
    struct builder *message, struct failure *failure)
{
	char id[UUID_TEXT], identity[80], first[80];
	const struct notify_settings *settings = work->settings;
	uuid_format(letter->notice->id, id);
	snprintf(first, sizeof first, "notice.%s", id);
	snprintf(identity, sizeof identity, "notice.%s.%" PRIu64, id, delivery->number);
	bool opens = letter->purpose == LETTER_NOTICE;
	struct builder subject = { 0 }, body = { 0 };
	letter_mail_subject(letter, &subject);
	letter_mail_body(letter, &body);
	const char *centre = letter->language == LANGUAGE_JAPANESE ? settings->centre_ja : settings->centre_en;
	struct mail mail = {
		.from = { text_of(centre), text_of(settings->smtp_from) },
		.to = { text_of(letter->contact->name), text_of(letter->contact->mail) },
		.subject = { subject.at, subject.size },
		.identity = text_of(opens ? first : identity),
		.answers = opens ? TEXT_NONE : text_of(first),
		.date = work->now,
		.body = { body.at, body.size },
	};
	enum error error = subject.failed || body.failed ? fail(failure, ERROR_MEMORY, "notice: no memory")
							 : mail_write(&mail, message, failure);
	builder_free(&subject);
	builder_free(&body);
	return error;
}

static enum error put_delivery(struct work *work, const struct notice *notice, const char *channel,
    const char *recipient, enum letter_purpose purpose, enum delivery_state state, struct delivery *delivery,
    struct failure *failure)
{
	*delivery = (struct delivery){ .notice = notice->id, .state = state, .created = work->now };
	text_copy(text_of(channel), delivery->channel, sizeof delivery->channel);
	text_copy(text_of(recipient), delivery->recipient, sizeof delivery->recipient);
	text_copy(text_of(letter_purpose_code(purpose)), delivery->purpose, sizeof delivery->purpose);
	if (state == DELIVERY_DONE) {
		delivery->tries = 1;
		delivery->last_try = work->now;
	}
	/* A delivery is the centre's own row, which its reader does not write. */
	return store_delivery_put(work->store, policy_background("notices", work->arena), delivery, failure);
}

/* Contents go into the letter only when they may: what a mail must not hold is not even loaded for it. */
static enum error load_event(
    struct work *work, const struct notice *notice, struct event *event, struct failure *failure)
{
	struct event whole;
	struct event_standing standing;
	enum error error =
	    store_event_get(work->store, work->scope, notice->event, work->arena, &whole, &standing, failure);
	if (error == OK)
		evidence_of(&whole, event);
	return error;
}

enum error work_coverage(
    struct work *work, const struct event *event, struct coverage *coverage, struct failure *failure)
{
	nanoseconds from, to;
	event_watched(event, &from, &to);
	return store_coverage(work->store, work->scope, event->organisation, from, to, coverage, failure);
}

static enum error queue_mail(struct work *work, struct letter *letter, struct failure *failure)
{
	struct link_key key;
	char secret[LINK_SECRET_SIZE];
	struct delivery delivery;
	struct event event;
	struct coverage coverage;
	const struct catalog *catalog;
	const struct notice *notice = letter->notice;
	bool open = tlp_may_travel_open(notice->tlp);
	enum error error = link_key_load(work->center->folder, &key, failure);
	if (error == OK && open)
		error = load_event(work, notice, &event, failure);
	if (error == OK && open)
		error = work_coverage(work, &event, &coverage, failure);
	if (error == OK)
		error = work_catalog(work->center, letter->language, &catalog, failure);
	if (error == OK)
		error = put_delivery(
		    work, notice, "mail", letter->contact->mail, letter->purpose, DELIVERY_WAITING, &delivery, failure);
	if (error != OK)
		return error;
	link_secret(&key, notice->id, secret);
	letter->secret = secret;
	letter->event = open ? &event : NULL;
	letter->coverage = open ? &coverage : NULL;
	letter->catalog = catalog;
	struct builder message = { 0 }, body = { 0 };
	error = write_message(work, letter, &delivery, &message, failure);
	if (error == OK) {
		envelope_encode(&(struct envelope){ .delivery = delivery.number,
				    .notice = notice->id,
				    .created = work->now,
				    .recipient = text_of(letter->contact->mail),
				    .message = { message.at, message.size } },
		    &body);
		error = body.failed ? fail(failure, ERROR_MEMORY, "notice: no memory")
				    : store_outbox_put(
					  work->store, "mail", (struct text){ body.at, body.size }, work->now, failure);
	}
	builder_free(&message);
	builder_free(&body);
	return error;
}

enum error work_tell(struct work *work, const struct notice *notice, enum letter_purpose purpose, unsigned contact,
    struct failure *failure)
{
	struct organisation organisation;
	struct delivery delivery;
	enum error error =
	    store_organisation_get(work->store, work->scope, notice->organisation, &organisation, failure);
	if (error == OK)
		error =
		    put_delivery(work, notice, "inbox", organisation.name, purpose, DELIVERY_DONE, &delivery, failure);
	if (error != OK || !notify_mail_is_on(work->settings) || !organisation.contacts[contact].mail[0])
		return error;
	struct letter letter = { .notice = notice,
		.organisation = &organisation,
		.contact = &organisation.contacts[contact],
		.settings = work->settings,
		.language = organisation.language,
		.purpose = purpose,
		.public_url = work->center->public_url };
	return queue_mail(work, &letter, failure);
}

static enum error put(struct work *work, struct notice *notice, struct failure *failure)
{
	enum error error = store_notice_put(work->store, work->scope, notice, failure);
	if (error == OK && work->center->changed) {
		char id[UUID_TEXT];
		work->center->changed(work->center, notice->organisation, "notice", uuid_format(notice->id, id));
	}
	return error;
}

static enum error refuse(const struct notice *notice, const char *step, struct failure *failure)
{
	return fail(failure, ERROR_CONFLICT, "notice %s is %s and cannot be %s", notice->number,
	    notice_state_code(notice->state), step);
}

enum error work_send(struct work *work, struct notice *notice, struct failure *failure)
{
	struct link_key key;
	char secret[LINK_SECRET_SIZE];
	if (notice->state != NOTICE_DRAFT)
		return refuse(notice, "sent", failure);
	if (notice->deadline <= work->now)
		return fail(
		    failure, ERROR_CONFLICT, "the deadline of notice %s has passed; draft a new one", notice->number);
	enum error error = link_key_load(work->center->folder, &key, failure);
	if (error != OK)
		return error;
	link_secret(&key, notice->id, secret);
	link_digest(text_of(secret), notice->link_digest);
	notice->state = NOTICE_SENT;
	notice->sent = work->now;
	error = put(work, notice, failure);
	return error == OK ? work_tell(work, notice, LETTER_NOTICE, 0, failure) : error;
}

enum error work_withdraw(struct work *work, struct notice *notice, struct failure *failure)
{
	if (notice->state == NOTICE_CLOSED || notice->state == NOTICE_WITHDRAWN)
		return refuse(notice, "withdrawn", failure);
	bool was_told = notice->state != NOTICE_DRAFT;
	notice->state = NOTICE_WITHDRAWN;
	enum error error = put(work, notice, failure);
	if (error == OK && was_told)
		error = work_tell(work, notice, LETTER_WITHDRAWAL, 0, failure);
	if (error == OK && was_told && notice->escalated)
		error = work_tell(work, notice, LETTER_WITHDRAWAL, 1, failure);
	return error;
}

enum error work_close(struct work *work, struct notice *notice, struct failure *failure)
{
	if (notice->state != NOTICE_SENT && notice->state != NOTICE_ACKNOWLEDGED)
		return refuse(notice, "closed", failure);
	notice->state = NOTICE_CLOSED;
	return put(work, notice, failure);
}

enum error work_acknowledge(
    struct work *work, struct notice *notice, struct uuid account, struct text name, struct failure *failure)
{
	if (notice->state != NOTICE_SENT)
		return refuse(notice, "acknowledged", failure);
	notice->state = NOTICE_ACKNOWLEDGED;
	notice->acknowledged = work->now;
	notice->acknowledged_by = account;
	text_copy(name, notice->acknowledged_name, sizeof notice->acknowledged_name);
	return put(work, notice, failure);
}

enum error work_reply(
    struct work *work, struct notice *notice, struct text name, struct text reply, struct failure *failure)
{
	if (notice->state != NOTICE_SENT && notice->state != NOTICE_ACKNOWLEDGED)
		return refuse(notice, "replied to", failure);
	struct builder whole = { 0 };
	if (notice->reply && notice->reply[0])
		build_format(&whole, "%s\n\n", notice->reply);
	build_text(&whole, TEXT("["));
	mail_time(work->now, &whole);
	build_format(&whole, " %.*s]\n", (int)name.size, name.at);
	build_text(&whole, text_trim(reply));
	enum error error = OK;
	if (whole.failed)
		error = fail(failure, ERROR_MEMORY, "notice: no memory");
	else if (whole.size > REPLY_LARGEST)
		error =
		    fail(failure, ERROR_LIMIT, "reply: the replies to one notice hold at most %d bytes", REPLY_LARGEST);
	else
		notice->reply = arena_string(work->arena, (struct text){ whole.at, whole.size });
	builder_free(&whole);
	return error == OK ? put(work, notice, failure) : error;
}
