/*
 * The organisation's capture policy, from the centre to the gate, and into a file for whoever records what this agent
 * follows. See ship_inner.h.
 */
#include "watch/ship_inner.h"

#include "base/file.h"

/* Who records what this agent follows keeps to the same policy. */
static enum error tell_policy(const struct shipper *shipper, struct failure *failure)
{
	struct builder line = { 0 };

	if (!shipper->settings->policy_file)
		return OK;
	capture_policy_write(&shipper->gate.policy, &line);
	build_char(&line, '\n');
	enum error error = line.failed ? fail(failure, ERROR_MEMORY, "no memory for the capture policy")
				       : file_replace(shipper->settings->policy_file,
					     (struct text){ line.at, line.size }, 0600, failure);
	builder_free(&line);
	return error;
}

/* The organisation's capture policy, before anything leaves under another one. A centre that knows no policies is an
 * older one. */
static enum delivery take_policy(
    struct shipper *shipper, const struct client_answer *got, struct delivery_answer *answer)
{
	struct json_value root;
	struct failure failure;
	uint64_t version = 0;
	struct text line = TEXT_NONE;
	enum error error = OK;

	if (got->status == 200) {
		error = json_parse(shipper->parser, got->body, &root, &failure);
		line = error ? TEXT_NONE : json_text(json_get(root, "policy"));
		if (!error && !line.size)
			error = fail(&failure, ERROR_INPUT, "the centre's capture policy is empty");
		if (!error)
			json_to_u64(json_get(root, "version"), &version);
	}
	if (!error)
		error = gate_take_policy(&shipper->gate, line, version, time_monotonic(), &failure);
	if (!error)
		error = tell_policy(shipper, &failure);
	if (error)
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
	return error ? LATER : DELIVERED;
}

enum delivery shipper_ask_policy(struct shipper *shipper, struct delivery_answer *answer)
{
	struct client_answer got = { 0 };
	struct builder url = { 0 };
	struct failure failure;

	if (!gate_wants_policy(&shipper->gate, time_monotonic()))
		return DELIVERED;
	shipper_build_server(shipper, &url);
	build_text(&url, TEXT("/v1/sensor/capture-policy"));
	const struct client_request request = { .url = url.at, .token = shipper_token(shipper) };
	enum error error = url.failed ? fail(&failure, ERROR_MEMORY, "no memory to ask for the capture policy")
				      : client_request(shipper->client, &request, &got, &failure);
	builder_free(&url);
	if (error) {
		text_copy(text_of(failure.words), answer->words, sizeof answer->words);
		return LATER;
	}
	bool older = got.status == 404 || got.status == 405 || got.status == 501;
	if (got.status == 200 || older)
		return take_policy(shipper, &got, answer);
	shipper_answer_words(shipper, &got, answer);
	answer->wait = got.retry_after * SECOND;
	if (ship_meaning(got.status) != DENIED)
		return LATER;
	return DENIED;
}
