/*
 * What the frame of every page shows of the person who looks at it: `me` in the page's data, made after the handler
 * ran.
 *
 *   me: {"name", "title", "role", "organisation" (number), "organisation_title" (members, in the page's language)}
 */
#include "center/request.h"

static const char *title_in(const char *ja, const char *en, const char *name, struct text language)
{
	const char *title = text_equal(language, TEXT("ja")) ? ja : en;
	return title[0] ? title : name;
}

void request_frame(struct request *request)
{
	struct call *call = &request->call;
	const struct subject *subject = &request->subject;
	if (!request->route->page || subject->role == ROLE_NONE || !call->output)
		return;
	/* The frame shows a person itself: its account and its organisation. */
	const struct scope *scope = policy_background("sign-in", call->arena);
	struct account account;
	struct organisation organisation;
	json_t *me = json_object();
	bool known = store_account_get(call->store, scope, subject->account, &account, NULL) == OK;
	json_object_set_new(me, "name", json_string(subject->name));
	json_object_set_new(me, "title", json_string(known && account.title[0] ? account.title : subject->name));
	json_object_set_new(me, "role", json_string(role_code(subject->role)));
	if (subject->organisation &&
	    store_organisation_get(call->store, scope, subject->organisation, &organisation, NULL) == OK) {
		json_object_set_new(me, "organisation", json_integer(subject->organisation));
		json_object_set_new(me, "organisation_title",
		    json_string(
			title_in(organisation.title_ja, organisation.title_en, organisation.name, call->language)));
	}
	json_object_set_new(call->output, "me", me);
}
