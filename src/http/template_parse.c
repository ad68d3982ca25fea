/*
 * Templates: text → nodes. In: the source of a page or partial. Out: its nodes, or an error with file and line. Called
 * by template.c once for each file at the start.
 */
#include "http/template_node.h"

#include "base/memory.h"
#include "http/codes.h"
#include "http/template_context.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 6
#define NODES_MOST 100000

struct word {
	struct text text;
	bool quoted;
};

struct parser {
	struct templates *templates;
	struct parsed *parsed;
	struct failure *failure;
	struct html_context html;
	uint32_t line;
	uint32_t open[TEMPLATE_LEVELS]; /* sections that are open: their nodes */
	unsigned depth;
};

static enum error wrong(struct parser *parser, const char *what, struct text name)
{
	return fail(parser->failure, ERROR_INPUT, "%s:%u: %s%s%.*s", parser->parsed->file, parser->line, what,
	    name.size ? ": " : "", (int)(name.size < 100 ? name.size : 100), name.at ? name.at : "");
}

static struct node *add_node(struct parser *parser, enum node_kind kind)
{
	struct parsed *parsed = parser->parsed;
	if (parsed->count == parsed->room) {
		void *more = parsed->room <= NODES_MOST
				 ? array_grow(parsed->nodes, &parsed->room, 64, sizeof *parsed->nodes)
				 : NULL;
		if (!more)
			return NULL;
		parsed->nodes = more;
	}
	struct node *node = &parsed->nodes[parsed->count++];
	*node = (struct node){ .kind = kind, .line = parser->line };
	return node;
}

static bool is_name(struct text name)
{
	if (text_equal(name, TEXT(".")) || text_equal(name, TEXT("@number")))
		return true;
	if (name.size == 0 || name.size > 100 || name.at[0] == '.' || name.at[name.size - 1] == '.')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
			c == '-' || c == '.'))
			return false;
	}
	return true;
}

/* Cuts a tag into words and "quoted texts"; \" and \\ are unescaped in place. -1: a quote without its end, or too many.
 */
static int cut_words(char *at, size_t size, struct word words[WORDS])
{
	int count = 0;
	size_t i = 0;
	while (i < size) {
		if (strchr(" \t\n\r", at[i])) {
			i++;
			continue;
		}
		if (count == WORDS)
			return -1;
		char *start = at + i, *to = start;
		bool quoted = at[i] == '"';
		if (quoted) {
			start = to = at + ++i;
			while (i < size && at[i] != '"') {
				if (at[i] == '\\' && i + 1 < size && (at[i + 1] == '"' || at[i + 1] == '\\'))
					i++;
				*to++ = at[i++];
			}
			if (i == size)
				return -1;
			i++;
		} else {
			while (i < size && !strchr(" \t\n\r\"", at[i]))
				i++;
			to = at + i;
		}
		words[count++] = (struct word){ { start, (size_t)(to - start) }, quoted };
	}
	return count;
}

static enum error open_section(struct parser *parser, bool inverted, const struct word *words, int count)
{
	bool is = count == 3 && text_equal(words[0].text, TEXT("is")) && words[2].quoted;
	if (!is && count != 1)
		return wrong(parser, "expected {{#name}} or {{#is name \"text\"}}", TEXT_NONE);
	struct text name = words[is ? 1 : 0].text;
	if (!is_name(name))
		return wrong(parser, "not a name", name);
	if (parser->depth == TEMPLATE_LEVELS)
		return wrong(parser, "sections are nested too deep", TEXT_NONE);
	struct node *node =
	    add_node(parser, is ? (inverted ? NODE_IS_NOT : NODE_IS) : (inverted ? NODE_INVERTED : NODE_SECTION));
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->name = name;
	if (is)
		node->text = words[2].text;
	parser->open[parser->depth++] = parser->parsed->count - 1;
	return OK;
}

static enum error close_section(struct parser *parser, struct text name)
{
	if (parser->depth == 0)
		return wrong(parser, "this closes no section", name);
	struct node *node = &parser->parsed->nodes[parser->open[--parser->depth]];
	bool is = node->kind == NODE_IS || node->kind == NODE_IS_NOT;
	if (!text_equal(name, is ? TEXT("is") : node->name))
		return wrong(parser, "this closes another section than the one that is open", name);
	node->end = parser->parsed->count;
	return OK;
}

