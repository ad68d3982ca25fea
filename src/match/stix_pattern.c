/*
 * The reader of STIX patterns; see stix_pattern.h: recursive descent, a function for each rule of the grammar.
 */
#include "match/stix_inside.h"

#include <string.h>

struct parser {
	struct stix_lexer lexer;
	struct arena *arena;
	struct stix_pattern *pattern;
	unsigned deep;
	uint32_t nodes;
	struct failure *failure;
};

/* ── tokens ─ */

static enum error expected(const struct parser *parser, const char *what)
{
	const struct stix_token *token = &parser->lexer.token;
	return fail(parser->failure, ERROR_INPUT, "byte %u of the pattern: %s was expected%s", token->offset + 1, what,
	    token->kind == STIX_TOKEN_END ? ", but it ends" : "");
}

static enum error advance(struct parser *parser)
{
	return stix_lexer_next(&parser->lexer, parser->failure);
}

static bool at_sign(const struct parser *parser, enum stix_sign sign)
{
	return parser->lexer.token.kind == STIX_TOKEN_SIGN && parser->lexer.token.sign == sign;
}

static bool at_word(struct parser *parser, const char *keyword)
{
	const struct stix_token *token = &parser->lexer.token;
	if (token->kind != STIX_TOKEN_WORD || !text_equal_nocase(token->word, text_of(keyword)))
		return false;
	return true;
}

/* Past the keyword, which is at hand. */
static enum error past_word(struct parser *parser)
{
	const struct text word = parser->lexer.token.word;
	bool lower = false;
	for (size_t i = 0; i < word.size; i++)
		lower |= word.at[i] >= 'a';
	parser->lexer.loose += lower;
	return advance(parser);
}

static enum error need_sign(struct parser *parser, enum stix_sign sign, const char *what)
{
	return at_sign(parser, sign) ? advance(parser) : expected(parser, what);
}

static enum error need_word(struct parser *parser, const char *keyword)
{
	return at_word(parser, keyword) ? past_word(parser) : expected(parser, keyword);
}

/* ── nodes ─ */

static enum error new_node(struct parser *parser, enum stix_node_kind kind, struct stix_node **node)
{
	if (parser->nodes++ == STIX_PATTERN_NODES)
		return fail(parser->failure, ERROR_INPUT, "the pattern has more than %u parts", STIX_PATTERN_NODES);
	*node = arena_take(parser->arena, sizeof **node);
	if (!*node)
		return fail(parser->failure, ERROR_MEMORY, "no memory for a pattern");
	**node = (struct stix_node){ .kind = kind, .offset = parser->lexer.token.offset };
	return OK;
}

static enum error go_deeper(struct parser *parser)
{
	if (parser->deep++ == STIX_PATTERN_DEEPEST)
		return fail(parser->failure, ERROR_INPUT, "byte %u of the pattern: more than %u within each other",
		    parser->lexer.token.offset + 1, STIX_PATTERN_DEEPEST);
	return OK;
}

typedef enum error (*rule)(struct parser *parser, struct stix_node **node);

/* operand { KEYWORD operand }: one node over all of them, so that long chains are not deep. */
static enum error read_chain(
    struct parser *parser, const char *keyword, enum stix_node_kind kind, rule operand, struct stix_node **node)
{
	struct stix_node *all, *last;
	enum error error = operand(parser, node);
	if (error || !at_word(parser, keyword))
		return error;
	error = new_node(parser, kind, &all);
	if (error)
		return error;
	all->first = last = *node;
	*node = all;
	while (!error && at_word(parser, keyword)) {
		error = past_word(parser);
		if (!error)
			error = operand(parser, &last->next);
		last = last->next;
	}
	return error;
}

/* ── a test ─ */

static enum error read_index(struct parser *parser, struct stix_step *step)
{
	const struct stix_token *token = &parser->lexer.token;
	enum error error = advance(parser);
	if (error)
		return error;
	if (at_sign(parser, STIX_SIGN_STAR))
		step->kind = STIX_EACH;
	else if (token->kind == STIX_TOKEN_CONSTANT && token->constant.kind == STIX_INTEGER)
		*step = (struct stix_step){ .kind = STIX_INDEX, .index = token->constant.integer };
	else
		return expected(parser, "a number or * as an index");
	error = advance(parser);
	return error ? error : need_sign(parser, STIX_SIGN_CLOSE, "]");
}

