/*
 * Statistics of events and notices, for whoever reads counters: the centre's people see every organisation's, a member
 * its own. In: period, years, organisation, sector. Out: figures in all, by period, by sector and by organisation; as
 * JSON, as a page, or as CSV. Counted from the stored rows at each request.
 */
#include "triage/routes.h"
#include "triage/statistics_form.h"

#include <string.h>

#define ORGANISATIONS_LARGEST 5000
#define ORGANISATIONS_PAGE 500
#define YEAR_FIRST 1971
#define YEAR_LAST 2260

struct body { /* an organisation, as statistics see it */
	uint32_t number, sector;
	const char *name, *title;
};

struct counting {
	struct call *call;
	struct statistics *statistics;
	struct body *bodies; /* by number */
	size_t body_count;
	const char **sectors; /* [0] is "": none */
	uint32_t sector_count;
	bool chosen; /* only `sector` */
	uint32_t sector;
};

static uint32_t sector_index(struct counting *counting, const char *name)
{
	for (uint32_t i = 0; i < counting->sector_count; i++)
		if (strcmp(counting->sectors[i], name) == 0)
			return i;
	counting->sectors[counting->sector_count] = arena_string(counting->call->arena, text_of(name));
	return counting->sector_count++;
}

static void take_body(void *context, const struct organisation *organisation)
{
	struct counting *counting = context;
	bool english = text_equal(counting->call->language, TEXT("en"));
	const char *first = english ? organisation->title_en : organisation->title_ja;
	const char *second = english ? organisation->title_ja : organisation->title_en;
	if (counting->body_count == ORGANISATIONS_LARGEST)
		return;
	counting->bodies[counting->body_count++] = (struct body){ .number = organisation->number,
		.sector = sector_index(counting, organisation->sector),
		.name = arena_string(counting->call->arena, text_of(organisation->name)),
		.title = arena_string(counting->call->arena, text_of(first[0]    ? first
								     : second[0] ? second
										 : organisation->name)) };
}

static enum error load_bodies(struct counting *counting, struct failure *failure)
{
	struct call *call = counting->call;
	char after[64] = "";
	counting->bodies = arena_take(call->arena, ORGANISATIONS_LARGEST * sizeof *counting->bodies);
	counting->sectors = arena_take(call->arena, (ORGANISATIONS_LARGEST + 1) * sizeof *counting->sectors);
	if (!counting->bodies || !counting->sectors)
		return fail(failure, ERROR_MEMORY, "statistics: no memory");
	counting->sectors[counting->sector_count++] = "";
	do {
		struct page page = { .after = text_of(after), .limit = ORGANISATIONS_PAGE };
		enum error error =
		    store_organisation_each(call->store, call->scope, &page, take_body, counting, failure);
		if (error)
			return error;
		memcpy(after, page.next, sizeof after);
	} while (after[0]);
	return OK;
}

