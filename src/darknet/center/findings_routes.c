/*
 * What telescopes found: groups and changes, which are alerts, and scans and victims, which are records; the newest
 * first, as the telescopes wrote them. One answer looks at a bounded part of what is kept: it may hold fewer than were
 * asked for, even none, and still say `next`.
 */
#include "darknet/center/counting.h"
#include "darknet/center/counts_routes.h"
#include "darknet/center/findings.h"

#include "base/codec.h"
#include "base/hash.h"
#include "model/capability.h"
#include "store/history.h"
#include "store/record_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATELY (30 * DAY)

struct gathering {
	struct call *call;
	json_t *list; /* NULL: as CSV */
	struct builder *csv;
	struct text what;
	struct organisation organisation; /* of the last row */
};

static void title_of(struct gathering *gathering, uint32_t number, json_t *object)
{
	struct call *call = gathering->call;
	struct organisation *shown = &gathering->organisation;
	if (shown->number != number && store_organisation_get(call->store, call->scope, number, shown, NULL) != OK)
		return;
	bool english = text_equal(call->language, TEXT("en"));
	const char *title = english ? shown->title_en : shown->title_ja;
	output_string(object, "organisation_title", *title ? title : shown->name);
}

#define PORTS_SHOWN 6

/* The first ports in one line, for the page. */
static void put_ports(json_t *finding, json_t *object)
{
	char words[256] = "";
	size_t place;
	json_t *port;
	json_array_foreach(json_object_get(finding, "ports"), place, port)
	{
		size_t size = strlen(words);
		if (place < PORTS_SHOWN)
			snprintf(words + size, sizeof words - size, "%s%s", place ? " " : "",
			    json_is_string(port) ? json_string_value(port) : "");
		else if (place == PORTS_SHOWN)
			snprintf(words + size, sizeof words - size, " …");
	}
	const char *one = json_string_value(json_object_get(finding, "port"));
	output_string(object, "port_words", *words ? words : one ? one : "");
}

/* What templates do not compute: names, shares in percent, how many addresses there are in a list. */
static void put_figures(const struct call *call, const json_t *finding, json_t *object)
{
	const json_t *coverage = json_object_get(finding, "coverage"), *sources = json_object_get(finding, "sources");
	const char *country = json_string_value(json_object_get(finding, "country"));
	const struct counting *counting = center_state(call->center, "counting");
	bool english = text_equal(call->language, TEXT("en"));
	if (country && strlen(country) == 2 && counting)
		output_string(object, "country_name", view_country_name(counting->names, country, !english));
	if (json_is_number(coverage))
		json_object_set_new(object, "coverage_percent", json_real(100 * json_number_value(coverage)));
	json_object_set_new(object, "source_count",
	    json_integer(json_is_array(sources) ? (json_int_t)json_array_size(sources) : json_integer_value(sources)));
}

static void add_object(struct gathering *gathering, const struct alert *alert, json_t *finding)
{
	json_t *object = json_object();
	char address[ADDRESS_TEXT];
	output_time(object, "occurred", alert->occurred);
	json_object_set_new(object, "organisation", json_integer(alert->organisation));
	title_of(gathering, alert->organisation, object);
	output_string(object, "source", address_format(alert->source, address));
	if (gathering->call->route->kind == ROUTE_PAGE) {
		put_ports(finding, object);
		put_figures(gathering->call, finding, object);
	}
	json_object_set(object, "finding", finding);
	output_uuid(object, "id", finding_id(alert, finding));
	json_array_append_new(gathering->list, object);
}

static void gather(void *context, const struct history_hit *hit)
{
	struct gathering *gathering = context;
	const struct alert *alert = &hit->alert;
	json_t *line = json_loadb(alert->original.at, alert->original.size, 0, NULL);
	json_t *finding = json_object_get(line, "darknet");
	const char *what = json_string_value(json_object_get(finding, "what"));
	if (what && text_equal(text_of(what), gathering->what) && gathering->csv)
		finding_csv_row(gathering->csv, gathering->what, alert, finding);
	else if (what && text_equal(text_of(what), gathering->what))
		add_object(gathering, alert, finding);
	json_decref(line);
}

