/*
 * The indicators and signatures of a sensor.
 */
#include "watch/detection_sets.h"

#include "base/log.h"
#include "base/sealed.h"
#include "base/stream.h"
#include "match/indicator_list.h"

#include <stdlib.h>
#include <unistd.h>

struct detection_sets {
	struct detection_files files;
	struct live_set *indicators, *signatures;
};

static void free_indicators(void *set)
{
	indicator_set_free(set);
}

static void free_signatures(void *set)
{
	signature_set_free(set);
}

static void complain(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	unsigned *complaints = context;
	if (++*complaints <= 10)
		log_write(LOG_WARNING, "a line is passed over", LOG_FIELD_STRING("file", file),
		    LOG_FIELD_NUMBER("line", line), LOG_FIELD_STRING("why", failure->words));
}

/* ── reading ─ */

/* A file in which nothing is understood is a mistake of whoever put it there: not what to look for from now on. */
static enum error nothing_in(const char *name, const char *what, uint64_t lines, struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "%s: none of its lines is %s (%llu are malformed)", name, what,
	    (unsigned long long)lines);
}

static enum error read_indicators(struct stream *stream, struct indicator_set **set, struct failure *failure)
{
	struct indicator_list_counts counts;
	unsigned complaints = 0;
	enum error error = indicators_load_stream(stream, set, &counts, complain, &complaints, failure);
	if (error)
		return error;
	struct indicator_counts compiled = indicator_set_count(*set);
	if (compiled.total == 0 && counts.malformed > 0) {
		indicator_set_free(*set);
		return nothing_in(stream_name(stream), "an indicator", counts.malformed, failure);
	}
	log_write(LOG_INFO, "indicators", LOG_FIELD_STRING("file", stream_name(stream)),
	    LOG_FIELD_NUMBER("indicators", compiled.total), LOG_FIELD_NUMBER("malformed", counts.malformed),
	    LOG_FIELD_NUMBER("bytes", compiled.bytes));
	return OK;
}

static enum error read_rules(const struct detection_files *files, struct signature_builder *builder,
    struct stream *stream, bool say, struct failure *failure)
{
	unsigned complaints = 0;
	for (size_t i = 0; i < files->variable_count; i++) {
		struct text value = text_of(files->variables[i]), name = text_cut(&value, '=');
		enum error error = signature_builder_variable(builder, name, value, failure);
		if (error)
			return error;
	}
	return signature_builder_read(builder, stream, say ? complain : NULL, &complaints, failure);
}

/* `say`: what is skipped. */
static enum error read_signatures(const struct detection_files *files, struct stream *stream, bool say,
    struct signature_set **set, struct failure *failure)
{
	struct signature_builder *builder = signature_builder_new();
	if (!builder)
		return fail(failure, ERROR_MEMORY, "no memory for the signatures");
	enum error error = read_rules(files, builder, stream, say, failure);
	if (error) {
		signature_builder_free(builder);
		return error;
	}
	error = signature_builder_compile(builder, set, failure);
	if (error || !say)
		return error;
	struct signature_counts counts = signature_set_count(*set);
	if (counts.read == 0 && counts.skipped > 0) {
		signature_set_free(*set);
		return nothing_in(stream_name(stream), "a rule that is understood", counts.skipped, failure);
	}
	log_write(LOG_INFO, "signatures", LOG_FIELD_STRING("file", stream_name(stream)),
	    LOG_FIELD_NUMBER("read", counts.read), LOG_FIELD_NUMBER("skipped", counts.skipped));
	return OK;
}

/* ── sets ─ */

enum error detection_sets_new(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure)
{
	struct detection_sets *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	made->files = *files;
	made->indicators = live_set_new(readers, free_indicators);
	made->signatures = live_set_new(readers, free_signatures);
	if (!made->indicators || !made->signatures) {
		detection_sets_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	}
	*sets = made;
	return OK;
}

