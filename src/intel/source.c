/*
 * The readers of formats/ behind one door; see source.h.
 */
#include "intel/source.h"

#include "base/file.h"
#include "formats/misp.h"
#include "formats/openioc.h"
#include "formats/stix_stream.h"
#include "intel/observable.h"
#include "match/indicator_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BEGINNING 4096u
#define MANIFEST_LONGEST (64u << 20)

struct intel_source {
	char path[4096];
	intel_complaint complain;
	void *context;
	uint64_t complaints, bytes_before;
	struct arena *arena;
	struct stream *stream;
	enum intel_format format;
	struct stix_stream *stix;
	struct misp_stream *misp;
	struct openioc *openioc;
	struct item item; /* of formats that give one at a time */
	/* a feed of MISP: the events that its manifest names */
	struct text *events;
	uint32_t event_count, event;
	struct arena *manifest;
};

static void say(struct intel_source *source, const struct failure *failure)
{
	source->complaints++;
	if (source->complain)
		source->complain(source->context, source->path, failure);
}

static void say_of_part(void *context, const struct failure *failure)
{
	say(context, failure);
}

/* ── which format ─ */

static ptrdiff_t first_of(struct text text, const char *const *words)
{
	ptrdiff_t first = -1;
	for (; *words; words++) {
		ptrdiff_t at = text_find(text, text_of(*words));
		if (at >= 0 && (first < 0 || at < first))
			first = at;
	}
	return first;
}

static enum intel_format format_of(struct text beginning)
{
	static const char *const of_misp[] = { "\"Event\"", "\"response\"", "\"Attribute\"", "\"SharingGroup\"",
		"\"Orgc\"", "\"orgc_id\"", "\"uuid\"", NULL };
	static const char *const of_stix[] = { "\"spec_version\"", "\"objects\"", "\"bundle\"", "--", NULL };
	beginning = text_trim(beginning);
	if (text_starts(beginning, TEXT("\xef\xbb\xbf")))
		beginning = text_trim((struct text){ beginning.at + 3, beginning.size - 3 });
	if (text_starts(beginning, TEXT("<")))
		return INTEL_OPENIOC;
	if (!text_starts(beginning, TEXT("{")) && !text_starts(beginning, TEXT("[")))
		return INTEL_LIST;
	ptrdiff_t misp = first_of(beginning, of_misp), stix = first_of(beginning, of_stix);
	return misp >= 0 && (stix < 0 || misp < stix) ? INTEL_MISP : INTEL_STIX;
}

/* ── opening ─ */

static void shut(struct intel_source *source)
{
	stix_stream_free(source->stix);
	misp_stream_free(source->misp);
	openioc_free(source->openioc);
	source->stix = NULL;
	source->misp = NULL;
	source->openioc = NULL;
	if (source->stream)
		source->bytes_before += stream_read_bytes(source->stream);
	stream_close(source->stream);
	source->stream = NULL;
}

static enum error open_file(struct intel_source *source, struct failure *failure)
{
	struct text beginning;
	bool made = true;
	enum error error = stream_open(source->path, &source->stream, failure);
	if (!error)
		error = stream_peek(source->stream, BEGINNING, &beginning, failure);
	if (error)
		return error;
	source->format = format_of(beginning);
	if (source->format == INTEL_STIX)
		made = (source->stix = stix_stream_new(source->stream)) != NULL;
	else if (source->format == INTEL_MISP)
		made = (source->misp = misp_stream_new(source->stream, say_of_part, source)) != NULL;
	else if (source->format == INTEL_OPENIOC)
		made = (source->openioc = openioc_new(source->stream, say_of_part, source)) != NULL;
	return made ? OK : fail(failure, ERROR_MEMORY, "no memory to read %s", source->path);
}

/* The names in a feed's manifest that are UUIDs. */
static enum error read_manifest(struct intel_source *source, struct text text, struct failure *failure)
{
	struct json_parser *parser = json_parser_new(MISP_DEEPEST);
	struct json_value root;
	struct json_walk walk = { 0 };
	uint32_t members = 0;
	enum error error = parser ? json_parse(parser, text, &root, failure) : ERROR_MEMORY;
	while (!error && json_next(root, &walk))
		members++;
	source->manifest = arena_new(0);
	source->events = source->manifest ? arena_take(source->manifest, members * sizeof *source->events) : NULL;
	walk = (struct json_walk){ 0 };
	while (!error && source->events && json_next(root, &walk)) {
		struct uuid uuid; /* so that no name leads out of the folder */
		if (uuid_parse(walk.key, &uuid))
			source->events[source->event_count++] = arena_text(source->manifest, walk.key);
	}
	json_parser_free(parser);
	return error == ERROR_MEMORY || !source->events ? fail(failure, ERROR_MEMORY, "no memory for a manifest")
							: error;
}