/* ── where it goes on: organisation (0: of alerts) and position, as it may leave the centre; center/cursors.c seals it
 * ─
 */

static uint64_t shown(const struct call *call, uint64_t position, bool hide)
{
	return call->center && call->center->position ? call->center->position(call->center, position, hide) : position;
}

static enum error cursor_in(const struct call *call, bool alerts, struct record_place *place, struct failure *failure)
{
	struct text cursor = input_text(call, "after");
	uint8_t bytes[12];
	if (cursor.size == 0)
		return OK;
	bool is_one = hex_parse(cursor, bytes, sizeof bytes);
	struct reader from = reader_of(bytes, sizeof bytes);
	place->organisation = is_one ? get_u32(&from) : 0;
	place->position = is_one ? shown(call, get_u64(&from), false) : 0;
	return is_one && alerts == (place->organisation == 0)
		   ? OK
		   : fail(failure, ERROR_INPUT, "after: it is not a cursor that a list of these gave");
}

static void cursor_out(struct call *call, bool more, const struct record_place *place)
{
	char text[HEX_SIZE(12)] = "";
	struct builder bytes = { 0 };
	put_u32(&bytes, place->organisation);
	put_u64(&bytes, shown(call, place->position, true));
	if (more && !bytes.failed)
		hex_format(bytes.at, bytes.size, text);
	builder_free(&bytes);
	output_string(call->output, "next", text);
}

/* ── what is asked ─ */

/* The page asks for days, the last one included, and shows times in the zone of its language: its days are that zone's.
 */
static void take_days(const struct call *call, struct history_query *query)
{
	nanoseconds zone = text_equal(call->language, TEXT("ja")) ? 9 * HOUR : 0;
	if (input_integer(call, "from", 0) && query->from % DAY == 0)
		query->from -= zone;
	if (query->to && query->to % DAY == 0)
		query->to += DAY - zone;
}

static bool of_alerts(struct text what)
{
	return text_equal(what, TEXT("group")) || text_equal(what, TEXT("change"));
}

/* What is asked for, from `place` on, which becomes where it goes on: groups and changes are alerts of nobody's
 * address; what a telescope says of addresses that nobody here holds is most of history, and is passed over unread. */
static enum error find(struct call *call, struct gathering *gathering, uint32_t limit, uint64_t *budget,
    struct record_place *place, struct failure *failure)
{
	char part[40];
	struct text address = input_text(call, "address");
	struct record_conditions darknet = { .type = TEXT("darknet") };
	snprintf(part, sizeof part, "\"what\":\"%.*s\"", (int)gathering->what.size, gathering->what.at);
	struct history_query query = { .from = input_integer(call, "from", call->asked - LATELY),
		.to = input_integer(call, "to", 0),
		.organisation = (uint32_t)input_integer(call, "organisation", 0),
		.contains = text_of(part),
		.limit = limit,
		.newest_first = true,
		.budget = budget };
	if (call->route->kind == ROUTE_PAGE)
		take_days(call, &query);
	if (of_alerts(gathering->what)) {
		query.verdicts = ((1u << VERDICT_COUNT) - 1) & ~(1u << VERDICT_FOREIGN);
		query.start = place->position;
		return call->history ? history_find(call->history, call->scope, &query, gather, gathering,
					   &place->position, failure)
				     : fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	}
	darknet.has_end = address.size > 0 && prefix_parse(address, &darknet.end);
	query.records = &darknet;
	return call->records ? record_store_find(call->records, call->scope, &query, gather, gathering, place, failure)
			     : fail(failure, ERROR_SYSTEM, "records cannot be read just now");
}

static bool goes_on(struct text what, const struct record_place *place)
{
	return of_alerts(what) ? place->position != 0 : place->organisation != 0;
}

/* ── as CSV ─ */

