/*
 * What an HTTP exchange says (http.h): headers, host, file name, fields. Of both versions; the dissectors and the
 * writer of records call it.
 */
#include "net/http.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

#define URL_LARGEST 4096

struct text http_header(struct text head, const char *name)
{
	size_t size = strlen(name);
	while (head.size) {
		struct text line = text_cut(&head, '\n');
		if (line.size <= size ||
		    !text_equal_nocase((struct text){ line.at, size }, (struct text){ name, size }))
			continue;
		/* White space before the colon is forbidden (RFC 9112, 5.1) and sent all the same. */
		struct text rest = text_trim((struct text){ line.at + size, line.size - size });
		if (rest.size && rest.at[0] == ':')
			return text_trim((struct text){ rest.at + 1, rest.size - 1 });
	}
	return TEXT_NONE;
}

/* Where the port's colon is: behind the last bracket of an IPv6 address. */
static ptrdiff_t find_port(struct text host)
{
	for (size_t i = host.size; i > 0; i--) {
		if (host.at[i - 1] == ':')
			return (ptrdiff_t)i - 1;
		if (host.at[i - 1] < '0' || host.at[i - 1] > '9')
			return -1;
	}
	return -1;
}

struct text http_host_name(const struct http_exchange *exchange, char to[static HTTP_HOST_SIZE], uint16_t *port)
{
	struct text host = exchange->host;
	ptrdiff_t colon = find_port(host);
	uint64_t number = 0;
	*port = 0;
	if (colon >= 0) {
		if (text_to_u64((struct text){ host.at + colon + 1, host.size - (size_t)colon - 1 }, &number) &&
		    number <= UINT16_MAX)
			*port = (uint16_t)number;
		host.size = (size_t)colon;
	}
	if (host.size >= HTTP_HOST_SIZE)
		host.size = HTTP_HOST_SIZE - 1;
	for (size_t i = 0; i < host.size; i++)
		to[i] = host.at[i] >= 'A' && host.at[i] <= 'Z' ? (char)(host.at[i] + 'a' - 'A') : host.at[i];
	return (struct text){ to, host.size };
}

/* filename="…" of a Content-Disposition (RFC 6266), as it stands. */
static struct text disposition_name(struct text head)
{
	struct text value = http_header(head, "content-disposition");
	ptrdiff_t at = text_find_nocase(value, TEXT("filename="));
	if (at < 0)
		return TEXT_NONE;
	struct text rest = { value.at + at + 9, value.size - (size_t)at - 9 };
	if (rest.size && rest.at[0] == '"') {
		rest.at++, rest.size--;
		return text_cut(&rest, '"');
	}
	return text_trim(text_cut(&rest, ';'));
}

struct text http_file_name(const struct http_exchange *exchange)
{
	struct text name = disposition_name(exchange->response.head);
	if (name.size)
		return name;
	struct text rest = exchange->uri, path = text_cut(&rest, '?');
	while (path.size && memchr(path.at, '/', path.size))
		text_cut(&path, '/');
	return path;
}

static void visit_text(field_visitor visit, void *context, enum field field, struct text value)
{
	if (value.size)
		visit(context, field, value);
}

/* "http://host/path", without the query; cut at URL_LARGEST. */
static void visit_url(const struct http_exchange *exchange, struct text host, field_visitor visit, void *context)
{
	char url[URL_LARGEST];
	struct text rest = exchange->uri, path = text_cut(&rest, '?');
	bool absolute = text_find(path, TEXT("://")) > 0;
	if (!absolute && !host.size)
		return;
	int size = absolute
		       ? snprintf(url, sizeof url, "%.*s", (int)path.size, path.at)
		       : snprintf(url, sizeof url, "http://%.*s%.*s", (int)host.size, host.at, (int)path.size, path.at);
	if (size > 0)
		visit(context, FIELD_HTTP_URL,
		    (struct text){ url, (size_t)size < sizeof url ? (size_t)size : sizeof url - 1 });
}

static void visit_body(const struct http_body *body, enum field field, field_visitor visit, void *context)
{
	char hex[HEX_SIZE(32)];
	visit_text(visit, context, field, body->first);
	if (body->hashed)
		visit(context, FIELD_FILE_SHA256, text_of(hex_format(body->sha256, sizeof body->sha256, hex)));
}

void http_fields(const void *facts, field_visitor visit, void *context)
{
	const struct http_exchange *exchange = facts;
	const struct http_part *request = &exchange->request, *response = &exchange->response;
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	struct text name = http_host_name(exchange, host, &port);
	visit_text(visit, context, FIELD_HTTP_METHOD, exchange->method);
	visit_text(visit, context, FIELD_HTTP_HOST, name);
	visit_text(visit, context, FIELD_HTTP_URI, exchange->uri);
	visit_url(exchange, name, visit, context);
	visit_text(visit, context, FIELD_HTTP_USER_AGENT, http_header(request->head, "user-agent"));
	visit_text(visit, context, FIELD_HTTP_REFERER, http_header(request->head, "referer"));
	visit_text(visit, context, FIELD_HTTP_COOKIE, http_header(request->head, "cookie"));
	visit_text(visit, context, FIELD_HTTP_STATUS, exchange->status_text);
	visit_text(visit, context, FIELD_HTTP_REQUEST_HEADER, request->head);
	visit_text(visit, context, FIELD_HTTP_RESPONSE_HEADER, response->head);
	visit_text(visit, context, FIELD_HTTP_CONTENT_TYPE, http_header(response->head, "content-type"));
	visit_body(&request->body, FIELD_HTTP_REQUEST_BODY, visit, context);
	visit_body(&response->body, FIELD_HTTP_RESPONSE_BODY, visit, context);
	if (request->body.hashed || response->body.hashed)
		visit_text(visit, context, FIELD_FILE_NAME, http_file_name(exchange));
}
