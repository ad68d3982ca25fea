/*
 * Single header fields of a request, as text, to values. Pure functions: the server and the fuzz target call them.
 */
#ifndef NOROSHI_HTTP_HEADER_H
#define NOROSHI_HTTP_HEADER_H

#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

/* Content-Length: digits only, as in RFC 9110, 8.6. */
bool header_length(struct text value, uint64_t *length);

/* The token of "Bearer TOKEN" (RFC 6750, 2.1), 16 to 256 characters; false for anything else. */
bool header_bearer(struct text value, struct text *token);

/* The token of "Token TOKEN", as some clients of TAXII write it; the same limits. */
bool header_token(struct text value, struct text *token);

/* "Basic …" (RFC 7617): what stands before and behind the first colon, decoded. False when it is malformed, is not
 * UTF-8, holds control characters, or does not fit. */
bool header_basic(struct text value, char name[static 64], char password[static 256]);

/* Last-Modified and If-Modified-Since (RFC 9110, 5.6.7: IMF-fixdate alone, "Sun, 06 Nov 1994 08:49:37 GMT"), in whole
 * seconds. Returns `to`; false for anything else. */
#define HEADER_DATE 32
char *header_date_format(nanoseconds time, char to[static HEADER_DATE]);
bool header_date(struct text value, nanoseconds *time);

/* Whether Accept (RFC 9110, 12.5.1; empty = anything) lets `type` come, in this version or without one:
 * "application/taxii+json", "2.1". */
bool header_accepts(struct text value, const char *type, const char *version);

/* The media type is `type`, with this version or without one. */
bool header_is_version(struct text value, const char *type, const char *version);

/* The value of the cookie `name` in a Cookie header (RFC 6265, 5.4); none when it is absent, empty or there twice. */
struct text header_cookie(struct text value, struct text name);

/* "ja" or "en" by Accept-Language (RFC 9110, 12.5.4), or `otherwise`. */
struct text header_language(struct text value, struct text otherwise);

/* If-Match and If-None-Match with one of our tags, "\"12\"" or "W/\"12\"": the number; 0 for "*" and for foreign tags
 * with `weak`; false when it is malformed. */
bool header_version(struct text value, uint64_t *version);

/* The media type without parameters equals `type`, and a charset, when given, is UTF-8. */
bool header_is_type(struct text value, const char *type);

/* Whether a Host names one of `hosts` (ASCII case does not count); NULL ends the list. */
bool header_host_known(struct text value, char *const *hosts);

/* What an agent says of itself with each request (http/protocol.h): "clock=1795230000000000000 lost=0". False when it
 * is malformed; names that are not known are passed over. */
struct agent_word {
	bool said;
	int64_t clock; /* its own, in nanoseconds since the epoch, when it sent the request */
	uint64_t lost; /* bytes of files that it lost for good, since its start */
};
bool header_agent(struct text value, struct agent_word *word);

/* 1 to 64 visible ASCII characters. */
bool header_is_key(struct text value);

#endif
