/*
 * The organisation's capture policy on what comes in: each line is reduced before it is read, so that nothing which the
 * policy forbids is parsed, stored or judged, whoever sent it (model/capture_policy.h). What was dropped is counted,
 * said in the answer, and told to the keeper, which tells the organisation.
 */
#include "bus/channel.h"
#include "center/ingest.h"
#include "center/message.h"

/* The spaces behind a line are the agent's, which reduced it: the line's place is its identity. */
bool ingest_reduce_by(struct ingest *ingest, const struct capture_policy *policy, struct capture_counts *counts,
    const struct format *format, struct text line, struct text *to)
{
	while (line.size > 0 && line.at[line.size - 1] == ' ')
		line.size--;
	struct failure ignored;
	if (!ingest->columns && capture_columns_new(format, text_of(ingest->map), &ingest->columns, &ignored) != OK)
		return false;
	return capture_reduce(
	    ingest->front->ingests->reducer, policy, CAPTURE_FOR_CENTRE, format, ingest->columns, line, counts, to);
}

static bool ingest_reduce(void *context, const struct format *format, struct text line, struct text *to)
{
	struct ingest *ingest = context;
	return ingest_reduce_by(ingest, &ingest->policy, &ingest->captured, format, line, to);
}

bool ingest_capture(struct ingest *ingest, uint64_t version, struct text policy)
{
	struct failure ignored;
	ingest->policy = capture_policy_default;
	ingest->policy_version = version;
	ingest->settings.reduce = ingest->routes ? ingest_reduce_routed : ingest_reduce;
	ingest->settings.reduce_context = ingest;
	return capture_policy_read(policy, &ingest->policy, &ignored) == OK;
}

uint64_t ingest_dropped(const struct ingest *ingest)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		sum += ingest->captured.fields[i];
	return sum;
}

void ingest_tell_dropped(struct ingest *ingest)
{
	uint64_t dropped = ingest_dropped(ingest);
	struct front *front = ingest->front;
	struct builder body = { 0 };
	for (unsigned i = 0; i < CAPTURE_KIND_COUNT; i++)
		counter_add(front->ingests->dropped, ingest->captured_for.fields[i]);
	if (dropped == 0) /* what others' policies forbid is no fault of the sensor */
		return;
	counter_add(front->ingests->dropped, dropped);
	put_credential(&body, &ingest->credential);
	put_u64(&body, dropped);
	if (!body.failed && front->keeper)
		channel_send(front->keeper, MESSAGE_DROPPED, 0, (struct text){ body.at, body.size });
	builder_free(&body);
}
