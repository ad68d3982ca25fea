/*
 * The clean-up list: addresses of an organisation that appeared in telescopes (how often, at which ports, with which
 * tool, and how many telescopes saw them; never which), and what the organisation says became of each.
 */
#include "darknet/center/owners_routes.h"

#include "base/csv.h"
#include "store/darknet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CSV_LARGEST (56u << 20) /* bytes, some 300,000 rows: what goes to front in one piece */
#define CSV_SLICE (10 * MILLISECOND)

static const char *const forms[] = { "json", "csv", NULL };
static const char *const states[] = { "open", "cleaned", "explained", NULL };

static const struct field appearance_fields[] = {
	{ "after", FIELD_CURSOR, IN_QUERY, false, .summary = "The `next` of the page before." },
	{ "limit", FIELD_INTEGER, IN_QUERY, false, .least = 1, .most = 500, .summary = "Of one page; 50 when absent." },
	{ "standing", FIELD_BOOLEAN, IN_QUERY, false, .summary = "Only those that have not stopped." },
	{ "state", FIELD_CHOICE, IN_QUERY, false, .choices = states, .summary = "Only those in this state now." },
	{ "format", FIELD_CHOICE, IN_QUERY, false, .choices = forms,
	    .summary = "csv: all rows as CSV in the order in which they first appeared, whatever `limit` says." },
	{ NULL },
};
static const struct field cleanup_fields[] = {
	{ "address", FIELD_ADDRESS, IN_BODY, true, .summary = "On the list; of IPv6 any address of the /64." },
	{ "state", FIELD_CHOICE, IN_BODY, true, .choices = states,
	    .summary =
		"What was cleaned is open again when it is seen later; what was explained, when it begins anew or does "
		"something of another kind." },
	{ "note", FIELD_TEXT, IN_BODY, false, 255, .summary = "For one's own people and the centre's." },
	{ NULL },
};

const struct route darknet_routes[] = {
	{ ROUTE_JSON, "GET", "/v1/appearances", "appearance-list",
	    "Addresses of one's own that appeared as sources in telescopes and what became of them, the last seen "
	    "first; JSON "
	    "or CSV.",
	    appearance_fields, ACTION_APPEARANCE_READ, .handle = appearance_list },
	{ ROUTE_PAGE, "GET", "/appearances", "appearance-list-page",
	    "Addresses of one's own that appeared as sources in telescopes and what became of them, the last seen "
	    "first.",
	    appearance_fields, ACTION_APPEARANCE_READ, .page = "appearances", .handle = appearance_list },
	{ ROUTE_JSON, "POST", "/v1/appearances", "cleanup-write", "Say what became of an address of one's own.",
	    cleanup_fields, ACTION_CLEANUP_WRITE, .changes = true, .handle = cleanup_write },
	{ ROUTE_FORM, "POST", "/appearances", "cleanup-write-form", "Say what became of an address of one's own.",
	    cleanup_fields, ACTION_CLEANUP_WRITE, .changes = true, .handle = cleanup_write },
	{ .name = NULL },
};

struct listing {
	struct call *call;
	json_t *list;
	struct organisation organisation; /* of the last row */
};

static void add_title(struct listing *listing, uint32_t number, json_t *object)
{
	struct call *call = listing->call;
	struct organisation *shown = &listing->organisation;
	bool english = text_equal(call->language, TEXT("en"));
	if (shown->number != number && store_organisation_get(call->store, call->scope, number, shown, NULL) != OK)
		return;
	const char *title = english ? shown->title_en : shown->title_ja;
	output_string(object, "organisation_title", *title ? title : shown->name);
}

static void add_said(const struct cleanup_row *row, json_t *object)
{
	output_string(object, "state", cleanup_state_code(row->state));
	json_object_set_new(object, "reopened", json_boolean(row->state != row->said.state));
	output_string(object, "said", row->said.changed ? cleanup_state_code(row->said.state) : "");
	output_string(object, "note", row->said.note);
	output_string(object, "by", row->said.who);
	output_time(object, "changed", row->said.changed);
}

