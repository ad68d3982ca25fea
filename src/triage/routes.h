/*
 * The routes and pages over what triage made: the queue, one event and what people decide about it, standing decisions,
 * the search over all alerts, the funnel, statistics, campaigns. docs/api.md describes each answer. Handlers run in the
 * keeper, only over store/.
 */
#ifndef NOROSHI_TRIAGE_ROUTES_H
#define NOROSHI_TRIAGE_ROUTES_H

#include "http/call.h"
#include "store/history.h"
#include "store/store.h"

extern const struct route triage_routes[];

enum error events_list(struct call *call, struct failure *failure);
enum error event_read(struct call *call, struct failure *failure);
enum error event_alerts(struct call *call, struct failure *failure);
enum error event_confirm(struct call *call, struct failure *failure);
enum error event_dismiss(struct call *call, struct failure *failure);
enum error event_reopen(struct call *call, struct failure *failure);
enum error event_merge(struct call *call, struct failure *failure);
enum error event_split(struct call *call, struct failure *failure);
enum error decisions_list(struct call *call, struct failure *failure);
enum error decision_read(struct call *call, struct failure *failure);
enum error decision_create(struct call *call, struct failure *failure);
enum error decision_withdraw(struct call *call, struct failure *failure);
enum error alerts_list(struct call *call, struct failure *failure);
enum error alert_read(struct call *call, struct failure *failure);
enum error records_list(struct call *call, struct failure *failure);
enum error alert_records(struct call *call, struct failure *failure);
enum error funnel_read(struct call *call, struct failure *failure);
enum error statistics_read(struct call *call, struct failure *failure);
enum error campaigns_list(struct call *call, struct failure *failure);
enum error campaign_read(struct call *call, struct failure *failure);
enum error campaign_analyse(struct call *call, struct failure *failure);

/* ── what they share (routes_json.c) ─ */

/* The organisations of the scope: titles in the request's language. At most 5,000 are named. */
struct titles; /* in the call's arena */
enum error titles_load(struct call *call, struct titles **titles, struct failure *failure);
void titles_output(const struct titles *titles, struct call *call);                 /* `organisations` for the filter */
void title_add(const struct titles *titles, uint32_t organisation, json_t *object); /* `organisation_title` */

/* One event, in the call's arena, with the titles for showing it. */
enum error event_load(struct call *call, struct uuid id, struct event **event, struct event_standing *standing,
    struct titles **titles, struct failure *failure);
/* The event as the API and the pages show it: event_write_json() with state, title of the organisation, version. What a
 * member may not know (that others are concerned) is left out. NULL = no memory. */
json_t *event_json(const struct call *call, const struct titles *titles, const struct event *event,
    const struct event_standing *standing);
/* The coverage of a list or a count into output `watched`, so that an empty one is not read as "nothing there": of
 * [from, to); from 0 = `usual` before its end, to 0 or in the future = now. */
enum error watched_output(struct call *call, uint32_t organisation, nanoseconds from, nanoseconds to, nanoseconds usual,
    struct failure *failure);
/* Of the event's time and organisation (rule 13). */
enum error event_coverage(
    const struct call *call, const struct event *event, struct coverage *coverage, struct failure *failure);
json_t *alert_json(
    const struct call *call, const struct history_hit *hit, const struct titles *titles, bool with_original);
json_t *decision_json(const struct call *call, const struct titles *titles, const struct decision *decision);

/* The same alerts one by one: from *next on (0 = the first), which becomes where to go on, 0 = that was all. */
enum error event_alerts_each(struct call *call, const struct event *event, uint64_t *next, uint32_t limit,
    void (*each)(void *context, const struct history_hit *hit), void *context, struct failure *failure);
/* The alerts of an event, with those of the events merged into it, without hosts that were split off: from `after` on
 * into output `alerts`, and `alerts_next` or "". */
enum error event_alerts_output(struct call *call, const struct titles *titles, const struct event *event,
    struct text after, uint32_t limit, const char *next_name, struct failure *failure);
/* A standing decision from the dismissal of an event, by the fields of the request. */
enum error decision_from_event(
    struct call *call, const struct event *event, struct text reason, struct failure *failure);

/* Of a page the days in its form: those of its language's zone, the last one included. */
void days_of_page(const struct call *call, struct history_query *query);

/* Positions as they are shown (position.c). */
uint64_t position_hide(const struct call *call, uint64_t position);
uint64_t position_reveal(const struct call *call, uint64_t hidden);
enum error position_cursor_read(
    const struct call *call, struct text cursor, uint64_t *position, struct failure *failure);
void position_cursor_write(struct call *call, const char *name, uint64_t position); /* into the output; "" for 0 */
void tell_changed(struct call *call, uint32_t organisation, const char *noun, struct uuid id);

#endif