static const struct body *body_of(const struct counting *counting, uint32_t number)
{
	static const struct body unknown = { .name = "", .title = "" };
	size_t low = 0, high = counting->body_count; /* the store gives them by number */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (counting->bodies[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < counting->body_count && counting->bodies[low].number == number ? &counting->bodies[low] : &unknown;
}

static void count_event(void *context, const struct counted_event *event)
{
	struct counting *counting = context;
	uint32_t sector = body_of(counting, event->organisation)->sector;
	if (!counting->chosen || counting->sector == sector)
		statistics_add_event(counting->statistics, event, sector);
}

static void count_notice(void *context, const struct counted_notice *notice)
{
	struct counting *counting = context;
	uint32_t sector = body_of(counting, notice->organisation)->sector;
	if (!counting->chosen || counting->sector == sector)
		statistics_add_notice(counting->statistics, notice, sector);
}

static enum period_kind kind_of(struct text by)
{
	return text_equal(by, TEXT("month"))  ? PERIOD_MONTH
	       : text_equal(by, TEXT("year")) ? PERIOD_YEAR
					      : PERIOD_FISCAL_YEAR;
}

/* [*from, *to) of the years asked for; months are those of calendar years. */
static void time_asked(const struct call *call, enum period_kind kind, nanoseconds *from, nanoseconds *to)
{
	enum period_kind years = kind == PERIOD_FISCAL_YEAR ? PERIOD_FISCAL_YEAR : PERIOD_YEAR;
	*from = period_start(years, (int32_t)input_integer(call, "first_year", YEAR_FIRST));
	*to = period_start(years, (int32_t)input_integer(call, "last_year", YEAR_LAST) + 1);
}

static enum error count_rows(struct counting *counting, enum period_kind kind, struct failure *failure)
{
	struct call *call = counting->call;
	uint32_t organisation = (uint32_t)input_integer(call, "organisation", 0);
	nanoseconds from, to;
	time_asked(call, kind, &from, &to);
	enum error error =
	    store_counted_events(call->store, call->scope, organisation, from, to, count_event, counting, failure);
	return error ? error
		     : store_counted_notices(
			   call->store, call->scope, organisation, from, to, count_notice, counting, failure);
}

/* ── the answer ─ */

static struct statistics_label label_of(const struct counting *counting, const struct statistics_row *row)
{
	struct statistics_label label = { "", "", "" };
	if (row->level == LEVEL_SECTOR)
		label.sector = counting->sectors[row->group];
	if (row->level == LEVEL_ORGANISATION) {
		const struct body *body = body_of(counting, row->group);
		label = (struct statistics_label){ counting->sectors[body->sector], body->name, body->title };
	}
	return label;
}

static enum error answer_csv(const struct counting *counting, enum period_kind kind, const struct statistics_row *rows,
    size_t count, struct failure *failure)
{
	struct call *call = counting->call;
	struct builder csv = { 0 };
	statistics_csv_header(&csv);
	for (size_t i = 0; i < count; i++) {
		struct statistics_label label = label_of(counting, &rows[i]);
		statistics_csv_row(kind, &rows[i], &label, &csv);
	}
	call->body = csv.failed ? TEXT_NONE : arena_text(call->arena, (struct text){ csv.at, csv.size });
	builder_free(&csv);
	if (!call->body.at)
		return fail(failure, ERROR_MEMORY, "statistics: no memory");
	call->type = "text/csv; charset=utf-8; header=present";
	return OK;
}

static void answer_json(
    const struct counting *counting, enum period_kind kind, const struct statistics_row *rows, size_t count)
{
	struct call *call = counting->call;
	uint64_t most_events = 0, most_notices = 0;
	json_t *lists[] = { NULL, json_array(), json_array(), json_array() };
	for (size_t i = 0; i < count; i++) {
		struct statistics_label label = label_of(counting, &rows[i]);
		json_t *row = statistics_row_json(kind, &rows[i], &label, call->route->kind == ROUTE_PAGE);
		if (rows[i].level == LEVEL_TOTAL) {
			json_object_set_new(call->output, "total", row);
			continue;
		}
		json_array_append_new(lists[rows[i].level], row);
		most_events = rows[i].figures.events > most_events ? rows[i].figures.events : most_events;
		most_notices = rows[i].figures.notices > most_notices ? rows[i].figures.notices : most_notices;
	}
	json_object_set_new(call->output, "periods", lists[LEVEL_PERIOD]);
	json_object_set_new(call->output, "by_sector", lists[LEVEL_SECTOR]);
	json_object_set_new(call->output, "by_organisation", lists[LEVEL_ORGANISATION]);
	if (call->route->kind == ROUTE_PAGE) { /* what a bar is measured by; a bar of 0 of 0 is none */
		json_object_set_new(
		    call->output, "most_events", json_integer((json_int_t)(most_events + !most_events)));
		json_object_set_new(
		    call->output, "most_notices", json_integer((json_int_t)(most_notices + !most_notices)));
	}
}

/* The question comes back, so that the page's form keeps it. */
static enum error echo(const struct counting *counting, enum period_kind kind, struct failure *failure)
{
	static const char *const kinds[] = { "fiscal-year", "year", "month" };
	struct call *call = counting->call;
	struct text sector = input_text(call, "sector");
	struct titles *titles;
	enum error error = titles_load(call, &titles, failure);
	if (error)
		return error;
	titles_output(titles, call);
	json_t *sectors = json_array();
	for (uint32_t i = 1; i < counting->sector_count; i++) {
		json_t *row = json_object();
		output_string(row, "name", counting->sectors[i]);
		json_object_set_new(row, "chosen", json_boolean(counting->chosen && counting->sector == i));
		json_array_append_new(sectors, row);
	}
	json_object_set_new(call->output, "sectors", sectors);
	output_string(call->output, "by", kinds[kind]);
	output_text(call->output, "sector", sector);
	static const char *const years[] = { "first_year", "last_year" };
	for (size_t i = 0; i < 2; i++)
		json_object_set_new(call->output, years[i],
		    input_has(call, years[i]) ? json_integer(input_integer(call, years[i], 0)) : json_string(""));
	return OK;
}

enum error statistics_read(struct call *call, struct failure *failure)
{
	enum period_kind kind = kind_of(input_text(call, "by"));
	struct text sector = input_text(call, "sector");
	struct counting counting = { .call = call, .statistics = statistics_new(kind, call->arena) };
	const struct statistics_row *rows;
	size_t count;
	if (!counting.statistics)
		return fail(failure, ERROR_MEMORY, "statistics: no memory");
	enum error error = load_bodies(&counting, failure);
	if (!error && sector.size) {
		counting.chosen = true;
		counting.sector = UINT32_MAX; /* one that nobody has counts nothing */
		for (uint32_t i = 0; i < counting.sector_count; i++)
			if (text_equal(sector, text_of(counting.sectors[i])))
				counting.sector = i;
	}
	if (!error)
		error = count_rows(&counting, kind, failure);
	if (!error)
		error = statistics_finish(counting.statistics, &rows, &count, failure);
	if (!error && text_equal(input_text(call, "format"), TEXT("csv")))
		error = answer_csv(&counting, kind, rows, count, failure);
	else if (!error) {
		answer_json(&counting, kind, rows, count);
		error = echo(&counting, kind, failure);
		nanoseconds from, to;
		time_asked(call, kind, &from, &to);
		if (!error)
			error = watched_output(call, (uint32_t)input_integer(call, "organisation", 0),
			    input_has(call, "first_year") ? from : 0, to, 365 * DAY, failure);
	}
	statistics_free(counting.statistics);
	return error;
}
