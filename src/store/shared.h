/*
 * What is shared with sensors: a part of the state store (store.h), whose rules about scopes, transactions and the log
 * hold. A row is one indicator in one community, as it is now; each change gives it a new number, greater than all
 * before, so that "what changed since" is one walk, also for who was away for a year.
 */
#ifndef NOROSHI_STORE_SHARED_H
#define NOROSHI_STORE_SHARED_H

#include "model/item.h"
#include "store/store.h"

#define SHARED_BODY 65536 /* bytes */

struct shared {
	uint32_t id; /* 1 …; what alerts of sensors name */
	uint32_t community, organisation;
	struct text item; /* the owner's own name for it */
	uint64_t number;  /* of its newest change; 0: it waits for a person */
	bool withdrawn;
	enum item_action asked, action; /* as given; as it travels */
	uint32_t whys;                  /* of the release rule: bits */
	nanoseconds until, given;       /* 0 = no end */
	struct uuid account;            /* nil: no person gave it */
	struct text body;               /* its values as JSON: [["domain","evil.example"]] */
};

/* Makes or changes the owner's indicator of this name in this community: with `travels` it gets a number, else it waits
 * and what travelled of it before is withdrawn. Its id and number are set. */
enum error store_shared_put(struct store *, const struct scope *, struct shared *, bool travels, struct failure *);
/* Withdraws: of this owner the one of this id, or (0) all. ERROR_NOT_FOUND: there is none that the owner has. */
enum error store_shared_withdraw(
    struct store *, const struct scope *, uint32_t organisation, uint32_t id, struct failure *);
/* Withdraws what is over. For background work; in a transaction. */
enum error store_shared_expire(struct store *, const struct scope *, nanoseconds now, struct failure *);
enum error store_shared_get(
    struct store *, const struct scope *, uint32_t id, struct shared *, struct arena *, struct failure *);

/* The switch: nothing of this source is in force, nor will be until it is taken back. */
enum error store_shared_stop(
    struct store *, const struct scope *, uint32_t organisation, bool stop, nanoseconds now, struct failure *);
enum error store_shared_stopped(struct store *, uint32_t organisation, bool *stopped, struct failure *);

/* In the scope's communities, those with a number above `since`, by their numbers, at most `limit`; the texts until the
 * callback returns. */
enum error store_shared_since(struct store *, const struct scope *, uint64_t since, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
/* Those of the owner that wait (or, for the centre's people, all that wait). */
enum error store_shared_waiting(struct store *, const struct scope *, unsigned limit,
    void (*each)(void *, const struct shared *), void *context, struct failure *);
/* Who else gave the same values in this community, and has not withdrawn them. */
enum error store_shared_same(struct store *, uint32_t community, struct text body,
    void (*each)(void *, uint32_t organisation, struct uuid account), void *context, struct failure *);
enum error store_shared_last(struct store *, uint64_t *number, struct failure *); /* the greatest number */
/* How many of this owner's were given since. */
enum error store_shared_rate(
    struct store *, uint32_t organisation, nanoseconds since, uint64_t *count, struct failure *);

/* The line of a change (match/indicator_recent.h). */
void shared_write_line(const struct shared *, struct builder *to);

#endif
