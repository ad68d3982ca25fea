/*
 * The checks of a request's headers, one small function each: whether the request goes on. The first that does not has
 * answered it.
 *
 * In: the headers as the library cut them. Out: struct request's values, or a refusal. Called by receive.c in its
 * order.
 */
#include "http/admit.h"

#include "http/fields.h"
#include "http/header.h"
#include "http/problem.h"
#include "http/protocol.h"

#include <stdio.h>
#include <string.h>

#include <libwebsockets.h>

enum limit_kind { LIMIT_ADDRESS = 1, LIMIT_STRANGER, LIMIT_TOKEN, LIMIT_MACHINE };

/* A header's value; none when it is absent. *bad is set when it is there twice, too long, or holds a NUL. */
static struct text take_header(struct lws *wsi, enum lws_token_indexes token, char *to, size_t room, bool *bad)
{
	int size = lws_hdr_total_length(wsi, token);
	if (size <= 0)
		return TEXT_NONE;
	if ((size_t)size >= room || lws_hdr_fragment_length(wsi, token, 1) > 0 ||
	    lws_hdr_copy(wsi, to, (int)room, token) != size || strlen(to) != (size_t)size) {
		*bad = true;
		return TEXT_NONE;
	}
	return (struct text){ to, (size_t)size };
}

static struct text take_custom(struct lws *wsi, const char *name, char *to, size_t room, bool *bad)
{
	int size = lws_hdr_custom_length(wsi, name, (int)strlen(name));
	if (size <= 0)
		return TEXT_NONE;
	if ((size_t)size >= room || lws_hdr_custom_copy(wsi, to, (int)room, name, (int)strlen(name)) != size ||
	    strlen(to) != (size_t)size) {
		*bad = true;
		return TEXT_NONE;
	}
	return (struct text){ to, (size_t)size };
}

bool refuse(struct exchange *exchange, uint16_t status, const char *words)
{
	exchange_refuse(exchange, status, words);
	return false;
}

bool refuse_failure(struct exchange *exchange, const struct failure *failure)
{
	return refuse(exchange, failure->code == ERROR_MEMORY ? 503 : 400, failure->words);
}

struct text admit_method(struct lws *wsi)
{
	static const struct {
		enum lws_token_indexes token;
		const char *method;
	} methods[] = {
		{ WSI_TOKEN_GET_URI, "GET" },
		{ WSI_TOKEN_POST_URI, "POST" },
		{ WSI_TOKEN_PUT_URI, "PUT" },
		{ WSI_TOKEN_PATCH_URI, "PATCH" },
		{ WSI_TOKEN_DELETE_URI, "DELETE" },
		{ WSI_TOKEN_HEAD_URI, "HEAD" },
		{ WSI_TOKEN_OPTIONS_URI, "OPTIONS" },
	};
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		int size = lws_hdr_total_length(wsi, methods[i].token);
		if (size > 0)
			return text_of(methods[i].method);
	}
	return TEXT_NONE;
}

/* The library cuts a path at an encoded NUL but counts it: then the lengths differ. */
bool admit_path_is_whole(struct lws *wsi, struct text path)
{
	static const enum lws_token_indexes tokens[] = { WSI_TOKEN_GET_URI, WSI_TOKEN_POST_URI, WSI_TOKEN_PUT_URI,
		WSI_TOKEN_PATCH_URI, WSI_TOKEN_DELETE_URI, WSI_TOKEN_HEAD_URI, WSI_TOKEN_OPTIONS_URI };
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		int size = lws_hdr_total_length(wsi, tokens[i]);
		if (size > 0)
			return (size_t)size == path.size && strlen(path.at) == path.size &&
			       text_utf8_valid(path) == path.size;
	}
	return false;
}

/* A blank before the colon of a header that says where a request ends or whom it is for: RFC 9112, 5.1 wants it
 * refused, because another server in front of us may have read it as the header. The library takes it for one that
 * nobody knows. */
