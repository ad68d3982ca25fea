/*
 * Requests: from the library's headers and body bytes to checked, typed fields; then to the owner.
 *
 * In: one request as the library cut it. Out: the owner's `requested` or `stream_…` calls, or an answer by the server
 * itself. Called by server.c. Every check is one small function that says whether the request goes on; the first that
 * does not has answered it.
 */
#include "http/admit.h"
#include "http/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

static void ask_owner(struct exchange *exchange)
{
	struct server *server = exchange->server;
	exchange->state = EXCHANGE_ASKED;
	exchange->deadline = time_monotonic() + server->settings.answer_within;
	exchange->known = true;
	server->owner.requested(server->owner.context, exchange);
}

/* The server's own: files, the API document, the choice of language. True when the path was one of them. */
static bool answer_own(struct exchange *exchange, struct text method, struct text path)
{
	struct server *server = exchange->server;
	bool get = text_equal(method, TEXT("GET")) || text_equal(method, TEXT("HEAD"));
	if (exchange->connection->door->machines)
		return false;
	if (text_starts(path, TEXT("/web/"))) {
		const struct asset *asset = asset_find(server->assets, (struct text){ path.at + 5, path.size - 5 });
		if (!asset)
			exchange_refuse(exchange, 404, NULL);
		else if (!get)
			exchange_refuse(exchange, 405, NULL);
		else
			exchange_answer_asset(exchange, asset);
		return true;
	}
	if (text_equal(path, TEXT("/v1/openapi.json")) && get) {
		exchange_answer_body(
		    exchange, 200, "application/json", (struct text){ server->openapi.at, server->openapi.size });
		return true;
	}
	return false;
}

static const char *const languages[] = { "ja", "en", NULL };
static const struct field language_fields[] = {
	{ .name = "language", .type = FIELD_CHOICE, .place = IN_BODY, .required = true, .choices = languages },
	{ .name = "back", .type = FIELD_TEXT, .place = IN_BODY, .largest = 500 },
	{ .name = NULL },
};
static const struct route language_route = { .kind = ROUTE_FORM,
	.method = "POST",
	.path = "/language",
	.name = "language",
	.fields = language_fields,
	.stranger = true };

/* What stands at another door is not there. */
static void close_door(const struct exchange *exchange, struct route_match *match)
{
	bool machines = exchange->connection->door->machines;
	if (match->route && match->route->door != DOOR_EITHER && (match->route->door == DOOR_MACHINES) != machines)
		*match = (struct route_match){ 0 };
}

static bool find_route(struct exchange *exchange, struct text method, struct text path, struct route_match *match)
{
	bool machines = exchange->connection->door->machines;
	if (exchange->taxii && path.at[path.size - 1] == '/') /* TAXII's paths end so; the table's do not */
		path.size--;
	route_find(exchange->server->router, method, path, match);
	close_door(exchange, match);
	if (text_equal(path, TEXT("/language")) && !machines) {
		match->path_exists = true;
		match->route = text_equal(method, TEXT("POST")) ? &language_route : NULL;
		text_copy(TEXT("POST"), match->allow, sizeof match->allow);
	}
	exchange->wants_json =
	    text_starts(path, TEXT("/v1/")) ||
	    (match->route ? match->route->kind == ROUTE_STREAM || match->route->kind == ROUTE_EVENTS : false) ||
	    admit_wants_json(exchange);
	if (match->route) {
		exchange->request.route = match->route;
		return true;
	}
	if (!match->path_exists)
		return refuse(exchange, 404, NULL);
	if (machines) /* nor is told there what else there may be */
		return refuse(exchange, 404, NULL);
	memcpy(exchange->allow, match->allow, sizeof exchange->allow);
	return refuse(exchange, 405, NULL);
}