#define CSV_LARGEST (56u << 20) /* bytes: what goes to front in one piece */
#define CSV_SLICE (10 * MILLISECOND)
#define CSV_UNPACKED (1u << 20)    /* bytes between two looks at the clock */
#define CSV_PATIENCE (45 * SECOND) /* front waits for a minute */

struct sheet {
	struct builder csv;
	struct record_place place;
};

static void sheet_free(void *kept)
{
	struct sheet *sheet = kept;
	builder_free(&sheet->csv);
	free(sheet);
}

static struct sheet *sheet_of(struct call *call, struct text what)
{
	struct sheet *sheet = call->kept ? call->kept : calloc(1, sizeof *sheet);
	if (!sheet || call->kept)
		return sheet;
	finding_csv_head(&sheet->csv, what);
	call->kept = sheet;
	call->forget = sheet_free;
	return sheet;
}

static enum error check_sheet(const struct call *call, const struct sheet *sheet, struct failure *failure)
{
	if (sheet->csv.failed)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	if (sheet->csv.size > CSV_LARGEST)
		return fail(failure, ERROR_INPUT,
		    "format: the list is larger than %u MiB as CSV; ask for a shorter time, or page by page as JSON",
		    CSV_LARGEST >> 20);
	if (call->now - call->asked > CSV_PATIENCE)
		return fail(failure, ERROR_INPUT,
		    "format: what was kept of that time is too much to be looked through at once; ask for a shorter "
		    "time, or page by page as JSON");
	return OK;
}

/* All rows, a slice each time it is called. */
static enum error answer_csv(struct call *call, struct gathering *gathering, struct failure *failure)
{
	const nanoseconds until = time_monotonic() + CSV_SLICE;
	struct sheet *sheet = sheet_of(call, gathering->what);
	if (!sheet)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	gathering->csv = &sheet->csv;
	enum error error;
	do {
		uint64_t budget = CSV_UNPACKED;
		error = find(call, gathering, UINT32_MAX, &budget, &sheet->place, failure);
		if (!error)
			error = check_sheet(call, sheet, failure);
		call->again = !error && goes_on(gathering->what, &sheet->place);
	} while (call->again && time_monotonic() < until);
	if (error || call->again)
		return error;
	call->body = (struct text){ sheet->csv.at, sheet->csv.size };
	call->type = "text/csv; charset=utf-8; header=present";
	return OK;
}

/* ── page by page ─ */

/* The conditions come back, so that the page's form and its next page keep them. */
static void echo(struct call *call, const struct gathering *gathering)
{
	json_object_set_new(
	    call->output, "may_share", json_boolean(policy_reach(call->subject->role, ACTION_FINDING_SHARE) != 0));
	json_object_set_new(call->output, "of_records",
	    json_boolean(text_equal(gathering->what, TEXT("scan")) || text_equal(gathering->what, TEXT("victim"))));
	output_chosen(call);
	output_text(call->output, "address", input_text(call, "address"));
	output_day(call->output, "from", input_integer(call, "from", 0));
	output_day(call->output, "to", input_integer(call, "to", 0));
}

static enum error answer_page(struct call *call, struct gathering *gathering, struct failure *failure)
{
	struct record_place place = { 0 };
	enum error error = cursor_in(call, of_alerts(gathering->what), &place, failure);
	if (!error)
		error = find(call, gathering, (uint32_t)input_integer(call, "limit", 50), NULL, &place, failure);
	const bool more = goes_on(gathering->what, &place);
	json_object_set_new(call->output, "more", json_boolean(more));
	cursor_out(call, more, &place);
	return error;
}

enum error findings_list(struct call *call, struct failure *failure)
{
	struct text what = input_text(call, "what");
	struct gathering gathering = { .call = call, .what = what.size ? what : TEXT("group") };
	if (text_equal(input_text(call, "format"), TEXT("csv")))
		return answer_csv(call, &gathering, failure);
	gathering.list = json_array();
	json_object_set_new(call->output, "findings", gathering.list);
	output_text(call->output, "what", gathering.what);
	if (call->route->kind == ROUTE_PAGE)
		echo(call, &gathering);
	return answer_page(call, &gathering, failure);
}
