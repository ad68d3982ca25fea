/*
 * What telescopes counted, for programs and as pages. Handlers: typed fields in, JSON out.
 */
#ifndef NOROSHI_DARKNET_COUNTS_ROUTES_H
#define NOROSHI_DARKNET_COUNTS_ROUTES_H

#include "darknet/center/counts_long.h"
#include "http/call.h"

extern const struct route counts_routes[];

enum error views_read(struct call *call, struct failure *failure);      /* rankings of a period */
enum error comparison_read(struct call *call, struct failure *failure); /* one's own beside the whole */
enum error telescopes_read(struct call *call, struct failure *failure); /* what each saw lately */
enum error telescope_hours(struct call *call, struct failure *failure); /* packets of each hour */
enum error figures_publish(struct call *call, struct failure *failure); /* figures that stay */
enum error figures_list(struct call *call, struct failure *failure);
enum error findings_list(struct call *call, struct failure *failure);      /* groups, changes, scans, victims */
enum error finding_sources(struct call *call, struct failure *failure);    /* of a group, all of them */
enum error finding_indicators(struct call *call, struct failure *failure); /* of a group, as items */
enum error darknet_page(struct call *call, struct failure *failure);       /* all of these, for people */
enum error comparison_page(struct call *call, struct failure *failure);    /* one's own beside the whole, for people */
enum error note_add(struct call *call, struct failure *failure);           /* why a period is unlike others */
enum error note_list(struct call *call, struct failure *failure);
enum error note_remove(struct call *call, struct failure *failure);
enum error figures_get(struct call *call, struct failure *failure);

/* ── for the handlers of several files ─ */

/* `period` and `against`; this month when absent, and what is before it but for what notes leave out. */
enum error asked_periods(
    const struct call *call, const struct view_notes *notes, struct view_period periods[2], struct failure *failure);
/* What is said of periods, and to the centre's people by whom if `authors`; view_notes_free() in either case. */
enum error read_notes(struct call *call, bool authors, struct view_notes *notes, struct failure *failure);
/* Of the whole, as the asker may see it: *scope is a background work's, and the view says what is left out. */
enum error whole_of(struct call *call, const struct scope **scope, struct counts_view *view, struct failure *failure);
/* The view, made or found (counts_long.h), to be freed by counts_view_free() in either case. !*ready: the call comes
 * again, or its output has `adding`: how far it is. `report` as for views_report_begin(). */
enum error make_view(struct call *call, const struct scope *scope, struct counts_view *view,
    struct views_report *report, bool *ready, struct failure *failure);
/* How the asker signs notes and publications: by title, for how somebody signs in is nobody's to know. */
void author_of(const struct call *call, char *to, size_t room);
/* After a form: the page of telescopes with that period, at the heading `part`. */
void back_to_page(struct call *call, struct text period, const char *part);
/* `chosen` of a page: the organisation that was asked for, if the asker may know that there is one. */
void output_chosen(struct call *call);
/* The report's JSON object becomes members of the output. */
enum error output_views(const struct views_report *report, json_t *output, struct failure *failure);

#endif
