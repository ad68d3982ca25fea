/*
 * One request inside a process: what front does with the route's table, what the keeper does around the handler, and
 * the answer as front would send it. In: struct visit. Out: struct reply. See inside.h.
 */
#include "inside.h"

#include "center/request.h"
#include "http/fields.h"
#include "http/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── the answer as text ─ */

static void write_page(
    struct inside *inside, const struct visit *visit, const char *page, json_t *data, struct reply *reply)
{
	struct failure failure;
	struct text language = text_of(visit->language ? visit->language : "en"), path = visit->target;
	json_t *shown = json_object();
	if (data)
		json_object_update(shown, data);
	path = text_cut(&path, '?');
	json_object_set_new(shown, "form_token", json_string("form-token"));
	json_object_set_new(shown, "language", json_stringn(language.at, language.size));
	json_object_set_new(shown, "language_ja", json_boolean(text_equal(language, TEXT("ja"))));
	json_object_set_new(shown, "language_en", json_boolean(!text_equal(language, TEXT("ja"))));
	json_object_set_new(shown, "path", json_stringn(path.at ? path.at : "", path.size));
	json_object_set_new(shown, "page", json_string(page));
	json_object_set_new(shown, "signed_in", json_boolean(visit->key && visit->by_session));
	if (template_render(inside->templates, page, shown, language, &reply->wire, &failure) != OK) {
		fprintf(stderr, "inside: page %s: %s\n", page, failure.words);
		abort();
	}
	json_decref(shown);
}

static bool is_page(const struct reply *reply)
{
	return reply->route && (reply->route->kind == ROUTE_PAGE || reply->route->kind == ROUTE_FORM);
}

static void write_problem(struct inside *inside, const struct visit *visit, struct reply *reply)
{
	if (!is_page(reply) || !inside->templates) {
		build_text(&reply->wire, TEXT("content-type: application/problem+json\n\n"));
		problem_write(reply->status, reply->problem, NULL, &reply->wire);
		return;
	}
	json_t *data = json_pack(
	    "{s:i,s:s,s:s}", "status", reply->status, "title", problem_title(reply->status), "detail", reply->problem);
	build_text(&reply->wire, TEXT("content-type: text/html; charset=utf-8\n\n"));
	write_page(inside, visit, "error", data, reply);
	json_decref(data);
}

static void write_body(struct inside *inside, const struct visit *visit, const struct call *call, struct reply *reply)
{
	struct builder *wire = &reply->wire;
	if (call->type) {
		build_format(wire, "content-type: %s\n\n", call->type);
		build_text(wire, call->body);
	} else if (reply->status >= 300 || reply->status == 204) {
		build_char(wire, '\n');
	} else if (is_page(reply) && reply->route->page && inside->templates) {
		build_text(wire, TEXT("content-type: text/html; charset=utf-8\n\n"));
		write_page(inside, visit, reply->route->page, reply->output, reply);
	} else {
		char *text = json_dumps(reply->output, JSON_COMPACT);
		build_text(wire, TEXT("content-type: application/json\n\n"));
		build_text(wire, text_of(text ? text : "{}"));
		free(text);
	}
}

/* As front passes an answer on: a form is answered by a redirect, a stranger on a page is shown the way in. */
static void write_wire(struct inside *inside, const struct visit *visit, const struct call *call, uint32_t retry_after,
    struct reply *reply)
{
	struct builder *wire = &reply->wire;
	if (reply->route && reply->route->kind == ROUTE_FORM && !reply->route->page && reply->status < 300)
		reply->status = 303;
	if (reply->route && reply->route->kind == ROUTE_PAGE && reply->status == 401) {
		reply->status = 303;
		snprintf(reply->location, sizeof reply->location, "/sign-in?back=%s",
		    strchr(reply->route->path, '{') ? "" : reply->route->path);
	}
	build_format(wire, "status: %u\n", reply->status);
	if (reply->version)
		build_format(wire, "etag: \"%llu\"\n", (unsigned long long)reply->version);
	if (call && call->modified)
		build_format(wire, "last-modified: %lld\n", (long long)(call->modified / SECOND));
	if (reply->location[0])
		build_format(wire, "location: %s\n", reply->location);
	if (retry_after)
		build_format(wire, "retry-after: %u\n", retry_after);
	if (call && call->cookie)
		build_format(wire, "set-cookie: %s\n", *call->cookie ? "a session" : "");
	if (reply->status >= 400)
		write_problem(inside, visit, reply);
	else
		write_body(inside, visit, call, reply);
	if (wire->failed)
		abort();
}

static struct reply refuse(
    struct inside *inside, const struct visit *visit, const struct route *route, uint16_t status, const char *words)
{
	struct reply reply = { .route = route, .status = status };
	text_copy(text_of(words), reply.problem, sizeof reply.problem);
	write_wire(inside, visit, NULL, 0, &reply);
	return reply;
}

/* ── through the keeper ─ */

static void encode_call(const struct visit *visit, const struct route *route, const json_t *fields, struct builder *to)
{
	static const uint8_t none[32];
	const struct key *key = visit->key;
	put_text(to, text_of(route->name));
	put_bytes(to, key && visit->by_session && route->door != DOOR_MACHINES ? key->session : none, 32);
	bool machine = route->door == DOOR_MACHINES; /* front takes nothing else there */
	put_bytes(to, key && !visit->by_session && !machine ? key->token : none, 32);
	put_bytes(to, key && visit->by_session ? key->form : none, 32);
	put_bytes(to, key && machine ? key->certificate : none, 32);
	put_text(to, TEXT_NONE);
	put_text(to, TEXT_NONE);
	put_u64(to, visit->version);
	put_text(to, text_of(visit->idempotency_key));
	put_text(to, text_of(visit->language ? visit->language : "en"));
	put_text(to, TEXT("127.0.0.1"));
	fields_encode(route, fields, to);
}

