/*
 * The requests of a turn, over http/client.h. Numbers in brackets are sections of the standard.
 */
#include "intel/remote_inner.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "http/fields.h"
#include "http/problem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATE_LAST "X-TAXII-Date-Added-Last"
#define STATUS_LARGEST (1u << 20)
#define LOOK_FIRST (200 * MILLISECOND) /* at the status, then twice as long, to … */
#define LOOK_LAST (2 * SECOND)

/* ── who we are ─ */

static enum error read_credential(struct talk *talk, struct failure *failure)
{
	const struct remote_turn *turn = talk->turn;
	char *secret, both[640], encoded[BASE64_SIZE(sizeof both)];
	size_t size;
	if (!*turn->credential)
		return OK;
	struct failure why;
	if (file_read(turn->credential, 1024, &secret, &size, &why) != OK)
		return fail(failure, ERROR_SYSTEM, "the credential cannot be read: %.300s", why.words);
	secret[strcspn(secret, "\r\n")] = '\0';
	int length;
	if (*turn->user) {
		length = snprintf(both, sizeof both, "%s:%s", turn->user, secret);
		if (length < (int)sizeof both)
			length = snprintf(talk->authorization, sizeof talk->authorization, "Authorization: Basic %s",
			    base64_format(both, (size_t)length, encoded));
		explicit_bzero(both, sizeof both);
		explicit_bzero(encoded, sizeof encoded);
	} else {
		length = snprintf(talk->authorization, sizeof talk->authorization, "Authorization: Bearer %s", secret);
	}
	explicit_bzero(secret, size);
	free(secret);
	return *talk->authorization && length < (int)sizeof talk->authorization
		   ? OK
		   : fail(failure, ERROR_INPUT, "the credential is too long");
}

/* Rule 12: what is private is reached only where the configuration says so. */
static bool may_connect(void *context, struct address address)
{
	const struct remote_turn *turn = context;
	if (!address_exists(address))
		return false;
	for (size_t i = 0; i < turn->network_count; i++)
		if (prefix_contains(turn->networks[i], address))
			return true;
	return !address_is_private(address);
}

enum error talk_open(struct talk *talk, const struct remote_turn *turn, struct failure *failure)
{
	*talk = (struct talk){ .turn = turn, .end = time_monotonic() + turn->within };
	const struct client_settings settings = {
		.authorities = *turn->authorities ? turn->authorities : NULL,
		.connect_within = turn->within < 10 * SECOND ? turn->within : 10 * SECOND,
		.answer_within = turn->within,
		.largest = turn->bytes > STATUS_LARGEST ? turn->bytes : STATUS_LARGEST,
		.allow_private = true, /* may_connect() says which */
		.allowed = may_connect,
		.context = (void *)turn,
	};
	enum error error = client_new(&settings, &talk->client, failure);
	return error == OK ? read_credential(talk, failure) : error;
}

void talk_close(struct talk *talk)
{
	client_free(talk->client);
	explicit_bzero(talk->authorization, sizeof talk->authorization);
}

/* ── asking ─ */

/* The media type without parameters but a version, which is 2.1 [1.6.8]. */
static bool is_taxii(const char *type)
{
	struct text rest = text_of(type), media = text_trim(text_cut(&rest, ';'));
	bool sound = text_equal_nocase(media, TEXT("application/taxii+json"));
	while (rest.size && sound) {
		struct text parameter = text_trim(text_cut(&rest, ';')), name = text_trim(text_cut(&parameter, '='));
		if (text_equal_nocase(name, TEXT("version")))
			sound = text_equal(parameter, TEXT("2.1")) || text_equal(parameter, TEXT("\"2.1\""));
	}
	return sound;
}

