/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the answer to a change is kept for a day under the key
 * that its client chose, and given again to the same request. Another request with that key is refused with 422.
 *
 * In: a request and its fields. Out: its first answer, or none. Called by request_run.c.
 */
#include "center/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_KEPT DAY
#define FINGERPRINT HEX_SIZE(32)

/* A secret rests nowhere, not even as a digest of a request: those with one are not kept. */
static bool brings_secret(const struct request *request)
{
	for (const struct field *field = request->route->fields; field && field->name; field++)
		if (field->type == FIELD_SECRET && json_object_get(request->input, field->name))
			return true;
	return false;
}

struct text answer_key(const struct request *request, char to[static ANSWER_KEY])
{
	if (!*request->key || !request->call.scope || !route_takes_key(request->route) || brings_secret(request))
		return TEXT_NONE;
	snprintf(to, ANSWER_KEY, "%s %s", request->route->name, request->key);
	return text_of(to);
}

/* Of everything that the client asked: its fields, in whatever order they came, and If-Match. */
static bool fingerprint_make(const struct request *request, char to[static FINGERPRINT])
{
	uint8_t digest[32];
	struct builder asked = { 0 };
	char *fields = json_dumps(request->input, JSON_COMPACT | JSON_SORT_KEYS);
	put_text(&asked, text_of(fields));
	put_u64(&asked, request->version);
	bool made = fields && !asked.failed;
	if (made) {
		sha256(asked.at, asked.size, digest);
		hex_format(digest, sizeof digest, to);
	}
	builder_free(&asked);
	free(fields);
	return made;
}

bool answer_again(struct request *request, struct text key)
{
	struct failure failure = { 0 };
	struct text body;
	char fingerprint[FINGERPRINT];
	if (key.size == 0 || store_answer_find(request->keeper->store, request->call.scope, key, request->call.now,
				 request->work.arena, &request->status, &body, &failure) != OK)
		return false;
	json_t *kept = json_loadb(body.at, body.size, 0, NULL);
	const char *asked = json_string_value(json_object_get(kept, "_request"));
	if (!kept || !fingerprint_make(request, fingerprint)) {
		request_refuse(request, 503, "The answer to this Idempotency-Key cannot be read.");
	} else if (asked && strcmp(asked, fingerprint) != 0) {
		request_refuse(request, 422, "Idempotency-Key: it was used with another request; choose a new one.");
		request_log(request, "failed", "an Idempotency-Key came with another request");
	} else {
		struct call *call = &request->call;
		text_copy(text_of(json_string_value(json_object_get(kept, "_location"))), call->location,
		    sizeof call->location);
		call->version = (uint64_t)json_integer_value(json_object_get(kept, "_version"));
		json_object_del(kept, "_request");
		json_object_del(kept, "_location");
		json_object_del(kept, "_version");
		json_decref(call->output);
		call->output = json_incref(kept);
	}
	json_decref(kept);
	return true;
}

enum error answer_keep(struct request *request, struct text key, struct failure *failure)
{
	struct call *call = &request->call;
	char fingerprint[FINGERPRINT];
	if (key.size == 0 || json_object_get(call->output, "token")) /* shown once */
		return OK;
	json_t *kept = json_copy(call->output);
	bool made = kept && fingerprint_make(request, fingerprint) &&
		    json_object_set_new(kept, "_request", json_string(fingerprint)) == 0 &&
		    json_object_set_new(kept, "_location", json_string(call->location)) == 0 &&
		    json_object_set_new(kept, "_version", json_integer((json_int_t)call->version)) == 0;
	char *words = made ? json_dumps(kept, JSON_COMPACT) : NULL;
	enum error error = words ? store_answer_put(request->keeper->store, call->scope, key, call->status,
				       text_of(words), call->now, call->now + ANSWER_KEPT, failure)
				 : fail(failure, ERROR_MEMORY, "no memory to keep the answer");
	free(words);
	json_decref(kept);
	return error;
}
