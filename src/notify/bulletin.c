/*
 * Bulletins: the mail, its way into the outbox, and how they are shown. See bulletin.h.
 */
#include "notify/bulletin.h"

#include "base/log.h"
#include "mail/mail.h"
#include "notify/letter.h"
#include "notify/work.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE 100

/* ── the mail ─ */

struct mailing {
	struct work work;
	const struct catalog *catalog;
	struct organisation organisation;
};

static void line(const struct mailing *mailing, struct builder *to, const char *msgid, const char *value)
{
	struct text parameter = text_of(value);
	catalog_build(mailing->catalog, text_of(msgid), &parameter, 1, to);
	build_char(to, '\n');
}

static void write_text(const struct mailing *mailing, const struct bulletin *bulletin, struct builder *to)
{
	const struct organisation *organisation = &mailing->organisation;
	const struct notify_settings *settings = mailing->work.settings;
	bool japanese = organisation->language == LANGUAGE_JAPANESE;
	const char *title = japanese ? organisation->title_ja : organisation->title_en;
	build_format(to, "TLP:%s\n\n", tlp_code(bulletin->tlp));
	line(mailing, to, N_("To {0}"), *title ? title : organisation->name);
	line(mailing, to, N_("From {0}"), japanese ? settings->centre_ja : settings->centre_en);
	build_char(to, '\n');
	if (tlp_may_travel_open(bulletin->tlp))
		build_text(to, text_of(bulletin_body(bulletin, organisation->language)));
	else
		line(mailing, to, N_("Because of its TLP label, the contents are not in this mail."), "");
	build_char(to, '\n');
	line(mailing, to, N_("To read the message of the centre, sign in:"), "");
	build_format(to, "  %s/bulletins\n\n", mailing->work.center->public_url);
	build_text(to, catalog_text(mailing->catalog, text_of(tlp_handling(bulletin->tlp))));
	build_char(to, '\n');
	line(mailing, to, N_("This message was generated automatically."), "");
}

static void write_subject(const struct mailing *mailing, const struct bulletin *bulletin, struct builder *to)
{
	char label[32];
	snprintf(label, sizeof label, "TLP:%s", tlp_code(bulletin->tlp));
	const struct text parameters[] = { text_of(label),
		text_of(bulletin_subject(bulletin, mailing->organisation.language)) };
	bool open = tlp_may_travel_open(bulletin->tlp);
	catalog_build(
	    mailing->catalog, text_of(open ? N_("[{0}] {1}") : N_("[{0}] A message of the centre")), parameters, 2, to);
}

static enum error write_mail(
    const struct mailing *mailing, const struct bulletin *bulletin, struct builder *message, struct failure *failure)
{
	char id[UUID_TEXT], identity[64];
	const struct notify_settings *settings = mailing->work.settings;
	const struct organisation *organisation = &mailing->organisation;
	struct builder subject = { 0 }, body = { 0 };
	write_subject(mailing, bulletin, &subject);
	write_text(mailing, bulletin, &body);
	snprintf(identity, sizeof identity, "bulletin.%s", uuid_format(bulletin->id, id));
	const char *centre = organisation->language == LANGUAGE_JAPANESE ? settings->centre_ja : settings->centre_en;
	struct mail mail = { .from = { text_of(centre), text_of(settings->smtp_from) },
		.to = { text_of(organisation->contacts[0].name), text_of(organisation->contacts[0].mail) },
		.subject = { subject.at, subject.size },
		.identity = text_of(identity),
		.date = mailing->work.now,
		.body = { body.at, body.size } };
	enum error error = subject.failed || body.failed ? fail(failure, ERROR_MEMORY, "bulletin: no memory")
							 : mail_write(&mail, message, failure);
	builder_free(&subject);
	builder_free(&body);
	return error;
}

static enum error put_mail(const struct mailing *mailing, const struct bulletin *bulletin, struct failure *failure)
{
	struct builder message = { 0 }, body = { 0 };
	enum error error = write_mail(mailing, bulletin, &message, failure);
	if (error == OK) {
		envelope_encode(&(struct envelope){ .notice = bulletin->id,
				    .created = mailing->work.now,
				    .recipient = text_of(mailing->organisation.contacts[0].mail),
				    .message = { message.at, message.size } },
		    &body);
		error = body.failed ? fail(failure, ERROR_MEMORY, "bulletin: no memory")
				    : store_outbox_put(mailing->work.store, "mail", (struct text){ body.at, body.size },
					  mailing->work.now, failure);
	}
	builder_free(&message);
	builder_free(&body);
	return error;
}

/* ── into the outbox ─ */

static enum error queue_one(struct work *work, const struct bulletin *bulletin, struct failure *failure)
{
	struct mailing mailing = { .work = *work };
	struct bulletin queued = *bulletin;
	enum error error =
	    store_organisation_get(work->store, work->scope, bulletin->organisation, &mailing.organisation, failure);
	if (error != OK)
		return error;
	queued.queued = work->now;
	queued.delivery = DELIVERY_DONE;
	if (notify_mail_is_on(work->settings) && mailing.organisation.contacts[0].mail[0]) {
		queued.delivery = DELIVERY_WAITING;
		error = work_catalog(work->center, mailing.organisation.language, &mailing.catalog, failure);
		if (error == OK)
			error = put_mail(&mailing, bulletin, failure);
		if (error == ERROR_INPUT) { /* such as an address that is none: it stays in the inbox */
			queued.delivery = DELIVERY_FAILED;
			text_copy(text_of(failure->words), queued.answer, sizeof queued.answer);
			error = OK;
		}
	}
	return error == OK ? store_bulletin_mailed(work->store, work->scope, &queued, failure) : error;
}

