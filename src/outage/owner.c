/*
 * Whose a web site is: by the domains that organisations have at the time.
 */
#include "outage/adapter.h"

struct search {
	struct store *store;
	const struct scope *scope;
	struct text host;
	nanoseconds when;
	uint32_t owner;
	size_t longest;
	enum error error;
	struct failure *failure;
};

static void look(void *context, const struct organisation_space *space)
{
	struct search *search = context;
	struct text domain = text_of(space->domain);
	bool held = space->from <= search->when && (space->to == 0 || search->when < space->to);
	if (!held || domain.size <= search->longest || !outage_is_within(search->host, domain))
		return;
	search->longest = domain.size;
	search->owner = space->organisation;
}

static void look_at(void *context, const struct organisation *organisation)
{
	struct search *search = context;
	if (organisation->active && search->error == OK)
		search->error =
		    store_space_each(search->store, search->scope, organisation->number, look, search, search->failure);
}

enum error outage_owner(struct store *store, const struct scope *scope, struct text host, nanoseconds when,
    uint32_t *organisation, struct failure *failure)
{
	struct search search = { .store = store, .scope = scope, .host = host, .when = when, .failure = failure };
	enum error error = store_organisation_all(store, scope, look_at, &search, failure);
	if (error == OK)
		error = search.error;
	*organisation = search.owner;
	return error;
}
