/*
 * What becomes of batches that the centre refuses: kept aside within the bound, and sent again when a person asks for
 * it. Called by agent.c; see tend.h.
 */
#include "watch/tend.h"

#include "base/log.h"
#include "watch/refused.h"

#include <stdlib.h>
#include <string.h>

/* The oldest go, and are said to be lost, so that one more fits. */
static enum error make_room(struct agent *agent, uint64_t wanted, struct failure *failure)
{
	const char *folder = agent->settings->folder;
	struct refused_batch oldest;
	uint64_t batches, bytes;

	refused_sum(folder, &batches, &bytes);
	while (bytes + wanted > agent->settings->refused_limit && refused_next(folder, "", &oldest)) {
		const struct loss loss = { .file = oldest.name,
			.epoch = oldest.epoch,
			.from = oldest.offset,
			.bytes = oldest.size,
			.why = "refused by the centre, and refused_limit is reached" };
		if (!agent_say_lost(agent, &loss))
			return fail(failure, ERROR_SYSTEM, "%s: no room to write down what is lost", folder);
		enum error error = refused_remove(folder, &oldest, failure);
		if (error)
			return error;
		bytes -= oldest.size;
	}
	return OK;
}

enum error agent_keep_refused(struct agent *agent, const struct delivery_answer *answer, struct failure *failure)
{
	const struct follow *follow = agent->current;
	uint64_t size = agent->batch.end - agent->batch.begin;
	bool fits = size <= agent->settings->refused_limit;
	const struct loss loss = { .file = follow->home,
		.epoch = follow->epoch,
		.from = agent->batch.begin,
		.bytes = size,
		.why = "refused by the centre, and larger than refused_limit" };
	enum error error = OK;

	if (fits)
		error = make_room(agent, size, failure);
	else if (!agent_say_lost(agent, &loss))
		error = fail(failure, ERROR_SYSTEM, "there is no room to write down what is lost");
	if (fits && !error)
		error = refused_keep(agent->settings->folder, follow, &agent->batch, failure);
	if (error)
		return error;
	agent->counts.refused++;
	agent->counts.refused_lines += agent->batch.lines;
	log_write(LOG_ERROR, fits ? "the centre refused a batch: kept aside" : "the centre refused a batch",
	    LOG_FIELD_STRING("file", follow->path), LOG_FIELD_NUMBER("offset", agent->batch.begin),
	    LOG_FIELD_NUMBER("lines", agent->batch.lines), LOG_FIELD_STRING("why", answer->words));
	return OK;
}

static uint32_t count_lines(const uint8_t *at, uint64_t size)
{
	uint32_t lines = 0;

	for (uint64_t i = 0; i < size; i++)
		lines += at[i] == '\n';
	return size > 0 && at[size - 1] != '\n' ? lines + 1 : lines;
}

static enum delivery send(
    struct agent *agent, const struct refused_batch *kept, struct delivery_answer *answer, struct failure *failure)
{
	struct follow *follow = follow_new(kept->name);
	enum delivery what = LATER;

	if (!follow)
		return LATER;
	follow->epoch = kept->epoch;
	enum error error = refused_read(agent->settings->folder, kept, agent->batch.content, follow, failure);
	if (error) {
		text_copy(text_of(failure->words), answer->words, sizeof answer->words);
		what = REFUSED; /* it stays where it is */
	} else {
		agent->batch.begin = kept->offset;
		agent->batch.end = kept->offset + kept->size;
		agent->batch.lines = count_lines(agent->batch.content, kept->size);
		agent_tell_format(agent, follow, &agent->batch);
		what = agent->settings->deliver(agent->settings->context, follow, &agent->batch, answer);
	}
	if (what == DELIVERED)
		agent_taken(agent, follow, answer);
	follow_free(follow);
	return what;
}

enum agent_next agent_send_again(struct agent *agent, nanoseconds now)
{
	const char *folder = agent->settings->folder;
	struct delivery_answer answer = { 0 };
	struct failure failure = { 0 };
	struct refused_batch kept;

	if (!agent->asked_again)
		return AGENT_IDLE;
	if (!refused_next(folder, agent->sent_again, &kept)) {
		refused_answered(folder);
		agent->asked_again = false;
		agent->sent_again[0] = 0;
		return AGENT_IDLE;
	}
	enum delivery what = send(agent, &kept, &answer, &failure);
	if (what == DENIED || what == LATER)
		return agent_put_off(agent, what, &answer, now);
	agent_reached(agent);
	text_copy(text_of(kept.name), agent->sent_again, sizeof agent->sent_again);
	if (what == REFUSED)
		log_write(LOG_ERROR, "a refused batch is refused again, and stays",
		    LOG_FIELD_STRING("batch", kept.name), LOG_FIELD_STRING("why", answer.words));
	else if (refused_remove(folder, &kept, &failure) != OK) /* the centre knows it if it is sent once more */
		log_write(LOG_ERROR, "a batch that was taken now stays", LOG_FIELD_STRING("why", failure.words));
	agent->counts.resent += what == DELIVERED;
	return AGENT_MORE;
}
