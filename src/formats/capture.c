/*
 * Lines through the capture policy; see capture.h.
 *
 * The JSON is walked by hand, not parsed: what is kept has to be copied as it stands, and the walk builds only what it
 * understood. Whatever it does not understand makes the whole line unreadable.
 */
#include "formats/capture_inner.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 64
#define PATH_MOST 512 /* bytes of a path; longer ones are not known */

static uint64_t slot_of(const struct capture_table *table, struct text path, bool below)
{
	return hash_text(path, (uint64_t)(table - capture_tables) * 2 + below);
}

static bool add_path(
    struct capture_reducer *reducer, const struct capture_table *table, const struct capture_path *path)
{
	struct text text = text_of(path->path);
	bool below = text_ends(text, TEXT(".*"));
	if (below)
		text.size -= 2;
	uint64_t at = slot_of(table, text, below);
	for (unsigned i = 0; i < CAPTURE_SLOTS; i++) {
		struct capture_slot *slot = &reducer->slots[(at + i) % CAPTURE_SLOTS];
		if (slot->path)
			continue;
		*slot = (struct capture_slot){ table, path, text.size, below };
		return true;
	}
	return false;
}

struct capture_reducer *capture_reducer_new(void)
{
	struct capture_reducer *reducer = calloc(1, sizeof *reducer);
	for (const struct capture_table *table = capture_tables; reducer && table->format; table++)
		for (const struct capture_path *path = table->paths; path->path; path++)
			if (!add_path(reducer, table, path)) {
				free(reducer);
				return NULL;
			}
	return reducer;
}

void capture_reducer_free(struct capture_reducer *reducer)
{
	if (!reducer)
		return;
	builder_free(&reducer->line);
	builder_free(&reducer->value);
	free(reducer);
}

static const struct capture_table *table_of(const char *format)
{
	for (const struct capture_table *table = capture_tables; format && table->format; table++)
		if (strcmp(table->format, format) == 0)
			return table;
	return NULL;
}

const struct capture_path *capture_look_up(
    const struct capture_reducer *reducer, const struct capture_table *table, struct text path, bool below)
{
	uint64_t at = slot_of(table, path, below);
	for (unsigned i = 0; i < CAPTURE_SLOTS; i++) {
		const struct capture_slot *slot = &reducer->slots[(at + i) % CAPTURE_SLOTS];
		if (!slot->path)
			break;
		if (slot->table == table && slot->below == below && slot->size == path.size &&
		    memcmp(slot->path->path, path.at, path.size) == 0)
			return slot->path;
	}
	struct text inner = table->inner ? text_of(table->inner) : TEXT_NONE;
	if (!inner.size || !text_starts(path, inner))
		return NULL;
	path = (struct text){ path.at + inner.size, path.size - inner.size };
	return capture_look_up(reducer, table_of(table->inner_format), path, below);
}

/* ── the walk over one line ─ */

enum outcome_of_value { VALUE_KEPT, VALUE_GONE, VALUE_BROKEN };

struct walk {
	struct capture_reducer *reducer;
	const struct capture_table *table;
	const struct capture_policy *policy;
	enum capture_purpose purpose;
	struct capture_counts *counts;
	void (*unknown)(void *context, struct text path); /* of capture_unknown() */
	void *context;
	const char *at, *end;
	bool changed;
	size_t path_size;
	char path[PATH_MOST];
};

