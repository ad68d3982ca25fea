/*
 * The pages of the exchange (docs/pages.md): communities, items, releases. Each handler fills the data of its template;
 * what a page changes goes through the same functions as the API.
 */
#ifndef NOROSHI_INTEL_PAGES_H
#define NOROSHI_INTEL_PAGES_H

#include "http/call.h"
#include "model/item.h"
#include "store/community.h"

extern const struct route page_routes[];

/* communities (community_pages.c) */
enum error communities_page(struct call *call, struct failure *failure);
enum error community_page(struct call *call, struct failure *failure);
enum error community_create_form(struct call *call, struct failure *failure);
enum error community_change_form(struct call *call, struct failure *failure);
enum error member_put_form(struct call *call, struct failure *failure);
enum error member_end_form(struct call *call, struct failure *failure);
enum error naming_form(struct call *call, struct failure *failure);

/* items (item_pages.c) */
enum error items_page(struct call *call, struct failure *failure);
enum error item_page(struct call *call, struct failure *failure);
enum error item_new_page(struct call *call, struct failure *failure);
enum error item_create_form(struct call *call, struct failure *failure);
enum error item_change_form(struct call *call, struct failure *failure);

/* ── what several of them need ─ */

/* What a row of a list and the page of an item say of it (item_facts.c). */
json_t *item_facts(const struct call *call, const struct item *item);
/* The object, as it would be written, in lines. */
void output_object(json_t *object, const char *name, const struct item *item);

/* Whoever asks, for another action than the route's; NULL when they may not do it at all. */
const struct scope *page_scope(const struct call *call, const struct policy_snapshot *snapshot, enum action action);
enum error page_snapshot(struct call *call, struct policy_snapshot *snapshot, struct failure *failure);
/* In the language of the page, its short name when it has no title. */
const char *community_title(const struct call *call, const struct community *community);
/* Of one that the caller may know of: its title goes into the object, nothing for the centre (0). */
void output_organisation(const struct call *call, json_t *object, const char *name, uint32_t organisation);

#endif
