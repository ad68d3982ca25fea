/*
 * EVE records of HTTP exchanges (net/http.h), with the hashes of their bodies as "files".
 */
#include "formats/eve_writers.h"
#include "net/http.h"

#include "base/hash.h"

/* "bytes 0-99/1000" (RFC 9110, 14.4). */
static void write_range(struct builder *to, struct text value)
{
	struct text rest = value;
	uint64_t start, end, size;
	if (!value.size)
		return;
	text_cut(&rest, ' ');
	bool has_start = text_to_u64(text_cut(&rest, '-'), &start), has_end = text_to_u64(text_cut(&rest, '/'), &end);
	eve_object(to, "content_range");
	eve_text(to, "raw", value);
	if (has_start)
		eve_number(to, "start", start);
	if (has_end)
		eve_number(to, "end", end);
	if (text_to_u64(rest, &size))
		eve_number(to, "size", size);
	eve_object_end(to);
}

static void write_request(struct builder *to, const struct http_exchange *exchange)
{
	struct text head = exchange->request.head;
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	eve_text(to, "hostname", http_host_name(exchange, host, &port));
	if (port)
		eve_number(to, "http_port", port);
	eve_text(to, "url", exchange->uri);
	eve_text(to, "http_user_agent", http_header(head, "user-agent"));
	eve_text(to, "xff", http_header(head, "x-forwarded-for"));
	eve_text(to, "http_refer", http_header(head, "referer"));
	eve_text(to, "http_method", exchange->method);
}

static void write_response(struct builder *to, const struct http_exchange *exchange)
{
	struct text head = exchange->response.head, type = http_header(head, "content-type");
	eve_text(to, "http_content_type", text_trim(text_cut(&type, ';')));
	write_range(to, http_header(head, "content-range"));
	if (exchange->status)
		eve_number(to, "status", exchange->status);
	else
		eve_text(to, "status_string", exchange->status_text);
	if (exchange->status / 100 == 3)
		eve_text(to, "redirect", http_header(head, "location"));
}

static void write_file(struct builder *to, const struct http_exchange *exchange, const struct http_body *body)
{
	char hex[HEX_SIZE(32)];
	if (!body->size)
		return;
	eve_object(to, NULL);
	eve_text(to, "filename", http_file_name(exchange));
	if (body->hashed)
		eve_text(to, "sha256", text_of(hex_format(body->sha256, sizeof body->sha256, hex)));
	eve_bool(to, "gaps", body->gaps);
	eve_text(to, "state", body->complete ? TEXT("CLOSED") : TEXT("TRUNCATED"));
	eve_number(to, "size", body->size);
	eve_number(to, "tx_id", exchange->tx_id);
	eve_object_end(to);
}

static void write_http(const struct dissection *dissection, enum side side, const void *facts, struct builder *to)
{
	const struct http_exchange *exchange = facts;
	const struct http_part *request = &exchange->request, *response = &exchange->response;
	(void)dissection, (void)side;
	eve_number(to, "tx_id", exchange->tx_id);
	eve_object(to, "http");
	if (request->seen)
		write_request(to, exchange);
	if (exchange->version == 2)
		eve_text(to, "version", TEXT("2"));
	eve_text(to, "protocol", request->protocol.size ? request->protocol : response->protocol);
	if (response->seen)
		write_response(to, exchange);
	eve_number(to, "length", response->body.size);
	if (exchange->version == 2) {
		eve_object(to, "http2");
		eve_number(to, "stream_id", exchange->stream);
		eve_object_end(to);
	}
	eve_object_end(to);
	size_t opened = eve_array(to, "files");
	write_file(to, exchange, &request->body);
	write_file(to, exchange, &response->body);
	eve_array_end(to, opened);
}

const struct eve_writer eve_http = { PROTOCOL_HTTP, "http", write_http };
const struct eve_writer eve_http2 = { PROTOCOL_HTTP2, "http", write_http };
