/*
 * What another server of TAXII answers: pages of objects and status resources. In: bytes of a stranger. Out: items one
 * by one, and the few words that the next turn needs. Numbers in brackets are sections of the standard.
 */
#include "base/stream.h"
#include "formats/stix_stream.h"
#include "intel/envelope.h"
#include "intel/remote_talk.h"

#include <jansson.h>
#include <string.h>

#define ARENA (256u << 20)

/* [3.7] `more` and `next`, of the envelope without its objects. */
static enum error read_course(struct text envelope, struct remote_answer *answer, struct failure *failure)
{
	json_t *object = envelope.size ? json_loadb(envelope.at, envelope.size, 0, NULL) : json_object();
	const json_t *more = json_object_get(object, "more"), *next = json_object_get(object, "next");
	bool sound = object && (!more || json_is_boolean(more)) && (!next || json_is_string(next)) &&
		     json_string_length(next) < sizeof answer->next;
	if (sound) {
		answer->more = json_is_true(more);
		text_copy((struct text){ next ? json_string_value(next) : "", json_string_length(next) }, answer->next,
		    sizeof answer->next);
	}
	json_decref(object);
	return sound ? OK
		     : fail(failure, ERROR_INPUT, "more, next: expected a boolean, and a text of at most %d bytes",
			   REMOTE_CURSOR - 1);
}

static enum error read_objects(struct stix_stream *stix, struct arena *arena, uint32_t most,
    const struct remote_reader *reader, struct failure *failure)
{
	for (;;) {
		struct item item;
		arena_clear(arena);
		enum error error = stix_stream_next(stix, arena, &item, failure);
		if (stix_stream_objects(stix) > most)
			return fail(failure, ERROR_LIMIT, "the page has more objects than the %u asked for", most);
		if (error == OK)
			error = reader->item(reader->context, &item, arena);
		else if (error == ERROR_INPUT)
			error = reader->refused(reader->context, failure->words);
		else
			return error == ERROR_END ? OK : error;
		if (error != OK)
			return fail(failure, error, "no memory for a page");
	}
}

enum error remote_page_read(struct text body, uint32_t most, const struct remote_reader *reader,
    struct remote_answer *answer, struct failure *failure)
{
	struct stream *stream = NULL;
	struct stix_stream *stix = NULL;
	struct arena *arena = NULL;
	enum error error = envelope_check(body, failure);
	if (error == OK)
		error = stream_open_memory("the page", body.at, body.size, &stream, failure);
	if (error == OK && (!(stix = stix_stream_new(stream)) || !(arena = arena_new(ARENA))))
		error = fail(failure, ERROR_MEMORY, "no memory for a page");
	if (error == OK)
		error = read_objects(stix, arena, most, reader, failure);
	if (error == OK) {
		answer->objects = stix_stream_objects(stix);
		error = read_course(stix_stream_bundle(stix), answer, failure);
	}
	arena_free(arena);
	stix_stream_free(stix);
	stream_close(stream);
	return error;
}

static void add_failure(struct builder *to, const json_t *failed)
{
	static const char *const names[] = { "id", "version", "message" };
	char text[256];
	build_char(to, to->size > 1 ? ',' : '[');
	for (unsigned i = 0; i < 3; i++) {
		const json_t *value = json_object_get(failed, names[i]);
		text_copy(
		    (struct text){ json_is_string(value) ? json_string_value(value) : "", json_string_length(value) },
		    text, sizeof text);
		build_format(to, "%c\"%s\":", i ? ',' : '{', names[i]);
		build_json_string(to, text_of(text));
	}
	build_char(to, '}');
}

/* It becomes a part of a path. */
static bool is_plain_id(const char *id)
{
	return id && *id &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(id) &&
	       strlen(id) < sizeof(((struct remote_answer *)NULL)->status);
}

/* [4.3.1] */
enum error remote_status_read(struct text body, struct remote_answer *answer, struct failure *failure)
{
	json_t *object = json_loadb(body.at ? body.at : "", body.size, JSON_REJECT_DUPLICATES, NULL);
	const char *id = json_string_value(json_object_get(object, "id")),
		   *status = json_string_value(json_object_get(object, "status"));
	const json_t *good = json_object_get(object, "success_count"), *bad = json_object_get(object, "failure_count"),
		     *failures = json_object_get(object, "failures");
	bool sound = is_plain_id(id) && status && (strcmp(status, "complete") == 0 || strcmp(status, "pending") == 0) &&
		     json_is_integer(good) && json_is_integer(bad) && json_integer_value(good) >= 0 &&
		     json_integer_value(bad) >= 0;
	if (sound) {
		text_copy(text_of(id), answer->status, sizeof answer->status);
		answer->complete = strcmp(status, "complete") == 0;
		answer->good = (uint64_t)json_integer_value(good);
		answer->bad = (uint64_t)json_integer_value(bad);
		builder_clear(&answer->failures);
		for (size_t i = 0; i < json_array_size(failures) && i < REMOTE_FAILURES; i++)
			add_failure(&answer->failures, json_array_get(failures, i));
		build_text(&answer->failures, answer->failures.size ? TEXT("]") : TEXT("[]"));
	}
	json_decref(object);
	return sound ? OK : fail(failure, ERROR_INPUT, "what became of the objects is no status resource of TAXII");
}
