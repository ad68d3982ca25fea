/*
 * Answers: from the owner's JSON, page, redirect or failure to bytes, with the headers that every answer carries.
 *
 * In: struct answer, or an error that the server found itself. Out: the library's writes, piece by piece as the client
 * reads. Called by the owner (server_answer), by receive.c (refusals) and by server.c (writing).
 */
#include "http/exchange.h"

#include "base/log.h"
#include "http/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#define PIECE (64u << 10) /* bytes written at once */

void form_token_make(const char *key, char token[65])
{
	uint8_t digest[32];
	hmac_sha256(key, strlen(key), "form", 4, digest);
	hex_format(digest, sizeof digest, token);
}

/* The exchange is answered: once the rest of its body is in (small ones are read and thrown away), it is written. */
static void finish(struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	nanoseconds now = time_monotonic();
	counter_observe(exchange->server->count_seconds, (double)(now - exchange->began) / (double)SECOND);
	exchange->known = false;
	uint64_t left = exchange->request.body > exchange->received ? exchange->request.body - exchange->received : 0;
	if (exchange->paused) {
		exchange->paused = false;
		lws_rx_flow_control(connection->wsi, 1);
	}
	exchange->deadline = now + exchange->server->settings.patience;
	if (left > 0 && left <= DISCARD_LARGEST && !exchange->close_after) {
		exchange->state = EXCHANGE_DISCARD;
	} else {
		exchange->close_after |= left > 0 || exchange->server->stopping;
		exchange->state = EXCHANGE_ANSWERED;
		lws_callback_on_writable(connection->wsi);
	}
	pump_wake(exchange->server->pump);
}

/* Takes over what was built: LWS_PRE bytes of room, then the body. */
static bool set_body(struct exchange *exchange, struct builder *built)
{
	if (built->failed || built->size < LWS_PRE || !exchange_hold(exchange, built->size)) {
		builder_free(built);
		return false;
	}
	exchange->out = built->at;
	exchange->out_size = built->size - LWS_PRE;
	return true;
}

static struct builder body_start(void)
{
	static const char room[LWS_PRE];
	struct builder built = { 0 };
	build_text(&built, (struct text){ room, sizeof room });
	return built;
}

static void set_type(struct exchange *exchange, const char *type)
{
	text_copy(text_of(type), exchange->type, sizeof exchange->type);
}

/* What every page sees beside its own data. */
static void add_page_data(struct exchange *exchange, const char *page, json_t *data)
{
	char token[65];
	bool japanese = text_equal(exchange->request.language, TEXT("ja"));
	if (!exchange->form_key[0]) {
		uint8_t random[16];
		random_bytes(random, sizeof random);
		hex_format(random, sizeof random, exchange->form_key);
		exchange->new_visitor = true;
	}
	form_token_make(exchange->form_key, token);
	json_object_set_new(data, "form_token", json_string(token));
	json_object_set_new(data, "language", json_string(japanese ? "ja" : "en"));
	json_object_set_new(data, "language_ja", json_boolean(japanese));
	json_object_set_new(data, "language_en", json_boolean(!japanese));
	json_object_set_new(data, "path", json_string(exchange->path));
	json_object_set_new(data, "page", json_string(page));
	json_object_set_new(data, "signed_in", json_boolean(exchange->request.has_session));
}

static bool render(struct exchange *exchange, const char *page, json_t *data, struct builder *built)
{
	struct failure failure;
	json_t *shown = json_object();
	if (!shown)
		return false;
	if (data)
		json_object_update(shown, data);
	add_page_data(exchange, page, shown);
	enum error error =
	    template_render(exchange->server->templates, page, shown, exchange->request.language, built, &failure);
	json_decref(shown);
	if (error)
		log_write(LOG_ERROR, "page not rendered", LOG_FIELD_STRING("page", page),
		    LOG_FIELD_STRING("why", failure.words));
	set_type(exchange, "text/html; charset=utf-8");
	return !error;
}

static void build_problem(struct exchange *exchange, const char *words, struct builder *built)
{
	struct server *server = exchange->server;
	if (exchange->taxii) {
		set_type(exchange, TAXII_MEDIA_TYPE);
		problem_write_taxii(exchange->status, words, built);
		return;
	}
	if (!exchange->wants_json && server->templates && templates_have(server->templates, "error")) {
		const struct catalog *catalog =
		    catalog_for(templates_catalog(server->templates), exchange->request.language);
		const char *title = catalog_string(catalog, problem_title(exchange->status));
		json_t *data = json_pack(
		    "{s:i,s:s,s:s}", "status", exchange->status, "title", title, "detail", words ? words : "");
		bool done = data && render(exchange, "error", data, built);
		json_decref(data);
		if (done)
			return;
		*built = (builder_free(built), body_start());
	}
	set_type(exchange, "application/problem+json");
	const struct catalog *japanese = server->templates ? templates_catalog(server->templates) : NULL;
	problem_write(exchange->status, words, exchange->asks_japanese ? japanese : NULL, built);
}

