/*
 * Views of what telescopes counted, and what was published of them.
 */
#include "darknet/center/counts_routes.h"

#include "darknet/center/counting.h"
#include "darknet/center/counts_settings.h"
#include "darknet/view/period.h"

#include <stdio.h>
#include <string.h>

enum error asked_periods(
    const struct call *call, const struct view_notes *notes, struct view_period periods[2], struct failure *failure)
{
	char month[16];
	enum period_form form;
	struct text period = input_text(call, "period"), against = input_text(call, "against");
	view_day(day_of(call->now, (int)counts_configured()->zone * 60), month);
	month[7] = 0;
	if (!view_period_parse(period.size ? period : text_of(month), &periods[0], &form))
		return fail(failure, ERROR_INPUT,
		    "period: a year, a month, a day or two days as 2022-03-01..2022-03-31 were expected");
	periods[1] = view_notes_against(notes, &periods[0], form);
	if (against.size && !view_period_parse(against, &periods[1], &form))
		return fail(failure, ERROR_INPUT, "against: a period as of `period` was expected");
	if (periods[0].to - periods[0].from > 3700 || periods[1].to - periods[1].from > 3700)
		return fail(failure, ERROR_INPUT, "period: at most ten years");
	return OK;
}

enum error whole_of(struct call *call, const struct scope **scope, struct counts_view *view, struct failure *failure)
{
	if (scope_covers_all(call->scope)) {
		*scope = call->scope;
		return OK;
	}
	/* The sum alone leaves the centre. */
	*scope = policy_background("telescopes together", call->arena);
	view->asker = call->subject->organisation;
	view->least = (uint32_t)counts_configured()->least_telescopes;
	return *scope ? OK : fail(failure, ERROR_MEMORY, "no memory for a view");
}

/* ── long ones ─ */

#define PATIENCE (40 * SECOND)      /* of programs: front waits for a minute */
#define PAGE_PATIENCE (10 * SECOND) /* of people, who would rather see how far it is */
#define REST_LEAST (5 * MILLISECOND)
#define REST_MOST SECOND

/* Looked at again and again until it is there, or takes too long: then it is told how far it is. */
static enum error wait_for(struct call *call, const struct view_progress *progress, struct failure *failure)
{
	const bool page = call->route->kind == ROUTE_PAGE && !text_equal(input_text(call, "format"), TEXT("csv"));
	const nanoseconds waited = call->now - call->asked;
	const unsigned percent = progress->rows ? (unsigned)(progress->added * 100 / progress->rows) : 0;
	if (!call->route->changes && waited < (page ? PAGE_PATIENCE : PATIENCE)) {
		call->again = true;
		call->rest = waited / 8;
		call->rest = call->rest < REST_LEAST ? REST_LEAST : call->rest > REST_MOST ? REST_MOST : call->rest;
		return OK;
	}
	if (!page)
		return fail(failure, ERROR_LIMIT,
		    "period: its %llu counts are being added up, %u %% of them so far: ask again in a moment",
		    (unsigned long long)progress->rows, percent);
	json_t *adding = json_object();
	json_object_set_new(adding, "counts", json_integer((json_int_t)progress->rows));
	json_object_set_new(adding, "percent", json_integer(percent));
	json_object_set_new(call->output, "adding", adding);
	return OK;
}

enum error make_view(struct call *call, const struct scope *scope, struct counts_view *view,
    struct views_report *report, bool *ready, struct failure *failure)
{
	struct counting *counting = center_state(call->center, "counting");
	const struct counts_settings *settings = counts_configured();
	const struct view_question question = { .scope = scope,
		.organisation = call->subject->organisation,
		.at_once = (uint64_t)settings->view_at_once,
		.rows = (uint64_t)settings->view_rows };
	struct view_progress progress;
	enum error error = long_views_read(
	    counting ? counting->long_views : NULL, call->store, &question, view, report, ready, &progress, failure);
	return error || *ready ? error : wait_for(call, &progress, failure);
}

