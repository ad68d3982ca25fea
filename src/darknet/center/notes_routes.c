/*
 * Notes on periods of telescopes' figures: why a year is unlike others, in both languages (darknet/view/views_notes.h).
 */
#include "darknet/center/counts_routes.h"

#include "darknet/view/period.h"

#include <stdio.h>

struct reading {
	bool authors; /* who works at the centre is told at the centre alone */
	struct view_notes *notes;
	struct failure *failure;
	enum error error;
};

/* The texts of the store's row end with a NUL in the arena. */
static void take(void *context, const struct darknet_note *row)
{
	struct reading *reading = context;
	char written[TIME_TEXT], japanese[VIEW_NOTE_LONGEST + 1], english[VIEW_NOTE_LONGEST + 1];
	struct view_note note = { .period = (char *)row->period,
		.japanese = japanese,
		.english = english,
		.author = reading->authors ? (char *)row->author : (char *)"-",
		.written_text = (char *)time_format(row->created / SECOND * SECOND, written),
		.left_out = row->left_out };
	if (reading->error)
		return;
	text_copy(row->japanese, japanese, sizeof japanese);
	text_copy(row->english, english, sizeof english);
	reading->error = view_notes_take(reading->notes, &note, reading->failure);
}

void author_of(const struct call *call, char *to, size_t room)
{
	if (store_account_title(call->store, call->scope, call->subject->account, to, room, NULL) != OK)
		text_copy(TEXT("-"), to, room);
}

enum error read_notes(struct call *call, bool authors, struct view_notes *notes, struct failure *failure)
{
	struct reading reading = { authors && scope_covers_all(call->scope), notes, failure, OK };
	*notes = (struct view_notes){ 0 };
	enum error error = store_darknet_note_each(call->store, call->scope, take, &reading, failure);
	return error ? error : reading.error;
}

static json_t *note_json(const struct call *call, const struct darknet_note *note)
{
	json_t *object = json_object();
	output_uuid(object, "id", note->id);
	output_string(object, "period", note->period);
	output_text(object, "ja", note->japanese);
	output_text(object, "en", note->english);
	if (scope_covers_all(call->scope))
		output_string(object, "author_name", note->author);
	output_time(object, "written", note->created);
	json_object_set_new(object, "left_out", json_boolean(note->left_out));
	return object;
}

/* As those of a file are: what cannot be read again is not kept. */
static enum error check(const struct darknet_note *row, struct failure *failure)
{
	struct view_notes notes = { 0 };
	struct reading reading = { true, &notes, failure, OK };
	take(&reading, row);
	view_notes_free(&notes);
	return reading.error;
}

void back_to_page(struct call *call, struct text period, const char *part)
{
	struct view_period days;
	enum period_form form;
	bool known = view_period_parse(period, &days, &form);
	call->status = 303;
	snprintf(call->location, sizeof call->location, "/darknet%s%.*s#%s", known ? "?period=" : "",
	    known ? (int)period.size : 0, known ? period.at : "", part);
}

/* Lines that were typed into a form are one: what is about them and between their words is a space each. */
static struct text on_one_line(const struct call *call, const char *name)
{
	struct text given = input_text(call, name);
	char *line = arena_take(call->arena, given.size);
	size_t size = 0;
	for (size_t i = 0; line && i < given.size; i++) {
		bool space = given.at[i] == ' ' || (given.at[i] >= '\t' && given.at[i] <= '\r');
		if (!space)
			line[size++] = given.at[i];
		else if (size && line[size - 1] != ' ')
			line[size++] = ' ';
	}
	size -= size && line[size - 1] == ' ';
	return line ? (struct text){ line, size } : TEXT_NONE;
}

enum error note_add(struct call *call, struct failure *failure)
{
	const bool form = call->route->kind == ROUTE_FORM;
	struct darknet_note note = { .created = call->now,
		.japanese = form ? on_one_line(call, "ja") : input_text(call, "ja"),
		.english = form ? on_one_line(call, "en") : input_text(call, "en"),
		.left_out = input_boolean(call, "left_out", false) };
	char id[UUID_TEXT];
	enum error error = input_copy(call, "period", note.period, sizeof note.period, failure);
	author_of(call, note.author, sizeof note.author);
	if (!error)
		error = check(&note, failure);
	if (!error)
		error = store_darknet_note_add(call->store, call->scope, &note, failure);
	if (error)
		return error;
	if (form) {
		back_to_page(call, input_text(call, "shown"), "h-notes");
		return OK;
	}
	call->status = 201;
	snprintf(call->location, sizeof call->location, "/v1/darknet/notes/%s", uuid_format(note.id, id));
	json_object_set_new(call->output, "note", note_json(call, &note));
	return OK;
}

struct listing {
	const struct call *call;
	json_t *list;
};

static void add_note(void *context, const struct darknet_note *note)
{
	const struct listing *listing = context;
	json_array_append_new(listing->list, note_json(listing->call, note));
}

enum error note_list(struct call *call, struct failure *failure)
{
	struct listing listing = { call, json_array() };
	json_object_set_new(call->output, "notes", listing.list);
	return store_darknet_note_each(call->store, call->scope, add_note, &listing, failure);
}

enum error note_remove(struct call *call, struct failure *failure)
{
	enum error error = store_darknet_note_remove(call->store, call->scope, input_uuid(call, "id"), failure);
	if (error)
		return error == ERROR_NOT_FOUND ? fail(failure, error, ROUTE_HIDDEN_WORDS) : error;
	call->status = 204;
	if (call->route->kind == ROUTE_FORM)
		back_to_page(call, input_text(call, "shown"), "h-notes");
	return OK;
}