static enum error open_feed(struct intel_source *source, const char *folder, struct failure *failure)
{
	struct builder text = { 0 };
	struct stream *stream;
	size_t got = 1;
	snprintf(source->path, sizeof source->path, "%.4000s/manifest.json", folder);
	enum error error = stream_open(source->path, &stream, failure);
	if (error)
		return error;
	stream_limit(stream, MANIFEST_LONGEST);
	while (!error && got && build_room(&text, 65536)) {
		error = stream_read(stream, text.at + text.size, 65536, &got, failure);
		text.size += error ? 0 : got;
	}
	stream_close(stream);
	if (!error && text.failed)
		error = fail(failure, ERROR_MEMORY, "no memory for a manifest");
	if (!error)
		error = read_manifest(source, (struct text){ text.at, text.size }, failure);
	builder_free(&text);
	snprintf(source->path, sizeof source->path, "%.4000s", folder);
	source->format = INTEL_MISP;
	return error;
}

enum error intel_source_open(
    const char *path, intel_complaint complain, void *context, struct intel_source **opened, struct failure *failure)
{
	struct intel_source *source = calloc(1, sizeof *source);
	struct stat status;
	enum error error;
	*opened = source;
	if (!source || !(source->arena = arena_new(0))) {
		free(source);
		*opened = NULL;
		return fail(failure, ERROR_MEMORY, "no memory to read %s", path);
	}
	source->complain = complain;
	source->context = context;
	snprintf(source->path, sizeof source->path, "%.4000s", path);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		error = open_feed(source, path, failure);
	else
		error = open_file(source, failure);
	if (error) {
		intel_source_close(source);
		*opened = NULL;
	}
	return error;
}

void intel_source_close(struct intel_source *source)
{
	if (!source)
		return;
	shut(source);
	arena_free(source->arena);
	arena_free(source->manifest);
	free(source);
}

/* ── reading ─ */

/* The next line of a list as an indicator of STIX's language; its identifier is made of what it says. */
static enum error next_line(struct intel_source *source, struct failure *failure)
{
	struct line line;
	struct indicator_line read;
	enum error error;
	while (!(error = stream_line(source->stream, INDICATOR_LINE_LONGEST, &line, failure))) {
		struct text text = text_trim(line.text);
		struct failure why = { 0 }, said;
		if (indicator_line_is_passed_over(text, line.number))
			continue;
		error = line.cut ? fail(&why, ERROR_INPUT, "the line is longer than %d bytes", INDICATOR_LINE_LONGEST)
				 : indicator_line_read(text, line.number, &read, &why);
		if (!error && !observable_item(read.kind, read.value, source->arena, &source->item))
			error = fail(&why, ERROR_INPUT, "\"%.*s\" is none of the type %s",
			    (int)(read.value.size < 80 ? read.value.size : 80), read.value.at,
			    indicator_kind_name(read.kind));
		if (!error) {
			source->item.action = (enum item_action)read.action;
			return OK;
		}
		fail(&said, ERROR_INPUT, "line %lu: %s", (unsigned long)line.number, why.words);
		say(source, &said);
	}
	return error;
}

static enum error next_of_file(struct intel_source *source, struct intel_group *group, struct failure *failure)
{
	enum error error;
	*group = (struct intel_group){ &source->item, 1 };
	if (source->format == INTEL_LIST)
		return next_line(source, failure);
	if (source->format == INTEL_STIX)
		return stix_stream_next(source->stix, source->arena, &source->item, failure);
	if (source->format == INTEL_OPENIOC)
		return openioc_next(source->openioc, source->arena, &source->item, failure);
	struct misp_piece piece;
	error = misp_stream_next(source->misp, source->arena, &piece, failure);
	*group = (struct intel_group){ piece.items, piece.count };
	return error;
}

/* The next file of a feed; ERROR_END behind the last. One that cannot be opened is said and passed over. */
static enum error next_event(struct intel_source *source)
{
	char folder[4096];
	struct failure why = { 0 };
	shut(source);
	snprintf(folder, sizeof folder, "%s", source->path);
	while (source->event < source->event_count) {
		struct text name = source->events[source->event++];
		snprintf(source->path, sizeof source->path, "%.3900s/%.*s.json", folder, (int)name.size, name.at);
		enum error error = stream_open(source->path, &source->stream, &why);
		if (!error)
			source->misp = misp_stream_new(source->stream, say_of_part, source);
		else
			say(source, &why);
		snprintf(source->path, sizeof source->path, "%s", folder);
		if (!error)
			return source->misp ? OK : ERROR_MEMORY;
	}
	return ERROR_END;
}

enum error intel_source_next(struct intel_source *source, struct intel_group *group, struct failure *failure)
{
	for (;;) {
		enum error error = source->manifest && !source->misp ? next_event(source) : OK;
		struct failure why = { 0 };
		arena_clear(source->arena);
		if (!error)
			error = next_of_file(source, group, &why);
		if (error == ERROR_END && source->manifest && source->event < source->event_count)
			shut(source);
		else if (error == ERROR_INPUT)
			say(source, &why);
		else
			return error && error != ERROR_END ? fail(failure, error, "%s", why.words) : error;
	}
}

enum intel_format intel_source_format(const struct intel_source *source)
{
	return source->format;
}

uint64_t intel_source_read_bytes(const struct intel_source *source)
{
	return source->bytes_before + (source->stream ? stream_read_bytes(source->stream) : 0);
}

uint64_t intel_source_total_bytes(const struct intel_source *source)
{
	return source->stream && !source->manifest ? stream_total_bytes(source->stream) : 0;
}

uint64_t intel_source_complaints(const struct intel_source *source)
{
	return source->complaints;
}
