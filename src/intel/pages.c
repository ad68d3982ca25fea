/*
 * What several pages of the exchange need.
 */
#include "intel/pages.h"

enum error page_snapshot(struct call *call, struct policy_snapshot *snapshot, struct failure *failure)
{
	return store_snapshot(call->store, call->now, call->arena, snapshot, failure);
}

const struct scope *page_scope(const struct call *call, const struct policy_snapshot *snapshot, enum action action)
{
	return policy_scope(snapshot, call->subject, action, call->arena);
}

static const char *title_of(const struct call *call, const char *ja, const char *en, const char *name)
{
	const char *title = text_equal(call->language, TEXT("ja")) ? ja : en;
	return *title ? title : name;
}

const char *community_title(const struct call *call, const struct community *community)
{
	return title_of(call, community->title_ja, community->title_en, community->name);
}

/* Whom the reader's scope covers it may know, and whom it knows from a community whose members it knows. */
static bool may_know(const struct call *call, uint32_t organisation)
{
	struct policy_snapshot snapshot;
	if (scope_covers(call->scope, organisation))
		return true;
	return call->subject->organisation &&
	       store_snapshot(call->store, call->now, call->arena, &snapshot, NULL) == OK &&
	       policy_knows_organisation(&snapshot, call->subject->organisation, organisation);
}

void output_organisation(const struct call *call, json_t *object, const char *name, uint32_t organisation)
{
	struct organisation found;
	/* The name alone, and of one that may be known. */
	if (organisation && may_know(call, organisation) &&
	    store_organisation_get(call->store, policy_background("names", call->arena), organisation, &found, NULL) ==
		OK)
		output_string(object, name, title_of(call, found.title_ja, found.title_en, found.name));
}