static enum error read_key(struct parser *parser, struct stix_step *step)
{
	const struct stix_token *token = &parser->lexer.token;
	step->kind = STIX_KEY;
	if (token->kind == STIX_TOKEN_WORD)
		step->key = token->word;
	else if (token->kind == STIX_TOKEN_CONSTANT && token->constant.kind == STIX_STRING && token->constant.text.size)
		step->key = token->constant.text;
	else
		return expected(parser, "the name of a property");
	/* with a hyphen it should have stood in quotation marks */
	parser->lexer.loose += token->kind == STIX_TOKEN_WORD && memchr(step->key.at, '-', step->key.size) != NULL;
	return advance(parser);
}

static enum error read_path(struct parser *parser, struct stix_path *path)
{
	struct stix_step steps[16];
	if (parser->lexer.token.kind != STIX_TOKEN_WORD)
		return expected(parser, "an object's type");
	path->object = parser->lexer.token.word;
	enum error error = advance(parser);
	if (!error)
		error = need_sign(parser, STIX_SIGN_COLON, ":");
	if (!error)
		error = read_key(parser, &steps[path->count++]);
	while (!error && (at_sign(parser, STIX_SIGN_DOT) || at_sign(parser, STIX_SIGN_OPEN))) {
		if (path->count == sizeof steps / sizeof *steps)
			return fail(parser->failure, ERROR_INPUT,
			    "byte %u of the pattern: a path of more than %zu steps", parser->lexer.token.offset + 1,
			    sizeof steps / sizeof *steps);
		struct stix_step *step = &steps[path->count++];
		*step = (struct stix_step){ 0 };
		if (at_sign(parser, STIX_SIGN_OPEN)) {
			error = read_index(parser, step);
			continue;
		}
		error = advance(parser);
		if (!error)
			error = read_key(parser, step);
	}
	if (error)
		return error;
	struct stix_step *kept = arena_take(parser->arena, path->count * sizeof *kept);
	if (!kept)
		return fail(parser->failure, ERROR_MEMORY, "no memory for a pattern");
	path->steps = memcpy(kept, steps, path->count * sizeof *kept);
	return OK;
}

/* A constant at hand, or true and false, which are words. */
static enum error read_constant(struct parser *parser, struct stix_constant *constant)
{
	if (at_word(parser, "true") || at_word(parser, "false")) {
		*constant = (struct stix_constant){ .kind = STIX_BOOLEAN, .integer = at_word(parser, "true") };
		return advance(parser);
	}
	if (parser->lexer.token.kind != STIX_TOKEN_CONSTANT)
		return expected(parser, "a constant");
	*constant = parser->lexer.token.constant;
	return advance(parser);
}

static enum error read_set(struct parser *parser, struct stix_node *node)
{
	struct stix_constant *set = NULL;
	size_t room = 0, count = 0;
	enum error error = need_sign(parser, STIX_SIGN_GROUP, "( and the values of a set");
	for (bool first = true; !error && !at_sign(parser, STIX_SIGN_GROUP_END); first = false) {
		if (!first)
			error = need_sign(parser, STIX_SIGN_COMMA, "a comma or )");
		if (!error &&
		    count == room) { /* moved within the arena: what was before is lost to it, a third at most */
			struct stix_constant *larger =
			    arena_take(parser->arena, (room ? room * 4 : 8) * sizeof *larger);
			if (!larger)
				return fail(parser->failure, ERROR_MEMORY, "no memory for a pattern");
			if (count)
				memcpy(larger, set, count * sizeof *set);
			set = larger;
			room = room ? room * 4 : 8;
		}
		if (!error)
			error = read_constant(parser, &set[count++]);
	}
	node->constants = set;
	node->constant_count = (uint32_t)count;
	return error ? error : advance(parser);
}

static const struct comparison {
	const char *word; /* NULL: a sign */
	enum stix_sign sign;
	enum stix_operator operator;
	unsigned kinds; /* of constants that it takes */
} comparisons[] = {
	{ NULL, STIX_SIGN_EQUAL, STIX_EQUAL, ~0u },
	{ NULL, STIX_SIGN_UNEQUAL, STIX_UNEQUAL, ~0u },
	{ NULL, STIX_SIGN_LESS, STIX_LESS, ~(1u << STIX_BOOLEAN) },
	{ NULL, STIX_SIGN_LESS_OR_EQUAL, STIX_LESS_OR_EQUAL, ~(1u << STIX_BOOLEAN) },
	{ NULL, STIX_SIGN_MORE, STIX_MORE, ~(1u << STIX_BOOLEAN) },
	{ NULL, STIX_SIGN_MORE_OR_EQUAL, STIX_MORE_OR_EQUAL, ~(1u << STIX_BOOLEAN) },
	{ "IN", 0, STIX_IN, ~0u },
	{ "LIKE", 0, STIX_LIKE, 1u << STIX_STRING },
	{ "MATCHES", 0, STIX_MATCHES, 1u << STIX_STRING },
	{ "ISSUBSET", 0, STIX_SUBSET, 1u << STIX_STRING },
	{ "ISSUPERSET", 0, STIX_SUPERSET, 1u << STIX_STRING },
};

