/*
 * The gate before the centre; see gate.h.
 */
#include "watch/gate.h"

#include "base/log.h"

#define ASK_EVERY (5 * MINUTE)

enum error gate_init(struct gate *gate, const struct gate_settings *settings, struct failure *failure)
{
	*gate = (struct gate){ .settings = settings, .policy = settings->alone, .reducer = capture_reducer_new() };
	return gate->reducer ? OK : fail(failure, ERROR_MEMORY, "no memory for the capture policy");
}

void gate_free(struct gate *gate)
{
	capture_reducer_free(gate->reducer);
	gate->reducer = NULL;
}

bool gate_wants_policy(const struct gate *gate, nanoseconds now)
{
	return !gate->known || now - gate->asked >= ASK_EVERY;
}

static void say(const struct gate *gate)
{
	struct builder text = { 0 };
	capture_policy_write(&gate->policy, &text);
	log_write(LOG_INFO, "the capture policy in force", LOG_FIELD_NUMBER("version", gate->version),
	    LOG_FIELD_STRING("policy", text.failed ? "" : text.at));
	builder_free(&text);
}

enum error gate_take_policy(
    struct gate *gate, struct text line, uint64_t version, nanoseconds now, struct failure *failure)
{
	struct capture_policy policy = capture_policy_default;
	bool changed = gate->asked == 0 || version != gate->version;
	if (text_trim(line).size == 0) {
		gate->policy = gate->settings->alone;
	} else {
		enum error error = capture_policy_read(line, &policy, failure);
		if (error)
			return error;
		capture_policy_meet(&policy, &gate->settings->limit, &gate->policy);
	}
	gate->known = true;
	gate->version = version;
	gate->asked = now;
	if (changed)
		say(gate);
	return OK;
}

void gate_note_version(struct gate *gate, uint64_t version)
{
	gate->known &= version == gate->version;
}

static uint64_t withheld(const struct capture_counts *counts)
{
	uint64_t sum = counts->unreadable;
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		sum += counts->fields[i];
	return sum;
}

/* As the centre tells it: with a map it is CSV, unless it was told otherwise. */
static const struct format *format_of(const struct gate_lines *lines)
{
	return format_named(*lines->format ? lines->format : lines->map && *lines->map ? "csv" : "");
}

enum error gate_pass(struct gate *gate, const struct gate_lines *lines, uint64_t *stayed, struct failure *failure)
{
	const struct format *format = format_of(lines);
	struct capture_columns *columns;
	uint64_t before = withheld(&gate->counts);
	gate->counts.unreadable_words[0] = 0;
	enum error error = capture_columns_new(format, text_of(lines->map ? lines->map : ""), &columns, failure);
	if (error)
		return error;
	capture_columns_learn(columns, lines->preamble);
	capture_reduce_lines(gate->reducer, &gate->policy, CAPTURE_FOR_CENTRE, format, columns, lines->bytes,
	    lines->size, &gate->counts);
	capture_columns_free(columns);
	*stayed = withheld(&gate->counts) - before;
	return OK;
}
