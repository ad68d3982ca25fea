/*
 * What is shared with sensors: a part of the state store (store.h), whose rules about scopes, transactions and the log
 * hold. A row is one indicator in one community, as it is now; each change gives it a new number, greater than all
 * before, so that "what changed since" is one walk, also for who was away for a year.
 */
#ifndef NOROSHI_STORE_SHARED_H
#define NOROSHI_STORE_SHARED_H

#include "model/item.h"
#include "store/store.h"

#define SHARED_BODY 65536  /* bytes */
#define SHARED_SLICE 1000u /* rows that one call withdraws: some 15 ms */
#define SHARED_VOICES 16u  /* of those who gave the same */

struct shared {
	uint32_t id; /* 1 …; what alerts of sensors name */
	uint32_t community, organisation;
	struct text item;               /* the owner's own name for it */
	uint64_t number;                /* of its newest change; 0: nobody was told of it yet */
	bool withdrawn;                 /* it does not stand */
	bool waits;                     /* for a person, or for its time */
	bool held;                      /* withdrawn by another than its owner */
	enum item_action asked, action; /* as given; as it travels */
	uint32_t whys;                  /* of the release rule: bits */
	nanoseconds until, given;       /* 0 = no end */
	nanoseconds begins;             /* it waits for this time; 0 = it does not */
	nanoseconds version;            /* of the item; 0: it is none */
	struct uuid account;            /* nil: no person gave it */
	struct uuid released;           /* who let it travel; nil: it travels by itself, or not */
	struct text body;               /* its values as JSON: [["domain","evil.example"]] */
};

/* Makes or changes the owner's indicator of this name in this community: with `travels` it gets a number, else it waits
 * and what travelled of it before is withdrawn. Its id and number are set. */
enum error store_shared_put(struct store *, const struct scope *, struct shared *, bool travels, struct failure *);

/* Withdraws at most SHARED_SLICE of those that are meant, those that wait too; *more: there may be others. `held`: it
 * is not the owner who does. */
struct shared_meant {
	uint32_t id;           /* this one; else */
	uint32_t organisation; /* of this owner: */
	struct text item;      /* of this name, */
	nanoseconds version;   /* of this version or (0) any, */
	uint32_t community;    /* in this one or (0) all; empty: all of the owner's */
	bool held;
};
enum error store_shared_withdraw(struct store *, const struct scope *, const struct shared_meant *, uint64_t *withdrawn,
    bool *more, struct failure *);
/* The same with what is over. */
enum error store_shared_expire(struct store *, const struct scope *, nanoseconds now, bool *more, struct failure *);
enum error store_shared_get(
    struct store *, const struct scope *, uint32_t id, struct shared *, struct arena *, struct failure *);
/* The owner's of this name in this community. */
enum error store_shared_find(struct store *, const struct scope *, uint32_t organisation, struct text item,
    uint32_t community, struct shared *, struct arena *, struct failure *);
/* And those of this name in all communities that are not withdrawn. */
enum error store_shared_of_item(struct store *, const struct scope *, uint32_t organisation, struct text item,
    void (*each)(void *, const struct shared *), void *context, struct failure *);

/* The switch: nothing of this source is in force, nor will be until it is taken back. What stands goes by
 * store_shared_withdraw(). */
enum error store_shared_stop(
    struct store *, const struct scope *, uint32_t organisation, bool stop, nanoseconds now, struct failure *);
enum error store_shared_stopped(struct store *, uint32_t organisation, bool *stopped, struct failure *);
/* One that is stopped and of which something stands still; 0 = none. */
enum error store_shared_stopping(struct store *, uint32_t *organisation, struct failure *);

/* In the scope's communities, those with a number above `since`, by their numbers, at most `limit`; the texts until the
 * callback returns. */
enum error store_shared_since(struct store *, const struct scope *, uint64_t since, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
/* Those of the owner that wait (or, for the centre's people, all that wait). */
enum error store_shared_waiting(struct store *, const struct scope *, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
/* Those whose time has begun, and those that stand (or only those that block) with an id above `after`, by id: for
 * background work. */
enum error store_shared_due(struct store *, const struct scope *, nanoseconds now, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
enum error store_shared_standing(struct store *, const struct scope *, bool blocks, uint32_t after, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
/* Who gave the same values in this community, and has not withdrawn them: at most SHARED_VOICES. */
enum error store_shared_same(struct store *, uint32_t community, struct text body,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
enum error store_shared_last(struct store *, uint64_t *number, struct failure *); /* the greatest number */
/* How many of this owner's were given in this community since, and travelled; minute by minute from `since` on. */
enum error store_shared_given(struct store *, uint32_t community, uint32_t organisation, nanoseconds since,
    void (*each)(void *, unsigned minute, uint64_t count), void *context, struct failure *);
enum error store_shared_waiting_count(
    struct store *, uint32_t organisation, unsigned most, uint64_t *count, struct failure *);

/* Removes at most SHARED_SLICE of those that were withdrawn, up to this number, with what was met of them; not what
 * another than its owner withdrew. *more: there may be others. */
enum error store_shared_purge(struct store *, const struct scope *, uint64_t most, bool *more, struct failure *failure);
/* The greatest number that was removed in the scope's communities: whoever took changes up to it, or began after it,
 * has nothing that was. */
enum error store_shared_purged(struct store *, const struct scope *, uint64_t *number, struct failure *);

/* Who gave an item of this name to this community, whatever became of it. */
enum error store_shared_named(struct store *, const struct scope *, struct text item, uint32_t community,
    void (*each)(void *, const struct shared *), void *context, struct failure *);

/* Sightings: how often an indicator was met at an organisation. */
struct shared_met {
	uint64_t count;
	nanoseconds first, last; /* as the sources say */
};
/* Adds to what is known; *new: it was not met there before. */
enum error store_shared_met_add(struct store *, const struct scope *, uint32_t id, uint32_t organisation,
    const struct shared_met *, nanoseconds now, bool *new, struct failure *);
/* Of one organisation; all zero: it was not met there. */
enum error store_shared_met_get(
    struct store *, const struct scope *, uint32_t id, uint32_t organisation, struct shared_met *, struct failure *);
/* At how many other organisations it was met, as known before this time. */
enum error store_shared_met_elsewhere(
    struct store *, uint32_t id, uint32_t organisation, nanoseconds before, uint64_t *organisations, struct failure *);

/* What a community lets travel by itself, and what it thinks of a source (organisation; 0 = of all that have no row of
 * their own). */
struct shared_rule {
	uint32_t community, organisation;
	enum item_action alone; /* at most this; of the community alone, as the next */
	unsigned least;         /* trust that is needed */
	unsigned trust;         /* of the source: 0 = none, 1 = it is heard, 2 = as good as one's own */
	uint64_t rate;          /* an hour */
};
/* ERROR_NOT_FOUND: there is no such row. */
enum error store_shared_rule_get(
    struct store *, uint32_t community, uint32_t organisation, struct shared_rule *, struct failure *);
enum error store_shared_rule_put(
    struct store *, const struct scope *, const struct shared_rule *, nanoseconds now, struct failure *);
enum error store_shared_rule_each(struct store *, uint32_t community, void (*each)(void *, const struct shared_rule *),
    void *context, struct failure *);

/* The line of a change (match/indicator_recent.h). */
void shared_write_line(const struct shared *, struct builder *to);

#endif