static const struct comparison *comparison_at_hand(struct parser *parser)
{
	for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
		if (comparisons[i].word ? at_word(parser, comparisons[i].word) : at_sign(parser, comparisons[i].sign))
			return &comparisons[i];
	return NULL;
}

static enum error read_single(struct parser *parser, const struct comparison *comparison, struct stix_node *node)
{
	struct stix_constant *constant = arena_take(parser->arena, sizeof *constant);
	uint32_t offset = parser->lexer.token.offset;
	if (!constant)
		return fail(parser->failure, ERROR_MEMORY, "no memory for a pattern");
	enum error error = read_constant(parser, constant);
	if (!error && !(comparison->kinds & 1u << constant->kind))
		error =
		    fail(parser->failure, ERROR_INPUT, "byte %u of the pattern: %s does not compare such a constant",
			offset + 1, stix_operator_name(comparison->operator));
	node->constants = constant;
	node->constant_count = 1;
	return error;
}

static enum error read_test(struct parser *parser, struct stix_node **made)
{
	struct stix_node *node;
	enum error error = new_node(parser, STIX_TEST, &node);
	if (error)
		return error;
	*made = node;
	parser->pattern->tests++;
	bool exists = at_word(parser, "EXISTS");
	if (exists)
		error = past_word(parser);
	if (!error)
		error = read_path(parser, &node->path);
	if (exists)
		node->operator= STIX_EXISTS;
	if (error || exists)
		return error;
	if ((node->negated = at_word(parser, "NOT")) && (error = past_word(parser)))
		return error;
	const struct comparison *comparison = comparison_at_hand(parser);
	if (!comparison)
		return expected(parser, "an operator as =, IN or LIKE");
	node->operator= comparison->operator;
	error = comparison->word ? past_word(parser) : advance(parser);
	if (error)
		return error;
	return comparison->operator== STIX_IN ? read_set(parser, node) : read_single(parser, comparison, node);
}

/* ── comparisons within one observation ─ */

static enum error read_any(struct parser *parser, struct stix_node **node);

static enum error read_comparison(struct parser *parser, struct stix_node **node)
{
	if (!at_sign(parser, STIX_SIGN_GROUP))
		return read_test(parser, node);
	enum error error = go_deeper(parser);
	if (!error)
		error = advance(parser);
	if (!error)
		error = read_any(parser, node);
	if (!error)
		error = need_sign(parser, STIX_SIGN_GROUP_END, ") or AND or OR");
	parser->deep--;
	return error;
}

static enum error read_all(struct parser *parser, struct stix_node **node)
{
	return read_chain(parser, "AND", STIX_ALL, read_comparison, node);
}

static enum error read_any(struct parser *parser, struct stix_node **node)
{
	return read_chain(parser, "OR", STIX_ANY, read_all, node);
}

/* ── observations ─ */

static enum error read_followed(struct parser *parser, struct stix_node **node);

/* Version 2.0 has times as strings. */
static enum error read_instant(struct parser *parser, nanoseconds *time)
{
	const struct stix_token *token = &parser->lexer.token;
	bool string = token->kind == STIX_TOKEN_CONSTANT && token->constant.kind == STIX_STRING;
	if (string && time_parse(token->constant.text, 0, time, NULL))
		return advance(parser);
	if (token->kind != STIX_TOKEN_CONSTANT || token->constant.kind != STIX_TIMESTAMP)
		return expected(parser, "a time as t'2026-01-31T12:00:00Z'");
	*time = token->constant.time;
	return advance(parser);
}

static enum error read_between(struct parser *parser, struct stix_node *node)
{
	uint32_t offset = parser->lexer.token.offset;
	enum error error = read_instant(parser, &node->start);
	if (!error)
		error = need_word(parser, "STOP");
	if (!error)
		error = read_instant(parser, &node->stop);
	if (!error && node->stop <= node->start)
		error =
		    fail(parser->failure, ERROR_INPUT, "byte %u of the pattern: STOP comes before START", offset + 1);
	return error;
}

