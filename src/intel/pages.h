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

/* releases (release_pages.c); their changes are those of releases.h */
enum error shared_page(struct call *call, struct failure *failure);
enum error release_page(struct call *call, struct failure *failure);
enum error release_new_page(struct call *call, struct failure *failure);
enum error had_page(struct call *call, struct failure *failure);

/* ── what several of them need ─ */

/* The communities of the scope to choose from, as `communities`; `chosen`: a number, or 0. */
enum error output_communities(struct call *call, const struct scope *scope, uint32_t chosen, struct failure *failure);
/* An item's releases that the caller may know of, as `steps`. */
enum error output_steps(
    struct call *call, uint32_t organisation, struct text item, struct uuid shown, struct failure *failure);

/* What a row of a list and the page of an item say of it (item_facts.c). */
json_t *item_facts(const struct call *call, const struct item *item);
/* An object of JSON, in lines: as it is, and as an item is written. */
void output_lines(json_t *object, const char *name, struct text json);
void output_object(json_t *object, const char *name, const struct item *item);

/* Whoever asks, for another action than the route's; NULL when they may not do it at all. */
const struct scope *page_scope(const struct call *call, const struct policy_snapshot *snapshot, enum action action);
enum error page_snapshot(struct call *call, struct policy_snapshot *snapshot, struct failure *failure);
/* In the language of the page, its short name when it has no title. */
const char *community_title(const struct call *call, const struct community *community);
/* Of one that the caller may know of: its title goes into the object, nothing for the centre (0). */
void output_organisation(const struct call *call, json_t *object, const char *name, uint32_t organisation);

#endif
