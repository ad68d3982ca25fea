/*
 * Lists of indicators as text.
 */
#include "match/indicator_list.h"

#include "base/stream.h"
#include "match/indicator_document.h"

#include <stdlib.h>
#include <string.h>

/* The next field of a line; undoes quotation marks in place (`room` has the size of a line). False: they do not end. */
static bool cut_field(struct text *rest, char *room, struct text *field)
{
	if (rest->size == 0 || rest->at[0] != '"') {
		*field = text_trim(text_cut(rest, ','));
		return true;
	}
	size_t size = 0, i = 1;
	for (; i < rest->size; i++) {
		if (rest->at[i] == '"' && !(i + 1 < rest->size && rest->at[i + 1] == '"'))
			break;
		i += rest->at[i] == '"';
		room[size++] = rest->at[i];
	}
	if (i >= rest->size)
		return false;
	*rest = (struct text){ rest->at + i + 1, rest->size - i - 1 };
	*field = (struct text){ room, size };
	return text_trim(text_cut(rest, ',')).size == 0; /* nothing between the mark and the comma */
}

/* What follows the type on a line: value, action, id. */
static enum error read_fields(struct text rest, struct indicator_line *to, struct failure *failure)
{
	char unused[INDICATOR_LINE_LONGEST];
	struct text word = TEXT_NONE, id = TEXT_NONE;
	uint64_t number = to->number;
	if (!cut_field(&rest, to->room, &to->value) || !cut_field(&rest, unused, &word))
		return fail(failure, ERROR_INPUT, "the quotation marks do not end before a comma");
	if (word.size > 0 && !indicator_action_named(word, &to->action))
		return fail(failure, ERROR_INPUT, "\"%.*s\" is no action: observe, alert or block was expected",
		    (int)(word.size < 40 ? word.size : 40), word.at);
	id = text_trim(text_cut(&rest, ','));
	if (id.size > 0 && (!text_to_u64(id, &number) || number > UINT32_MAX))
		return fail(failure, ERROR_INPUT, "the id \"%.*s\" is no number below 4294967296",
		    (int)(id.size < 40 ? id.size : 40), id.at);
	to->number = (uint32_t)number;
	return OK;
}

enum error indicator_line_read(struct text text, uint64_t line, struct indicator_line *to, struct failure *failure)
{
	struct text rest = text, type = text_trim(text_cut(&rest, ','));
	to->action = INDICATOR_ALERT;
	to->number = (uint32_t)line;
	if (type.size < text.size && indicator_kind_named(type, &to->kind))
		return read_fields(rest, to, failure);
	to->value = text;
	if (indicator_guess(text, &to->kind))
		return OK;
	if (type.size < text.size)
		return fail(failure, ERROR_INPUT, "there is no type of indicators \"%.*s\"",
		    (int)(type.size < 40 ? type.size : 40), type.at);
	return fail(failure, ERROR_INPUT,
	    "expected type,value,action,id, or an address, prefix, hash, JA4, URL, mail address or domain alone");
}

static enum error add_line(struct indicator_builder *builder, struct text text, uint64_t line, struct failure *failure)
{
	struct indicator_line read;
	enum error error = indicator_line_read(text, line, &read, failure);
	return error ? error : indicator_builder_add(builder, read.kind, read.value, read.action, read.number, failure);
}

bool indicator_line_is_passed_over(struct text text, uint64_t line)
{
	return text.size == 0 || text.at[0] == '#' || (line == 1 && text_starts(text, TEXT("type,value")));
}

enum error indicator_list_read(struct stream *stream, struct indicator_builder *builder,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure)
{
	struct line line;
	struct text beginning;
	enum error error = stream_peek(stream, 64, &beginning, failure);
	if (!error && indicator_document_begins(beginning))
		return indicator_document_read(stream, builder, counts, complain, context, failure);
	while (!(error = stream_line(stream, INDICATOR_LINE_LONGEST, &line, failure))) {
		struct failure why = { 0 };
		struct text text = text_trim(line.text);
		counts->lines++;
		if (indicator_line_is_passed_over(text, line.number))
			continue;
		enum error wrong =
		    line.cut ? fail(&why, ERROR_INPUT, "the line is longer than %d bytes", INDICATOR_LINE_LONGEST)
			     : add_line(builder, text, line.number, &why);
		if (wrong == OK) {
			counts->indicators++;
			continue;
		}
		if (wrong != ERROR_INPUT)
			return fail(failure, wrong, "%s: line %llu: %s", stream_name(stream),
			    (unsigned long long)line.number, why.words);
		counts->malformed++;
		if (complain)
			complain(context, stream_name(stream), line.number, &why);
	}
	return error == ERROR_END ? OK : error;
}

static enum error load_list(struct stream *stream, struct indicator_set **set, struct indicator_list_counts *counts,
    indicator_complaint complain, void *context, struct failure *failure)
{
	struct indicator_builder *builder = indicator_builder_new();
	if (!builder)
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	enum error error = indicator_list_read(stream, builder, counts, complain, context, failure);
	if (!error)
		return indicator_builder_compile(builder, set, failure);
	indicator_builder_free(builder);
	return error;
}

enum error indicators_load_stream(struct stream *stream, struct indicator_set **set,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure)
{
	struct text head;
	*counts = (struct indicator_list_counts){ 0 };
	enum error error = stream_peek(stream, strlen(INDICATOR_FILE_MAGIC), &head, failure);
	if (!error && text_equal(head, text_of(INDICATOR_FILE_MAGIC)))
		return indicator_set_read(stream, set, failure);
	return error ? error : load_list(stream, set, counts, complain, context, failure);
}

enum error indicators_load(const char *path, struct indicator_set **set, struct indicator_list_counts *counts,
    indicator_complaint complain, void *context, struct failure *failure)
{
	struct stream *stream;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	error = indicators_load_stream(stream, set, counts, complain, context, failure);
	stream_close(stream);
	return error;
}