static enum error read_within(struct parser *parser, struct stix_node *node)
{
	const struct stix_token *token = &parser->lexer.token;
	bool number = token->kind == STIX_TOKEN_CONSTANT &&
		      (token->constant.kind == STIX_INTEGER || token->constant.kind == STIX_FLOAT);
	if (!number || !(token->constant.real > 0) || token->constant.real > 1e11)
		return expected(parser, "a positive number of seconds");
	node->seconds = token->constant.real;
	enum error error = advance(parser);
	return error ? error : need_word(parser, "SECONDS");
}

static enum error read_repeats(struct parser *parser, struct stix_node *node)
{
	const struct stix_token *token = &parser->lexer.token;
	if (token->kind != STIX_TOKEN_CONSTANT || token->constant.kind != STIX_INTEGER || token->constant.integer < 1 ||
	    token->constant.integer > UINT32_MAX)
		return expected(parser, "a positive number of times");
	node->times = (uint32_t)token->constant.integer;
	enum error error = advance(parser);
	return error ? error : need_word(parser, "TIMES");
}

static enum error read_qualifiers(struct parser *parser, struct stix_node **node)
{
	static const struct {
		const char *word;
		enum stix_node_kind kind;
		enum error (*read)(struct parser *parser, struct stix_node *node);
	} qualifiers[] = {
		{ "START", STIX_BETWEEN, read_between },
		{ "WITHIN", STIX_WITHIN, read_within },
		{ "REPEATS", STIX_REPEATS, read_repeats },
	};
	for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers;) {
		if (!at_word(parser, qualifiers[i].word)) {
			i++;
			continue;
		}
		struct stix_node *outer;
		enum error error = go_deeper(parser); /* each makes the tree a level deeper */
		if (!error)
			error = new_node(parser, qualifiers[i].kind, &outer);
		if (!error)
			error = past_word(parser);
		if (!error)
			error = qualifiers[i].read(parser, outer);
		if (error)
			return error;
		outer->first = *node;
		*node = outer;
		i = 0;
	}
	return OK;
}

static enum error read_brackets(struct parser *parser, struct stix_node **node)
{
	struct stix_node *observation;
	enum error error = new_node(parser, STIX_OBSERVATION, &observation);
	if (!error)
		error = need_sign(parser, STIX_SIGN_OPEN, "[");
	if (!error)
		error = read_any(parser, &observation->first);
	if (!error)
		error = need_sign(parser, STIX_SIGN_CLOSE, "] or AND or OR");
	if (!error)
		parser->pattern->observations++;
	*node = observation;
	return error;
}

static enum error read_observation(struct parser *parser, struct stix_node **node)
{
	unsigned deep = parser->deep;
	enum error error = OK;
	if (!at_sign(parser, STIX_SIGN_GROUP)) {
		error = read_brackets(parser, node);
	} else {
		error = go_deeper(parser);
		if (!error)
			error = advance(parser);
		if (!error)
			error = read_followed(parser, node);
		if (!error)
			error = need_sign(parser, STIX_SIGN_GROUP_END, ")");
	}
	if (!error)
		error = read_qualifiers(parser, node);
	parser->deep = deep;
	return error;
}

static enum error read_also(struct parser *parser, struct stix_node **node)
{
	return read_chain(parser, "AND", STIX_ALSO, read_observation, node);
}

static enum error read_either(struct parser *parser, struct stix_node **node)
{
	return read_chain(parser, "OR", STIX_EITHER, read_also, node);
}

static enum error read_followed(struct parser *parser, struct stix_node **node)
{
	return read_chain(parser, "FOLLOWEDBY", STIX_FOLLOWED_BY, read_either, node);
}

enum error stix_pattern_read(
    struct text text, struct arena *arena, struct stix_pattern *pattern, struct failure *failure)
{
	struct parser parser = {
		.lexer = { .text = text, .arena = arena }, .arena = arena, .pattern = pattern, .failure = failure
	};
	*pattern = (struct stix_pattern){ 0 };
	if (text.size > STIX_PATTERN_LONGEST)
		return fail(failure, ERROR_INPUT, "the pattern is longer than %u bytes", STIX_PATTERN_LONGEST);
	struct stix_node *root = NULL;
	enum error error = advance(&parser);
	if (!error)
		error = read_followed(&parser, &root);
	if (!error && parser.lexer.token.kind != STIX_TOKEN_END)
		error = expected(&parser, "AND, OR, FOLLOWEDBY, a qualifier or the end");
	pattern->root = root;
	pattern->loose = parser.lexer.loose;
	return error;
}