enum error output_views(const struct views_report *report, json_t *output, struct failure *failure)
{
	struct builder text = { 0 };
	json_t *object = views_report_json(report, &text) == OK ? json_loadb(text.at, text.size, 0, NULL) : NULL;
	builder_free(&text);
	if (!object || json_object_update(output, object) != 0) {
		json_decref(object);
		return fail(failure, ERROR_MEMORY, "no memory for a view");
	}
	json_decref(object);
	return OK;
}

static void output_counts(const struct counts_view *view, json_t *output)
{
	json_object_set_new(output, "telescopes", json_integer(view->telescopes[0]));
	json_object_set_new(output, "telescopes_before", json_integer(view->telescopes[1]));
	json_object_set_new(output, "days_left_out", json_integer(view->left_out[0]));
	json_object_set_new(output, "days_left_out_before", json_integer(view->left_out[1]));
	json_object_set_new(output, "packets_without_port", json_integer((json_int_t)view->folded));
}

#define CSV_LARGEST (60u << 20) /* what goes to front in one piece */

static enum error answer_csv(struct call *call, const struct views_report *report, struct failure *failure)
{
	struct builder csv = { 0 };
	enum error error = views_report_csv(report, &csv);
	const bool fits = csv.size <= CSV_LARGEST;
	call->body = error || !fits ? TEXT_NONE : arena_text(call->arena, (struct text){ csv.at, csv.size });
	builder_free(&csv);
	if (!fits)
		return fail(failure, ERROR_INPUT, "period: its CSV is larger than %u MiB; ask for a shorter time",
		    CSV_LARGEST >> 20);
	if (!call->body.at)
		return fail(failure, ERROR_MEMORY, "no memory for a view");
	call->type = "text/csv; charset=utf-8; header=present";
	return OK;
}

/* Of the whole unless it is asked for some organisation's, some telescope's or one's own. */
static enum error choose(
    struct call *call, const struct scope **scope, struct counts_view *view, struct failure *failure)
{
	view->organisation = (uint32_t)input_integer(call, "organisation", 0);
	view->sensor = (uint32_t)input_integer(call, "sensor", 0);
	*scope = call->scope;
	if (view->organisation || view->sensor || text_equal(input_text(call, "of"), TEXT("own")))
		return OK;
	return whole_of(call, scope, view, failure);
}

/* What is asked for, with what is said of its periods. */
static enum error begin_report(
    struct call *call, bool authors, struct view_notes *notes, struct views_report *report, struct failure *failure)
{
	const struct counting *counting = center_state(call->center, "counting");
	*report = (struct views_report){ .top = (size_t)input_integer(call, "top", 10),
		/* Of a query a choice, of a body a boolean. */
		.without_research =
		    !input_boolean(call, "research", !text_equal(input_text(call, "research"), TEXT("false"))),
		.research_alone = text_equal(input_text(call, "research"), TEXT("alone")),
		.notes = notes,
		.iot = counting ? &counting->iot : NULL };
	enum error error = read_notes(call, authors, notes, failure);
	return error ? error : asked_periods(call, notes, report->periods, failure);
}

enum error views_read(struct call *call, struct failure *failure)
{
	const struct scope *scope;
	struct counts_view view = { 0 };
	struct view_notes notes;
	struct views_report report;
	bool ready = false;
	enum error error = begin_report(call, true, &notes, &report, failure);
	if (!error)
		error = choose(call, &scope, &view, failure);
	if (!error)
		error = make_view(call, scope, &view, &report, &ready, failure);
	if (!error && !ready)
		;
	else if (!error && text_equal(input_text(call, "format"), TEXT("csv")))
		error = answer_csv(call, &report, failure);
	else if (!error)
		error = output_views(&report, call->output, failure);
	if (!error && ready)
		output_counts(&view, call->output);
	if (!error && call->route->kind == ROUTE_JSON && !view.borrowed)
		json_object_del(call->output, "known"); /* who asks twice is answered the same */
	else if (!error && ready && !view.borrowed)
		output_time(call->output, "known", call->now);
	counts_view_free(&view, &report);
	view_notes_free(&notes);
	return error;
}

