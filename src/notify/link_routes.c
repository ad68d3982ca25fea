/*
 * The page behind the link in a mail. Open to strangers: mail scanners open links, so opening changes nothing; the
 * button POSTs. A wrong, used, withdrawn or expired link gives one and the same answer.
 */
#include "mail/link.h"
#include "notify/letter.h"
#include "notify/routes.h"
#include "notify/work.h"

#include <stdio.h>
#include <string.h>

static enum error find(struct call *call, const struct scope *scope, struct notice *notice, struct failure *failure)
{
	uint8_t digest[32];
	struct failure own;
	enum error error = ERROR_NOT_FOUND;
	if (link_digest(input_text(call, "secret"), digest))
		error = store_notice_by_link(call->store, scope, digest, call->arena, notice, &own);
	if (error == OK && !work_link_works(notify_settings(), notice, call->now))
		error = ERROR_NOT_FOUND;
	if (error == ERROR_NOT_FOUND)
		return fail(
		    failure, ERROR_NOT_FOUND, "this link is not valid, or not any more; sign in to see the notice");
	if (error != OK && failure)
		*failure = own;
	return error;
}

enum error link_show(struct call *call, struct failure *failure)
{
	struct notice notice;
	struct organisation organisation;
	char deadline[TIME_TEXT];
	/* Whoever has the link is nobody; the link says which notice. */
	const struct scope *scope = policy_background("acknowledgement", call->arena);
	enum error error = find(call, scope, &notice, failure);
	if (error == OK)
		error = store_organisation_get(call->store, scope, notice.organisation, &organisation, failure);
	if (error != OK)
		return error;
	bool japanese = text_equal(call->language, TEXT("ja"));
	const char *title = japanese ? organisation.title_ja : organisation.title_en;
	struct text secret = input_text(call, "secret");
	json_object_set_new(call->output, "secret", json_stringn(secret.at, secret.size));
	json_object_set_new(call->output, "number", json_string(notice.number));
	json_object_set_new(call->output, "tlp", json_string(tlp_code(notice.tlp)));
	json_object_set_new(call->output, "organisation_title", json_string(title[0] ? title : organisation.name));
	json_object_set_new(call->output, "deadline", json_string(time_format(notice.deadline, deadline)));
	if (tlp_may_travel_open(notice.tlp))
		json_object_set_new(
		    call->output, "subject", json_string(japanese ? notice.subject_ja : notice.subject_en));
	return OK;
}

enum error link_acknowledge(struct call *call, struct failure *failure)
{
	struct notice notice;
	/* Whoever has the link is nobody; the link says which notice. */
	struct work work = { .center = call->center,
		.store = call->store,
		.arena = call->arena,
		.settings = notify_settings(),
		.scope = policy_background("acknowledgement", call->arena),
		.now = call->now };
	enum error error = find(call, work.scope, &notice, failure);
	if (error == OK)
		error =
		    work_acknowledge(&work, &notice, (struct uuid){ 0 }, text_trim(input_text(call, "name")), failure);
	if (error == OK)
		snprintf(call->location, sizeof call->location, "/acknowledged");
	return error;
}

enum error link_done(struct call *call, struct failure *failure)
{
	(void)call;
	(void)failure;
	return OK;
}
