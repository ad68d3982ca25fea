/*
 * Remotes (model/remote.h) in the state store: what an administrator set, how far the centre came with each, and what
 * failed. Everything that store.h says of scopes and transactions holds here; remotes are of the noun collection, and
 * belong to the centre.
 */
#ifndef NOROSHI_STORE_REMOTES_H
#define NOROSHI_STORE_REMOTES_H

#include "model/item.h" /* ITEM_ID */
#include "model/remote.h"
#include "store/store.h"

/* Number 0 = new: gives number and id. The version must match otherwise (ERROR_CONFLICT). Writes all of it. */
enum error store_remote_put(struct store *, const struct scope *, struct remote *, struct failure *);
/* What came of a turn: course, position and status alone. A remote that is gone, or was changed since (its version is
 * another): ERROR_NOT_FOUND, and nothing is written. */
enum error store_remote_note(struct store *, const struct scope *, const struct remote *, struct failure *);
/* By its name or its id. */
enum error store_remote_find(struct store *, const struct scope *, struct text name, struct remote *, struct failure *);
enum error store_remote_get(struct store *, const struct scope *, uint32_t number, struct remote *, struct failure *);
/* By name. */
enum error store_remote_each(
    struct store *, const struct scope *, void (*each)(void *, const struct remote *), void *context, struct failure *);
/* Active ones that are due for this way: their numbers, the longest due first; at most `room`. */
enum error store_remote_due(struct store *, const struct scope *, enum remote_way, nanoseconds now, uint32_t *numbers,
    size_t room, size_t *count, struct failure *);
/* With its failures. */
enum error store_remote_remove(struct store *, const struct scope *, const struct remote *, struct failure *);

/* An object that was refused: by us when polling, by the server when pushing. */
struct remote_failure {
	enum remote_way way;
	nanoseconds when;
	struct text object, version, message;
};
/* The oldest beyond REMOTE_FAILURES go. */
enum error store_remote_failure_put(
    struct store *, const struct scope *, uint32_t remote, const struct remote_failure *, struct failure *);
/* The latest first. */
enum error store_remote_failure_each(struct store *, const struct scope *, uint32_t remote,
    void (*each)(void *, const struct remote_failure *), void *context, struct failure *);

/* ── entries of feeds ─ */

/* What an entry says it is, and what it says (intel/feed_item.h): digests. */
struct entry_keys {
	uint8_t keys[2][32]; /* the first is what it is known by in its own feed, the other its address */
	unsigned count;
	bool named; /* the first is an id */
	uint8_t digest[32];
};
/* Who said it first to a community, and what it is there. */
struct entry_known {
	char item[ITEM_ID];
	uint32_t organisation;
	struct uuid remote; /* that its last version came by */
	nanoseconds created, modified;
	uint8_t digest[32];
};
/* By the first key; by the address, unless the same remote gave that address to an entry with another id.
 * ERROR_NOT_FOUND. Both for background work, which the policy is not asked for. */
enum error store_remote_entry_find(struct store *, uint32_t community, struct uuid remote, const struct entry_keys *,
    struct entry_known *, struct failure *);
/* All keys lead to it; one that leads to another entry already stays. */
enum error store_remote_entry_put(
    struct store *, uint32_t community, const struct entry_keys *, const struct entry_known *, struct failure *);

#endif