static bool has_blank_name(struct lws *wsi)
{
	static const char *const names[] = { "transfer-encoding :", "transfer-encoding\t:", "content-length :",
		"content-length\t:", "host :", "host\t:" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (lws_hdr_custom_length(wsi, names[i], (int)strlen(names[i])) >= 0)
			return true;
	return false;
}

/* Where the body ends. Two lengths, or a length and chunks, are how requests are smuggled: such a connection is closed.
 */
bool admit_framing(struct exchange *exchange)
{
	struct lws *wsi = exchange->connection->wsi;
	char value[32];
	bool bad = false;
	if (has_blank_name(wsi)) {
		exchange->close_after = true;
		return refuse(exchange, 400, "a header's name has a blank in it");
	}
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
		exchange->close_after = true;
		return refuse(exchange, 411, "send the body with Content-Length; chunked bodies are not taken");
	}
	struct text length = take_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, value, sizeof value, &bad);
	if (bad || (length.size > 0 && !header_length(length, &exchange->request.body))) {
		exchange->request.body = 0;
		exchange->close_after = true;
		return refuse(exchange, 400, "Content-Length is not one number");
	}
	/* Without a length the library would wait for a body that never comes. */
	if (length.size == 0 &&
	    (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0 || lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0 ||
		lws_hdr_total_length(wsi, WSI_TOKEN_PATCH_URI) > 0))
		exchange->close_after = true;
	return true;
}

/* The library takes an encoded line break in the request line for its end, and what follows for a header: then the
 * version, which stands behind it, is missing. */
bool admit_request_line(struct exchange *exchange)
{
	char value[16];
	bool bad = false;
	struct text version = take_header(exchange->connection->wsi, WSI_TOKEN_HTTP, value, sizeof value, &bad);
	if (!bad && (text_equal(version, TEXT("HTTP/1.1")) || text_equal(version, TEXT("HTTP/1.0"))))
		return true;
	exchange->close_after = true;
	return refuse(exchange, 400, "the request line is malformed");
}

bool admit_host(struct exchange *exchange)
{
	char value[300];
	bool bad = false;
	struct text host = take_header(exchange->connection->wsi, WSI_TOKEN_HOST, value, sizeof value, &bad);
	if (bad || host.size == 0)
		return refuse(exchange, 400, "exactly one Host header is needed");
	if (!header_host_known(host, exchange->connection->door->hosts))
		return refuse(exchange, 421, "this server is not called by that Host");
	return true;
}

static bool take(struct exchange *exchange, enum limit_kind kind, const void *key, size_t size, uint32_t per_minute)
{
	uint32_t wait = limiter_take(exchange->server->limiter, kind, key, size, per_minute, time_monotonic());
	if (wait == 0)
		return true;
	exchange->retry_after = wait;
	return refuse(exchange, 429, "too many requests; Retry-After says when to come again");
}

bool admit_address_rate(struct exchange *exchange)
{
	return take(exchange, LIMIT_ADDRESS, &exchange->connection->group, sizeof exchange->connection->group,
	    exchange->server->settings.address_per_minute);
}

/* A route's own limit: for each token or session; strangers are counted by address. */
bool admit_route_rate(struct exchange *exchange)
{
	const struct route *route = exchange->request.route;
	uint8_t key[40] = { 0 };
	uint64_t name = hash_text(text_of(route->name), 0);
	uint32_t per_minute = route->limits.per_minute ? route->limits.per_minute : 600;
	const struct request *request = &exchange->request;
	bool known = (request->has_certificate || request->has_token || request->has_session || request->has_basic) &&
		     !route->stranger;
	memcpy(key, &name, sizeof name);
	if (request->has_certificate)
		memcpy(key + 8, request->certificate, 32);
	else if (exchange->request.has_token)
		memcpy(key + 8, exchange->request.token, 32);
	else if (exchange->request.has_session)
		memcpy(key + 8, exchange->request.session, 32);
	else if (request->has_basic)
		sha256(request->basic_name, strlen(request->basic_name), key + 8);
	if (!known) {
		memset(key + 8, 0, 32);
		memcpy(key + 8, &exchange->connection->group, sizeof exchange->connection->group);
	}
	return take(exchange,
	    !known                     ? LIMIT_STRANGER
	    : request->has_certificate ? LIMIT_MACHINE
				       : LIMIT_TOKEN,
	    key, sizeof key, per_minute);
}

