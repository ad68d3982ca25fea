/*
 * Communities, who is in them, and where organisations may be named: a part of the state store (store.h), whose rules
 * about scopes, transactions and the log hold. A community that the scope does not cover is ERROR_NOT_FOUND.
 */
#ifndef NOROSHI_STORE_COMMUNITY_H
#define NOROSHI_STORE_COMMUNITY_H

#include "model/community.h"
#include "store/store.h"

/* Number 0 = new; version must match otherwise (ERROR_CONFLICT). A circle of parents is ERROR_INPUT. */
enum error store_community_put(struct store *, const struct scope *, struct community *, struct failure *);
enum error store_community_get(
    struct store *, const struct scope *, uint32_t number, struct community *, struct failure *);
enum error store_community_find(
    struct store *, const struct scope *, struct text name, struct community *, struct failure *);
enum error store_community_each(struct store *, const struct scope *, struct page *,
    void (*each)(void *, const struct community *), void *context, struct failure *);

/* Makes the organisation a member from membership->from on, or gives it another role from then on: the row before ends
 * there and stays. The same role again changes nothing. An organisation that the scope may not know of is
 * ERROR_NOT_FOUND. */
enum error store_membership_put(struct store *, const struct scope *, struct membership *, struct failure *);
/* ERROR_NOT_FOUND: it is no member. Never ends before it begins. */
enum error store_membership_end(struct store *, const struct scope *, uint32_t community, uint32_t organisation,
    nanoseconds when, struct failure *);
/* Of one community or (0) all, of one organisation or (0) all, with `ended` those that ended before `now` too; in the
 * order they were made. Rows of communities whose members the scope knows (ACTION_MEMBERSHIP_READ), and the subject's
 * own organisation's, whatever is hidden. */
struct membership_query {
	uint32_t community, organisation;
	bool ended;
	nanoseconds now;
};
enum error store_membership_each(struct store *, const struct scope *, const struct membership_query *, struct page *,
    void (*each)(void *, const struct membership *, const char *name), void *context, struct failure *);

/* Where an organisation may be named. */
struct naming_choice {
	uint32_t organisation;
	enum naming naming;
	uint32_t circle;  /* for NAMING_WITHIN, else 0 */
	uint64_t version; /* 0 = nobody said anything */
};
enum error store_naming_get(
    struct store *, const struct scope *, uint32_t organisation, struct naming_choice *, struct failure *);
/* Version must match (ERROR_CONFLICT). Whether its people see the circle is the caller's to ask. */
enum error store_naming_put(struct store *, const struct scope *, struct naming_choice *, struct failure *);

#endif
