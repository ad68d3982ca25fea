/*
 * Lines of text through the capture policy: by the names of their columns or keys where their format names them
 * (format.h, layout), else with what looks like a URL or a mail address masked. See capture.h.
 *
 * In: a line and what its header said. Out: the same line, its separators and quotation marks as they were, each value
 * as far as its kind may leave.
 */
#include "base/character.h"
#include "formats/capture_inner.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 64 /* bytes of a column's name; longer ones are not known */

struct capture_columns {
	struct format_settings settings;
	struct format_reader *reader;
};

enum error capture_columns_new(
    const struct format *format, struct text map, struct capture_columns **made, struct failure *failure)
{
	*made = NULL;
	if (!format || !format->layout)
		return OK;
	struct capture_columns *columns = calloc(1, sizeof *columns);
	if (!columns)
		return fail(failure, ERROR_MEMORY, "no memory for the capture policy");
	columns->settings.map = map;
	enum error error = format_reader_new(format, &columns->settings, &columns->reader, failure);
	if (error)
		free(columns);
	else
		*made = columns;
	return error == ERROR_MEMORY ? error : OK;
}

void capture_columns_free(struct capture_columns *columns)
{
	if (columns)
		format_reader_free(columns->reader);
	free(columns);
}

static enum format_layout lay_out(
    struct capture_columns *columns, struct text line, struct format_field fields[static FORMAT_FIELDS], size_t *count)
{
	return columns->reader->format->layout(columns->reader, line, fields, count);
}

void capture_columns_learn(struct capture_columns *columns, struct text lines)
{
	struct format_field fields[FORMAT_FIELDS];
	size_t count;
	while (columns && lines.size) {
		struct text line = text_cut(&lines, '\n');
		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		if (line.size)
			lay_out(columns, line, fields, &count);
	}
}

/* ── one value ─ */

/* In the reducer's line, from `from` on. */
static bool mask_from(struct capture_reducer *reducer, const struct capture_policy *policy, size_t from, bool columns)
{
	struct builder *to = &reducer->line;
	return !to->failed && to->size > from && capture_text_mask(policy, to->at + from, to->size - from, columns);
}

static void put_reduced(struct capture_reducer *reducer, const struct capture_policy *policy, enum capture_kind kind,
    struct text value, bool *changed)
{
	size_t before = reducer->line.size;
	if (kind == CAPTURE_TEXT || kind == CAPTURE_WORDS) {
		build_text(&reducer->line, value);
		*changed = mask_from(reducer, policy, before, false);
		return;
	}
	builder_clear(&reducer->value);
	capture_value_reduce(kind, value, &reducer->value);
	reducer->line.failed |= reducer->value.failed;
	struct text left = { reducer->value.at, reducer->value.size };
	*changed = !text_equal(left, value);
	build_text(&reducer->line, left);
}

static void put_value(struct capture_reducer *reducer, const struct capture_policy *policy, enum capture_kind kind,
    struct text value, struct capture_counts *counts)
{
	bool words = kind == CAPTURE_WORDS, changed = false;
	enum capture capture = words ? CAPTURE_REDUCED : policy->kinds[kind];
	if (value.size == 0)
		return;
	if (capture == CAPTURE_LEAVES)
		build_text(&reducer->line, value);
	else if (capture == CAPTURE_REDUCED)
		put_reduced(reducer, policy, kind, value, &changed);
	else
		changed = true;
	counts->fields[words ? CAPTURE_TEXT : kind] += changed;
}

static enum capture_kind kind_of(
    const struct capture_reducer *reducer, const struct capture_table *table, struct text name)
{
	char low[NAME_MOST];
	if (name.size == 0 || name.size > sizeof low)
		return CAPTURE_UNKNOWN;
	for (size_t i = 0; i < name.size; i++)
		low[i] = char_lower(name.at[i]);
	const struct capture_path *path = capture_look_up(reducer, table, (struct text){ low, name.size }, false);
	return path ? path->kind : CAPTURE_UNKNOWN;
}

/* ── lines ─ */

/* What a gate before this one left of a line that it could not read. */
static bool is_left_out(struct text line)
{
	return text_equal(line, TEXT("?"));
}

static bool text_reduce(struct capture_reducer *reducer, const struct capture_policy *policy, struct text line,
    bool columns, struct capture_counts *counts, struct text *to)
{
	builder_clear(&reducer->line);
	build_text(&reducer->line, line);
	if (reducer->line.failed)
		return false;
	*to = line;
	if (mask_from(reducer, policy, 0, columns)) {
		*to = (struct text){ reducer->line.at, reducer->line.size };
		counts->changed++;
		counts->fields[CAPTURE_TEXT]++;
	}
	return true;
}

/* The spaces behind a line are of whoever reduced it before. */
static struct text without_fill(struct text line)
{
	while (line.size > 0 && line.at[line.size - 1] == ' ')
		line.size--;
	return line;
}

bool capture_columns_reduce(struct capture_reducer *reducer, const struct capture_policy *policy,
    const struct capture_table *table, struct capture_columns *columns, struct text line, struct capture_counts *counts,
    struct text *to)
{
	struct format_field fields[FORMAT_FIELDS];
	size_t count = 0, at = 0;
	struct text whole = without_fill(line);
	enum format_layout layout = columns && table ? lay_out(columns, whole, fields, &count) : LAYOUT_UNKNOWN;
	*to = line;
	if (layout == LAYOUT_FIELDS && is_left_out(whole))
		layout = LAYOUT_MISFIT;
	if (layout == LAYOUT_UNKNOWN)
		return text_reduce(reducer, policy, line, table && strcmp(table->format, "csv") == 0, counts, to);
	if (layout == LAYOUT_HEADER)
		return true;
	if (layout == LAYOUT_MISFIT) {
		counts->unreadable++;
		return false;
	}
	builder_clear(&reducer->line);
	for (size_t i = 0; i < count; at = fields[i++].end) {
		build_text(&reducer->line, (struct text){ whole.at + at, fields[i].begin - at });
		put_value(reducer, policy, kind_of(reducer, table, fields[i].name),
		    (struct text){ whole.at + fields[i].begin, fields[i].end - fields[i].begin }, counts);
	}
	build_text(&reducer->line, (struct text){ whole.at + at, whole.size - at });
	if (reducer->line.failed)
		return false;
	struct text left = { reducer->line.at, reducer->line.size };
	if (!text_equal(left, whole)) {
		*to = left;
		counts->changed++;
	}
	return true;
}

bool capture_columns_unknown(const struct capture_reducer *reducer, const struct capture_table *table,
    struct capture_columns *columns, struct text line, void (*each)(void *context, struct text path), void *context)
{
	struct format_field fields[FORMAT_FIELDS];
	size_t count = 0;
	enum format_layout layout = columns ? lay_out(columns, without_fill(line), fields, &count) : LAYOUT_UNKNOWN;
	for (size_t i = 0; layout == LAYOUT_FIELDS && i < count; i++)
		if (fields[i].name.size && fields[i].end > fields[i].begin &&
		    kind_of(reducer, table, fields[i].name) == CAPTURE_UNKNOWN)
			each(context, fields[i].name);
	return layout == LAYOUT_FIELDS || layout == LAYOUT_HEADER;
}
