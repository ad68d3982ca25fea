/*
 * A centre's records and alerts, page by page; see kept.h. Called by check.c.
 */
#include "intel/kept.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEDIA "application/json"
#define ORGANISATIONS_MOST 100000u
#define TRIES 30u    /* while the centre says that it is asked too fast */
#define PATIENCE 60u /* seconds between two of them at most */
#define NEXT_LARGEST 512u

/* One of the two lists of an organisation: the row at hand, and where it goes on. */
struct listing {
	struct parcel_client centre;
	const char *name; /* of the list, as in its path: "records", "alerts" */
	struct json_value list, row;
	struct json_walk walk;
	char next[NEXT_LARGEST];
	bool begun, there;
	nanoseconds occurred;
};

struct organisation_row {
	uint64_t number;
	char *name;
};

struct reading {
	const struct kept_wish *wish;
	const struct kept_visitor *visitor;
	struct listing sides[2];
	struct organisation_row *organisations;
	size_t count, room;
	struct record_reader *eve;
	struct record record;
};

/* ── pages ─ */

/* `url` is freed. A centre that is asked too fast is waited for. */
static enum error get(
    struct parcel_client *centre, struct builder *url, struct json_value *root, struct failure *failure)
{
	enum error error = ERROR_AGAIN;
	for (unsigned i = 0; i < TRIES && error == ERROR_AGAIN; i++) {
		struct client_answer answer;
		struct builder copy = { 0 };
		build_text(&copy, (struct text){ url->at, url->size });
		error = parcel_client_ask(
		    centre, &(struct parcel_question){ "GET", &copy, TEXT_NONE, MEDIA }, &answer, root, failure);
		uint32_t wait = answer.retry_after ? answer.retry_after : 1;
		if (error == ERROR_AGAIN && answer.status)
			nanosleep(&(struct timespec){ .tv_sec = wait < PATIENCE ? wait : PATIENCE }, NULL);
	}
	builder_free(url);
	return error;
}

static void build_condition(struct builder *url, const char *name, struct text value)
{
	if (!value.size)
		return;
	build_format(url, "&%s=", name);
	parcel_build_escaped(url, value);
}

/* `number`: of the organisation; 0 = one's own. */
static enum error next_page(
    const struct kept_wish *wish, struct listing *listing, uint64_t number, struct failure *failure)
{
	struct builder url = { 0 };
	struct json_value root = { 0 };
	build_format(&url, "%s/v1/%s?limit=500", wish->centre.url, listing->name);
	if (number)
		build_format(&url, "&organisation=%llu", (unsigned long long)number);
	build_condition(&url, "from", text_of(wish->from));
	build_condition(&url, "to", text_of(wish->to));
	build_condition(&url, "after", text_of(listing->next));
	enum error error = get(&listing->centre, &url, &root, failure);
	listing->begun = true;
	listing->walk = (struct json_walk){ 0 };
	listing->list = json_get(root, listing->name);
	struct text next = json_text(json_get(root, "next"));
	if (!error && next.size && text_equal(next, text_of(listing->next)))
		error = fail(failure, ERROR_INPUT, "%s: the centre gives the same page again", wish->centre.url);
	text_copy(error ? TEXT_NONE : next, listing->next, sizeof listing->next);
	return error;
}

/* The next row, which lives until the one behind it. A page may be empty, and not be the last. */
static enum error advance(
    const struct kept_wish *wish, struct listing *listing, uint64_t number, struct failure *failure)
{
	enum error error = OK;
	bool assumed;
	listing->there = false;
	while (!error && !listing->there) {
		if (listing->begun && json_next(listing->list, &listing->walk)) {
			listing->row = listing->walk.value;
			listing->there = true;
		} else if (listing->begun && !listing->next[0])
			return OK;
		else
			error = next_page(wish, listing, number, failure);
	}
	if (listing->there &&
	    !time_parse(json_text(json_get(listing->row, "occurred")), 0, &listing->occurred, &assumed))
		listing->occurred = 0;
	return error;
}

/* ── a row ─ */

static void take_end(struct record *record, int end, struct json_value row, const char *address, const char *port)
{
	uint64_t number = 0;
	address_parse(json_text(json_get(row, address)), &record->flow.ends[end].address);
	if (json_to_u64(json_get(row, port), &number) && number <= UINT16_MAX)
		record->flow.ends[end].port = (uint16_t)number;
}

/* What the centre itself made of a line that is no record to us. */
static void take_ends(struct record *record, struct json_value row, nanoseconds occurred)
{
	*record = (struct record){ .type = "alert", .occurred = occurred };
	take_end(record, 0, row, "source", "source_port");
	take_end(record, 1, row, "target", "target_port");
}

