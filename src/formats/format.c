/*
 * The list of formats, how one is told by content, and the loop that turns a stream of lines into alerts.
 *
 * In: a stream (base/stream.h). Out: alerts one by one, counts, and a complaint for each line that is malformed. Called
 * by the commands that read files and by the keeper for what is posted. A new format is a new file and a line in
 * `formats`.
 */
#include "formats/format.h"
#include "base/memory.h"
#include "formats/fields.h"
#include "formats/repeat.h"
#include "model/appearance.h"

#include <stdlib.h>
#include <string.h>

/* For the built texts of one line: a line is 1 MiB, escapes and joins can not grow past this. */
#define ARENA_BYTES (16u << 20)
#define DEEPEST_JSON 64

extern const struct format format_aminer, format_cef, format_csv, format_eve, format_fast, format_idea, format_wazuh,
    format_zeek;

const struct format *const formats[] = {
	&format_eve,
	&format_wazuh,
	&format_aminer,
	&format_zeek,
	&format_fast,
	&format_cef,
	&format_idea,
	&format_csv,
	NULL,
};

const struct format *format_named(const char *name)
{
	for (size_t i = 0; formats[i]; i++)
		if (text_equal_nocase(text_of(name), text_of(formats[i]->name)))
			return formats[i];
	return NULL;
}

static void list_formats(char *to, size_t size)
{
	struct builder list = { 0 };
	for (size_t i = 0; formats[i]; i++)
		build_format(&list, "%s%s", i ? ", " : "", formats[i]->name);
	text_copy((struct text){ list.at, list.size }, to, size);
	builder_free(&list);
}

const struct format *format_recognise(struct text beginning, struct json_parser *parser, struct failure *failure)
{
	const struct format *surest = NULL;
	int most = 0;
	for (size_t i = 0; formats[i]; i++) {
		int sure = formats[i]->recognise(beginning, parser);
		if (sure > most) {
			most = sure;
			surest = formats[i];
		}
	}
	if (!surest) {
		char names[160], quoted[QUOTED];
		struct text rest = beginning;
		list_formats(names, sizeof names);
		fail(failure, ERROR_INPUT, "the format is not known: it begins with %s; give one of %s with --format",
		    field_quote(text_cut(&rest, '\n'), quoted), names);
	}
	return surest;
}

enum error format_reader_new(const struct format *format, const struct format_settings *settings,
    struct format_reader **reader, struct failure *failure)
{
	struct format_reader *new = calloc(1, sizeof *new);
	if (new) {
		new->format = format;
		new->settings = settings;
		new->parser = json_parser_new(DEEPEST_JSON);
		new->arena = arena_new(ARENA_BYTES);
	}
	if (!new || !new->parser || !new->arena) {
		format_reader_free(new);
		return fail(failure, ERROR_MEMORY, "no memory for a reader");
	}
	enum error error = format && format->start ? format->start(new, failure) : OK;
	if (error) {
		new->format = NULL; /* what did not start must not be stopped */
		format_reader_free(new);
		return error;
	}
	*reader = new;
	return OK;
}

void format_reader_free(struct format_reader *reader)
{
	if (!reader)
		return;
	if (reader->format && reader->format->stop)
		reader->format->stop(reader);
	json_parser_free(reader->parser);
	arena_free(reader->arena);
	repeats_free(reader->repeats);
	free(reader);
}

static enum error tell_format(struct format_reader *reader, struct stream *stream, struct failure *failure)
{
	struct text beginning;
	enum error error = field_beginning(stream, &beginning, failure);
	if (error)
		return error;
	const struct format *format =
	    reader->settings->map.size ? &format_csv : format_recognise(beginning, reader->parser, failure);
	if (!format)
		return ERROR_INPUT;
	error = format->start ? format->start(reader, failure) : OK;
	if (!error)
		reader->format = format;
	return error;
}

/* What stands in a text: control characters, bytes beyond ASCII, and what other characters may be written with. Sixteen
 * bytes at a time, since every line comes through here. */
struct contents {
	bool control, high, escape;
};

typedef uint8_t sixteen __attribute__((vector_size(16)));

static bool any(sixteen bytes)
{
	uint64_t halves[2];
	memcpy(halves, &bytes, sizeof halves);
	return halves[0] | halves[1];
}

static struct contents look_over(struct text text)
{
	sixteen bytes, control = { 0 }, high = { 0 }, escape = { 0 };
	for (size_t i = 0; i < text.size; i += sizeof bytes) {
		bytes = (sixteen){ 0 } + ' ';
		if (i + sizeof bytes <= text.size)
			memcpy(&bytes, text.at + i, sizeof bytes);
		else if (text.size >= sizeof bytes) /* the last sixteen, some of them again */
			memcpy(&bytes, text.at + text.size - sizeof bytes, sizeof bytes);
		else
			memcpy(&bytes, text.at, text.size);
		high |= bytes & 0x80;
		control |= (sixteen)(bytes < 0x20) | (sixteen)(bytes == 0x7f);
		escape |= (sixteen)(bytes == '\\');
	}
	return (struct contents){ .control = any(control), .high = any(high), .escape = any(escape) };
}

