/*
 * Dispatches (model/dispatch.h), a part of the state store (store.h): the directory, messages and reach_years for
 * scopes that cover all; recipients for their organisation too.
 */
#ifndef NOROSHI_STORE_DISPATCH_H
#define NOROSHI_STORE_DISPATCH_H

#include "model/dispatch.h"
#include "store/store.h"

/* One line of the directory, new or in place of the one with its list and name; what is known of the contact (verified,
 * trouble) stays while its address does. */
enum error store_contact_put(struct store *, const struct scope *, struct dispatch_contact *, struct failure *);
/* What the last dispatch found of it (verified, trouble, trouble_since), wherever the directory still has it. */
enum error store_contact_found(struct store *, const struct scope *, const struct dispatch_contact *, struct failure *);
/* Those of the list whose number is in none of the `kept` (sorted) go. */
enum error store_contact_keep(
    struct store *, const struct scope *, const char *list, const uint64_t *kept, size_t count, struct failure *);
/* By number; `list` NULL: of all lists; `troubled`: only those whom the last dispatch did not reach. */
enum error store_contact_each(struct store *, const struct scope *, const char *list, bool troubled,
    void (*each)(void *, const struct dispatch_contact *), void *context, struct failure *);
enum error store_contact_lists(struct store *, const struct scope *,
    void (*each)(void *, const char *list, uint32_t contacts, uint32_t troubled), void *context, struct failure *);
/* A nil id = new. ERROR_CONFLICT when `version` is not the kept one. */
enum error store_dispatch_put(struct store *, const struct scope *, struct dispatch *, struct failure *);
enum error store_dispatch_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct dispatch *, struct failure *);
enum error store_dispatch_of(
    struct store *, const struct scope *, uint64_t number, struct arena *, struct dispatch *, struct failure *);
/* The newest first; with `running` those alone that run, all of them. */
enum error store_dispatch_each(struct store *, const struct scope *, bool running, struct page *, struct arena *,
    void (*each)(void *, const struct dispatch *), void *context, struct failure *);
/* How many were sent from `from` until before `to`, by kind and the languages that they have. */
enum error store_dispatch_counts(struct store *, const struct scope *, nanoseconds from, nanoseconds to,
    void (*each)(void *, enum dispatch_kind, bool japanese, bool english, uint64_t count), void *context,
    struct failure *);
enum error store_signatory_put(
    struct store *, const struct scope *, const struct dispatch_signatory *, struct failure *);
/* Of one dispatch, or (0) the newest 500 of all in the scope. */
enum error store_signatory_each(struct store *, const struct scope *, uint64_t dispatch,
    void (*each)(void *, const struct dispatch_signatory *), void *context, struct failure *);
/* The one feed of an account, in place of the one before. */
enum error store_feed_put(struct store *, const struct scope *, struct uuid account, uint32_t organisation,
    const uint8_t digest[32], nanoseconds made, struct failure *);
enum error store_feed_find(struct store *, const struct scope *, const uint8_t digest[32], struct uuid *account,
    uint32_t *organisation, struct failure *);
/* Number 0 = new: then the id is given. */
enum error store_recipient_put(struct store *, const struct scope *, struct recipient *, struct failure *);
enum error store_recipient_get(
    struct store *, const struct scope *, struct uuid, struct arena *, struct recipient *, struct failure *);
enum error store_recipient_by_link(struct store *, const struct scope *, const uint8_t digest[32], struct arena *,
    struct recipient *, struct failure *);
enum recipient_choice {
	RECIPIENTS_ALL,
	RECIPIENTS_DUE,    /* it is their turn, and nothing was sent */
	RECIPIENTS_SILENT, /* sent, neither answered nor come back, not reminded */
};
/* Of one dispatch (0: of all, those with an organisation, the newest first, sent ones), behind the number `after`. */
enum error store_recipient_each(struct store *, const struct scope *, uint64_t dispatch, enum recipient_choice,
    uint64_t after, uint32_t limit, struct arena *, void (*each)(void *, const struct recipient *), void *context,
    struct failure *);
/* The newest that were sent to one organisation. */
enum error store_recipient_of(struct store *, const struct scope *, uint32_t organisation, uint32_t limit,
    struct arena *, void (*each)(void *, const struct recipient *), void *context, struct failure *);
/* It is the turn of the next ones: those below it, or (up) the one above it; of those whose turn it was, nothing
 * changes. `recipient` NULL: of the first ones of the dispatch. */
enum error store_recipient_pass(struct store *, const struct scope *, const struct dispatch *, const struct recipient *,
    nanoseconds now, struct failure *);
struct reach_year {
	int year;
	enum dispatch_direction direction;
	char tier[TIER_SIZE];
	uint64_t addressed, reached;
};
/* In place of the year's, or (`add`) to it. */
enum error store_reach_year_put(
    struct store *, const struct scope *, const struct reach_year *, bool add, struct failure *);
enum error store_reach_year_each(struct store *, const struct scope *, void (*each)(void *, const struct reach_year *),
    void *context, struct failure *);

#endif
