/*
 * Cursors as clients see them: what a list of the store gave, sealed. The seal is of the account and of the question
 * (the route, what its path names, and for programs every condition; `limit` may change), under a key that the centre
 * made for itself. So a cursor that was changed, made up, given to somebody else or put to another list is refused, and
 * not quietly understood as something else. What may be seen is decided by the scope in any case.
 *
 * In: `after` of a request. Out: the same without its seal; and the `next` of an answer with one. Called by
 * request_run.c around each handler, so that no handler knows of it.
 */
#include "center/request.h"

#include <stdlib.h>
#include <string.h>

#define KEY_NAME "center.cursor.key"
#define SEAL_BYTES 16
#define SEAL_TEXT (2 * SEAL_BYTES)

enum error cursors_key_load(struct keeper *keeper, struct arena *arena, struct failure *failure)
{
	struct text value;
	char hex[HEX_SIZE(sizeof keeper->cursor_key)];
	enum error error = store_value_get(keeper->store, KEY_NAME, arena, &value, failure);
	if (error == OK)
		return hex_parse(value, keeper->cursor_key, sizeof keeper->cursor_key)
			   ? OK
			   : fail(failure, ERROR_CORRUPT, "state store: the key of cursors is damaged");
	if (error != ERROR_NOT_FOUND)
		return error;
	random_bytes(keeper->cursor_key, sizeof keeper->cursor_key);
	hex_format(keeper->cursor_key, sizeof keeper->cursor_key, hex);
	return store_value_put(keeper->store, KEY_NAME, text_of(hex), failure);
}

/* The pages' links spell out what the first page had left unsaid, so that only programs are held to their conditions.
 */
static json_t *question_of(const struct request *request)
{
	json_t *question = json_object();
	for (const struct field *field = request->route->fields; field && field->name; field++) {
		bool counts = field->place == IN_PATH || request->route->kind == ROUTE_JSON;
		if (counts && field->type != FIELD_CURSOR && strcmp(field->name, "limit") != 0)
			json_object_set(question, field->name, json_object_get(request->input, field->name));
	}
	return question;
}

static bool seal_make(const struct request *request, struct text cursor, char seal[static SEAL_TEXT + 1])
{
	uint8_t digest[32];
	struct builder sealed = { 0 };
	json_t *question = question_of(request);
	char *words = json_dumps(question, JSON_COMPACT | JSON_SORT_KEYS);
	put_uuid(&sealed, request->subject.account);
	put_text(&sealed, text_of(request->route->name));
	put_text(&sealed, text_of(words));
	put_text(&sealed, cursor);
	bool made = words && !sealed.failed;
	if (made) {
		hmac_sha256(
		    request->keeper->cursor_key, sizeof request->keeper->cursor_key, sealed.at, sealed.size, digest);
		hex_format(digest, SEAL_BYTES, seal);
	}
	builder_free(&sealed);
	free(words);
	json_decref(question);
	return made;
}

bool cursors_open(struct request *request)
{
	for (const struct field *field = request->route->fields; field && field->name; field++) {
		const char *given = json_string_value(json_object_get(request->input, field->name));
		char seal[SEAL_TEXT + 1];
		if (field->type != FIELD_CURSOR || !given)
			continue;
		size_t size = strlen(given);
		struct text cursor = { given, size > SEAL_TEXT ? size - SEAL_TEXT : 0 };
		if (cursor.size == 0 || !seal_make(request, cursor, seal) ||
		    !bytes_equal_secret(seal, given + cursor.size, SEAL_TEXT))
			return false;
		json_object_set_new(request->input, field->name, json_stringn(cursor.at, cursor.size));
	}
	return true;
}

static bool is_cursor(const char *name)
{
	return strcmp(name, "next") == 0 || text_ends(text_of(name), TEXT("_next"));
}

bool cursors_seal(struct request *request)
{
	const struct field *field = request->route->fields;
	const char *name;
	json_t *member;
	while (field && field->name && field->type != FIELD_CURSOR)
		field++;
	if (!field || !field->name)
		return true;
	json_object_foreach(request->call.output, name, member)
	{
		char seal[SEAL_TEXT + 1];
		struct text cursor = { json_string_value(member), json_string_length(member) };
		if (!is_cursor(name) || cursor.size == 0)
			continue;
		if (!seal_make(request, cursor, seal))
			return false;
		json_t *sealed = json_sprintf("%s%s", cursor.at, seal);
		int failed = sealed ? json_string_set(member, json_string_value(sealed)) : -1;
		json_decref(sealed);
		if (failed)
			return false;
	}
	return true;
}