/* What the password thread leaves in the fields; its wait and its hash are tested where it is. */
static void take_passwords(struct request *request, const struct visit *visit)
{
	for (const struct field *field = request->route->fields; field && field->name; field++) {
		if (field->type != FIELD_SECRET || field->place != IN_BODY)
			continue;
		json_object_set_new(request->input, "_matches", json_boolean(visit->password_matches));
		json_object_set_new(request->input, "_hash",
		    json_string(json_object_get(request->input, "new_password") ? "$argon2id$test" : ""));
	}
	json_object_del(request->input, "password");
}

static void keep_line(struct inside *inside, struct request *request)
{
	if (!*request->line.what)
		return;
	inside_fine(inside, store_begin(inside->store, &inside->failure));
	inside_fine(inside, store_log_append(inside->store, &request->line, &inside->failure));
	inside_fine(inside, store_commit(inside->store, &inside->failure));
}

/* Each request of a test comes after a rest: how the keeper's time is shared is another test's subject. */
static void rest(struct inside *inside, const struct subject *subject)
{
	if (subject->role != ROLE_NONE)
		shares_charge(requests_shares(inside->keeper.requests), subject, -10 * SECOND, time_monotonic());
}

static void take_answer(struct inside *inside, const struct visit *visit, struct request *request, struct reply *reply)
{
	struct call *call = &request->call;
	reply->status = request->status;
	text_copy(text_of(request->problem), reply->problem, sizeof reply->problem);
	if (request->status < 400) {
		reply->version = call->version;
		reply->output = json_incref(call->output);
	}
	text_copy(text_of(call->location), reply->location, sizeof reply->location);
	write_wire(inside, visit, call, request->retry_after, reply);
}

struct reply inside_call(struct inside *inside, const struct visit *visit, const struct route *route, json_t *fields)
{
	struct reply reply = { .route = route };
	struct builder body = { 0 };
	struct request *request = calloc(1, sizeof *request);
	inside_forget_changes();
	if (!request)
		abort();
	inside_fine(inside, work_begin(&request->work, "sign-in", &inside->failure));
	request->keeper = &inside->keeper;
	encode_call(visit, route, fields, &body);
	json_decref(fields);
	if (!request_decode(request, (struct text){ body.at, body.size }, &inside->failure))
		request_refuse(request, 400, "The request does not fit its route.");
	else if (request_identify(request)) {
		rest(inside, &request->subject);
		take_passwords(request, visit);
		do
			request_run(request);
		while (request->call.again && !request->status);
	}
	keep_line(inside, request);
	take_answer(inside, visit, request, &reply);
	builder_free(&body);
	request_free(request);
	return reply;
}

/* ── as front reads a request ─ */

static enum error read_query(const struct route *route, struct text query, json_t *fields, struct failure *failure)
{
	while (query.size > 0) {
		char name[512], value[4096];
		size_t name_size, value_size;
		struct text pair = text_cut(&query, '&'), key = text_cut(&pair, '=');
		if (key.size >= sizeof name || pair.size >= sizeof value)
			return fail(failure, ERROR_INPUT, "a value of the query is too long");
		if (!percent_decode(key, true, name, &name_size) || !percent_decode(pair, true, value, &value_size))
			return fail(failure, ERROR_INPUT, "the query is not well-formed");
		enum error error = field_set(route, IN_QUERY, (struct text){ name, name_size },
		    (struct text){ value, value_size }, fields, failure);
		if (error)
			return error;
	}
	return OK;
}

static enum error read_fields(const struct visit *visit, const struct route_match *match, struct text query,
    json_t *fields, struct failure *failure)
{
	const struct route *route = match->route;
	char form_token[65] = "";
	enum error error = OK;
	for (size_t i = 0; i < match->count && !error; i++)
		error = field_set(route, IN_PATH, match->names[i], match->values[i], fields, failure);
	if (!error)
		error = read_query(route, query, fields, failure);
	if (!error && route->kind == ROUTE_FORM)
		error = fields_read_form(route, IN_BODY, visit->body, fields, form_token, failure);
	else if (!error && visit->body.size > 0)
		error = fields_read_json(route, visit->body, fields, failure);
	return error ? error : fields_complete(route, fields, failure);
}

struct reply inside_visit(struct inside *inside, const struct visit *visit)
{
	struct route_match match = { 0 };
	struct failure failure;
	struct text rest_of = visit->target, path = text_cut(&rest_of, '?');
	char *decoded = malloc(path.size + 1);
	size_t size = 0;
	inside_forget_changes();
	if (!decoded)
		abort();
	bool whole = percent_decode(path, false, decoded, &size);
	if (whole)
		route_find(inside->keeper.router, text_of(visit->method), (struct text){ decoded, size }, &match);
	json_t *fields = json_object();
	struct reply reply;
	if (!whole)
		reply = refuse(inside, visit, NULL, 400, "the path is not well-formed UTF-8, or too long");
	else if (!match.route)
		reply = refuse(inside, visit, NULL, match.path_exists ? 405 : 404, NULL);
	else if (match.route->kind == ROUTE_STREAM)
		reply = refuse(inside, visit, match.route, 415, "batches are not read here");
	else if (read_fields(visit, &match, rest_of, fields, &failure) != OK)
		reply = refuse(inside, visit, match.route, 400, failure.words);
	else
		reply = inside_call(inside, visit, match.route, json_incref(fields));
	json_decref(fields);
	free(decoded);
	return reply;
}

void reply_free(struct reply *reply)
{
	json_decref(reply->output);
	builder_free(&reply->wire);
	*reply = (struct reply){ 0 };
}
