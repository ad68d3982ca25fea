/*
 * Where in HTML a place of a template is: whether a value may be written there. A small state machine over the literal
 * text.
 */
#ifndef NOROSHI_HTTP_TEMPLATE_CONTEXT_H
#define NOROSHI_HTTP_TEMPLATE_CONTEXT_H

#include "base/text.h"

enum html_place {
	HTML_TEXT,
	HTML_TAG,
	HTML_UNQUOTED,
	HTML_QUOTED,
	HTML_COMMENT,
	HTML_RAW /* inside script or style */
};

struct html_context {
	enum html_place place;
	char quote;
	char tag[12], attribute[16]; /* lower case, cut when longer */
	unsigned tag_size, attribute_size;
	bool naming, closing; /* within the tag's own name; an end tag */
	bool value_started;   /* something of the attribute's value was written already */
	bool after_equals;
};

void html_feed(struct html_context *context, struct text literal);
/* NULL, or words on why a value must not stand here. `fixed`: an address of our own making ({{asset}}). */
const char *html_problem(const struct html_context *context, bool fixed);

#endif