/* The title of an error message [3.6.1], if there is one. */
static void title_of(struct text body, char *to, size_t size)
{
	json_t *object = body.size && body.size < STATUS_LARGEST ? json_loadb(body.at, body.size, 0, NULL) : NULL;
	const json_t *title = json_object_get(object, "title");
	char cut[100], printable[3 * sizeof cut + 1];
	text_copy((struct text){ json_is_string(title) ? json_string_value(title) : "", json_string_length(title) },
	    cut, sizeof cut);
	size_t length = text_make_printable(text_of(cut), printable);
	text_copy((struct text){ printable, length }, to, size);
	json_decref(object);
}

static enum error judge(const struct client_answer *told, uint16_t wanted, struct failure *failure)
{
	char title[120], printable[200];
	if (told->status == wanted && is_taxii(told->type))
		return OK;
	if (told->status == wanted) {
		printable[text_make_printable((struct text){ told->type, strnlen(told->type, 60) }, printable)] = 0;
		return fail(failure, ERROR_INPUT, "the answer is not of TAXII 2.1 but \"%s\"", printable);
	}
	if (told->status >= 300 && told->status < 400)
		return fail(
		    failure, ERROR_DENIED, "the server sends elsewhere (%u): that is not followed", told->status);
	title_of(told->body, title, sizeof title);
	return fail(failure, told->status == 429 || told->status == 503 ? ERROR_AGAIN : ERROR_SYSTEM,
	    "the server answered %u%s%s", told->status, *title ? ": " : "", title);
}

static enum error ask(struct talk *talk, const char *method, const struct builder *url, uint16_t wanted,
    struct client_answer *told, struct remote_answer *answer, struct failure *failure)
{
	const char *headers[3] = { "Accept: " TAXII_MEDIA_TYPE, *talk->authorization ? talk->authorization : NULL };
	struct client_request request = { .method = method, .url = url->at, .headers = headers, .note = DATE_LAST };
	if (strcmp(method, "POST") == 0) {
		request.body = talk->turn->envelope;
		request.type = TAXII_MEDIA_TYPE;
	}
	if (url->failed)
		return fail(failure, ERROR_MEMORY, "no memory for a request");
	answer->http = 0;
	answer->retry_after = 0;
	enum error error = client_request(talk->client, &request, told, failure);
	if (error != OK)
		return error;
	answer->http = told->status;
	answer->retry_after = told->retry_after;
	return judge(told, wanted, failure);
}

static void build_collection(struct builder *url, const struct remote_turn *turn)
{
	build_format(url, "%scollections/", turn->url);
	percent_encode(text_of(turn->there), url);
	build_text(url, TEXT("/objects/"));
}

/* [5.4] */
enum error remote_poll(const struct remote_turn *turn, const struct remote_reader *reader, struct remote_answer *answer,
    struct failure *failure)
{
	struct talk talk;
	struct client_answer told;
	struct builder url = { 0 };
	*answer = (struct remote_answer){ 0 };
	build_collection(&url, turn);
	build_format(&url, "?limit=%u", turn->objects);
	if (*turn->after) {
		build_text(&url, TEXT("&added_after="));
		percent_encode(text_of(turn->after), &url);
	}
	if (*turn->next) {
		build_text(&url, TEXT("&next="));
		percent_encode(text_of(turn->next), &url);
	}
	enum error error = talk_open(&talk, turn, failure);
	if (error == OK)
		error = ask(&talk, "GET", &url, 200, &told, answer, failure);
	if (error == OK && told.body.size > turn->bytes)
		error =
		    fail(failure, ERROR_LIMIT, "the page has more than %llu bytes", (unsigned long long)turn->bytes);
	if (error == OK)
		error = remote_page_read(told.body, turn->objects, reader, answer, failure);
	struct item_time reached;
	if (error == OK && *told.noted && !item_time_parse(text_of(told.noted), &reached))
		error = fail(failure, ERROR_INPUT, DATE_LAST ": expected a timestamp");
	else if (error == OK && strlen(told.noted) < sizeof answer->reached)
		text_copy(text_of(told.noted), answer->reached, sizeof answer->reached);
	builder_free(&url);
	talk_close(&talk);
	return error;
}

/* ── giving ─ */

