/*
 * HTTP/1 on TCP (RFC 9110, 9112; RFC 1945 for what has no version): one fact is an exchange, a request and its
 * response, emitted when both have ended or the flow is over. Either may be missing. HTTP/2 gives the same facts
 * (net/http2.h).
 *
 * Framing follows RFC 9112, 6. After a CONNECT that succeeded, and after 101, the flow is recognised afresh, or goes on
 * as HTTP/2 (h2c). What is lost within a body is left out of it; elsewhere reading goes on at the next line that begins
 * a message.
 *
 * Memory: of one flow at most HTTP_KEPT bytes of heads wait for their responses, in at most HTTP_WAITING exchanges;
 * header lines beyond are read but not kept, exchanges beyond are emitted without their responses.
 */
#ifndef NOROSHI_NET_HTTP_H
#define NOROSHI_NET_HTTP_H

#include "net/dissector.h"

#define HTTP_LINE_LARGEST (64u << 10) /* bytes */
#define HTTP_KEPT (256u << 10)
#define HTTP_WAITING 64
#define HTTP_BODY_KEPT 4096             /* first bytes of a body, for matching */
#define HTTP_BODY_HASHED (256ull << 20) /* a longer body has no hash */

struct http_body {
	uint64_t size; /* bytes that were sent, after the transfer encoding was taken off */
	bool hashed;   /* it came whole */
	bool gaps;     /* parts were not seen */
	bool complete; /* its end was seen */
	uint8_t sha256[32];
	struct text first; /* up to HTTP_BODY_KEPT bytes */
};

struct http_part {
	bool seen;
	struct text protocol; /* "HTTP/1.1", as sent; empty for a request without a version */
	struct text head; /* header lines as sent, each with its line end, without the first line and the empty one */
	struct http_body body;
};

struct http_exchange {
	uint64_t tx_id;          /* of the flow, from 0 */
	unsigned version;        /* 1 or 2 */
	uint32_t stream;         /* HTTP/2 */
	struct text method, uri; /* as sent */
	struct text host;        /* from the URI or the Host header, with its port, as sent */
	uint16_t status;         /* 0 = it was no number */
	struct text status_text; /* as sent: "200" */
	struct http_part request, response;
};

/* The value of the first header of this name (lower case), without white space around it; empty when there is none. */
struct text http_header(struct text head, const char *name);
/* Host without its port, in lower case, cut at the room; *port = 0 when there is none. */
#define HTTP_HOST_SIZE 256
struct text http_host_name(const struct http_exchange *exchange, char to[static HTTP_HOST_SIZE], uint16_t *port);
/* The name of the file that the response (or else the request) holds: from Content-Disposition, else the last part of
 * the path; may be empty. */
struct text http_file_name(const struct http_exchange *exchange);

/* The fields of an exchange, for both versions. */
void http_fields(const void *facts, field_visitor visit, void *context);

extern const struct dissector dissector_http;

#endif