/* At the machines' door the handshake has shown who comes: a certificate that the authorities signed, and its key. */
static bool take_certificate(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct lws *wsi = exchange->connection->wsi;
	SSL *tls = lws_get_ssl(wsi);
	X509 *certificate = tls ? SSL_get0_peer_certificate(tls) : NULL;
	request->language = TEXT("en");
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0)
		return refuse(exchange, 401, "tokens are not taken at this door: machines show a certificate here");
	if (!certificate)
		return true;
	unsigned char *der = NULL;
	int size = i2d_X509(certificate, &der);
	if (size <= 0 || SSL_get_verify_result(tls) != X509_V_OK) {
		OPENSSL_free(der);
		return refuse(exchange, 401, "this certificate cannot be read");
	}
	sha256(der, (size_t)size, request->certificate);
	request->has_certificate = true;
	OPENSSL_free(der);
	return true;
}

/* Many firewalls and resolvers know HTTP Basic alone: the password is the device's token, whatever the name. */
static bool take_password_token(struct request *request, struct text value)
{
	char name[64], password[256];
	if (!header_basic(value, name, password))
		return false;
	sha256(password, strlen(password), request->token);
	explicit_bzero(password, sizeof password);
	request->has_token = true;
	return true;
}

bool admit_credentials(struct exchange *exchange)
{
	if (exchange->connection->door->machines)
		return take_certificate(exchange);
	struct lws *wsi = exchange->connection->wsi;
	struct server *server = exchange->server;
	struct request *request = &exchange->request;
	char authorization[300], cookies[4096];
	bool bad = false;
	struct text value = take_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization, sizeof authorization, &bad),
		    token;
	bool has_token =
	    value.size > 0 && (header_bearer(value, &token) || (exchange->taxii && header_token(value, &token)));
	if (has_token) {
		sha256(token.at, token.size, request->token);
		request->has_token = true;
	}
	if (!bad && !has_token && exchange->lists)
		has_token = take_password_token(request, value);
	if (!bad && !has_token && exchange->taxii)
		request->has_basic = header_basic(value, request->basic_name, request->basic_password);
	bool known = value.size == 0 || has_token || request->has_basic;
	explicit_bzero(authorization, sizeof authorization);
	if (bad || !known)
		return refuse(exchange, 401,
		    exchange->taxii ? "Authorization is neither one token nor a name and a password"
				    : "Authorization is not one bearer token");
	value = take_header(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof cookies, &bad);
	if (bad)
		return refuse(exchange, 400, "the cookies are too long or come twice");
	struct text session = header_cookie(value, server->tls ? TEXT("__Host-noroshi") : TEXT("noroshi"));
	struct text visitor = header_cookie(value, server->tls ? TEXT("__Host-noroshi-form") : TEXT("noroshi-form"));
	struct text language = header_cookie(value, TEXT("lang"));
	if (text_equal(language, TEXT("ja")))
		request->language = TEXT("ja");
	else if (text_equal(language, TEXT("en")))
		request->language = TEXT("en");
	else
		request->language = TEXT_NONE;
	/* What is shown wins: what a program sends does not depend on cookies. */
	bool shown = request->has_token || request->has_basic;
	if (session.size >= 16 && session.size < sizeof exchange->form_key && !shown) {
		sha256(session.at, session.size, request->session);
		request->has_session = true;
		text_copy(session, exchange->form_key, sizeof exchange->form_key);
	} else if (visitor.size >= 16 && visitor.size < sizeof exchange->form_key) {
		text_copy(visitor, exchange->form_key, sizeof exchange->form_key);
	}
	explicit_bzero(cookies, sizeof cookies);
	return true;
}

void admit_language(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	char value[512];
	bool bad = false;
	struct text accepted =
	    take_header(exchange->connection->wsi, WSI_TOKEN_HTTP_ACCEPT_LANGUAGE, value, sizeof value, &bad);
	exchange->asks_japanese = !bad && text_equal(header_language(accepted, TEXT("en")), TEXT("ja"));
	if (request->language.size == 0)
		request->language = header_language(bad ? TEXT_NONE : accepted, exchange->server->settings.language);
}