bool receive_request(struct connection *connection, struct text path)
{
	struct exchange *exchange = exchange_new(connection);
	if (!exchange)
		return false;
	struct text method = admit_method(connection->wsi);
	struct route_match match;
	exchange->head = text_equal(method, TEXT("HEAD"));
	bool get = exchange->head || text_equal(method, TEXT("GET"));
	text_copy(path, exchange->path, sizeof exchange->path);
	exchange->taxii = text_equal(path, TEXT("/taxii2")) || text_starts(path, TEXT("/taxii2/"));
	exchange->lists = text_starts(path, TEXT("/v1/lists/"));
	exchange->wants_json = text_starts(path, TEXT("/v1/")) || admit_wants_json(exchange);
	if (!admit_framing(exchange) || !admit_request_line(exchange) || !admit_host(exchange) ||
	    !admit_address_rate(exchange))
		return true;
	if (!admit_path_is_whole(connection->wsi, path) || path.size >= sizeof exchange->path) {
		exchange_refuse(exchange, 400, "the path is not well-formed UTF-8, or too long");
		return true;
	}
	if (!admit_conditions(exchange) || answer_own(exchange, method, path) || !admit_credentials(exchange))
		return true;
	admit_language(exchange);
	if (!find_route(exchange, method, path, &match) || !admit_media(exchange) || !admit_route_rate(exchange) ||
	    !admit_path(exchange, &match) || !admit_query(exchange) ||
	    !admit_origin(exchange, get, match.route->kind == ROUTE_FORM) || !admit_body(exchange))
		return true;
	admit_format(exchange);
	if (match.route->kind == ROUTE_STREAM) {
		struct failure failure;
		if (fields_complete(match.route, exchange->request.input, &failure) != OK)
			return refuse_failure(exchange, &failure), true;
		exchange->known = true;
		exchange->server->owner.stream_begin(exchange->server->owner.context, exchange);
		/* The exchange may be gone here: answered. */
		exchange = connection->exchange;
		if (!exchange || exchange->state != EXCHANGE_BODY)
			return true;
	}
	if (exchange->request.body == 0)
		receive_end(exchange);
	return true;
}

bool receive_body(struct exchange *exchange, struct text bytes)
{
	struct server *server = exchange->server;
	if (bytes.size == 0) /* of a body whose length was given as 0 the library says so, when it is asked already */
		return true;
	counter_add(server->count_bytes_in, bytes.size);
	exchange->received += bytes.size;
	if (exchange->state == EXCHANGE_DISCARD)
		return true;
	if (exchange->state != EXCHANGE_BODY || exchange->received > exchange->request.body)
		return exchange->state == EXCHANGE_ANSWERED; /* the rest of a body that nobody waits for */
	/* Who sends at least 16 KiB a second may take its time. */
	exchange->deadline += (nanoseconds)bytes.size * (SECOND / (16 << 10));
	if (exchange->request.route->kind == ROUTE_STREAM) {
		server->owner.stream_data(server->owner.context, exchange, bytes);
		return true;
	}
	if (!exchange_hold(exchange, bytes.size)) {
		exchange->retry_after = 1;
		exchange_refuse(exchange, 503, "too much is waiting; try again");
		return true;
	}
	build_text(&exchange->body, bytes);
	return true;
}

static bool check_form_token(struct exchange *exchange, const char *given)
{
	char expected[65];
	form_token_make(exchange->form_key, expected);
	if (!exchange->form_key[0] || strlen(given) != 64 || !bytes_equal_secret(given, expected, 64))
		return refuse(exchange, 403, "this form has expired; load the page again");
	sha256(given, 64, exchange->request.form);
	return true;
}

static void answer_language(struct exchange *exchange)
{
	const json_t *input = exchange->request.input;
	const char *back = json_string_value(json_object_get(input, "back"));
	snprintf(exchange->cookie2, sizeof exchange->cookie2, "lang=%s; Path=/; SameSite=Lax; Max-Age=31536000%s",
	    json_string_value(json_object_get(input, "language")), exchange->server->tls ? "; Secure" : "");
	struct answer answer = { .status = 303, .location = back ? back : "/" };
	exchange->known = true;
	server_answer(exchange, &answer);
}

void receive_end(struct exchange *exchange)
{
	struct server *server = exchange->server;
	struct failure failure;
	if (exchange->state == EXCHANGE_DISCARD) {
		exchange->state = EXCHANGE_ANSWERED;
		exchange->deadline = time_monotonic() + server->settings.patience;
		lws_callback_on_writable(exchange->connection->wsi);
		return;
	}
	if (exchange->state != EXCHANGE_BODY || exchange->received != exchange->request.body)
		return; /* the library says so once more when further requests wait behind this one */
	const struct route *route = exchange->request.route;
	if (route->kind == ROUTE_STREAM) {
		exchange->state = EXCHANGE_ASKED;
		exchange->deadline = time_monotonic() + server->settings.answer_within;
		server->owner.stream_end(server->owner.context, exchange);
		return;
	}
	struct text body = { exchange->body.at, exchange->body.size };
	char form_token[65] = "";
	enum error error = OK;
	if (exchange->body.failed)
		error = fail(&failure, ERROR_MEMORY, "no memory for the body");
	else if (route->kind == ROUTE_FORM)
		error = fields_read_form(route, IN_BODY, body, exchange->request.input, form_token, &failure);
	else if (body.size > 0)
		error = fields_read_json(route, body, exchange->request.input, &failure);
	if (!error)
		error = fields_complete(route, exchange->request.input, &failure);
	if (error) {
		refuse_failure(exchange, &failure);
		return;
	}
	if (route->kind == ROUTE_FORM && !check_form_token(exchange, form_token))
		return;
	if (route == &language_route)
		answer_language(exchange);
	else
		ask_owner(exchange);
}
