/*
 * The HTTP server against real sockets: what well-behaved and hostile requests get. Connections are in
 * test_server_connections.c.
 */
#include "server_test.h"

static void test_a_request_reaches_its_owner_as_typed_fields(void **state)
{
	(void)state;
	expect_status(
	    ask("GET",
		"/v1/things/6E8BC430-9c3a-11d9-9669-0800200c9a66?since=2026-01-02&limit=5&q=a%26b+c&label=x&label=y",
		TOKEN "If-Match: \"7\"\r\nIdempotency-Key: k-1\r\nAccept-Language: fr, ja;q=0.8, en;q=0.5\r\n", NULL),
	    200);
	expect(answer, "\"id\":\"" UUID "\"");
	expect(answer, "\"since\":1767312000000000000");
	expect(answer, "\"limit\":5");
	expect(answer, "\"q\":\"a&b c\"");
	expect(answer, "\"label\":[\"x\",\"y\"]");
	expect(answer, "\"version\":7");
	expect(answer, "\"key\":\"k-1\"");
	expect(answer, "\"language\":\"ja\"");
	uint8_t digest[32];
	char token[HEX_SIZE(32)];
	sha256("0123456789abcdef0123", 20, digest);
	expect(answer, hex_format(digest, 32, token));
	expect(answer, "\"client\":\"127.0.0.1\"");
	expect(answer, "etag: \"12\"");
}

static void test_every_answer_has_the_strict_headers(void **state)
{
	(void)state;
	static const char *const paths[] = { "/v1/things/6e8bc430-9c3a-11d9-9669-0800200c9a66", "/nowhere", "/hello",
		"/web/app.css", "/v1/openapi.json" };
	for (size_t i = 0; i < 5; i++) {
		ask("GET", paths[i], TOKEN, NULL);
		expect(answer,
		    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'");
		expect(answer, "frame-ancestors 'none'; base-uri 'none'");
		expect(answer, "x-content-type-options: nosniff");
		expect(answer, "cross-origin-opener-policy: same-origin");
		expect(answer, "cross-origin-resource-policy: same-origin");
		expect(answer, "referrer-policy: ");
		expect(answer, "cache-control: ");
		expect_none(answer, "strict-transport-security");
		expect_none(answer, "server:");
	}
	expect(ask("GET", "/v1/things/" UUID, TOKEN, NULL), "cache-control: no-store");
}

static void test_wrong_fields_are_refused_with_their_name(void **state)
{
	(void)state;
	expect_status(ask("GET", "/v1/things/" UUID "?limt=5", TOKEN, NULL), 400);
	expect(answer, "content-type: application/problem+json");
	expect(answer, "unknown field limt in the query; did you mean limit?");
	expect(ask("GET", "/v1/things/" UUID "?limit=500", TOKEN, NULL),
	    "field limit: expected a whole number from 1 to 100");
	expect(ask("GET", "/v1/things/" UUID "?limit=5&limit=6", TOKEN, NULL), "field limit is there twice");
	expect(ask("GET", "/v1/things/" UUID "?label=1&label=2&label=3&label=4", TOKEN, NULL),
	    "field label: at most 3 items");
	expect(ask("GET", "/v1/things/not-a-uuid", TOKEN, NULL), "field id: expected a UUID");
	expect(ask("GET", "/v1/things/" UUID "?q=%FF", TOKEN, NULL), "field q: expected well-formed UTF-8");
	expect(ask("GET", "/v1/things/" UUID "?q=a%09b", TOKEN, NULL),
	    "field q: expected text without control characters");
	expect(ask("GET", "/v1/things/" UUID "?q=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TOKEN, NULL),
	    "field q: at most 20 bytes");
}

static void test_json_bodies_are_checked(void **state)
{
	(void)state;
	expect_status(ask("POST", "/v1/things", JSON,
			  "{\"name\":\"a\",\"colour\":\"red\",\"text\":\"x\\r\\ny\",\"address\":\"2001:DB8::0\","
			  "\"weight\":0.5,\"urgent\":true}"),
	    200);
	expect(answer, "\"text\":\"x\\ny\"");
	expect(answer, "\"address\":\"2001:db8::\"");
	expect(ask("POST", "/v1/things", JSON, "{}"), "field name is missing");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\" \"}"), "field name: expected a text that is not empty");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":1}"), "field name: expected a text");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\",\"colour\":\"blue\"}"), "expected one of: red, green");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\",\"name\":\"b\"}"), "duplicate object key");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\",\"nam\":1}"),
	    "unknown field nam in the body; did you mean name?");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\",\"weight\":7}"),
	    "field weight: expected a number from 0 to 1");
	expect(ask("POST", "/v1/things", JSON, "[1]"), "not a JSON object");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\""), "the body is not JSON: line 1");
	expect(ask("POST", "/v1/things", JSON, "{\"name\":\"a\\u0000b\"}"), "400");
	expect(ask("POST", "/v1/things", JSON, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), "deeper than 32 levels");
	expect_status(ask("POST", "/v1/things", TOKEN "Content-Type: text/plain\r\n", "{\"name\":\"a\"}"), 415);
	expect_status(ask("POST", "/v1/things", JSON "Content-Encoding: gzip\r\n", "{\"name\":\"a\"}"), 415);
	expect_status(ask("GET", "/v1/later", TOKEN, "hello"), 400);
}

