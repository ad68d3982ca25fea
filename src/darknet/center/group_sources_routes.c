/*
 * The sources of a group, all of them, as JSON or CSV.
 */
#include "darknet/center/counts_routes.h"
#include "darknet/center/group_sources.h"

#include <stdlib.h>

#define SLICE (10 * MILLISECOND)
#define UNPACKED (1u << 20)    /* bytes between two looks at the clock */
#define PATIENCE (45 * SECOND) /* front waits for a minute */

/* What is kept between two slices. */
struct asked {
	struct group_sources sources;
	struct builder csv;
};

static void forget(void *kept)
{
	struct asked *asked = kept;
	group_sources_free(&asked->sources);
	builder_free(&asked->csv);
	free(asked);
}

static struct asked *asked_of(struct call *call)
{
	struct asked *asked = call->kept ? call->kept : calloc(1, sizeof *asked);
	if (!asked || call->kept)
		return asked;
	asked->sources.wanted = input_uuid(call, "id");
	asked->sources.noticed = input_integer(call, "noticed", 0);
	call->kept = asked;
	call->forget = forget;
	return asked;
}

static enum error answer_csv(struct call *call, struct asked *asked, struct failure *failure)
{
	char words[ADDRESS_TEXT];
	build_text(&asked->csv, TEXT("address\r\n"));
	for (size_t i = 0; i < asked->sources.count; i++) {
		build_text(&asked->csv, text_of(address_format(asked->sources.list[i].address, words)));
		build_text(&asked->csv, TEXT("\r\n"));
	}
	if (asked->csv.failed)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	call->body = (struct text){ asked->csv.at, asked->csv.size };
	call->type = "text/csv; charset=utf-8; header=present";
	return OK;
}

static void answer_json(struct call *call, const struct group_sources *sources)
{
	char words[ADDRESS_TEXT];
	json_t *addresses = json_array();
	for (size_t i = 0; i < sources->count; i++)
		json_array_append_new(addresses, json_string(address_format(sources->list[i].address, words)));
	output_uuid(call->output, "id", sources->wanted);
	output_time(call->output, "noticed", sources->noticed);
	json_object_set_new(call->output, "sources", json_integer((json_int_t)sources->told));
	json_object_set_new(call->output, "listed", json_integer((json_int_t)sources->count));
	json_object_set_new(call->output, "beyond", json_integer((json_int_t)sources->beyond));
	json_object_set_new(call->output, "addresses", addresses);
}

enum error finding_sources(struct call *call, struct failure *failure)
{
	const nanoseconds until = time_monotonic() + SLICE;
	struct asked *asked = asked_of(call);
	enum error error = ERROR_AGAIN;
	if (!asked)
		return fail(failure, ERROR_MEMORY, "no memory for a list");
	while (error == ERROR_AGAIN && time_monotonic() < until)
		error = group_sources_look(call, &asked->sources, UNPACKED, failure);
	call->again = error == ERROR_AGAIN;
	if (call->again && call->now - call->asked > PATIENCE)
		return fail(
		    failure, ERROR_INPUT, "noticed: without the time at which it was noticed this takes too long");
	if (error && !call->again)
		return error;
	if (call->again)
		return OK;
	if (text_equal(input_text(call, "format"), TEXT("csv")))
		return answer_csv(call, asked, failure);
	answer_json(call, &asked->sources);
	return OK;
}