static void skip_space(struct walk *walk)
{
	while (
	    walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\t' || *walk->at == '\r' || *walk->at == '\n'))
		walk->at++;
}

static bool take_char(struct walk *walk, char c)
{
	skip_space(walk);
	if (walk->at == walk->end || *walk->at != c)
		return false;
	walk->at++;
	return true;
}

/* What stands between the quotation marks, with its escapes. */
static bool take_string(struct walk *walk, struct text *text)
{
	if (!take_char(walk, '"'))
		return false;
	const char *begin = walk->at;
	for (; walk->at < walk->end; walk->at++) {
		if (*walk->at == '"') {
			*text = (struct text){ begin, (size_t)(walk->at++ - begin) };
			return true;
		}
		if ((unsigned char)*walk->at < ' ')
			return false;
		if (*walk->at == '\\' && ++walk->at == walk->end)
			return false;
	}
	return false;
}

static bool is_number(struct text text)
{
	bool digits = false;
	for (size_t i = 0; i < text.size; i++) {
		if (!strchr("0123456789+-.eE", text.at[i]))
			return false;
		digits |= text.at[i] >= '0' && text.at[i] <= '9';
	}
	return digits;
}

/* A number, true, false, null. */
static bool take_word(struct walk *walk, struct text *text)
{
	const char *begin = walk->at;
	while (walk->at < walk->end && !strchr(" \t\r\n,:]}[{\"", *walk->at))
		walk->at++;
	*text = (struct text){ begin, (size_t)(walk->at - begin) };
	return is_number(*text) || text_equal(*text, TEXT("true")) || text_equal(*text, TEXT("false")) ||
	       text_equal(*text, TEXT("null"));
}

static struct text path_of(const struct walk *walk)
{
	return (struct text){ walk->path, walk->path_size };
}

static bool path_fits(const struct walk *walk)
{
	return walk->path_size < PATH_MOST;
}

static void path_add(struct walk *walk, struct text key)
{
	if (walk->path_size + 1 + key.size >= PATH_MOST) {
		walk->path_size = PATH_MOST;
		return;
	}
	if (walk->path_size > 0)
		walk->path[walk->path_size++] = '.';
	memcpy(walk->path + walk->path_size, key.at, key.size);
	walk->path_size += key.size;
}

static enum capture_kind kind_here(const struct walk *walk, enum capture_kind inherited)
{
	if (!path_fits(walk))
		return CAPTURE_UNKNOWN;
	const struct capture_path *path = capture_look_up(walk->reducer, walk->table, path_of(walk), false);
	return path ? path->kind : inherited;
}

static enum outcome_of_value gone(struct walk *walk, enum capture_kind kind)
{
	walk->changed = true;
	walk->counts->fields[kind]++;
	return VALUE_GONE;
}

static enum outcome_of_value keep_string(struct walk *walk, struct text text)
{
	struct builder *to = &walk->reducer->line;
	build_char(to, '"');
	build_text(to, text);
	build_char(to, '"');
	return VALUE_KEPT;
}

static enum outcome_of_value reduce_string(struct walk *walk, enum capture_kind kind, struct text text)
{
	struct builder *value = &walk->reducer->value;
	builder_clear(value);
	if (kind == CAPTURE_TEXT) {
		build_text(value, text);
		if (value->failed || !text.size || !capture_text_mask(walk->policy, value->at, value->size, false))
			return value->failed ? VALUE_BROKEN : keep_string(walk, text);
	} else {
		capture_value_reduce(kind, text, value);
	}
	if (value->failed)
		return VALUE_BROKEN;
	if (value->size == 0)
		return gone(walk, kind);
	if (value->size != text.size || memcmp(value->at, text.at, text.size) != 0) {
		walk->changed = true;
		walk->counts->fields[kind]++;
	}
	return keep_string(walk, (struct text){ value->at, value->size });
}

/* A string (`quoted`) or another scalar. */
static enum outcome_of_value put_scalar(struct walk *walk, enum capture_kind inherited, struct text text, bool quoted)
{
	enum capture_kind kind = kind_here(walk, inherited);
	bool words = kind == CAPTURE_WORDS;
	enum capture capture = words ? CAPTURE_REDUCED : walk->policy->kinds[kind];
	kind = words ? CAPTURE_TEXT : kind;
	if (walk->unknown && kind == CAPTURE_UNKNOWN)
		walk->unknown(walk->context, path_of(walk));
	if (walk->purpose == CAPTURE_FOR_RECORD && capture != CAPTURE_NOT)
		capture = CAPTURE_LEAVES;
	if (capture == CAPTURE_REDUCED && quoted)
		return reduce_string(walk, kind, text);
	if (capture != CAPTURE_LEAVES)
		return gone(walk, kind);
	if (quoted)
		return keep_string(walk, text);
	build_text(&walk->reducer->line, text);
	return VALUE_KEPT;
}

static enum outcome_of_value walk_value(struct walk *walk, enum capture_kind inherited, unsigned depth);

/* One member or item, behind a comma when others stand before it; what has nothing left is taken back. */
static enum outcome_of_value walk_member(
    struct walk *walk, const struct text *key, enum capture_kind inherited, unsigned depth, bool first)
{
	struct builder *to = &walk->reducer->line;
	size_t before = to->size, path = walk->path_size;
	if (!first)
		build_char(to, ',');
	if (key) {
		keep_string(walk, *key);
		build_char(to, ':');
		path_add(walk, *key);
	}
	enum outcome_of_value outcome = walk_value(walk, inherited, depth);
	walk->path_size = path;
	if (outcome == VALUE_GONE)
		to->size = before;
	return outcome;
}

/* Behind its opening character. */
static enum outcome_of_value walk_container(struct walk *walk, enum capture_kind inherited, unsigned depth, bool object)
{
	struct builder *to = &walk->reducer->line;
	char close = object ? '}' : ']';
	bool first = true;
	if (depth == DEEPEST)
		return VALUE_BROKEN;
	build_char(to, object ? '{' : '[');
	if (take_char(walk, close)) { /* even a name may say something */
		walk->changed = true;
		return VALUE_GONE;
	}
	do {
		struct text key = TEXT_NONE;
		if (object && (!take_string(walk, &key) || !take_char(walk, ':')))
			return VALUE_BROKEN;
		enum outcome_of_value outcome = walk_member(walk, object ? &key : NULL, inherited, depth, first);
		if (outcome == VALUE_BROKEN)
			return VALUE_BROKEN;
		first &= outcome == VALUE_GONE;
	} while (take_char(walk, ','));
	if (!take_char(walk, close))
		return VALUE_BROKEN;
	build_char(to, close);
	return first ? VALUE_GONE : VALUE_KEPT;
}

static enum outcome_of_value walk_value(struct walk *walk, enum capture_kind inherited, unsigned depth)
{
	struct text text;
	skip_space(walk);
	if (walk->at == walk->end)
		return VALUE_BROKEN;
	if (*walk->at == '"')
		return take_string(walk, &text) ? put_scalar(walk, inherited, text, true) : VALUE_BROKEN;
	if (*walk->at != '{' && *walk->at != '[')
		return take_word(walk, &text) ? put_scalar(walk, inherited, text, false) : VALUE_BROKEN;
	bool object = *walk->at++ == '{';
	if (object && path_fits(walk)) {
		const struct capture_path *below = capture_look_up(walk->reducer, walk->table, path_of(walk), true);
		inherited = below ? below->kind : inherited;
	}
	return walk_container(walk, inherited, depth + 1, object);
}

/* Builds the line; false when it is not understood. An object of which nothing is left is "{}". */
static bool walk_line(struct walk *walk)
{
	struct builder *to = &walk->reducer->line;
	builder_clear(to);
	if (text_starts((struct text){ walk->at, (size_t)(walk->end - walk->at) }, TEXT("\xef\xbb\xbf")))
		walk->at += 3;
	enum outcome_of_value outcome = walk_value(walk, CAPTURE_UNKNOWN, 0);
	skip_space(walk);
	if (outcome == VALUE_BROKEN || walk->at != walk->end)
		return false;
	if (outcome == VALUE_GONE) {
		builder_clear(to);
		build_text(to, TEXT("{}"));
	}
	return !to->failed;
}

/* ── lines ─ */

bool capture_reduce(struct capture_reducer *reducer, const struct capture_policy *policy, enum capture_purpose purpose,
    const struct format *format, struct capture_columns *columns, struct text line, struct capture_counts *counts,
    struct text *to)
{
	const struct capture_table *table = format ? table_of(format->name) : NULL;
	counts->lines++;
	*to = line;
	if (text_trim(line).size == 0)
		return true;
	bool text = !table || (format->layout && *line.at != '{');
	if (text && purpose == CAPTURE_FOR_RECORD)
		return true;
	if (text)
		return capture_columns_reduce(reducer, policy, table, columns, line, counts, to);
	struct walk walk = { .reducer = reducer,
		.table = table,
		.policy = policy,
		.purpose = purpose,
		.counts = counts,
		.at = line.at,
		.end = line.at + line.size };
	if (!walk_line(&walk)) {
		counts->unreadable++;
		return false;
	}
	struct text left = { reducer->line.at, reducer->line.size };
	if (walk.changed && !text_equal(left, text_trim(line))) { /* "{}" was so before */
		*to = left;
		counts->changed++;
	}
	return true;
}

static void put_back(char *line, size_t size, struct text reduced)
{
	if (reduced.at == line)
		return;
	memcpy(line, reduced.at, reduced.size);
	memset(line + reduced.size, ' ', size - reduced.size);
}

/* What a reader would say of a line that is not readable: the line itself does not leave. */
static void note_unreadable(const struct format *format, struct text line, size_t at, struct capture_counts *counts)
{
	struct failure failure = { 0 };
	struct json_value root;
	const char *nul = memchr(line.at, 0, line.size);
	size_t valid = text_utf8_valid(line);
	if (*counts->unreadable_words)
		return;
	struct json_parser *parser = json_parser_new(DEEPEST);
	if (nul)
		fail(&failure, ERROR_INPUT, "a NUL stands at byte %zu: text was expected", (size_t)(nul - line.at) + 1);
	else if (valid < line.size)
		fail(&failure, ERROR_INPUT, "no valid UTF-8 at byte %zu", valid + 1);
	else if (format && format->layout && *line.at != '{')
		fail(&failure, ERROR_INPUT, "the line is not what its header or its format says: nothing of it leaves");
	else if (!parser || json_parse(parser, line, &root, &failure) == OK)
		fail(&failure, ERROR_INPUT, "the line is no JSON that the capture policy could be applied to");
	json_parser_free(parser);
	counts->unreadable_at = at;
	text_copy(text_of(failure.words), counts->unreadable_words, sizeof counts->unreadable_words);
}

void capture_reduce_lines(struct capture_reducer *reducer, const struct capture_policy *policy,
    enum capture_purpose purpose, const struct format *format, struct capture_columns *columns, char *bytes,
    size_t size, struct capture_counts *counts)
{
	for (size_t at = 0; at < size;) {
		const char *stop = memchr(bytes + at, '\n', size - at);
		size_t end = stop ? (size_t)(stop - bytes) : size;
		struct text reduced, line = { bytes + at, end - at };
		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		if (capture_reduce(reducer, policy, purpose, format, columns, line, counts, &reduced) &&
		    reduced.size <= line.size)
			put_back(bytes + at, line.size, reduced);
		else {
			note_unreadable(format, line, at, counts);
			put_back(bytes + at, line.size, TEXT("?"));
		}
		at = end + 1;
	}
}

enum capture_kind capture_field(const struct capture_reducer *reducer, const char *format, struct text path)
{
	const struct capture_table *table = table_of(format);
	const struct capture_path *known = table ? capture_look_up(reducer, table, path, false) : NULL;
	while (table && !known && path.size > 0) {
		while (path.size > 0 && path.at[path.size - 1] != '.')
			path.size--;
		path.size -= path.size > 0;
		known = path.size > 0 ? capture_look_up(reducer, table, path, true) : NULL;
	}
	return known ? known->kind : CAPTURE_UNKNOWN;
}

bool capture_unknown(struct capture_reducer *reducer, const struct format *format, struct capture_columns *columns,
    struct text line, void (*each)(void *context, struct text path), void *context)
{
	struct capture_counts counts = { 0 };
	struct walk walk = { .reducer = reducer,
		.table = table_of(format->name),
		.policy = &capture_policy_default,
		.purpose = CAPTURE_FOR_CENTRE,
		.counts = &counts,
		.unknown = each,
		.context = context,
		.at = line.at,
		.end = line.at + line.size };
	if (format->layout && line.size && *line.at != '{')
		return capture_columns_unknown(reducer, walk.table, columns, line, each, context);
	return walk.table && walk_line(&walk);
}