static void test_methods_and_paths_that_do_not_exist(void **state)
{
	(void)state;
	expect_status(ask("GET", "/v1/nothing", TOKEN, NULL), 404);
	expect_status(ask("PUT", "/v1/things", JSON, "{}"), 405);
	expect(answer, "allow: POST, DELETE");
	expect_status(ask("OPTIONS", "/v1/things", TOKEN, NULL), 405);
	expect_status(ask("GET", "/hello/", "", NULL), 404);
	ask("TRACE", "/v1/things", TOKEN, NULL);
	expect(answer, " 403 ");
	expect_status(ask("HEAD", "/v1/things/" UUID, TOKEN, NULL), 200);
	expect(answer, "content-length: ");
	expect_none(answer, "{\"");
	expect_status(ask("DELETE", "/v1/things", TOKEN, NULL), 200);
	expect_status(ask("POST", "/v1/things", TOKEN, NULL), 400);
}

static void test_bodies_over_the_limit_are_refused(void **state)
{
	(void)state;
	static char body[2100], large[250001];
	memset(body, 'x', sizeof body - 1);
	memset(large, 'x', sizeof large - 1);
	expect_status(ask("POST", "/v1/things", JSON, body), 413);
	expect(answer, "larger than 2000 bytes");
	expect_status(ask("POST", "/v1/batch", TOKEN, large), 413);
	snprintf(body, sizeof body, "POST /v1/batch HTTP/1.1\r\n%sContent-Length: 99999999999\r\n\r\nabc", host);
	expect_status(say(body, NULL), 413);
	expect(answer, "connection: close");
}

static void test_streamed_bodies_reach_the_owner_in_parts(void **state)
{
	(void)state;
	static char large[150001];
	memset(large, 'x', sizeof large - 1);
	expect_status(ask("POST", "/v1/batch", TOKEN "Content-Type: application/x-ndjson\r\n", large), 200);
	expect(answer, "{\"bytes\":150000}");
	expect_status(ask("POST", "/v1/batch", TOKEN, ""), 200);
	expect(answer, "{\"bytes\":0}");
	expect_status(ask("POST", "/v1/batch", "", large), 403);
}

static void test_framing_that_could_smuggle_is_refused(void **state)
{
	(void)state;
	char request[600];
	snprintf(request, sizeof request,
	    "POST /v1/things HTTP/1.1\r\n%s" JSON
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /hello HTTP/1.1\r\n%s\r\n",
	    host, host);
	expect_status(say(request, NULL), 411);
	expect_none(answer, "200 OK");
	snprintf(request, sizeof request,
	    "POST /v1/things HTTP/1.1\r\n%s" JSON "Content-Length: 2\r\nTransfer-Encoding: zzz\r\n\r\n{}", host);
	expect_status(say(request, NULL), 411);
	static const char *const lengths[] = { "Content-Length: 2\r\nContent-Length: 20\r\n", "Content-Length: -2\r\n",
		"Content-Length: +2\r\n", "Content-Length: 2, 2\r\n", "Content-Length: 99999999999999999999\r\n",
		"Content-Length: 0x2\r\n" };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		snprintf(request, sizeof request,
		    "POST /v1/things HTTP/1.1\r\n%s" JSON "%s\r\n{}GET /hello HTTP/1.1\r\n%s\r\n", host, lengths[i],
		    host);
		expect_status(say(request, NULL), 400);
		expect_none(answer, "200 OK");
	}
	static const char *const blanks[] = { "Transfer-Encoding : chunked\r\n", "Transfer-Encoding\t: chunked\r\n",
		"Content-Length : 9\r\n", "Host : evil\r\n" };
	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
		snprintf(request, sizeof request,
		    "POST /v1/things HTTP/1.1\r\n%s" JSON "Content-Length: 2\r\n%s\r\n{}GET /hello HTTP/1.1\r\n%s\r\n",
		    host, blanks[i], host);
		expect_status(say(request, NULL), 400);
		expect(answer, "blank");
		expect_none(answer, "200 OK");
	}
}

