/*
 * The file of notes; see views_notes.h.
 */
#include "darknet/view/views_notes.h"

#include "base/config.h"
#include "base/file.h"
#include "base/memory.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MOST ((size_t)VIEW_NOTES_MOST * 6 * VIEW_NOTE_LONGEST)
#define PATH_ROOM 4096

/* ── reading ─ */

static const char *check_period(const char *value)
{
	struct view_period period;
	enum period_form form;

	return view_period_parse(text_of(value), &period, &form)
		   ? NULL
		   : "a period as 2020, 2020-03 or 2020-03-01..2020-03-31";
}

static const char *check_words(const char *value)
{
	struct text text = text_of(value);

	if (text.size == 0 || text.size > VIEW_NOTE_LONGEST || text_utf8_valid(text) < text.size)
		return "words of 1 to 2000 bytes in UTF-8";
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return "words on one line";
	return NULL;
}

static const char *check_time(const char *value)
{
	nanoseconds time;
	bool assumed;

	return time_parse(text_of(value), 0, &time, &assumed) && !assumed ? NULL
									  : "a time as 2021-02-16T09:00:00+09:00";
}

#define AT(member) offsetof(struct view_note, member)
static const struct option table[] = {
	{ "period", OPTION_TEXT, AT(period), .summary = "What the note is about" },
	{ "ja", OPTION_TEXT, AT(japanese), .summary = "The note in Japanese" },
	{ "en", OPTION_TEXT, AT(english), .summary = "The note in English" },
	{ "author", OPTION_TEXT, AT(author), .summary = "Who wrote it" },
	{ "written", OPTION_TEXT, AT(written_text), .summary = "When it was written" },
	{ "left_out", OPTION_BOOLEAN, AT(left_out), .initial = "false", .summary = "Its days are left out of trends" },
	{ 0 },
};

static enum error check_note(const struct view_note *note, struct failure *failure)
{
	const struct {
		const char *name, *value, *(*check)(const char *value);
	} parts[] = {
		{ "period", note->period, check_period },
		{ "ja", note->japanese, check_words },
		{ "en", note->english, check_words },
		{ "author", note->author, check_words },
		{ "written", note->written_text, check_time },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const char *expected = parts[i].check(parts[i].value ? parts[i].value : "");
		if (expected)
			return fail(failure, ERROR_INPUT, "%s: %s was expected", parts[i].name, expected);
	}
	return OK;
}

static bool copy_texts(struct view_note *to, const struct view_note *from)
{
	*to = (struct view_note){ .period = strdup(from->period),
		.japanese = strdup(from->japanese),
		.english = strdup(from->english),
		.author = strdup(from->author),
		.written_text = strdup(from->written_text),
		.left_out = from->left_out };
	return to->period && to->japanese && to->english && to->author && to->written_text;
}

enum error view_notes_take(struct view_notes *notes, const struct view_note *taken, struct failure *failure)
{
	enum period_form form;
	enum error error = check_note(taken, failure);

	if (error)
		return error;
	if (notes->count == VIEW_NOTES_MOST)
		return fail(failure, ERROR_LIMIT, "at most %d notes", VIEW_NOTES_MOST);
	if (notes->count == notes->room) {
		struct view_note *more = array_grow(notes->items, &notes->room, 16, sizeof *more);
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory for notes");
		notes->items = more;
	}
	struct view_note *note = &notes->items[notes->count++];
	if (!copy_texts(note, taken))
		return fail(failure, ERROR_MEMORY, "no memory for notes");
	view_period_parse(text_of(note->period), &note->days, &form);
	time_parse(text_of(note->written_text), 0, &note->written, NULL);
	return OK;
}

static enum error take_note(void *context, void *settings, struct failure *failure)
{
	return view_notes_take(context, settings, failure);
}

enum error view_notes_parse(const char *name, struct text text, struct view_notes *notes, struct failure *failure)
{
	const struct option_group groups[] = {
		{ .name = "notes",
		    .options = table,
		    .settings_size = sizeof(struct view_note),
		    .each = take_note,
		    .context = notes },
		{ 0 },
	};

