/*
 * Releases of items (model/item.h): a part of the state store (store.h), whose rules about scopes, transactions and the
 * log hold. The policy (model/policy.h) is asked here for every release that is made, read or withdrawn; whoever reads
 * through this header needs no check of its own.
 *
 * The table `release` is the only one that holds renderings: its rows lie in the order in which they were added, and
 * each says whether it is the latest version of its object in its community at its TLP (`place`), so that a collection
 * is a walk over an index of neighbouring rows (store/items.h, entries). SQL of other files over that table:
 * {community} for what members read, TLP:RED by release_named, `withdrawn = 0`.
 */
#ifndef NOROSHI_STORE_RELEASE_H
#define NOROSHI_STORE_RELEASE_H

#include "model/item.h"
#include "store/items.h"

struct release_standing release_standing_of(const struct release *release);

/* Makes a release of an item that the scope sees (intel/releasing.h renders it): organisation, item, version, row (or
 * 0), type, spec, community, tlp, named, purpose, content, recipients, removed, taken_out, shown, rendering and decided
 * are given; id, step, added and decided_by are filled (the last not for background work). `from`: the release that it
 * widens, when not the item's owner decides; else NULL. ERROR_NOT_FOUND, ERROR_DENIED or ERROR_INPUT with the words of
 * release_answer_words(); ERROR_CONFLICT: the same version stands at this TLP in this community already. Leaves no line
 * in the log: the row says who and when. */
enum error store_release_put(struct store *, const struct scope *, const struct policy_snapshot *, struct release *,
    const struct release *from, enum tlp item_tlp, struct failure *);
/* The policy's word alone, before anything is rendered. */
enum error store_release_check(const struct scope *, const struct policy_snapshot *, const struct release *,
    const struct release *from, enum tlp item_tlp, struct failure *);

/* One that the scope knows of. Its rendering is there only when the scope reads it. */
enum error store_release_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct release *, struct failure *);
/* An item's releases that the scope knows of (policy_release_known()), by step; of all versions. Withdrawn ones too.
 */
enum error store_release_each(struct store *, const struct scope *, uint32_t organisation, struct text item,
    struct arena *, void (*each)(void *, const struct release *), void *context, struct failure *);
/* Everything of one item, for policy_item_read(); for whoever decides about the item. In the arena. */
enum error store_release_standings(struct store *, uint32_t organisation, struct text item, struct arena *,
    struct release_standing **, size_t *count, struct failure *);

/* The rendering goes for everybody at once, out of the collections too; the row stays, with the reason (may be empty).
 * ERROR_DENIED: the scope may not. Twice is ERROR_CONFLICT. */
enum error store_release_withdraw(struct store *, const struct scope *, const struct policy_snapshot *, struct uuid,
    nanoseconds when, struct text reason, struct failure *);

/* For background work that renders anew what stands: the next one behind `after` (added), with its rendering;
 * ERROR_END. And its shown, removed, taken_out and rendering written. */
enum error store_release_next(
    struct store *, const struct scope *, nanoseconds after, struct arena *, struct release *, struct failure *);
enum error store_release_rewrite(struct store *, const struct scope *, const struct release *, struct failure *);

/* What the scope reads, with renderings, the last added first: of several releases of one item the one that it gets to
 * see (policy_release_choose()), unless one community is asked for. A page may hold fewer than `limit` and still have a
 * `next`: no more than RELEASE_STEPS rows are looked at in one go. */
struct release_query {
	uint32_t community; /* 0 = any */
	int tlp;            /* -1 = any */
	struct text type;   /* of the object; empty = any */
	enum item_holds holds;
	nanoseconds now;   /* for `holds` */
	struct text words; /* somewhere in the rendering, ASCII case apart; empty = any */
};
#define RELEASE_STEPS 20000u
enum error store_release_list(struct store *, const struct scope *, const struct release_query *, struct page *,
    struct arena *, void (*each)(void *, const struct release *), void *context, struct failure *);

/* What an organisation could read at some time (policy_release_had()), the newest first, without renderings. Only for
 * the centre's people, of communities that do not keep them out, and for the organisation itself. */
enum error store_release_had(struct store *, const struct scope *, const struct policy_snapshot *,
    uint32_t organisation, struct page *, struct arena *, void (*each)(void *, const struct release *), void *context,
    struct failure *);

#endif