static enum error check_line(struct text text, struct contents contents, struct failure *failure)
{
	if (contents.control) {
		const char *nul = memchr(text.at, 0, text.size);
		if (nul)
			return fail(failure, ERROR_INPUT, "a NUL stands at byte %zu: text was expected",
			    (size_t)(nul - text.at) + 1);
	}
	if (contents.high) {
		size_t valid = text_utf8_valid(text);
		if (valid < text.size)
			return fail(failure, ERROR_INPUT, "no valid UTF-8 at byte %zu", valid + 1);
	}
	return OK;
}

/* Texts of an alert are one line without control characters and without the invisible ones that turn the order of text
 * around, whatever an escape in the input said: they are shown in terminals, pages and mails. */
static bool flatten(struct format_reader *reader, struct text *text, const struct line *line, bool line_is_plain)
{
	bool within = text->at >= line->text.at && text->at < line->text.at + line->text.size;
	if (!text->size || (within && line_is_plain))
		return true;
	struct contents contents = look_over(*text);
	if (!contents.control && !contents.high)
		return true;
	struct text copy = arena_text(reader->arena, *text);
	char *printable = arena_take(reader->arena, 3 * text->size + 1);
	if (copy.size != text->size || !printable)
		return false;
	char *at = (char *)(uintptr_t)copy.at;
	for (size_t i = 0; i < copy.size; i++)
		if ((uint8_t)at[i] < 0x20)
			at[i] = ' ';
	*text = (struct text){ printable, text_make_printable(copy, printable) };
	return true;
}

static bool flatten_all(
    struct format_reader *reader, struct alert *alert, const struct line *line, struct contents contents)
{
	struct text *const texts[] = { &alert->detector, &alert->signature_id, &alert->signature, &alert->category,
		&alert->host, &alert->account, &alert->protocol, &alert->object };
	bool plain = !contents.control && !contents.high;
	if (plain && !contents.escape)
		return true; /* there is nothing that such a character could have come from */
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!flatten(reader, texts[i], line, plain))
			return false;
	return true;
}

static enum error read_line(
    struct format_reader *reader, const struct line *line, struct alert *alert, struct failure *failure)
{
	if (line->cut)
		return fail(failure, ERROR_INPUT, "the line is longer than %u bytes", FORMAT_LONGEST_LINE);
	if (!line->text.size || !text_trim(line->text).size)
		return ERROR_AGAIN;
	struct contents contents = look_over(line->text);
	enum error error = check_line(line->text, contents, failure);
	if (error)
		return error;
	memset(alert, 0, sizeof *alert);
	alert->repeats = 1;
	alert->original = line->text;
	error = reader->format->line(reader, line->text, alert, failure);
	if (error)
		return error;
	if (!flatten_all(reader, alert, line, contents))
		return fail(failure, ERROR_INPUT, "the line's texts take more than %u bytes", ARENA_BYTES);
	/* What a telescope tells of strangers opens no event: nobody else may hide an alert so. */
	if (!reader->settings->telescope && text_equal(alert->detector, TEXT(APPEARANCE_DETECTOR)))
		alert->detector = TEXT(APPEARANCE_PRETENDED);
	const char *problem = alert_problem(alert); /* after: a signature of control characters only is none */
	if (problem)
		return fail(failure, ERROR_INPUT, "%s", problem);
	return OK;
}

/* ── what a line before said ─ */

/* What stands behind the time; empty when the line does not begin with a plain time and a comma. */
static struct text tail_of(const struct format_reader *reader, const struct line *line)
{
	const char *comma = line->text.size ? memchr(line->text.at, ',', line->text.size) : NULL;
	if (!comma || comma == line->text.at || line->cut || *line->text.at == '"' || !reader->format->time_first ||
	    !reader->format->time_first(reader))
		return TEXT_NONE;
	return (struct text){ comma, (size_t)(line->text.at + line->text.size - comma) };
}

static bool time_again(struct format_reader *reader, struct text text, struct alert *alert)
{
	struct time_read *last = &reader->time;
	if (text.size != last->size || memcmp(text.at, last->text, text.size) != 0) {
		if (field_time(reader, text_trim(text), "time", alert, NULL))
			return false;
		last->size = 0;
		if (text.size > sizeof last->text)
			return true;
		memcpy(last->text, text.at, text.size);
		last->size = text.size;
		last->occurred = alert->occurred;
		last->zone_assumed = alert->zone_assumed;
	}
	alert->occurred = last->occurred;
	alert->zone_assumed = last->zone_assumed;
	return true;
}

/* True when the alert is known but for its time. Only behind a line that was fine: else the format may be in the middle
 * of something. */