static enum error add_partial(struct parser *parser, const struct word *words, int count)
{
	ptrdiff_t index = count == 1 ? template_find(parser->templates, false, words[0].text) : -1;
	if (index < 0)
		return wrong(parser, "there is no such partial", count == 1 ? words[0].text : TEXT_NONE);
	if (parser->html.place != HTML_TEXT)
		return wrong(parser, "a partial inside a tag", words[0].text);
	struct node *node = add_node(parser, NODE_PARTIAL);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->partial = (uint32_t)index;
	return OK;
}

static enum error add_message(struct parser *parser, const struct word *words, int count)
{
	if (count < 1 || (words[0].quoted ? words[0].text.size == 0 : !is_name(words[0].text)))
		return wrong(parser, "expected {{_ \"text\"}} or {{_ name}}", TEXT_NONE);
	if (count - 1 > TEMPLATE_PARAMETERS)
		return wrong(parser, "too many values for a text", words[0].text);
	struct node *node = add_node(parser, words[0].quoted ? NODE_MESSAGE : NODE_TRANSLATED);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	if (words[0].quoted)
		node->text = words[0].text;
	else
		node->name = words[0].text;
	for (int i = 1; i < count; i++) {
		if (words[i].quoted || !is_name(words[i].text))
			return wrong(parser, "not a name", words[i].text);
		node->parameters[node->parameter_count++] = words[i].text;
	}
	return OK;
}

static enum error add_asset(struct parser *parser, const struct word *words, int count)
{
	const struct asset *asset =
	    count == 2 && words[1].quoted ? asset_find(parser->templates->assets, words[1].text) : NULL;
	if (!asset)
		return wrong(parser, "there is no such file in the web folder", count == 2 ? words[1].text : TEXT_NONE);
	struct node *node = add_node(parser, NODE_LITERAL);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->text = text_of(asset->url);
	return OK;
}

static enum error add_code(struct parser *parser, const struct word *words, int count)
{
	if (count != 3 || !words[1].quoted || (!words[2].quoted && !is_name(words[2].text)))
		return wrong(parser, "expected {{t_code \"group\" name}}", TEXT_NONE);
	if (!code_group_exists(words[1].text))
		return wrong(parser, "there is no such group of codes", words[1].text);
	const char *fixed = words[2].quoted ? code_words(words[1].text, words[2].text) : NULL;
	if (words[2].quoted && !fixed)
		return wrong(parser, "there is no such code", words[2].text);
	struct node *node = add_node(parser, fixed ? NODE_MESSAGE : NODE_CODE);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->text = fixed ? text_of(fixed) : words[1].text;
	node->name = words[2].text;
	return OK;
}

/* {{name}}, or {{helper name}}. */
static enum error add_value(struct parser *parser, const struct word *words, int count)
{
	static const struct {
		const char *helper;
		enum node_kind kind;
	} helpers[] = { { "url", NODE_URL }, { "date", NODE_DATE }, { "day", NODE_DAY }, { "second", NODE_SECOND },
		{ "number", NODE_NUMBER }, { "reason", NODE_REASON } };
	enum node_kind kind = NODE_VALUE;
	for (size_t i = 0; i < sizeof helpers / sizeof *helpers && count >= 2; i++)
		if (text_equal(words[0].text, text_of(helpers[i].helper)))
			kind = helpers[i].kind;
	bool decimals = kind == NODE_NUMBER && count == 3;
	uint64_t number = 0;
	if (decimals && (!text_to_u64(words[2].text, &number) || number > 9))
		return wrong(parser, "expected 0 to 9 decimals", words[2].text);
	if (count != (kind == NODE_VALUE ? 1 : decimals ? 3 : 2))
		return wrong(
		    parser, "unknown helper, or values that it does not take", count > 0 ? words[0].text : TEXT_NONE);
	struct text name = words[kind == NODE_VALUE ? 0 : 1].text;
	if (!is_name(name))
		return wrong(parser, "not a name", name);
	if (parser->html.place != HTML_TEXT && (kind == NODE_DATE || kind == NODE_DAY || kind == NODE_SECOND))
		return wrong(parser, "a date is an element: it cannot stand in an attribute", name);
	struct node *node = add_node(parser, kind);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->name = name;
	node->decimals = (uint8_t)number;
	return OK;
}