bool admit_conditions(struct exchange *exchange)
{
	struct lws *wsi = exchange->connection->wsi;
	char value[128];
	bool bad = false;
	struct text tag = take_header(wsi, WSI_TOKEN_HTTP_IF_MATCH, value, sizeof value, &bad);
	if (bad || (tag.size > 0 && !header_version(tag, &exchange->request.version)))
		return refuse(exchange, 400, "If-Match is not an ETag of ours");
	tag = take_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, value, sizeof value, &bad);
	if (!bad && tag.size > 0 && !header_version(tag, &exchange->none_match)) {
		exchange->none_match = 0;
		if (tag.size < sizeof exchange->asset_match)
			text_copy(tag, exchange->asset_match, sizeof exchange->asset_match);
	}
	bool matched = tag.size > 0;
	bad = false;
	tag = take_header(wsi, WSI_TOKEN_HTTP_IF_MODIFIED_SINCE, value, sizeof value, &bad);
	if (bad || matched || !header_date(tag, &exchange->modified_since))
		exchange->modified_since = 0;
	bad = false;
	struct text key = take_custom(wsi, "idempotency-key:", value, sizeof value, &bad);
	if (bad || (key.size > 0 && !header_is_key(key)))
		return refuse(exchange, 400, "Idempotency-Key is 1 to 64 visible characters");
	text_copy(key, exchange->request.idempotency_key, sizeof exchange->request.idempotency_key);
	uint64_t protocol = 1;
	struct text named = take_custom(wsi, "noroshi-protocol:", value, sizeof value, &bad);
	if (bad || (named.size > 0 && (!text_to_u64(named, &protocol) || protocol == 0 || protocol > UINT32_MAX)))
		return refuse(exchange, 400, PROTOCOL_HEADER " is a number from 1");
	exchange->request.protocol = (uint32_t)protocol;
	struct text word = take_custom(wsi, "noroshi-agent:", value, sizeof value, &bad);
	if (bad || (word.size > 0 && !header_agent(word, &exchange->request.agent)))
		return refuse(exchange, 400, AGENT_HEADER " is clock=NANOSECONDS lost=BYTES");
	return true;
}

/* Our own pages say Origin, because their referrer policy is same-origin. */
static bool origin_is_ours(struct exchange *exchange, struct text origin)
{
	struct text scheme = exchange->server->tls ? TEXT("https://") : TEXT("http://");
	if (!text_starts(origin, scheme))
		return false;
	return header_host_known(
	    (struct text){ origin.at + scheme.size, origin.size - scheme.size }, exchange->connection->door->hosts);
}

/* Another site must not use a person's session: what changes something by cookie needs our Origin. */
bool admit_origin(struct exchange *exchange, bool get, bool form)
{
	struct lws *wsi = exchange->connection->wsi;
	char value[300];
	bool bad = false;
	if (get)
		return true;
	struct text origin = take_header(wsi, WSI_TOKEN_ORIGIN, value, sizeof value, &bad);
	if (bad || (origin.size > 0 && !origin_is_ours(exchange, origin)))
		return refuse(exchange, 403, "this request comes from another site's page");
	if (origin.size == 0 && exchange->request.has_session && !form)
		return refuse(exchange, 403, "with a session cookie the Origin header is needed");
	struct text site = take_custom(wsi, "sec-fetch-site:", value, sizeof value, &bad);
	if (bad || (site.size > 0 && !text_equal(site, TEXT("same-origin")) && !text_equal(site, TEXT("none"))))
		return refuse(exchange, 403, "this request comes from another site's page");
	return true;
}

/* TAXII 2.1, 3.4: filters that a server does not know may be passed over. */
static bool is_filter(const struct route *route, struct text name)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		if (field->place == IN_QUERY && text_equal(text_of(field->name), name))
			return true;
	return false;
}

bool admit_query(struct exchange *exchange)
{
	struct lws *wsi = exchange->connection->wsi;
	struct failure failure;
	char pair[4096];
	for (int i = 0; i < 128; i++) {
		int size = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (size <= 0)
			return true;
		if (size >= (int)sizeof pair ||
		    lws_hdr_copy_fragment(wsi, pair, sizeof pair, WSI_TOKEN_HTTP_URI_ARGS, i) != size)
			return refuse(exchange, 400, "a value of the query is too long");
		/* Decoded by the library already. */
		struct text value = { pair, (size_t)size }, name = text_cut(&value, '=');
		if (exchange->taxii && !is_filter(exchange->request.route, name))
			continue;
		if (exchange->taxii && value.size == 0)
			return refuse(exchange, 400, "a filter is empty");
		if (field_set(exchange->request.route, IN_QUERY, name, value, exchange->request.input, &failure) != OK)
			return refuse_failure(exchange, &failure);
	}
	return refuse(exchange, 400, "the query has too many values");
}