static void add(void *context, const struct cleanup_row *row)
{
	struct listing *listing = context;
	const struct appearance *appearance = &row->seen;
	char address[ADDRESS_TEXT];
	json_t *object = json_object(), *ports = json_array();
	json_object_set_new(object, "organisation", json_integer(appearance->organisation));
	add_title(listing, appearance->organisation, object);
	output_string(object, "address", address_format(appearance->address, address));
	output_string(object, "kind", appearance_kind_code(appearance->kind));
	output_time(object, "first", appearance->first);
	output_time(object, "last", appearance->last);
	output_time(object, "told", appearance->told);
	output_time(object, "stopped", appearance->ended);
	json_object_set_new(object, "packets", json_integer((json_int_t)appearance->packets));
	for (uint32_t i = 0; i < appearance->port_count; i++)
		json_array_append_new(ports, json_string(appearance->ports[i]));
	json_object_set_new(object, "ports", ports);
	json_object_set_new(object, "ports_more", json_integer(appearance->ports_more));
	output_string(object, "tool", appearance->tool);
	output_string(object, "worm", appearance->worm);
	output_string(object, "method", appearance->method);
	json_object_set_new(object, "telescopes", json_integer(appearance->telescope_count));
	json_object_set_new(object, "telescope_addresses", json_integer((json_int_t)appearance->addresses));
	add_said(row, object);
	json_array_append_new(listing->list, object);
}

/* ── as CSV ─ */

struct sheet {
	struct builder csv;
	struct cleanup_walk walk;
};

static void put(struct builder *to, const char *text)
{
	csv_put(to, text);
	build_char(to, ',');
}

static void put_time(struct builder *to, nanoseconds time)
{
	char text[TIME_TEXT] = "";
	put(to, time ? time_format(time, text) : text);
}

static void put_row(void *context, const struct cleanup_row *row)
{
	struct sheet *sheet = context;
	struct builder *to = &sheet->csv;
	const struct appearance *seen = &row->seen;
	char address[ADDRESS_TEXT];
	build_format(to, "%" PRIu32 ",", seen->organisation);
	put(to, address_format(seen->address, address));
	put(to, appearance_kind_code(seen->kind));
	put_time(to, seen->first);
	put_time(to, seen->last);
	put_time(to, seen->ended);
	build_char(to, '"'); /* ports are digits and names of protocols (formats/eve_darknet.c) */
	for (uint32_t i = 0; i < seen->port_count; i++)
		build_format(to, "%s%s", i ? " " : "", seen->ports[i]);
	build_text(to, TEXT("\","));
	put(to, seen->tool);
	put(to, seen->worm);
	put(to, seen->method);
	build_format(to, "%" PRIu64 ",%" PRIu32 ",", seen->packets, seen->telescope_count);
	put(to, cleanup_state_code(row->state));
	put(to, row->state != row->said.state ? "yes" : "no");
	put(to, row->said.note);
	put(to, row->said.who);
	put_time(to, row->said.changed);
	to->size -= !to->failed; /* the last comma */
	build_text(to, TEXT("\r\n"));
}

static void sheet_free(void *kept)
{
	struct sheet *sheet = kept;
	builder_free(&sheet->csv);
	free(sheet);
}

static struct sheet *sheet_of(struct call *call)
{
	struct sheet *sheet = call->kept ? call->kept : calloc(1, sizeof *sheet);
	if (!sheet || call->kept)
		return sheet;
	build_text(&sheet->csv,
	    TEXT(
		"organisation,address,kind,first,last,stopped,ports,tool,worm,method,packets,telescopes,state,reopened,"
		"note,by,changed\r\n"));
	call->kept = sheet;
	call->forget = sheet_free;
	return sheet;
}

