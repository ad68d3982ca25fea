/*
 * Reads and writes lines of CSV. See columns.h.
 */
#include "base/columns.h"

#include <string.h>

/* Takes the next field off `*rest`; *more: another one follows. */
static enum error take_field(
    struct text *rest, struct arena *arena, struct text *field, bool *more, struct failure *failure)
{
	if (rest->size == 0 || rest->at[0] != '"') {
		size_t before = rest->size;
		*field = text_cut(rest, ',');
		*more = field->size < before;
		return OK;
	}
	char *to = arena_take(arena, rest->size);
	size_t size = 0, i = 1;
	bool closed = false;
	if (!to)
		return fail(failure, ERROR_MEMORY, "no memory for a line");
	while (i < rest->size && !closed) {
		closed = rest->at[i] == '"' && (i + 1 == rest->size || rest->at[i + 1] != '"');
		i += !closed && rest->at[i] == '"'; /* the first of two stands for the other */
		if (!closed)
			to[size++] = rest->at[i];
		i++;
	}
	if (!closed || (i < rest->size && rest->at[i] != ','))
		return fail(failure, ERROR_INPUT, "a quotation mark is not closed, or something stands behind it");
	*field = (struct text){ to, size };
	*more = i < rest->size;
	size_t taken = i + *more;
	*rest = (struct text){ rest->at + taken, rest->size - taken };
	return OK;
}

static int find(const char *const *names, struct text name)
{
	for (int i = 0; names[i]; i++)
		if (text_equal_nocase(text_trim(name), text_of(names[i])))
			return i;
	return -1;
}

bool columns_have(const struct columns *columns, const char *name)
{
	int known = find(columns->names, text_of(name));
	for (unsigned i = 0; i < columns->count; i++)
		if (columns->place[i] == known)
			return known >= 0;
	return false;
}

enum error columns_header(
    struct columns *columns, const char *const *names, struct text line, struct arena *arena, struct failure *failure)
{
	bool more = true, known = false;
	*columns = (struct columns){ .names = names };
	if (text_starts(line, TEXT("\xef\xbb\xbf"))) /* a byte order mark */
		line = (struct text){ line.at + 3, line.size - 3 };
	while (more) {
		struct text field;
		enum error error = take_field(&line, arena, &field, &more, failure);
		if (error != OK)
			return error;
		if (columns->count == COLUMNS_MOST)
			return fail(failure, ERROR_INPUT, "the header has more than %d columns", COLUMNS_MOST);
		int place = find(names, field);
		for (unsigned i = 0; place >= 0 && i < columns->count; i++)
			if (columns->place[i] == place)
				return fail(failure, ERROR_INPUT, "the header has the column %s twice", names[place]);
		columns->place[columns->count++] = place;
		known |= place >= 0;
	}
	if (known)
		return OK;
	columns->count = 0;
	return fail(failure, ERROR_INPUT, "the first line is no header: a column \"%s\" was expected", names[0]);
}

/* Spreadsheets would compute what begins so: an apostrophe is written before it, and taken off when it is read. */
static bool is_formula(struct text value)
{
	return value.size > 0 && memchr("=+-@\t", value.at[0], 5) != NULL;
}

static struct text without_guard(struct text value)
{
	if (value.size < 2 || value.at[0] != '\'')
		return value;
	struct text behind = { value.at + 1, value.size - 1 };
	return is_formula(behind) ? behind : value;
}

enum error columns_line(
    const struct columns *columns, struct text line, struct arena *arena, struct text *values, struct failure *failure)
{
	bool more = true;
	for (int i = 0; columns->names[i]; i++)
		values[i] = TEXT_NONE;
	for (unsigned i = 0; more; i++) {
		struct text field;
		enum error error = take_field(&line, arena, &field, &more, failure);
		if (error != OK)
			return error;
		if (i == columns->count)
			return fail(
			    failure, ERROR_INPUT, "the line has more than the %u fields of the header", columns->count);
		if (columns->place[i] >= 0)
			values[columns->place[i]] = without_guard(text_trim(field));
	}
	return OK;
}

void columns_write(struct builder *to, struct text value)
{
	bool formula = is_formula(value);
	bool quoted = formula;
	for (size_t i = 0; i < value.size; i++)
		quoted |= memchr(",\"\r\n", value.at[i], 4) != NULL;
	if (!quoted) {
		build_text(to, value);
		return;
	}
	build_text(to, formula ? TEXT("\"'") : TEXT("\""));
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] == '"')
			build_char(to, '"');
		build_char(to, value.at[i] == '\r' || value.at[i] == '\n' ? ' ' : value.at[i]);
	}
	build_char(to, '"');
}