bool admit_path(struct exchange *exchange, const struct route_match *match)
{
	struct failure failure;
	for (size_t i = 0; i < match->count; i++)
		if (field_set(match->route, IN_PATH, match->names[i], match->values[i], exchange->request.input,
			&failure) != OK)
			return refuse_failure(exchange, &failure);
	return true;
}

bool admit_body(struct exchange *exchange)
{
	const struct route *route = exchange->request.route;
	struct lws *wsi = exchange->connection->wsi;
	char value[160];
	bool bad = false;
	bool stream = route->kind == ROUTE_STREAM;
	uint64_t most = route->limits.body       ? route->limits.body
			: stream && route->taxii ? exchange->server->settings.envelope
			: stream                 ? exchange->server->settings.batch
						 : 64 << 10;
	if (exchange->request.body > most) {
		char words[100];
		snprintf(words, sizeof words, "the body is larger than %llu bytes", (unsigned long long)most);
		return refuse(exchange, 413, words);
	}
	if (exchange->request.body == 0 || stream)
		return true;
	if (strcmp(route->method, "GET") == 0)
		return refuse(exchange, 400, "a GET has no body");
	if (take_custom(wsi, "content-encoding:", value, sizeof value, &bad).size > 0 || bad ||
	    lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_ENCODING) > 0)
		return refuse(exchange, 415, "this body must not be compressed");
	struct text type = take_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, value, sizeof value, &bad);
	exchange->form_body = route->kind == ROUTE_FORM;
	const char *wanted = exchange->form_body ? "application/x-www-form-urlencoded" : "application/json";
	if (bad || !header_is_type(type, wanted)) {
		char words[100];
		snprintf(words, sizeof words, "the body must be %s", wanted);
		return refuse(exchange, 415, words);
	}
	return true;
}

bool admit_media(struct exchange *exchange)
{
	const struct route *route = exchange->request.route;
	struct lws *wsi = exchange->connection->wsi;
	char value[600];
	bool bad = false;
	if (!route->taxii)
		return true;
	struct text accept = take_header(wsi, WSI_TOKEN_HTTP_ACCEPT, value, sizeof value, &bad);
	if (bad || !header_accepts(accept, "application/taxii+json", "2.1"))
		return refuse(exchange, 406, "ask for " TAXII_MEDIA_TYPE);
	if (route->kind != ROUTE_STREAM)
		return true;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_ENCODING) > 0)
		return refuse(exchange, 415, "an envelope is not taken compressed");
	struct text type = take_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, value, sizeof value, &bad);
	if (bad || !header_is_version(type, "application/taxii+json", "2.1"))
		return refuse(exchange, 415, "send " TAXII_MEDIA_TYPE);
	return true;
}

bool admit_wants_json(struct exchange *exchange)
{
	char value[300];
	bool bad = false;
	struct text accept = take_header(exchange->connection->wsi, WSI_TOKEN_HTTP_ACCEPT, value, sizeof value, &bad);
	return bad || text_find_nocase(accept, TEXT("text/html")) < 0;
}

static bool may_be_csv(const struct route *route)
{
	for (const struct field *field = route->fields; field && field->name; field++)
		for (size_t i = 0; strcmp(field->name, "format") == 0 && field->choices && field->choices[i]; i++)
			if (strcmp(field->choices[i], "csv") == 0)
				return true;
	return false;
}

void admit_format(struct exchange *exchange)
{
	char value[300];
	bool bad = false;
	json_t *input = exchange->request.input;
	if (!may_be_csv(exchange->request.route) || json_object_get(input, "format"))
		return;
	struct text accept = take_header(exchange->connection->wsi, WSI_TOKEN_HTTP_ACCEPT, value, sizeof value, &bad);
	if (!bad && text_find_nocase(accept, TEXT("text/csv")) >= 0)
		json_object_set_new(input, "format", json_string("csv"));
}
