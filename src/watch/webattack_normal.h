/*
 * What a client sent, as the program behind a web server finally sees it: decoded as often as attackers nest it, lower
 * case, white space alike. The patterns of webattack_pattern.h are written for this form.
 *
 * Encodings undone, for as long as one is found and at most NORMAL_LEVELS times: percent (RFC 3986), %uHHHH, \xHH,
 * \uHHHH, HTML entities, overlong UTF-8, full-width forms of ASCII.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_NORMAL_H
#define NOROSHI_WATCH_WEBATTACK_NORMAL_H

#include "base/text.h"

#define NORMAL_MOST 16384u /* bytes that are looked at: servers refuse longer requests */
#define NORMAL_LEVELS 5

struct normal {
	/* Path, then each parameter as name=value, each behind a '\n'; a '\n' that was sent is a blank. White space is
	 * one blank, comments of SQL are a blank. */
	char text[NORMAL_MOST];
	size_t size;
	unsigned levels; /* how often percent-encoding was nested: 1 is what browsers do */
	bool overlong;   /* UTF-8 that is longer than need be */
	bool newline;    /* a line break was sent */
	bool comment;    /* comments of SQL stood between words */
	bool cut;
};

/* A request's target: path and query. */
void normal_target(struct normal *normal, struct text target);
/* A header: '+' and '&' have no meaning. */
void normal_header(struct normal *normal, struct text header);

/* Whether a value of the query holds characters that mean something to the programs behind (a quotation mark, a
 * bracket, a separator): encoded once or not at all. */
bool normal_is_odd(struct text query);

#endif