struct waiting {
	struct bulletin bulletins[AT_ONCE];
	size_t count;
};

static void take(void *context, const struct bulletin *bulletin)
{
	struct waiting *waiting = context;
	if (waiting->count < AT_ONCE)
		waiting->bulletins[waiting->count++] = *bulletin;
}

/* Each in a transaction of its own: one that cannot be sent does not hold up the others. */
static enum error queue_all(struct work *work, const struct waiting *waiting, struct failure *failure)
{
	enum error worst = OK;
	for (size_t i = 0; i < waiting->count; i++) {
		enum error error = store_begin(work->store, failure);
		if (error == OK)
			error = queue_one(work, &waiting->bulletins[i], failure);
		if (error == OK)
			error = store_commit(work->store, failure);
		else
			store_rollback(work->store);
		worst = error != OK ? error : worst;
	}
	return worst;
}

enum error bulletins_queue(
    struct center *center, const struct notify_settings *settings, nanoseconds now, struct failure *failure)
{
	struct arena *arena = arena_new(16u << 20);
	struct waiting *waiting = arena ? arena_take(arena, sizeof *waiting) : NULL;
	struct page page = { .limit = AT_ONCE };
	if (!waiting) {
		arena_free(arena);
		return fail(failure, ERROR_MEMORY, "bulletins: no memory");
	}
	/* Nobody asks: the centre tells of its own accord. */
	struct work work = { .center = center,
		.store = center->store,
		.scope = policy_background("bulletins", arena),
		.arena = arena,
		.settings = settings,
		.now = now };
	enum error error =
	    work.scope ? store_bulletin_each(center->store, work.scope, true, &page, arena, take, waiting, failure)
		       : fail(failure, ERROR_MEMORY, "bulletins: no memory");
	if (error == OK)
		error = queue_all(&work, waiting, failure);
	arena_free(arena);
	return error;
}

enum error bulletin_delivered(struct center *center, const struct envelope *envelope, enum delivery_state state,
    const char *words, nanoseconds now, struct failure *failure)
{
	struct arena *arena = arena_new(1 << 20);
	/* Nobody asks: the courier says what became of a mail. */
	const struct scope *scope = arena ? policy_background("delivery", arena) : NULL;
	struct bulletin bulletin;
	if (!scope) {
		arena_free(arena);
		return fail(failure, ERROR_MEMORY, "delivery: no memory");
	}
	enum error error = store_bulletin_get(center->store, scope, envelope->notice, arena, &bulletin, failure);
	if (error == OK) {
		bulletin.delivery = state;
		bulletin.tries++;
		bulletin.last_try = now;
		text_copy(text_of(words), bulletin.answer, sizeof bulletin.answer);
		error = store_bulletin_mailed(center->store, scope, &bulletin, failure);
	}
	arena_free(arena);
	return error == ERROR_NOT_FOUND ? OK : error;
}

/* ── shown ─ */

struct listing {
	struct call *call;
	json_t *list;
	struct organisation organisation; /* of the last row */
};

static void add_bulletin(void *context, const struct bulletin *bulletin)
{
	struct listing *listing = context;
	struct call *call = listing->call;
	enum language language = text_equal(call->language, TEXT("en")) ? LANGUAGE_ENGLISH : LANGUAGE_JAPANESE;
	json_t *object = json_object();
	output_uuid(object, "id", bulletin->id);
	json_object_set_new(object, "organisation", json_integer(bulletin->organisation));
	if (listing->organisation.number == bulletin->organisation ||
	    store_organisation_get(call->store, call->scope, bulletin->organisation, &listing->organisation, NULL) ==
		OK) {
		const struct organisation *shown = &listing->organisation;
		const char *title = language == LANGUAGE_ENGLISH ? shown->title_en : shown->title_ja;
		output_string(object, "organisation_title", *title ? title : shown->name);
	}
	output_string(object, "kind", bulletin->kind);
	output_string(object, "tlp", tlp_code(bulletin->tlp));
	output_string(object, "subject", bulletin_subject(bulletin, language));
	json_object_set_new(object, "text", json_string(bulletin_body(bulletin, language)));
	output_time(object, "created", bulletin->created);
	output_string(object, "mail",
	    bulletin->queued == 0                                     ? "waiting"
	    : bulletin->delivery == DELIVERY_DONE && !bulletin->tries ? "none"
								      : delivery_state_code(bulletin->delivery));
	json_array_append_new(listing->list, object);
}

static enum error list(struct call *call, struct page *page, struct failure *failure)
{
	struct listing listing = { .call = call, .list = json_array() };
	json_object_set_new(call->output, "bulletins", listing.list);
	return store_bulletin_each(call->store, call->scope, false, page, call->arena, add_bulletin, &listing, failure);
}

enum error bulletins_output(struct call *call, uint32_t limit, struct failure *failure)
{
	struct page page = { .limit = limit };
	return list(call, &page, failure);
}

enum error bulletin_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	enum error error = list(call, &page, failure);
	output_string(call->output, "next", page.next);
	return error;
}
