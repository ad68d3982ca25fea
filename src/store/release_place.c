/*
 * Which release of an object is the one that its community is shown at a TLP: the latest version, by specification and
 * then by `modified`. Others that stand lie beside it, so that a client of TAXII that asks for the latest walks over
 * nothing else, however often an object was updated; what is withdrawn lies apart from both.
 */
#include "store/release_row.h"

struct rival {
	int64_t added;
	nanoseconds version;
	uint8_t spec;
	enum release_place place;
	uint32_t step;
	bool here; /* in this community, at this TLP, and not withdrawn */
};

static enum error rivals_each(struct store *store, const struct release *release,
    void (*each)(void *, const struct rival *), void *context, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT r.added, r.version, r.spec, r.place, r.step, r.community = :community AND r.tlp = :tlp AND r.place "
	    "< 2"
	    " FROM item i JOIN release r ON r.item = i.number WHERE i.id = :object AND i.organisation = :owner",
	    &query, failure);
	if (error)
		return error;
	bind_text(&query, ":object", release->item);
	bind_integer(&query, ":owner", release->organisation);
	bind_integer(&query, ":community", release->community);
	bind_integer(&query, ":tlp", release->tlp);
	while ((error = query_step(&query)) == OK) {
		const struct rival rival = { .added = column_integer(&query, 0),
			.version = column_integer(&query, 1),
			.spec = (uint8_t)column_integer(&query, 2),
			.place = (enum release_place)column_integer(&query, 3),
			.step = (uint32_t)column_integer(&query, 4),
			.here = column_integer(&query, 5) != 0 };
		each(context, &rival);
	}
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static bool is_later(uint8_t spec, nanoseconds version, uint8_t than_spec, nanoseconds than_version)
{
	return spec != than_spec ? spec > than_spec : version > than_version;
}

struct search {
	const struct release *release;
	struct release_site *site;
};

static void compare(void *context, const struct rival *rival)
{
	struct search *search = context;
	struct release_site *site = search->site;
	const struct release *release = search->release;
	site->step = rival->step >= site->step ? rival->step + 1 : site->step;
	if (!rival->here)
		return;
	if (rival->version == release->version.when && rival->spec == release->spec)
		site->repeats = true;
	if (rival->place != RELEASE_SHOWN)
		return;
	if (is_later(release->spec, release->version.when, rival->spec, rival->version))
		site->outdone = rival->added;
	else
		site->place = RELEASE_PAST;
}

enum error release_find_site(
    struct store *store, const struct release *release, struct release_site *site, struct failure *failure)
{
	struct search search = { release, site };
	*site = (struct release_site){ .place = RELEASE_SHOWN, .step = 1 };
	return rivals_each(store, release, compare, &search, failure);
}

enum error release_set_place(struct store *store, int64_t added, enum release_place place, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store, "UPDATE release SET place = :place WHERE added = :added", &query, failure);
	if (error)
		return error;
	bind_integer(&query, ":place", place);
	bind_integer(&query, ":added", added);
	return query_run(&query, NULL);
}

/* The latest of those that stand, and whether any of them is shown. */
struct heirs {
	struct rival latest;
	bool any, shown;
};

static void inherit(void *context, const struct rival *rival)
{
	struct heirs *heirs = context;
	if (!rival->here)
		return;
	heirs->shown |= rival->place == RELEASE_SHOWN;
	if (!heirs->any || is_later(rival->spec, rival->version, heirs->latest.spec, heirs->latest.version))
		heirs->latest = *rival;
	heirs->any = true;
}

enum error release_end(struct store *store, const struct scope *scope, const struct release *release, nanoseconds when,
    struct text reason, struct failure *failure)
{
	struct query query;
	struct heirs heirs = { 0 };
	enum error error = query_write(store, scope, NOUN_RELEASE, scope_own(scope),
	    "UPDATE release SET withdrawn = :when, reason = :reason, place = 2, rendering = x'' WHERE id = :id", &query,
	    failure);
	if (error)
		return error;
	bind_integer(&query, ":when", when);
	bind_text(&query, ":reason", reason);
	bind_uuid(&query, ":id", &release->id);
	error = query_run(&query, NULL);
	if (!error)
		error = rivals_each(store, release, inherit, &heirs, failure);
	if (error || !heirs.any || heirs.shown)
		return error;
	return release_set_place(store, heirs.latest.added, RELEASE_SHOWN, failure);
}
