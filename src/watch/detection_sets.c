/*
 * The indicators and signatures of a sensor.
 */
#include "watch/detection_inner.h"

#include "base/log.h"
#include "base/sealed.h"
#include "base/stream.h"
#include "match/indicator_list.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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
	made->changes = (struct change_file){ .descriptor = -1, .next = -1 };
	pthread_mutex_init(&made->lock, NULL);
	made->indicators = live_set_new(readers, free);
	made->signatures = live_set_new(readers, free_signatures);
	made->recent = files->paths[DETECTION_SHARED] ? indicator_recent_new() : NULL;
	if (!made->indicators || !made->signatures || (files->paths[DETECTION_SHARED] && !made->recent)) {
		detection_sets_free(made);
		return fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	}
	*sets = made;
	return OK;
}

enum error detection_publish(struct detection_sets *sets, struct failure *failure)
{
	struct indicator_layers *layers = malloc(sizeof *layers);
	if (!layers)
		return fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	*layers = (struct indicator_layers){ sets->own, sets->shared, sets->overlay };
	live_set_replace(sets->indicators, layers);
	return OK;
}

enum error detection_publish_recent(struct detection_sets *sets, struct failure *failure)
{
	struct indicator_overlay *before = sets->overlay;
	enum error error = indicator_recent_compile(sets->recent, &sets->overlay, failure);
	if (error)
		return error;
	error = detection_publish(sets, failure);
	if (error) {
		indicator_overlay_free(sets->overlay);
		sets->overlay = before;
		return error;
	}
	indicator_overlay_free(before);
	return OK;
}

/* What is recent and in the new large set is in force by the two together before it is forgotten, so that nothing is
 * missed between. */
static enum error put_indicators(
    struct detection_sets *sets, enum detection_kind kind, struct indicator_set *set, struct failure *failure)
{
	struct indicator_set **place = kind == DETECTION_SHARED ? &sets->shared : &sets->own, *before;
	pthread_mutex_lock(&sets->lock);
	before = *place;
	*place = set;
	enum error error = detection_publish(sets, failure);
	if (error) {
		*place = before;
		before = set;
	} else if (kind == DETECTION_SHARED) {
		indicator_recent_forget(sets->recent, indicator_set_as_of(set));
		error = detection_publish_recent(sets, failure);
	}
	pthread_mutex_unlock(&sets->lock);
	indicator_set_free(before);
	return error;
}

/* Reads the stream, and puts what it holds in the place of the current set. */
static enum error replace(
    struct detection_sets *sets, enum detection_kind kind, struct stream *stream, bool say, struct failure *failure)
{
	struct indicator_set *indicators;
	struct signature_set *signatures;
	enum error error = kind == DETECTION_SIGNATURES
			       ? read_signatures(&sets->files, stream, say, &signatures, failure)
			   : say ? read_indicators(stream, &indicators, failure)
				 : indicator_set_read(stream, &indicators, failure);
	if (error)
		return error;
	if (kind != DETECTION_SIGNATURES)
		return put_indicators(sets, kind, indicators, failure);
	live_set_replace(sets->signatures, signatures);
	return OK;
}

static enum error load(struct detection_sets *sets, enum detection_kind kind, struct failure *failure)
{
	const char *path = sets->files.paths[kind];
	struct stream *stream;
	if (!path || (kind == DETECTION_SHARED && access(path, F_OK) != 0 && errno == ENOENT))
		return OK;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	error = replace(sets, kind, stream, true, failure);
	stream_close(stream);
	return error;
}

enum error detection_sets_load(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure)
{
	struct detection_sets *made;
	enum error error = detection_sets_new(files, readers, &made, failure);
	if (error)
		return error;
	struct detection_changes changes;
	for (int kind = 0; kind < DETECTION_KINDS && !error; kind++)
		error = load(made, (enum detection_kind)kind, failure);
	detection_changes_open(made);
	if (!error)
		error = detection_changes_read(made, &changes, failure);
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
	indicator_set_free(sets->own);
	indicator_set_free(sets->shared);
	indicator_overlay_free(sets->overlay);
	indicator_recent_free(sets->recent);
	if (sets->changes.descriptor >= 0)
		close(sets->changes.descriptor);
	if (sets->changes.next >= 0)
		close(sets->changes.next);
	builder_free(&sets->changes.bytes);
	pthread_mutex_destroy(&sets->lock);
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
	error = kind == DETECTION_SIGNATURES ? share_signatures(files, stream, sealed, failure)
					     : share_indicators(stream, sealed, failure);
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