/* The error answer of an exchange whose other headers are set. */
static void answer_problem(struct exchange *exchange, uint16_t status, const char *words)
{
	exchange->status = status;
	exchange->cache = "no-store";
	struct builder built = body_start();
	build_problem(exchange, words, &built);
	if (!set_body(exchange, &built)) {
		exchange->status = 503;
		exchange->type[0] = 0;
	}
	finish(exchange);
}

void exchange_refuse(struct exchange *exchange, uint16_t status, const char *words)
{
	char number[12];
	snprintf(number, sizeof number, "%u", status);
	struct counter *count = counter_get(exchange->server->counters, COUNTER_TOTAL, "noroshi_http_refused",
	    "Requests that the server refused before anybody else saw them", "status", text_of(number));
	counter_add(count, 1);
	answer_problem(exchange, status, words);
}

void exchange_answer_body(struct exchange *exchange, uint16_t status, const char *type, struct text body)
{
	struct builder built = body_start();
	build_text(&built, body);
	exchange->status = status;
	exchange->cache = "no-store";
	set_type(exchange, type);
	if (!set_body(exchange, &built)) {
		exchange->status = 503;
		exchange->type[0] = 0;
	}
	finish(exchange);
}

void exchange_answer_asset(struct exchange *exchange, const struct asset *asset)
{
	char quoted[20];
	snprintf(quoted, sizeof quoted, "\"%s\"", asset->hash);
	snprintf(exchange->etag, sizeof exchange->etag, "%s", quoted);
	/* Addresses without the hash come from imports; with it they never change. Both may be kept, the first is asked
	 * for. */
	exchange->cache = lws_hdr_total_length(exchange->connection->wsi, WSI_TOKEN_HTTP_URI_ARGS) > 0
			      ? "public, max-age=31536000, immutable"
			      : "no-cache";
	if (strcmp(exchange->asset_match, quoted) == 0) {
		exchange->status = 304;
	} else {
		exchange->status = 200;
		exchange->asset = asset;
		exchange->out_size = asset->content.size;
		set_type(exchange, asset->type);
	}
	finish(exchange);
}

/* A path of ours, visible ASCII only: nothing that leads to another site or into another header. */
static bool is_own_path(const char *path)
{
	if (path[0] != '/' || path[1] == '/' || path[1] == '\\')
		return false;
	for (; *path; path++)
		if (*path < 0x21 || *path > 0x7e)
			return false;
	return true;
}

static void set_cookies(struct exchange *exchange, const struct answer *answer)
{
	const char *secure = exchange->server->tls ? "; Secure" : "";
	const char *prefix = exchange->server->tls ? "__Host-" : "";
	if (answer->cookie) {
		char age[40] = "";
		bool removed = answer->cookie[0] == 0;
		if (removed || answer->cookie_age)
			snprintf(age, sizeof age, "; Max-Age=%u", removed ? 0 : answer->cookie_age);
		bool sound = strlen(answer->cookie) <= 71;
		for (const char *c = answer->cookie; *c; c++)
			sound = sound && *c > 0x20 && *c < 0x7f && !strchr("\",;\\", *c);
		if (sound)
			snprintf(exchange->cookie, sizeof exchange->cookie,
			    "%snoroshi=%s; Path=/; HttpOnly; SameSite=Lax%s%s", prefix, answer->cookie, secure, age);
	}
	if (exchange->new_visitor && !exchange->cookie2[0])
		snprintf(exchange->cookie2, sizeof exchange->cookie2,
		    "%snoroshi-form=%s; Path=/; HttpOnly; SameSite=Lax%s", prefix, exchange->form_key, secure);
}

static bool is_redirect(uint16_t status)
{
	return status >= 301 && status <= 308 && status != 304;
}

static int dump_to_builder(const char *bytes, size_t size, void *context)
{
	build_text(context, (struct text){ bytes, size });
	return ((struct builder *)context)->failed ? -1 : 0;
}