	*notes = (struct view_notes){ 0 };
	enum error error = config_read_text(name, text, groups, failure);
	if (error)
		view_notes_free(notes);
	return error;
}

static void path_of(const char *folder, char to[static PATH_ROOM])
{
	snprintf(to, PATH_ROOM, "%s/notes.conf", folder);
}

enum error view_notes_read(const char *folder, struct view_notes *notes, struct failure *failure)
{
	char path[PATH_ROOM], *at;
	size_t size;

	*notes = (struct view_notes){ 0 };
	path_of(folder, path);
	enum error error = file_read(path, FILE_MOST, &at, &size, failure);
	if (error)
		return error == ERROR_NOT_FOUND ? OK : error;
	error = view_notes_parse(path, (struct text){ at, size }, notes, failure);
	free(at);
	return error;
}

void view_notes_free(struct view_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++) {
		free(notes->items[i].period);
		free(notes->items[i].japanese);
		free(notes->items[i].english);
		free(notes->items[i].author);
		free(notes->items[i].written_text);
	}
	free(notes->items);
	*notes = (struct view_notes){ 0 };
}

bool view_notes_leave_out(const struct view_notes *notes, const struct view_period *period)
{
	for (size_t i = 0; i < notes->count; i++)
		if (notes->items[i].left_out && view_period_overlaps(&notes->items[i].days, period))
			return true;
	return false;
}

struct view_period view_notes_against(
    const struct view_notes *notes, const struct view_period *period, enum period_form form)
{
	struct view_period first = view_period_before(period, form), against = first;

	for (unsigned tries = 0; tries < 20 && view_notes_leave_out(notes, &against); tries++)
		against = view_period_before(&against, form);
	return view_notes_leave_out(notes, &against) ? first : against;
}

/* ── writing ─ */

static void put_quoted(struct builder *to, const char *name, const char *words)
{
	build_format(to, "\t  %s = \"", name);
	for (; *words; words++) {
		if (*words == '"' || *words == '\\')
			build_char(to, '\\');
		build_char(to, *words);
	}
	build_text(to, TEXT("\";\n"));
}

void view_notes_write(const struct view_notes *notes, struct builder *to)
{
	build_text(to, TEXT("# Notes on periods of the telescope's figures: `noroshi darknet note`.\nnotes = (\n"));
	for (size_t i = 0; i < notes->count; i++) {
		const struct view_note *note = &notes->items[i];
		build_text(to, i ? TEXT(",\n\t{\n") : TEXT("\t{\n"));
		put_quoted(to, "period", note->period);
		put_quoted(to, "ja", note->japanese);
		put_quoted(to, "en", note->english);
		put_quoted(to, "author", note->author);
		put_quoted(to, "written", note->written_text);
		build_format(to, "\t  left_out = %s;\n\t}", note->left_out ? "true" : "false");
	}
	build_text(to, TEXT("\n);\n"));
}

/* The replacement is begun before the file is read: nobody else adds a note in between. */
enum error view_notes_add(const char *folder, const struct view_note *note, struct failure *failure)
{
	struct view_note whole = *note;
	struct view_notes notes = { 0 };
	struct builder text = { 0 };
	struct file *file = NULL;
	char path[PATH_ROOM], now[TIME_TEXT];

	if (!whole.written_text)
		whole.written_text = time_format(time_now() / SECOND * SECOND, now);
	path_of(folder, path);
	enum error error = file_replace_begin(path, 0640, &file, failure);
	if (!error)
		error = view_notes_read(folder, &notes, failure);
	if (!error)
		error = view_notes_take(&notes, &whole, failure);
	if (!error) {
		view_notes_write(&notes, &text);
		error = text.failed ? fail(failure, ERROR_MEMORY, "no memory for notes")
				    : file_append(file, text.at, text.size, failure);
	}
	if (!error)
		error = file_replace_commit(file, failure);
	else if (file)
		file_replace_abandon(file);
	builder_free(&text);
	view_notes_free(&notes);
	return error;
}