/* [4.3] Until the server is done with them, or the turn is over. */
static enum error follow(struct talk *talk, struct remote_answer *answer, struct failure *failure)
{
	struct client_answer told;
	nanoseconds wait = LOOK_FIRST;
	enum error error = OK;
	while (error == OK && !answer->complete && time_monotonic() + wait < talk->end) {
		struct builder url = { 0 };
		nanosleep(&(struct timespec){ wait / SECOND, wait % SECOND }, NULL);
		wait = wait * 2 < LOOK_LAST ? wait * 2 : LOOK_LAST;
		build_format(&url, "%sstatus/%s/", talk->turn->url, answer->status);
		char id[sizeof answer->status];
		text_copy(text_of(answer->status), id, sizeof id);
		error = ask(talk, "GET", &url, 200, &told, answer, failure);
		if (error == OK)
			error = remote_status_read(told.body, answer, failure);
		if (error == OK && strcmp(id, answer->status) != 0)
			error = fail(failure, ERROR_INPUT, "the status has another id than was asked for");
		builder_free(&url);
	}
	return error;
}

/* [5.5] */
enum error remote_push(const struct remote_turn *turn, struct remote_answer *answer, struct failure *failure)
{
	struct talk talk;
	struct client_answer told;
	struct builder url = { 0 };
	*answer = (struct remote_answer){ 0 };
	text_copy(text_of(turn->status), answer->status, sizeof answer->status);
	enum error error = talk_open(&talk, turn, failure);
	if (error == OK && !*turn->status) {
		build_collection(&url, turn);
		error = ask(&talk, "POST", &url, 202, &told, answer, failure);
		if (error == OK)
			error = remote_status_read(told.body, answer, failure);
	}
	if (error == OK)
		error = follow(&talk, answer, failure);
	builder_free(&url);
	talk_close(&talk);
	return error;
}

/* ── deleting ─ */

static bool is_refusal(uint16_t status)
{
	return status == 401 || status == 403 || status == 405 || status == 501;
}

static void add_refusal(struct remote_answer *answer, struct text id, uint16_t status)
{
	answer->bad++;
	if (answer->bad > REMOTE_FAILURES)
		return;
	build_text(&answer->failures, answer->bad == 1 ? TEXT("[{\"id\":") : TEXT(",{\"id\":"));
	build_json_string(&answer->failures, id);
	build_format(&answer->failures, ",\"version\":\"\",\"message\":\"the server does not delete it: %u\"}", status);
}

/* [5.7] */
static enum error remove_one(struct talk *talk, struct text id, struct remote_answer *answer, struct failure *failure)
{
	struct client_answer told;
	struct builder url = { 0 };
	const char *headers[3] = { "Accept: " TAXII_MEDIA_TYPE, *talk->authorization ? talk->authorization : NULL };
	build_collection(&url, talk->turn);
	percent_encode(id, &url);
	build_char(&url, '/');
	const struct client_request request = { .method = "DELETE", .url = url.at, .headers = headers };
	enum error error = url.failed ? fail(failure, ERROR_MEMORY, "no memory for a request")
				      : client_request(talk->client, &request, &told, failure);
	builder_free(&url);
	if (error != OK)
		return error;
	answer->http = told.status;
	answer->retry_after = told.retry_after;
	answer->good += told.status == 200 || told.status == 204;
	if (is_refusal(told.status))
		add_refusal(answer, id, told.status);
	else if (told.status != 200 && told.status != 204 && told.status != 404)
		return judge(&told, 200, failure) == OK ? OK : failure->code;
	return OK;
}

enum error remote_delete(const struct remote_turn *turn, struct remote_answer *answer, struct failure *failure)
{
	struct talk talk;
	struct text rest = turn->gone;
	*answer = (struct remote_answer){ .complete = true };
	enum error error = talk_open(&talk, turn, failure);
	while (error == OK && rest.size)
		error = remove_one(&talk, text_cut(&rest, '\n'), answer, failure);
	if (answer->bad)
		build_char(&answer->failures, ']');
	talk_close(&talk);
	return error;
}
