/*
 * Header lines and rows of Zeek's tab-separated logs. Called by the readers of its notices and of its records.
 */
#include "formats/zeek_table.h"

#include "base/character.h"

#include <string.h>

void zeek_table_begin(struct zeek_table *table)
{
	*table = (struct zeek_table){ .separator = '\t', .set_separator = ',', .empty = "(empty)", .unset = "-" };
}

/* The byte that "\x09" stands for, where `at` points to at least four. */
static int escaped(const char *at)
{
	int high = at[0] == '\\' && at[1] == 'x' ? char_hex(at[2]) : -1, low = high < 0 ? -1 : char_hex(at[3]);
	return low < 0 ? -1 : high << 4 | low;
}

struct text zeek_unescape(struct arena *arena, struct text text)
{
	if (!text.size || !memchr(text.at, '\\', text.size))
		return text;
	struct text copy = arena_text(arena, text);
	char *to = (char *)(uintptr_t)copy.at;
	size_t size = 0;
	for (size_t i = 0; i < copy.size; i++) {
		int byte = i + 3 < copy.size ? escaped(copy.at + i) : -1;
		to[size++] = byte < 0 ? copy.at[i] : (char)byte;
		i += byte < 0 ? 0 : 3;
	}
	struct text result = { to, size };
	return text_utf8_valid(result) < result.size ? text : result;
}

static void read_separator(struct zeek_table *table, struct text name)
{
	int byte = name.size == 4 ? escaped(name.at) : -1;
	if (byte >= 0)
		table->separator = (char)byte;
	else if (name.size == 1)
		table->separator = name.at[0];
}

void zeek_table_header(
    struct zeek_table *table, struct text line, uint8_t (*number_of)(const struct zeek_table *table, struct text name))
{
	struct text rest = line;
	if (text_starts(line, TEXT("#separator "))) {
		read_separator(table, (struct text){ line.at + 11, line.size - 11 });
		return;
	}
	struct text key = text_cut(&rest, table->separator);
	if (text_equal(key, TEXT("#set_separator")) && rest.size == 1)
		table->set_separator = rest.at[0];
	else if (text_equal(key, TEXT("#empty_field")))
		text_copy(rest, table->empty, sizeof table->empty);
	else if (text_equal(key, TEXT("#unset_field")))
		text_copy(rest, table->unset, sizeof table->unset);
	else if (text_equal(key, TEXT("#path")))
		text_copy(rest, table->path, sizeof table->path);
	else if (text_equal(key, TEXT("#fields")))
		for (table->columns = 0; rest.size && table->columns < ZEEK_COLUMNS; table->columns++)
			table->numbers[table->columns] = number_of(table, text_cut(&rest, table->separator));
}

enum error zeek_table_row(const struct zeek_table *table, struct text line,
    void (*each)(void *context, uint8_t number, struct text value), void *context, struct failure *failure)
{
	struct text rest = line, unset = text_of(table->unset), empty = text_of(table->empty);
	uint32_t column = 0;
	bool more = true;
	for (; more && column < table->columns; column++) {
		const char *end = rest.size ? memchr(rest.at, table->separator, rest.size) : NULL;
		struct text value = { rest.at, end ? (size_t)(end - rest.at) : rest.size };
		more = end != NULL;
		rest.at += value.size + more;
		rest.size -= value.size + more;
		if (table->numbers[column] && value.size && !text_equal(value, unset) && !text_equal(value, empty))
			each(context, table->numbers[column], value);
	}
	if (more || column < table->columns)
		return fail(failure, ERROR_INPUT, "the line has %s columns than the %u of #fields",
		    more ? "more" : "fewer", table->columns);
	return OK;
}