/* A resource of TAXII: an object, of which one list may be made of bytes that are put in as they are. */
static bool build_taxii(struct exchange *exchange, const struct answer *answer, struct builder *built)
{
	set_type(exchange, TAXII_MEDIA_TYPE);
	if (strcmp(exchange->request.route->method, "DELETE") == 0) /* 5.7: has no payload */
		return true;
	size_t start = built->size;
	build_room(built, answer->body.size + 256);
	if (!answer->output)
		build_text(built, TEXT("{}"));
	else if (json_dump_callback(answer->output, dump_to_builder, built, JSON_COMPACT) != 0)
		return false;
	if (!answer->list || answer->body.size == 0)
		return true;
	bool alone = built->size - start == 2;
	built->size--; /* the closing brace */
	build_format(built, "%s\"%s\":[", alone ? "" : ",", answer->list);
	build_text(built, answer->body);
	build_text(built, TEXT("]}"));
	return !built->failed;
}

/* The body of an answer that is no error. */
static bool build_body(struct exchange *exchange, const struct answer *answer, struct builder *built)
{
	const struct route *route = exchange->request.route;
	if (answer->type) {
		set_type(exchange, answer->type);
		build_text(built, answer->body);
		return true;
	}
	if (route && route->taxii)
		return build_taxii(exchange, answer, built);
	if (is_redirect(exchange->status) || exchange->status == 204 || exchange->status == 304)
		return true;
	if (route && route->page && (route->kind == ROUTE_PAGE || route->kind == ROUTE_FORM)) {
		/* An error page shows what the handler said; any other status shows the page itself. */
		return exchange->server->templates && render(exchange, route->page, answer->output, built);
	}
	set_type(exchange, "application/json");
	if (!answer->output) {
		build_text(built, TEXT("{}"));
		return true;
	}
	return json_dump_callback(answer->output, dump_to_builder, built, JSON_COMPACT) == 0;
}

static void set_fields(struct exchange *exchange, const struct answer *answer)
{
	const struct route *route = exchange->request.route;
	exchange->status = answer->status ? answer->status : route && route->kind == ROUTE_FORM ? 303 : 200;
	exchange->retry_after = answer->retry_after;
	exchange->cache = "no-store";
	text_copy(text_of(answer->added_first), exchange->added_first, sizeof exchange->added_first);
	text_copy(text_of(answer->added_last), exchange->added_last, sizeof exchange->added_last);
	if (answer->location && answer->location[0])
		text_copy(text_of(is_own_path(answer->location) ? answer->location : "/"), exchange->location,
		    sizeof exchange->location);
	else if (is_redirect(exchange->status))
		text_copy(TEXT("/"), exchange->location, sizeof exchange->location);
	if (answer->version)
		snprintf(exchange->etag, sizeof exchange->etag, "\"%llu\"", (unsigned long long)answer->version);
	if (answer->modified)
		header_date_format(answer->modified, exchange->modified);
	bool known = (answer->version && exchange->none_match == answer->version) ||
		     (answer->modified && exchange->modified_since >= answer->modified);
	if (known && exchange->status == 200 && strcmp(route ? route->method : "", "GET") == 0 &&
	    route->kind != ROUTE_PAGE) {
		exchange->status = 304;
		exchange->cache = "no-cache";
	}
}

void server_answer(struct exchange *exchange, const struct answer *answer)
{
	exchange->known = false;
	set_fields(exchange, answer);
	struct builder built = body_start();
	if (exchange->status >= 400 && !answer->type) {
		set_cookies(exchange, answer);
		builder_free(&built);
		answer_problem(exchange, exchange->status, answer->problem);
		return;
	}
	if (!build_body(exchange, answer, &built)) {
		builder_free(&built);
		answer_problem(exchange, 503, "the answer could not be made");
		return;
	}
	set_cookies(exchange, answer);
	if (!set_body(exchange, &built)) {
		exchange->retry_after = 1;
		exchange->status = 503;
		exchange->type[0] = 0;
	}
	finish(exchange);
}

void server_answer_failure(struct exchange *exchange, const struct failure *failure)
{
	struct answer answer = {
		.status = problem_status(failure->code, exchange->request.version != 0),
		.problem = failure->words,
		.retry_after = failure->code == ERROR_LIMIT ? 1 : 0,
	};
	server_answer(exchange, &answer);
}

struct head {
	struct lws *wsi;
	unsigned char bytes[LWS_PRE + 6144], *at;
	bool failed;
};

static void add(struct head *head, const char *name, const char *value)
{
	if (head->failed || !value || !*value)
		return;
	head->failed = lws_add_http_header_by_name(head->wsi, (const unsigned char *)name, (const unsigned char *)value,
			   (int)strlen(value), &head->at, head->bytes + sizeof head->bytes) != 0;
}