static enum error add_output(struct parser *parser, char *at, size_t size)
{
	struct word words[WORDS];
	int count = cut_words(at, size, words);
	if (count < 1)
		return wrong(parser, "a tag that is empty, too long or lacks a quote", TEXT_NONE);
	bool asset = !words[0].quoted && text_equal(words[0].text, TEXT("asset"));
	const char *problem = html_problem(&parser->html, asset);
	if (problem)
		return wrong(parser, problem, (struct text){ at, size });
	parser->html.value_started = true;
	if (asset)
		return add_asset(parser, words, count);
	if (!words[0].quoted && text_equal(words[0].text, TEXT("_")))
		return add_message(parser, words + 1, count - 1);
	if (!words[0].quoted && text_equal(words[0].text, TEXT("t_code")))
		return add_code(parser, words, count);
	return add_value(parser, words, count);
}

static enum error parse_tag(struct parser *parser, char *at, size_t size)
{
	struct word words[WORDS];
	while (size > 0 && strchr(" \t\n\r", *at)) {
		at++;
		size--;
	}
	if (size == 0)
		return wrong(parser, "an empty tag", TEXT_NONE);
	if (*at == '{' || *at == '&')
		return wrong(parser, "values are always escaped: there is no other way to write them",
		    (struct text){ at, size });
	if (*at == '!')
		return OK;
	if (!strchr("#^/>", *at))
		return add_output(parser, at, size);
	int count = cut_words(at + 1, size - 1, words);
	if (count < 1)
		return wrong(parser, "a tag that is too long or lacks a quote or a name", TEXT_NONE);
	if (*at == '/')
		return close_section(parser, words[0].text);
	if (*at == '>')
		return add_partial(parser, words, count);
	return open_section(parser, *at == '^', words, count);
}

static enum error add_literal(struct parser *parser, struct text literal)
{
	if (literal.size == 0)
		return OK;
	html_feed(&parser->html, literal);
	struct node *node = add_node(parser, NODE_LITERAL);
	if (!node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for templates");
	node->text = literal;
	return OK;
}

static void count_lines(struct parser *parser, struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		parser->line += text.at[i] == '\n';
}

static enum error parse_source(struct parser *parser)
{
	char *at = parser->parsed->source;
	struct text rest = { at, parser->parsed->source_size };
	enum error error = OK;
	while (rest.size > 0 && !error) {
		ptrdiff_t start = text_find(rest, TEXT("{{"));
		struct text literal = { rest.at, start < 0 ? rest.size : (size_t)start };
		error = add_literal(parser, literal);
		count_lines(parser, literal);
		if (error || start < 0)
			return error;
		rest = (struct text){ literal.at + literal.size + 2, rest.size - literal.size - 2 };
		ptrdiff_t end = text_find(rest, TEXT("}}"));
		if (end < 0)
			return wrong(parser, "{{ without }}", TEXT_NONE);
		struct text tag = { rest.at, (size_t)end };
		uint32_t lines = parser->line;
		struct text before = tag;
		count_lines(parser, before);
		uint32_t after = parser->line;
		parser->line = lines;
		error = parse_tag(parser, at + (tag.at - at), tag.size);
		parser->line = after;
		rest = (struct text){ rest.at + end + 2, rest.size - (size_t)end - 2 };
	}
	return error;
}

enum error template_parse(struct templates *templates, size_t index, struct failure *failure)
{
	struct parser parser = {
		.templates = templates, .parsed = &templates->items[index], .failure = failure, .line = 1
	};
	enum error error = parse_source(&parser);
	if (error)
		return error;
	if (parser.depth > 0) {
		struct node *open = &parser.parsed->nodes[parser.open[parser.depth - 1]];
		parser.line = open->line;
		return wrong(&parser, "a section that is never closed", open->name);
	}
	if (parser.html.place != HTML_TEXT)
		return wrong(&parser, "the file ends inside a tag, a comment, a script or a style", TEXT_NONE);
	return OK;
}