/* All rows, a slice each time it is called. */
static enum error answer_csv(struct call *call, const struct cleanup_query *asked, struct failure *failure)
{
	const nanoseconds until = time_monotonic() + CSV_SLICE;
	struct sheet *sheet = sheet_of(call);
	enum error error = sheet ? OK : fail(failure, ERROR_MEMORY, "no memory for a list");
	do {
		if (!error)
			error =
			    store_cleanup_walk(call->store, call->scope, asked, &sheet->walk, put_row, sheet, failure);
		if (!error && sheet->csv.failed)
			error = fail(failure, ERROR_MEMORY, "no memory for a list");
		if (!error && sheet->csv.size > CSV_LARGEST)
			error = fail(failure, ERROR_INPUT,
			    "format: the list is larger than %u MiB as CSV; ask for one state, for what has not "
			    "stopped, "
			    "or page by page as JSON",
			    CSV_LARGEST >> 20);
	} while (!error && !sheet->walk.done && time_monotonic() < until);
	call->again = !error && !sheet->walk.done;
	if (error || call->again)
		return error;
	call->body = (struct text){ sheet->csv.at, sheet->csv.size };
	call->type = "text/csv; charset=utf-8; header=present";
	return OK;
}

enum error appearance_list(struct call *call, struct failure *failure)
{
	struct page page = { .after = input_text(call, "after"), .limit = (uint32_t)input_integer(call, "limit", 50) };
	struct cleanup_query asked = { .standing = input_boolean(call, "standing", false),
		.of_one_state = cleanup_state_parse(input_text(call, "state"), &asked.state) };
	if (text_equal(input_text(call, "format"), TEXT("csv")))
		return answer_csv(call, &asked, failure);
	struct listing listing = { .call = call, .list = json_array() };
	json_object_set_new(call->output, "appearances", listing.list);
	enum error error = store_cleanup_each(call->store, call->scope, &asked, &page, add, &listing, failure);
	output_string(call->output, "next", page.next);
	if (call->route->kind == ROUTE_PAGE) { /* what was asked, for the page's form */
		output_text(call->output, "only", input_text(call, "state"));
		json_object_set_new(call->output, "standing", json_boolean(asked.standing));
		json_object_set_new(call->output, "of_all", json_boolean(scope_covers_all(call->scope)));
		json_object_set_new(call->output, "may_write",
		    json_boolean(policy_reach(call->subject->role, ACTION_CLEANUP_WRITE) != 0));
	}
	return error;
}

/* ── what became of one ─ */

static enum error find(struct call *call, const struct cleanup *cleanup, struct failure *failure)
{
	struct appearance appearance;
	enum error error = ERROR_NOT_FOUND;
	for (unsigned kind = 0; kind < APPEARANCE_KINDS && error == ERROR_NOT_FOUND; kind++)
		error = store_appearance_find(call->store, call->scope, cleanup->organisation, cleanup->address,
		    (enum appearance_kind)kind, &appearance, failure);
	return error;
}

enum error cleanup_write(struct call *call, struct failure *failure)
{
	struct cleanup cleanup = { .organisation = call->subject->organisation, .changed = call->now };
	enum error error = input_copy(call, "note", cleanup.note, sizeof cleanup.note, failure);
	address_parse(input_text(call, "address"), &cleanup.address);
	cleanup.address = address_group(cleanup.address);
	cleanup_state_parse(input_text(call, "state"), &cleanup.state);
	text_copy(text_of(call->subject->name), cleanup.who, sizeof cleanup.who);
	if (!error)
		error = find(call, &cleanup, failure);
	if (!error)
		error = store_cleanup_put(call->store, call->scope, &cleanup, failure);
	if (error)
		return error;
	if (call->route->kind == ROUTE_FORM) {
		snprintf(call->location, sizeof call->location, "/appearances");
		call->status = 303;
		return OK;
	}
	char address[ADDRESS_TEXT];
	output_string(call->output, "address", address_format(cleanup.address, address));
	add_said(&(struct cleanup_row){ .said = cleanup, .state = cleanup.state }, call->output);
	return OK;
}