/* Reads the stream, and puts what it holds in the place of the current set. */
static enum error replace(
    struct detection_sets *sets, enum detection_kind kind, struct stream *stream, bool say, struct failure *failure)
{
	struct indicator_set *indicators;
	struct signature_set *signatures;
	enum error error =
	    kind == DETECTION_INDICATORS
		? say ? read_indicators(stream, &indicators, failure) : indicator_set_read(stream, &indicators, failure)
		: read_signatures(&sets->files, stream, say, &signatures, failure);
	if (error)
		return error;
	if (kind == DETECTION_INDICATORS)
		live_set_replace(sets->indicators, indicators);
	else
		live_set_replace(sets->signatures, signatures);
	return OK;
}

enum error detection_sets_load(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure)
{
	struct detection_sets *made;
	enum error error = detection_sets_new(files, readers, &made, failure);
	if (error)
		return error;
	for (int kind = 0; kind < DETECTION_KINDS && !error; kind++) {
		struct stream *stream;
		if (!files->paths[kind])
			continue;
		error = stream_open(files->paths[kind], &stream, failure);
		if (error)
			break;
		error = replace(made, (enum detection_kind)kind, stream, true, failure);
		stream_close(stream);
	}
	if (error) {
		detection_sets_free(made);
		return error;
	}
	*sets = made;
	return OK;
}

void detection_sets_free(struct detection_sets *sets)
{
	if (!sets)
		return;
	live_set_free(sets->indicators);
	live_set_free(sets->signatures);
	free(sets);
}

/* ── over another process ─ */

static enum error share_indicators(struct stream *stream, int *sealed, struct failure *failure)
{
	struct indicator_set *set;
	enum error error = read_indicators(stream, &set, failure);
	if (error)
		return error;
	error = indicator_set_share(set, sealed, failure);
	indicator_set_free(set);
	return error;
}

static enum error read_all(struct stream *stream, int sealed, struct failure *failure)
{
	char bytes[65536];
	size_t got = 1;
	enum error error = OK;
	while (!error && got > 0) {
		error = stream_read(stream, bytes, sizeof bytes, &got, failure);
		if (!error)
			error = sealed_append(sealed, bytes, got, failure);
	}
	return error ? error : sealed_close(sealed, failure);
}

static enum error try_rules(const struct detection_files *files, const char *name, int sealed, struct failure *failure)
{
	struct text rules;
	struct stream *stream;
	struct signature_set *set;
	enum error error = sealed_map(sealed, &rules, failure);
	if (!error)
		error = stream_open_memory(name, rules.at, rules.size, &stream, failure);
	if (!error) {
		error = read_signatures(files, stream, true, &set, failure);
		stream_close(stream);
	}
	if (!error)
		signature_set_free(set);
	sealed_unmap(rules);
	return error;
}

static enum error share_signatures(
    const struct detection_files *files, struct stream *stream, int *sealed, struct failure *failure)
{
	enum error error = sealed_new(sealed, failure);
	if (error)
		return error;
	error = read_all(stream, *sealed, failure);
	if (!error)
		error = try_rules(files, stream_name(stream), *sealed, failure);
	if (error)
		close(*sealed);
	return error;
}

enum error detection_share(
    const struct detection_files *files, enum detection_kind kind, int descriptor, int *sealed, struct failure *failure)
{
	struct stream *stream;
	enum error error = stream_open_descriptor(descriptor, files->paths[kind], &stream, failure);
	if (error)
		return error;
	error = kind == DETECTION_INDICATORS ? share_indicators(stream, sealed, failure)
					     : share_signatures(files, stream, sealed, failure);
	stream_close(stream);
	return error;
}

enum error detection_sets_take(
    struct detection_sets *sets, enum detection_kind kind, int sealed, struct failure *failure)
{
	struct text content;
	struct stream *stream;
	enum error error = sealed_map(sealed, &content, failure);
	close(sealed);
	if (error)
		return error;
	error = stream_open_memory(sets->files.paths[kind], content.at, content.size, &stream, failure);
	if (!error) {
		error = replace(sets, kind, stream, false, failure);
		stream_close(stream);
	}
	sealed_unmap(content);
	return error;
}

struct live_set *detection_indicators(struct detection_sets *sets)
{
	return sets->indicators;
}

struct live_set *detection_signatures(struct detection_sets *sets)
{
	return sets->signatures;
}
