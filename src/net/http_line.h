/*
 * The first lines of HTTP/1 messages, and how they are told. For the dissector of HTTP only.
 */
#ifndef NOROSHI_NET_HTTP_LINE_H
#define NOROSHI_NET_HTTP_LINE_H

#include "net/dissector.h"

/* A line without its line end. False when it is no such line: a method of token characters and a target; "HTTP/" and a
 * number. */
struct request_line {
	struct text method, uri, protocol; /* no protocol: HTTP/0.9 */
};
bool request_line_read(struct text line, struct request_line *read);
struct status_line {
	struct text protocol, status;
	uint16_t number; /* 0 = it is none */
};
bool status_line_read(struct text line, struct status_line *read);

enum likeness http_recognise(enum side side, const uint8_t *bytes, size_t size);

#endif