/* ── publications ─ */

static json_t *publication_json(const struct call *call, const struct darknet_publication *publication)
{
	json_t *object = json_object();
	output_uuid(object, "id", publication->id);
	output_string(object, "title", publication->title);
	output_string(object, "period", publication->period);
	if (scope_covers_all(call->scope)) /* who works at the centre is told at the centre alone */
		output_string(object, "author_name", publication->author);
	output_time(object, "known", publication->created);
	return object;
}

/* Of all telescopes together, as the sum is known now. */
static enum error freeze(
    struct call *call, struct darknet_publication *publication, struct builder *text, struct failure *failure)
{
	struct counts_view view = { 0 };
	struct view_notes notes;
	struct views_report report;
	char from[16], to[16];
	bool ready = false;
	enum error error = begin_report(call, false, &notes, &report, failure);
	/* What is published members read too: it tells no telescope's counts either. */
	view.least = (uint32_t)counts_configured()->least_telescopes;
	if (!error)
		error = make_view(call, call->scope, &view, &report, &ready, failure);
	if (!error && view.left_out[0] + view.left_out[1] > 0)
		error = fail(failure, ERROR_CONFLICT,
		    "on %u days of the periods fewer than %u telescopes saw something: what is published would tell "
		    "what each of them counted",
		    view.left_out[0] + view.left_out[1], view.least);
	if (!error && view.telescopes[0] == 0)
		error = fail(failure, ERROR_CONFLICT, "no telescope counted anything in that period");
	if (!error && views_report_json(&report, text) != OK)
		error = fail(failure, ERROR_MEMORY, "no memory for a publication");
	snprintf(publication->period, sizeof publication->period, "%s..%s", view_day(report.periods[0].from, from),
	    view_day(report.periods[0].to, to));
	counts_view_free(&view, &report);
	view_notes_free(&notes);
	return error;
}

enum error figures_publish(struct call *call, struct failure *failure)
{
	struct darknet_publication publication = { .created = call->now };
	struct builder text = { 0 };
	char id[UUID_TEXT];
	enum error error = input_copy(call, "title", publication.title, sizeof publication.title, failure);
	author_of(call, publication.author, sizeof publication.author);
	if (!error)
		error = freeze(call, &publication, &text, failure);
	publication.body = (struct text){ text.at, text.size };
	if (!error)
		error = store_darknet_publish(call->store, call->scope, &publication, failure);
	builder_free(&text);
	if (error)
		return error;
	if (call->route->kind == ROUTE_FORM) {
		back_to_page(call, input_text(call, "period"), "h-published");
		return OK;
	}
	call->status = 201;
	snprintf(call->location, sizeof call->location, "/v1/darknet/publications/%s", uuid_format(publication.id, id));
	json_object_set_new(call->output, "publication", publication_json(call, &publication));
	return OK;
}

struct publications {
	const struct call *call;
	json_t *list;
};

static void add_publication(void *context, const struct darknet_publication *publication)
{
	const struct publications *publications = context;
	json_array_append_new(publications->list, publication_json(publications->call, publication));
}

enum error figures_list(struct call *call, struct failure *failure)
{
	struct publications publications = { call, json_array() };
	json_object_set_new(call->output, "publications", publications.list);
	return store_darknet_publication_each(call->store, call->scope, add_publication, &publications, failure);
}

enum error figures_get(struct call *call, struct failure *failure)
{
	struct darknet_publication publication;
	enum error error = store_darknet_publication_get(
	    call->store, call->scope, input_uuid(call, "id"), call->arena, &publication, failure);
	if (error)
		return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
	json_t *figures = json_loadb(publication.body.at, publication.body.size, 0, NULL);
	if (!figures)
		return fail(failure, ERROR_CORRUPT, "the publication is damaged");
	json_object_set_new(call->output, "publication", publication_json(call, &publication));
	json_object_set_new(call->output, "figures", figures);
	return OK;
}