static bool write_head(struct exchange *exchange)
{
	struct head head = { .wsi = exchange->connection->wsi };
	char number[16];
	head.at = head.bytes + LWS_PRE;
	unsigned char *end = head.bytes + sizeof head.bytes;
	head.failed = lws_add_http_header_status(head.wsi, exchange->status, &head.at, end) != 0;
	add(&head, "content-type:", exchange->type);
	add(&head, "cache-control:", exchange->cache);
	add(&head, "etag:", exchange->etag);
	add(&head, "last-modified:", exchange->modified);
	add(&head, "location:", exchange->location);
	add(&head, "allow:", exchange->allow);
	add(&head, "set-cookie:", exchange->cookie);
	add(&head, "set-cookie:", exchange->cookie2);
	bool page = text_starts(text_of(exchange->type), TEXT("text/html"));
	/* Browsers say `Origin: null` for forms of a page whose policy is no-referrer; other sites learn nothing either
	 * way. */
	add(&head, "referrer-policy:", page ? "same-origin" : "no-referrer");
	add(&head, "vary:", page ? "Accept-Language, Cookie" : NULL);
	add(&head, "www-authenticate:", exchange->status == 401 ? "Bearer" : NULL);
	if (exchange->status == 401 && exchange->taxii)
		add(&head, "www-authenticate:", "Basic realm=\"TAXII\", charset=\"UTF-8\"");
	if (exchange->status == 401 && exchange->lists)
		add(&head, "www-authenticate:", "Basic realm=\"Lists\", charset=\"UTF-8\"");
	add(&head, "x-taxii-date-added-first:", exchange->added_first);
	add(&head, "x-taxii-date-added-last:", exchange->added_last);
	if (exchange->retry_after) {
		snprintf(number, sizeof number, "%u", exchange->retry_after);
		add(&head, "retry-after:", number);
	}
	if (exchange->close_after)
		add(&head, "connection:", "close");
	if (!head.failed && exchange->status != 304 && exchange->status != 204)
		head.failed = lws_add_http_header_content_length(head.wsi, exchange->out_size, &head.at, end) != 0;
	return !head.failed && lws_finalize_write_http_header(head.wsi, head.bytes + LWS_PRE, &head.at, end) == 0;
}

static bool write_piece(struct exchange *exchange)
{
	struct lws *wsi = exchange->connection->wsi;
	unsigned char local[LWS_PRE + PIECE], *at;
	size_t left = exchange->out_size - exchange->written, size = left < PIECE ? left : PIECE;
	if (exchange->asset) { /* shared and unchanging, without the room that the library wants before it */
		memcpy(local + LWS_PRE, exchange->asset->content.at + exchange->written, size);
		at = local + LWS_PRE;
	} else {
		at = (unsigned char *)exchange->out + LWS_PRE + exchange->written;
	}
	if (lws_write(wsi, at, size, size == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)size)
		return false;
	exchange->written += size;
	counter_add(exchange->server->count_bytes_out, size);
	exchange->deadline = time_monotonic() + exchange->server->settings.patience;
	return true;
}

static void count_answer(const struct exchange *exchange)
{
	const struct route *route = exchange->request.route;
	struct counter *count = counter_get(exchange->server->counters, COUNTER_TOTAL, "noroshi_http_answers",
	    "Requests that were answered", "route", text_of(route ? route->name : "none"));
	counter_add(count, 1);
	log_write(LOG_DEBUG, "request", LOG_FIELD_STRING("route", route ? route->name : "none"),
	    LOG_FIELD_NUMBER("status", exchange->status), LOG_FIELD_STRING("client", exchange->request.client),
	    LOG_FIELD_NUMBER("microseconds", (time_monotonic() - exchange->began) / MICROSECOND));
}

bool answer_write(struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	if (exchange->state == EXCHANGE_OPEN)
		return push_write(exchange);
	if (exchange->state != EXCHANGE_ANSWERED)
		return true;
	if (!exchange->head_written) {
		exchange->head_written = true;
		if (!write_head(exchange))
			return false;
		if (exchange->head)
			exchange->written = exchange->out_size;
	}
	if (exchange->written < exchange->out_size && !lws_partial_buffered(connection->wsi) && !write_piece(exchange))
		return false;
	if (exchange->written < exchange->out_size || lws_partial_buffered(connection->wsi)) {
		lws_callback_on_writable(connection->wsi);
		return true;
	}
	bool close = exchange->close_after;
	count_answer(exchange);
	exchange_free(exchange);
	return !lws_http_transaction_completed(connection->wsi) && !close;
}
