/*
 * What the dissectors of HTTP keep of one message while it comes: its head's lines and what there is to say of its
 * body. `kept` counts the bytes that all messages of a flow keep; beyond HTTP_KEPT nothing more is.
 */
#ifndef NOROSHI_NET_HTTP_PART_H
#define NOROSHI_NET_HTTP_PART_H

#include "net/http.h"

struct sha256;

struct http_kept {
	struct builder lines;
	struct http_body body;
	struct sha256 *hash;
	char *bytes; /* of the body's beginning */
};

void http_kept_free(struct http_kept *part, size_t *kept);
/* False: there was no room for the line. */
bool http_kept_line(struct http_kept *part, struct text line, size_t *kept);
void http_kept_body(struct http_kept *part, const uint8_t *bytes, size_t size, size_t *kept);
/* The message has ended; `complete`: its end was seen. */
void http_kept_end(struct http_kept *part, bool complete);

#endif
