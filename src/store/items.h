/*
 * What the state store keeps for the exchange (decision 0080): items with all their versions, collections with their
 * entries, and what became of imports. Everything that store.h says of scopes, transactions and texts holds here.
 *
 * Every read asks the policy (policy_item_read()): what it denies is passed over as what is not there, and so is
 * another's relation of which not both ends are seen.
 *
 * An item is known by (owner, id, version). A put of a version that is there changes nothing. The newest version is the
 * one with the greatest `modified`; two owners who use one id have two items.
 */
#ifndef NOROSHI_STORE_ITEMS_H
#define NOROSHI_STORE_ITEMS_H

#include "model/collection.h"
#include "store/store.h"

/* ── items ─ */
/* What it is found by beside its columns: the values of its pattern, where that names no more than values. */
struct item_values {
	const struct text *values;
	uint32_t count;
};
/* *number (may be NULL) becomes the row's, *added (may be NULL) false when this version was there. */
enum error store_item_put(struct store *, const struct scope *, const struct item *, const struct item_values *,
    uint64_t *number, bool *added, struct failure *);
/* The newest version that the owner gave; 0 = there is none. For background work, which the policy is not asked for. */
enum error store_item_newest(
    struct store *, uint32_t organisation, struct text id, nanoseconds *version, struct failure *);
/* One version (0 = the newest) of one owner's item. */
enum error store_item_get(struct store *, const struct scope *, uint32_t organisation, struct text id,
    nanoseconds version, struct arena *, struct item *, struct failure *);
/* The item of this id that the scope's own organisation gave, else the one that was given first. */
enum error store_item_find(
    struct store *, const struct scope *, struct text id, struct arena *, struct item *, struct failure *);
/* All versions of one owner's item, the oldest first. */
enum error store_item_versions(struct store *, const struct scope *, uint32_t organisation, struct text id,
    struct arena *, void (*each)(void *, const struct item *), void *context, struct failure *);
/* One version, or (0) all of them, with its values; its releases are withdrawn at `when`. ERROR_NOT_FOUND when there is
 * none. */
enum error store_item_remove(struct store *, const struct scope *, uint32_t organisation, struct text id,
    nanoseconds version, nanoseconds when, struct failure *);
enum item_holds {
	ITEM_HOLDS_ANY,
	ITEM_HOLDS,    /* neither withdrawn nor a false positive, and its time has begun and is not over */
	ITEM_HOLDS_NOT /* all others */
};
struct item_query {
	struct text value;             /* a whole value of its pattern; empty = any, as all others */
	struct text type, label, text; /* text: part of its name or description, ASCII case apart */
	int kind, tlp;                 /* -1 = any */
	nanoseconds from, to;          /* received in [from, to); 0 = open */
	struct text end;               /* a relation or sighting with this end */
	enum item_holds holds;         /* indicators alone, but for ITEM_HOLDS_ANY */
	nanoseconds now;               /* for `holds` */
	bool owned;                    /* of `owner` alone; 0 = the centre */
	uint32_t owner;
	uint32_t community; /* a version of it stands there; 0 = wherever */
	struct text sector; /* of whose it is, as the organisation has it now */
};
/* Newest versions, the last received first. A page may hold fewer than `limit` and still have a `next`: no more than
 * ITEM_STEPS rows are looked at in one go. */
#define ITEM_STEPS 20000u
enum error store_item_each(struct store *, const struct scope *, const struct item_query *, struct page *,
    struct arena *, void (*each)(void *, const struct item *), void *context, struct failure *);
/* What the sightings of this id that the scope covers add up to (a sighting without a count is one). */
enum error store_item_sightings(
    struct store *, const struct scope *, struct text id, uint64_t *sightings, struct failure *);

/* ── collections ─ */
/* Number 0 = new: gives number and id (unless one is set). The version must match otherwise (ERROR_CONFLICT). */
enum error store_collection_put(struct store *, const struct scope *, struct collection *, struct failure *);
/* Those of communities that the scope covers. By its UUID or its alias. */
enum error store_collection_find(
    struct store *, const struct scope *, struct text name, struct collection *, struct failure *);
enum error store_collection_get(
    struct store *, const struct scope *, uint32_t number, struct collection *, struct failure *);
/* All of them, by number; of `community` alone unless 0. */
enum error store_collection_each(struct store *, const struct scope *, uint32_t community,
    void (*each)(void *, const struct collection *), void *context, struct failure *);

/* ── entries of collections ─ */
/* A release that stands to the collection's community at its TLP (store/release.h), as the community sees it. */
struct entry {
	struct uuid release;
	int64_t added; /* microseconds since the epoch, strictly growing over all collections */
	uint32_t organisation;
	struct text id, type; /* id: in the rendering */
	struct item_time version;
	uint8_t spec;          /* of STIX: 20 or 21 */
	struct text rendering; /* JSON */
};

enum entry_version { ENTRY_LAST = 1, ENTRY_FIRST = 2, ENTRY_ALL = 4 };
#define ENTRY_MATCHES 64u
struct entry_query {
	int64_t after;     /* microseconds: added later than this; 0 = from the beginning */
	uint32_t limit;    /* entries; 1 … */
	size_t bytes;      /* of renderings, beyond which a page ends; at least one entry is given */
	unsigned versions; /* of enum entry_version; 0 and no `exact` = ENTRY_LAST */
	const nanoseconds *exact;
	uint32_t exact_count;
	const struct text *ids, *types; /* none = any */
	uint32_t id_count, type_count;
	const uint8_t *specs; /* 20, 21; none = the latest of each object */
	uint32_t spec_count;
	uint32_t organisation; /* ENTRY_OF_ALL = of every owner */
	bool all_relations;    /* for background work: also those of which not both ends are seen */
};
#define ENTRY_OF_ALL UINT32_MAX
/* A relation (relationship, sighting) is there only for who sees both its ends (store/release_end.c); for background
 * work, whose both ends are shown to the collection's community. In the order of `added`; the entry's texts hold for
 * the call. *more: there may be others behind the last one told, or behind *reached (microseconds) when no more than
 * ENTRY_STEPS rows were looked at. */
#define ENTRY_STEPS 100000u
enum error store_entry_each(struct store *, const struct scope *, const struct collection *, const struct entry_query *,
    void (*each)(void *, const struct entry *), void *context, bool *more, int64_t *reached, struct failure *);
/* Whether any version of an object with this id is there. */
enum error store_entry_exists(
    struct store *, const struct scope *, const struct collection *, struct text id, bool *exists, struct failure *);

/* What was withdrawn from the collection after that moment (and of that moment itself behind this `added`), in that
 * order, at most `limit`: for background work. Of entries only `added`, `organisation` and `id` are set. */
enum error store_entry_gone(struct store *, const struct scope *, const struct collection *, nanoseconds when,
    int64_t added, uint32_t limit, void (*each)(void *, const struct entry *, nanoseconds withdrawn), void *context,
    struct failure *failure);

/* ── imports ─ */
/* A nil id = new. */
enum error store_import_put(struct store *, const struct scope *, struct import *, struct failure *);
/* Of the account that gave it alone; background work finds all. */
enum error store_import_get(
    struct store *, const struct scope *, struct uuid id, struct arena *, struct import *, struct failure *);
/* At the start: what was pending has ended; the rest of it failed. For background work. */
enum error store_import_end(struct store *, const struct scope *, nanoseconds now, struct failure *);
/* Those that finished before `before` go. */
enum error store_import_expire(struct store *, const struct scope *, nanoseconds before, struct failure *);

#endif
