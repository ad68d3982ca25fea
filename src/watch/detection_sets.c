/*
 * The indicators and signatures of a sensor.
 */
#include "watch/detection_sets.h"

#include "base/log.h"
#include "base/stream.h"
#include "match/indicator_list.h"

#include <stdlib.h>

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

static enum error load_indicators(struct detection_sets *sets, struct failure *failure)
{
	struct indicator_set *set;
	struct indicator_list_counts counts;
	unsigned complaints = 0;
	enum error error = indicators_load(sets->files.indicators, &set, &counts, complain, &complaints, failure);
	if (error)
		return error;
	struct indicator_counts compiled = indicator_set_count(set);
	log_write(LOG_INFO, "indicators", LOG_FIELD_STRING("file", sets->files.indicators),
	    LOG_FIELD_NUMBER("indicators", compiled.total), LOG_FIELD_NUMBER("malformed", counts.malformed),
	    LOG_FIELD_NUMBER("bytes", compiled.bytes));
	live_set_replace(sets->indicators, set);
	return OK;
}

static enum error read_rules(
    const struct detection_sets *sets, struct signature_builder *builder, unsigned *complaints, struct failure *failure)
{
	struct stream *stream;
	for (size_t i = 0; i < sets->files.variable_count; i++) {
		struct text value = text_of(sets->files.variables[i]), name = text_cut(&value, '=');
		enum error error = signature_builder_variable(builder, name, value, failure);
		if (error)
			return error;
	}
	enum error error = stream_open(sets->files.signatures, &stream, failure);
	if (error)
		return error;
	error = signature_builder_read(builder, stream, complain, complaints, failure);
	stream_close(stream);
	return error;
}

static enum error load_signatures(struct detection_sets *sets, struct failure *failure)
{
	struct signature_builder *builder = signature_builder_new();
	struct signature_set *set;
	unsigned complaints = 0;
	if (!builder)
		return fail(failure, ERROR_MEMORY, "no memory for the signatures");
	enum error error = read_rules(sets, builder, &complaints, failure);
	if (error) {
		signature_builder_free(builder);
		return error;
	}
	error = signature_builder_compile(builder, &set, failure);
	if (error)
		return error;
	struct signature_counts counts = signature_set_count(set);
	log_write(LOG_INFO, "signatures", LOG_FIELD_STRING("file", sets->files.signatures),
	    LOG_FIELD_NUMBER("read", counts.read), LOG_FIELD_NUMBER("skipped", counts.skipped));
	live_set_replace(sets->signatures, set);
	return OK;
}

enum error detection_sets_reload(struct detection_sets *sets, struct failure *failure)
{
	enum error error = sets->files.indicators ? load_indicators(sets, failure) : OK;
	return !error && sets->files.signatures ? load_signatures(sets, failure) : error;
}

enum error detection_sets_load(
    const struct detection_files *files, size_t readers, struct detection_sets **sets, struct failure *failure)
{
	struct detection_sets *made = calloc(1, sizeof *made);
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for what is looked for");
	made->files = *files;
	made->indicators = live_set_new(readers, free_indicators);
	made->signatures = live_set_new(readers, free_signatures);
	enum error error = made->indicators && made->signatures
			       ? detection_sets_reload(made, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for what is looked for");
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

struct live_set *detection_indicators(struct detection_sets *sets)
{
	return sets->indicators;
}

struct live_set *detection_signatures(struct detection_sets *sets)
{
	return sets->signatures;
}
