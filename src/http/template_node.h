/*
 * A parsed template: a flat list of nodes. Shared by template_parse.c (makes them), template_render.c (walks them) and
 * template.c (owns them). Not for other rooms.
 */
#ifndef NOROSHI_HTTP_TEMPLATE_NODE_H
#define NOROSHI_HTTP_TEMPLATE_NODE_H

#include "http/template.h"

#include <stdbool.h>
#include <stdint.h>

#define TEMPLATE_LEVELS 64
#define TEMPLATE_PARAMETERS 4

enum node_kind {
	NODE_LITERAL,    /* text */
	NODE_VALUE,      /* name */
	NODE_URL,        /* name */
	NODE_SECTION,    /* name … end */
	NODE_INVERTED,   /* name … end */
	NODE_IS,         /* name, text … end */
	NODE_IS_NOT,     /* name, text … end */
	NODE_PARTIAL,    /* template */
	NODE_MESSAGE,    /* text (msgid), parameters */
	NODE_TRANSLATED, /* name (its value is the msgid), parameters */
	NODE_DATE,       /* name */
	NODE_DAY,        /* name */
	NODE_SECOND,     /* name */
	NODE_NUMBER,     /* name, decimals */
	NODE_CODE,       /* text (group), name */
	NODE_REASON,     /* name */
};

struct node {
	enum node_kind kind;
	uint32_t line;
	struct text text; /* of a literal; a quoted argument without its quotes */
	struct text name;
	struct text parameters[TEMPLATE_PARAMETERS];
	uint8_t parameter_count, decimals;
	uint32_t end;     /* sections: the node behind the last inside */
	uint32_t partial; /* index of the template */
};

struct parsed {
	char *name;   /* "event" */
	char *file;   /* "pages/event.html", for messages */
	char *source; /* what the nodes' texts point into; quoted arguments are unescaped in place */
	size_t source_size;
	bool page; /* else a partial */
	struct node *nodes;
	uint32_t count;
	size_t room;
};

struct templates {
	struct parsed *items;
	size_t count, room;
	const struct catalog *catalog;
	const struct assets *assets;
};

/* Parses item `index`. Partials that it names must be in `templates` already (parsed or not). */
enum error template_parse(struct templates *templates, size_t index, struct failure *failure);
/* The index of the page or partial with this name, or -1. */
ptrdiff_t template_find(const struct templates *templates, bool page, struct text name);

#endif