static bool take_line(struct reading *reading, struct text line)
{
	struct stream *stream = NULL;
	struct record_counts counts = { 0 };
	struct line read;
	struct failure why;
	bool taken = line.size && stream_open_memory("history", line.at, line.size, &stream, &why) == OK &&
		     record_read(reading->eve, stream, &read, &reading->record, &counts, NULL, NULL, &why) == OK;
	stream_close(stream);
	reading->eve->ended = false; /* of the line, not of what there is to read */
	return taken;
}

static enum error visit(
    struct reading *reading, const struct listing *listing, const char *name, struct failure *failure)
{
	struct record *record = &reading->record;
	struct text id = json_text(json_get(listing->row, "position"));
	if (!take_line(reading, json_text(json_get(listing->row, "original"))))
		take_ends(record, listing->row, listing->occurred);
	struct place place = { .file = name,
		.time = record->occurred,
		.type = record->type,
		.ends = { record->flow.ends[0].address, record->flow.ends[1].address } };
	text_copy(id.size ? id : json_text(json_get(listing->row, "id")), place.id, sizeof place.id);
	return reading->visitor->record(reading->visitor->context, record, &place, failure);
}

/* ── organisations ─ */

static enum error take_organisations(struct reading *reading, struct json_value list, struct failure *failure)
{
	struct json_walk walk = { 0 };
	while (json_next(list, &walk)) {
		struct organisation_row row = { 0 };
		struct text name = json_text(json_get(walk.value, "name"));
		if (reading->count == reading->room) {
			struct organisation_row *more =
			    array_grow(reading->organisations, &reading->room, 64, sizeof *more);
			if (!more)
				return fail(failure, ERROR_MEMORY, "no memory for organisations");
			reading->organisations = more;
		}
		if (!json_to_u64(json_get(walk.value, "number"), &row.number) ||
		    !(row.name = strndup(name.at ? name.at : "", name.size)))
			return fail(
			    failure, ERROR_INPUT, "%s: an organisation without a number", reading->wish->centre.url);
		reading->organisations[reading->count++] = row;
	}
	return reading->count > ORGANISATIONS_MOST
		   ? fail(failure, ERROR_LIMIT, "%s: its organisations do not end", reading->wish->centre.url)
		   : OK;
}

static enum error list_organisations(struct reading *reading, struct failure *failure)
{
	struct listing *listing = &reading->sides[0];
	struct json_value root = { 0 };
	enum error error;
	do {
		struct builder url = { 0 };
		build_format(&url, "%s/v1/organisations?limit=500", reading->wish->centre.url);
		build_condition(&url, "after", text_of(listing->next));
		error = get(&listing->centre, &url, &root, failure);
		if (!error)
			error = take_organisations(reading, json_get(root, "organisations"), failure);
		text_copy(error ? TEXT_NONE : json_text(json_get(root, "next")), listing->next, sizeof listing->next);
	} while (!error && listing->next[0]);
	return error;
}

static enum error read_one(
    struct reading *reading, const struct organisation_row *organisation, struct failure *failure)
{
	uint64_t number = reading->count > 1 ? organisation->number : 0;
	enum error error = OK;
	for (int i = 0; i < 2 && !error; i++) {
		reading->sides[i].begun = false;
		reading->sides[i].next[0] = '\0';
		error = advance(reading->wish, &reading->sides[i], number, failure);
	}
	while (!error && (reading->sides[0].there || reading->sides[1].there)) {
		const struct listing *one = &reading->sides[0], *other = &reading->sides[1];
		bool first = one->there && (!other->there || one->occurred >= other->occurred);
		struct listing *listing = &reading->sides[first ? 0 : 1];
		error = visit(reading, listing, organisation->name, failure);
		if (!error)
			error = advance(reading->wish, listing, number, failure);
	}
	return error ? error : reading->visitor->end(reading->visitor->context, failure);
}

enum error kept_each(const struct kept_wish *wish, const struct kept_visitor *visitor, struct failure *failure)
{
	struct record_settings settings = { 0 };
	struct reading *reading = calloc(1, sizeof *reading); /* a record is large */
	if (!reading)
		return fail(failure, ERROR_MEMORY, "no memory to read a centre");
	*reading = (struct reading){ .wish = wish, .visitor = visitor };
	reading->sides[0].name = "records";
	reading->sides[1].name = "alerts";
	enum error error = record_reader_new(record_format_named("eve"), &settings, &reading->eve, failure);
	for (int i = 0; i < 2 && !error; i++)
		error = parcel_client_open(&wish->centre, &reading->sides[i].centre, failure);
	if (!error)
		error = list_organisations(reading, failure);
	for (size_t i = 0; i < reading->count && !error; i++)
		error = read_one(reading, &reading->organisations[i], failure);
	for (int i = 0; i < 2; i++)
		parcel_client_close(&reading->sides[i].centre);
	for (size_t i = 0; i < reading->count; i++)
		free(reading->organisations[i].name);
	free(reading->organisations);
	record_reader_free(reading->eve);
	free(reading);
	return error;
}