/* The library ends the request line at an encoded line break: a link must not put a header into a browser's request. */
static void test_encoded_line_breaks_make_no_headers(void **state)
{
	(void)state;
	static const char *const paths[] = { "/hello?name=a%0Ab",
		"/hello?name=a%0D%0ACookie:noroshi=0123456789abcdef0123456789abcdef", "/hello%0AOrigin:x",
		"/hello?name=a%0Aaccept-language:ja", "/hello?name=%00", "/hello%00" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		expect_none(ask("GET", paths[i], "", NULL), "200 OK");
}

static void test_hosts_that_are_not_ours_are_refused(void **state)
{
	(void)state;
	expect_status(say("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", NULL), 400);
	expect_status(say("GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", NULL), 421);
	char request[300];
	snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\n%s%sConnection: close\r\n\r\n", host, host);
	expect_status(say(request, NULL), 400);
	snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\nHost: LOCALHOST:%u\r\nConnection: close\r\n\r\n",
	    sample.port);
	expect_status(say(request, NULL), 200);
}

static void test_files_come_from_a_table_and_not_from_the_path(void **state)
{
	(void)state;
	expect_status(ask("GET", "/web/app.css", "", NULL), 200);
	expect(answer, "content-type: text/css; charset=utf-8");
	expect(answer, "body { color: black; }");
	expect(answer, "cache-control: no-cache");
	char tag[40] = "", headers[80];
	sscanf(strstr(answer, "etag: ") + 6, "%39s", tag);
	snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", tag);
	expect_status(ask("GET", "/web/app.css", headers, NULL), 304);
	expect(ask("GET", "/web/app.css?v=1", "", NULL), "immutable");
	expect_status(ask("GET", "/web/scripts/one.js", "", NULL), 200);
	expect(answer, "text/javascript");
	static const char *const paths[] = { "/web/../src/main.c", "/web/..%2f..%2fmeson.build",
		"/web/%2e%2e/%2e%2e/etc/passwd", "/web//etc/passwd", "/web/pages/hello.html", "/web/scripts/", "/web/",
		"/web/app.css%00.png", "/web/app.css/", "/web/./app.css%2500" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		ask("GET", paths[i], "", NULL);
		expect_none(answer, " 200 OK");
		expect_none(answer, "root:");
	}
}

static void test_pages_escape_what_they_show(void **state)
{
	(void)state;
	expect_status(
	    ask("GET", "/hello?name=%3Cscript%3Ealert(1)%3C/script%3E%22%27%26", "Accept: text/html\r\n", NULL), 200);
	expect(answer, "Hello &lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;");
	expect(answer, "content-type: text/html; charset=utf-8");
	expect(answer, "referrer-policy: same-origin");
	expect(answer, "href=\"/web/app.css?v=");
	expect(
	    ask("GET", "/hello?x=1", "Accept: text/html\r\n", NULL), "<h1>400</h1><p>unknown field x in the query</p>");
}

/* The form token in the page that this cookie gives. */
static void form_token(const char *cookie, char token[65])
{
	ask("GET", "/hello", cookie, NULL);
	const char *at = strstr(answer, "form_token\" value=\"");
	assert_non_null(at);
	memcpy(token, at + 19, 64);
	token[64] = 0;
}

static void post_form(const char *headers, const char *token, const char *fields)
{
	char body[400], all[700];
	snprintf(body, sizeof body, "form_token=%s&%s", token, fields);
	snprintf(all, sizeof all, "Content-Type: application/x-www-form-urlencoded\r\n%s", headers);
	ask("POST", "/things", all, body);
}

