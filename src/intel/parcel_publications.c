/*
 * Messages to many and their answers in sealed files; see parcel_publications.h. Called by pack.c and unpack.c.
 */
#include "intel/parcel_publications.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

#define MEDIA "application/json"
#define PAGES_MOST 2000u /* of 500: what is more is no list that ends */

struct pull {
	struct parcel_client centre;
	struct parcel_writer *writer;
	struct parcel_published *published;
	enum tlp strictest;
	json_t *before, *now; /* identifiers of what is in files, as keys: until now, and from now on */
};

/* ── into files ─ */

static enum error write_message(struct pull *pull, struct builder *message, struct failure *failure)
{
	enum error error = message->failed ? fail(failure, ERROR_MEMORY, "no memory for a message")
					   : parcel_write(pull->writer, PARCEL_MESSAGE,
						 (struct text){ message->at, message->size }, TEXT_NONE, failure);
	pull->published->messages += !error;
	builder_free(message);
	return error;
}

static enum error take_publication(struct pull *pull, struct json_value publication, struct failure *failure)
{
	struct builder message = { 0 };
	char id[UUID_TEXT];
	struct uuid uuid;
	enum tlp tlp;
	if (!uuid_parse(json_text(json_get(publication, "id")), &uuid) ||
	    !tlp_parse(json_text(json_get(publication, "tlp")), &tlp))
		return fail(failure, ERROR_INPUT, "%s: a message without id or TLP", pull->centre.server.url);
	bool known = json_object_get(pull->before, uuid_format(uuid, id)) != NULL;
	if (!known && tlp > pull->strictest) {
		pull->published->held_back++;
		return OK;
	}
	if (json_object_set_new(pull->now, id, json_true()) != 0)
		return fail(failure, ERROR_MEMORY, "no memory for messages");
	if (known)
		return OK;
	build_text(&message, TEXT("{\"kind\":\"publication\",\"publication\":"));
	build_json_value(&message, publication);
	build_char(&message, '}');
	return write_message(pull, &message, failure);
}

/* `next` becomes that of the page behind it; empty: there is none. */
static enum error take_page(struct pull *pull, struct builder *next, struct failure *failure)
{
	struct builder url = { 0 };
	struct client_answer answer;
	struct json_value root;
	struct json_walk walk = { 0 };
	enum error error;
	build_text(&url, text_of(pull->centre.server.url));
	build_text(&url, TEXT("/v1/publications?text=true&limit=500"));
	if (next->size) {
		build_text(&url, TEXT("&after="));
		parcel_build_escaped(&url, (struct text){ next->at, next->size });
	}
	error = parcel_client_ask(
	    &pull->centre, &(struct parcel_question){ "GET", &url, TEXT_NONE, MEDIA }, &answer, &root, failure);
	while (!error && json_next(json_get(root, "publications"), &walk))
		error = take_publication(pull, walk.value, failure);
	builder_clear(next);
	if (!error)
		build_text(next, json_text(json_get(root, "next")));
	return error ? error : next->failed ? fail(failure, ERROR_MEMORY, "no memory for a page") : OK;
}

static enum error write_withdrawn(struct pull *pull, struct failure *failure)
{
	const char *id;
	json_t *ignored;
	enum error error = OK;
	json_object_foreach(pull->before, id, ignored)
	{
		struct builder message = { 0 };
		if (error || json_object_get(pull->now, id))
			continue;
		build_text(&message, TEXT("{\"kind\":\"publication-withdrawn\",\"id\":"));
		build_json_string(&message, text_of(id));
		build_char(&message, '}');
		error = write_message(pull, &message, failure);
	}
	return error;
}

enum error parcel_publications_pull(const struct parcel_server *server, enum tlp strictest,
    struct parcel_writer *writer, struct parcel_published *published, struct failure *failure)
{
	struct pull pull = { .writer = writer, .published = published, .strictest = strictest, .now = json_object() };
	struct builder next = { 0 };
	json_t *sources = parcel_writer_sources(writer);
	char key[2048];
	snprintf(key, sizeof key, "%.1900s publications", server->url);
	pull.before = json_object_get(sources, key);
	*published = (struct parcel_published){ 0 };
	enum error error = parcel_client_open(server, &pull.centre, failure);
	for (unsigned page = 0; !error && (page == 0 || next.size); page++)
		error = page < PAGES_MOST ? take_page(&pull, &next, failure)
					  : fail(failure, ERROR_LIMIT, "%s: its messages do not end", server->url);
	if (!error)
		error = write_withdrawn(&pull, failure);
	if (!error && json_object_set(sources, key, pull.now) != 0)
		error = fail(failure, ERROR_MEMORY, "no memory for messages");
	json_decref(pull.now);
	builder_free(&next);
	parcel_client_close(&pull.centre);
	return error;
}

/* ── back ─ */

/* What the centre is told: the members that it knows, of the kinds that it takes. */
static void build_answer(struct builder *body, struct json_value message)
{
	struct json_walk walk = { 0 };
	build_char(body, '{');
	while (json_next(message, &walk)) {
		bool text = text_equal(walk.key, TEXT("name")) || text_starts(walk.key, TEXT("answer"));
		enum json_kind kind = json_kind(walk.value);
		if (!(text && kind == JSON_IS_STRING) &&
		    !(text_equal(walk.key, TEXT("another")) && (kind == JSON_IS_TRUE || kind == JSON_IS_FALSE)))
			continue;
		if (body->size > 1)
			build_char(body, ',');
		build_json_string(body, walk.key);
		build_char(body, ':');
		build_json_value(body, walk.value);
	}
	build_char(body, '}');
}

static enum error give_answer(struct parcel_client *centre, struct uuid id, struct text body,
    struct parcel_acknowledged *acknowledged, struct failure *failure)
{
	struct builder url = { 0 };
	struct client_answer answer;
	struct json_value root;
	struct failure why = { 0 };
	char uuid[UUID_TEXT];
	build_format(&url, "%s/v1/publications/%s/acknowledge", centre->server.url, uuid_format(id, uuid));
	enum error error =
	    parcel_client_ask(centre, &(struct parcel_question){ "POST", &url, body, MEDIA }, &answer, &root, &why);
	bool refused =
	    error && (answer.status == 400 || answer.status == 404 || answer.status == 409 || answer.status == 422);
	acknowledged->given += !error;
	acknowledged->refused += refused;
	if (refused)
		text_copy(text_of(why.words), acknowledged->why, sizeof acknowledged->why);
	return !error || refused ? OK : fail(failure, error, "%s", why.words);
}

enum error parcel_publications_answer(struct parcel_client *centre, struct text message,
    struct parcel_acknowledged *acknowledged, struct failure *failure)
{
	struct json_value root;
	struct builder body = { 0 };
	struct uuid id;
	enum error error = json_parse(centre->parser, message, &root, failure);
	if (error || !text_equal(json_text(json_get(root, "kind")), TEXT("acknowledgement")))
		return error;
	if (!uuid_parse(json_text(json_get(root, "id")), &id)) {
		acknowledged->refused++;
		text_copy(TEXT("an acknowledgement without the id of a message"), acknowledged->why,
		    sizeof acknowledged->why);
		return OK;
	}
	build_answer(&body, root);
	error = body.failed ? fail(failure, ERROR_MEMORY, "no memory for an answer")
			    : give_answer(centre, id, (struct text){ body.at, body.size }, acknowledged, failure);
	builder_free(&body);
	return error;
}