static bool read_again(struct format_reader *reader, const struct line *line, struct text tail, struct alert *alert)
{
	const struct repeat *known = repeats_find(reader->repeats, tail);
	struct text time = { line->text.at, (size_t)(tail.at - line->text.at) };
	if (!known || !reader->fine)
		return false;
	*alert = known->alert;
	alert->original = line->text;
	if (!time_again(reader, time, alert))
		return false;
	reader->shape = known->shape;
	return true;
}

static enum error read_or_repeat(
    struct format_reader *reader, const struct line *line, struct alert *alert, struct failure *failure)
{
	if (arena_used(reader->arena))
		arena_clear(reader->arena);
	reader->parsed = false;
	reader->record = false;
	reader->shape = 0;
	struct text tail = reader->repeats ? tail_of(reader, line) : TEXT_NONE;
	if (tail.size && read_again(reader, line, tail, alert))
		return OK;
	enum error error = read_line(reader, line, alert, failure);
	/* Texts that were built, and not borrowed from the line, are gone with the next one. */
	if (!error && tail.size && !arena_used(reader->arena))
		reader->shape = repeats_learn(reader->repeats, tail, alert);
	reader->fine = error == OK;
	return error;
}

/* What may be read of the line. One that could not be reduced is read only to say what is wrong with it. */
static enum error read_allowed(
    struct format_reader *reader, struct line *line, struct alert *alert, struct failure *failure)
{
	const struct format_settings *settings = reader->settings;
	struct text allowed;
	if (!settings->reduce || line->cut)
		return read_or_repeat(reader, line, alert, failure);
	bool reduced = settings->reduce(settings->reduce_context, reader->format, line->text, &allowed);
	if (reduced)
		line->text = allowed;
	enum error error = read_or_repeat(reader, line, alert, failure);
	if (!reduced && (error == OK || error == ERROR_AGAIN))
		return fail(failure, ERROR_INPUT, "the line is none that the capture policy could be applied to");
	return error;
}

enum error format_read_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure)
{
	return read_or_repeat(reader, &(struct line){ .text = line }, alert, failure);
}

uint64_t format_shape(const struct format_reader *reader)
{
	return reader->shape;
}

typedef void (*complain_callback)(void *context, const struct line *line, const struct failure *failure);

/* A line that is taken, and yet somebody should know: whoever reads the second of two equal keys reads another alert
 * than we. */
static void complain_of_keys(struct format_reader *reader, const struct line *line, struct format_counts *counts,
    complain_callback complain, void *context)
{
	struct failure wrong;
	char quoted[QUOTED];
	counts->duplicate_keys++;
	fail(&wrong, ERROR_INPUT, "JSON: the key %s stands twice in one object: the first was taken",
	    field_quote(json_duplicate_key(reader->parser), quoted));
	if (complain)
		complain(context, line, &wrong);
}

/* The same of a time that cannot be. */
static void complain_of_time(const struct format_settings *settings, const struct line *line, const struct alert *alert,
    struct format_counts *counts, complain_callback complain, void *context)
{
	bool past = settings->past && alert->occurred < settings->now - settings->past;
	if (!past && !(settings->future && alert->occurred > settings->now + settings->future))
		return;
	struct failure wrong;
	char when[TIME_TEXT], limit[TIME_TEXT];
	counts->implausible++;
	fail(&wrong, ERROR_INPUT, "the time %s is not plausible: it is more than %s %s; the alert was taken",
	    time_format(alert->occurred, when), duration_format(past ? settings->past : settings->future, limit),
	    past ? "ago" : "in the future");
	if (complain)
		complain(context, line, &wrong);
}

enum error format_read(struct format_reader *reader, struct stream *stream, struct line *line, struct alert *alert,
    struct format_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure)
{
	struct line own;
	struct failure wrong; /* filled when something is */
	if (!line)
		line = &own;
	*line = (struct line){ 0 };
	enum error error = reader->ended ? ERROR_END : OK;
	if (!error && !reader->format)
		error = tell_format(reader, stream, failure);
	if (!error && !reader->repeats && reader->format->time_first)
		reader->repeats = repeats_new(); /* without memory it is read without */
	for (unsigned passed = 0; !error; passed++) {
		if (passed && passed == reader->settings->passes)
			return ERROR_AGAIN;
		error = stream_line(stream, FORMAT_LONGEST_LINE, line, failure);
		if (error)
			break;
		counts->lines++;
		enum error read = read_allowed(reader, line, alert, &wrong);
		counts->cut += line->cut;
		counts->alerts += read == OK && !reader->record;
		counts->records += read == OK && reader->record;
		counts->skipped += read == ERROR_AGAIN;
		counts->malformed += read != OK && read != ERROR_AGAIN;
		bool taken = read == OK || read == ERROR_AGAIN;
		if (taken && reader->parsed && json_had_duplicate_keys(reader->parser))
			complain_of_keys(reader, line, counts, complain, context);
		if (read == OK)
			complain_of_time(reader->settings, line, alert, counts, complain, context);
		if (read == OK)
			return OK;
		if (read != ERROR_AGAIN && complain)
			complain(context, line, &wrong);
	}
	reader->ended = true;
	return error;
}
