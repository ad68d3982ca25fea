/*
 * Follows the literal parts of a template through HTML, so that values can be kept out of the places where escaping
 * does not make them safe: scripts, styles, tags outside quotes, the beginning of an address. In: literals in order.
 * Called by template_parse.c. It need not know all of HTML: what it does not recognise it counts as text inside a tag,
 * where no value may be.
 */
#include "http/template_context.h"

#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_raw_tag(const char *tag)
{
	return strcmp(tag, "script") == 0 || strcmp(tag, "style") == 0;
}

static void tag_ends(struct html_context *context)
{
	bool raw = !context->closing && is_raw_tag(context->tag);
	context->place = raw ? HTML_RAW : HTML_TEXT;
}

static void tag_starts(struct html_context *context, bool closing)
{
	context->place = HTML_TAG;
	context->naming = true;
	context->closing = closing;
	context->tag_size = context->attribute_size = 0;
	context->tag[0] = context->attribute[0] = 0;
	context->after_equals = false;
}

static void add_character(char *to, unsigned *size, unsigned room, char c)
{
	if (*size + 1 < room)
		to[(*size)++] = lower(c);
	to[*size] = 0;
}

static void in_tag(struct html_context *context, char c)
{
	if (c == '>') {
		tag_ends(context);
	} else if (context->naming) {
		if (is_space(c) || c == '/')
			context->naming = false;
		else
			add_character(context->tag, &context->tag_size, sizeof context->tag, c);
	} else if (c == '=') {
		context->after_equals = true;
	} else if (context->after_equals && (c == '"' || c == '\'')) {
		context->place = HTML_QUOTED;
		context->quote = c;
		context->value_started = false;
		context->after_equals = false;
	} else if (context->after_equals && !is_space(c)) {
		context->place = HTML_UNQUOTED;
		context->after_equals = false;
	} else if (is_space(c) || c == '/') {
		if (!context->after_equals) {
			context->attribute_size = 0;
			context->attribute[0] = 0;
		}
	} else {
		add_character(context->attribute, &context->attribute_size, sizeof context->attribute, c);
	}
}

static void attribute_ends(struct html_context *context)
{
	context->place = HTML_TAG;
	context->attribute_size = 0;
	context->attribute[0] = 0;
}

static bool starts_at(struct text literal, size_t i, const char *what)
{
	struct text rest = { literal.at + i, literal.size - i };
	size_t size = strlen(what);
	return rest.size >= size && text_equal_nocase((struct text){ rest.at, size }, text_of(what));
}

/* Text, comments and raw text; returns how many further characters were used up. */
static size_t outside_tag(struct html_context *context, struct text literal, size_t i)
{
	char c = literal.at[i];
	if (context->place == HTML_COMMENT) {
		if (starts_at(literal, i, "-->")) {
			context->place = HTML_TEXT;
			return 2;
		}
		return 0;
	}
	if (context->place == HTML_RAW) {
		char end[16] = "</";
		strcat(end, context->tag);
		if (starts_at(literal, i, end)) {
			tag_starts(context, true);
			return 1;
		}
		return 0;
	}
	if (starts_at(literal, i, "<!--")) {
		context->place = HTML_COMMENT;
		return 3;
	}
	char next = i + 1 < literal.size ? lower(literal.at[i + 1]) : 0;
	if (c == '<' && ((next >= 'a' && next <= 'z') || next == '!' || next == 0)) {
		tag_starts(context, false);
	} else if (c == '<' && next == '/') {
		tag_starts(context, true);
		return 1;
	}
	return 0;
}

void html_feed(struct html_context *context, struct text literal)
{
	for (size_t i = 0; i < literal.size; i++) {
		char c = literal.at[i];
		switch (context->place) {
		case HTML_TAG:
			in_tag(context, c);
			break;
		case HTML_QUOTED:
			if (c == context->quote)
				attribute_ends(context);
			else
				context->value_started = true;
			break;
		case HTML_UNQUOTED:
			if (c == '>')
				tag_ends(context);
			else if (is_space(c))
				attribute_ends(context);
			break;
		default:
			i += outside_tag(context, literal, i);
			break;
		}
	}
}

static bool holds_address(const char *attribute)
{
	static const char *const names[] = { "href", "src", "action", "formaction", "poster", "data", "srcset",
		"xlink:href", "ping", "cite", "background" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(attribute, names[i]) == 0)
			return true;
	return false;
}

const char *html_problem(const struct html_context *context, bool fixed)
{
	switch (context->place) {
	case HTML_TEXT:
		return NULL;
	case HTML_QUOTED:
		if (strncmp(context->attribute, "on", 2) == 0 || strcmp(context->attribute, "style") == 0 ||
		    strcmp(context->attribute, "srcdoc") == 0)
			return "a value in an attribute that holds a program or a style";
		if (!fixed && !context->value_started && holds_address(context->attribute))
			return "an address that begins with a value: begin it with / or ?";
		return NULL;
	case HTML_RAW:
		return "a value inside <script> or <style>";
	case HTML_COMMENT:
		return "a value inside a comment";
	default:
		return "a value inside a tag but outside quotes";
	}
}