static void test_forms_need_their_token_and_our_origin(void **state)
{
	(void)state;
	char token[65], headers[300], other[65];
	form_token(SESSION, token);
	snprintf(headers, sizeof headers, SESSION "%s", origin);
	post_form(headers, token, "name=a&urgent=on&text=x%0D%0Ay");
	expect_status(answer, 303);
	expect(answer, "location: /hello?name=done");
	expect(answer, "set-cookie: noroshi=0123456789abcdef0123456789abcdef; Path=/; HttpOnly; SameSite=Lax");
	post_form(headers, "", "name=a");
	expect_status(answer, 403);
	memcpy(other, token, sizeof other);
	other[5] = other[5] == '0' ? '1' : '0';
	post_form(headers, other, "name=a");
	expect_status(answer, 403);
	post_form(origin, token, "name=a"); /* without the cookie that it belongs to */
	expect_status(answer, 403);
	post_form(SESSION "Origin: https://evil.example\r\n", token, "name=a");
	expect_status(answer, 403);
	post_form(SESSION "Origin: null\r\n", token, "name=a");
	expect_status(answer, 403);
	post_form(SESSION "Sec-Fetch-Site: cross-site\r\n", token, "name=a");
	expect_status(answer, 403);
	post_form(headers, token, "name=a&unknown=1");
	expect_status(answer, 400);
	post_form(headers, token, "name=%zz");
	expect_status(answer, 400);
	post_form(headers, token, "name=elsewhere");
	expect(answer, "location: /\r\n");
	post_form(headers, token, "name=sign+out");
	expect(answer, "set-cookie: noroshi=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

static void test_strangers_forms_are_bound_to_a_visitor_cookie(void **state)
{
	(void)state;
	char token[65], headers[300], cookie[100];
	form_token("", token);
	const char *at = strstr(answer, "set-cookie: noroshi-form=");
	assert_non_null(at);
	sscanf(at + 12, "%99[^;]", cookie);
	snprintf(headers, sizeof headers, "Cookie: %s\r\n%s", cookie, origin);
	post_form(headers, token, "name=a");
	expect_status(answer, 303);
	post_form(origin, token, "name=a");
	expect_status(answer, 403);
}

static void test_programs_with_a_cookie_need_our_origin(void **state)
{
	(void)state;
	char headers[300];
	expect_status(ask("POST", "/v1/things", SESSION "Content-Type: application/json\r\n", "{\"name\":\"a\"}"), 403);
	snprintf(headers, sizeof headers, SESSION "Content-Type: application/json\r\n%s", origin);
	expect_status(ask("POST", "/v1/things", headers, "{\"name\":\"a\"}"), 200);
	expect(answer, "\"token\":null");
	expect_status(ask("DELETE", "/v1/things", SESSION, NULL), 403);
	/* A token is no cookie: no browser sends it by itself. And it wins over the cookie. */
	expect_status(ask("POST", "/v1/things", JSON SESSION, "{\"name\":\"a\"}"), 200);
	expect(answer, "\"session\":null");
}

static void test_malformed_credentials_and_conditions(void **state)
{
	(void)state;
	expect_status(ask("GET", "/v1/later", "Authorization: Basic YTpi\r\n", NULL), 401);
	expect(answer, "www-authenticate: Bearer");
	expect_status(ask("GET", "/v1/later", "Authorization: Bearer short\r\n", NULL), 401);
	expect_status(ask("GET", "/v1/later", TOKEN TOKEN, NULL), 401);
	expect_status(ask("GET", "/v1/later", TOKEN "If-Match: 7\r\n", NULL), 400);
	expect_status(ask("GET", "/v1/later", TOKEN "Idempotency-Key: a b\r\n", NULL), 400);
	expect_status(ask("GET", "/v1/things/" UUID, TOKEN "If-None-Match: \"12\"\r\n", NULL), 304);
}

static void test_language_is_chosen_by_cookie_then_header(void **state)
{
	(void)state;
	char token[65], body[200], headers[400];
	expect(ask("GET", "/hello", "Accept-Language: ja\r\n", NULL), "<html lang=\"ja\">");
	expect(ask("GET", "/hello", "Accept-Language: ja\r\nCookie: lang=en\r\n", NULL), "<html lang=\"en\">");
	form_token(SESSION, token);
	snprintf(body, sizeof body, "form_token=%s&language=ja&back=/hello?name=x", token);
	snprintf(headers, sizeof headers, "Content-Type: application/x-www-form-urlencoded\r\n" SESSION "%s", origin);
	expect_status(ask("POST", "/language", headers, body), 303);
	expect(answer, "set-cookie: lang=ja; Path=/");
	expect(answer, "location: /hello?name=x");
	snprintf(body, sizeof body, "form_token=%s&language=ja&back=//evil.example", token);
	expect(ask("POST", "/language", headers, body), "location: /\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_reaches_its_owner_as_typed_fields),
		cmocka_unit_test(test_every_answer_has_the_strict_headers),
		cmocka_unit_test(test_wrong_fields_are_refused_with_their_name),
		cmocka_unit_test(test_json_bodies_are_checked),
		cmocka_unit_test(test_methods_and_paths_that_do_not_exist),
		cmocka_unit_test(test_bodies_over_the_limit_are_refused),
		cmocka_unit_test(test_streamed_bodies_reach_the_owner_in_parts),
		cmocka_unit_test(test_framing_that_could_smuggle_is_refused),
		cmocka_unit_test(test_encoded_line_breaks_make_no_headers),
		cmocka_unit_test(test_hosts_that_are_not_ours_are_refused),
		cmocka_unit_test(test_files_come_from_a_table_and_not_from_the_path),
		cmocka_unit_test(test_pages_escape_what_they_show),
		cmocka_unit_test(test_forms_need_their_token_and_our_origin),
		cmocka_unit_test(test_strangers_forms_are_bound_to_a_visitor_cookie),
		cmocka_unit_test(test_programs_with_a_cookie_need_our_origin),
		cmocka_unit_test(test_malformed_credentials_and_conditions),
		cmocka_unit_test(test_language_is_chosen_by_cookie_then_header),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
