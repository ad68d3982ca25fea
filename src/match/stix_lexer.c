/*
 * The words of a STIX pattern; see stix_inside.h.
 */
#include "match/stix_inside.h"

#include "base/base64.h"
#include "base/character.h"
#include "base/hash.h"

#include <string.h>

static bool begins_name(char c)
{
	return (char_lower(c) >= 'a' && char_lower(c) <= 'z') || c == '_';
}

static bool goes_on(char c)
{
	return begins_name(c) || char_is_digit(c);
}

/* White space as the grammar has it (also what Unicode calls so beyond ASCII), and comments. */
static size_t blank_at(struct text rest)
{
	static const char *const wide[] = { "\xc2\x85", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\xa8", "\xe2\x80\xa9" };
	if (char_is_space(*rest.at))
		return 1;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (text_starts(rest, text_of(wide[i])))
			return strlen(wide[i]);
	if (text_starts(rest, TEXT("/*"))) {
		ptrdiff_t end = text_find((struct text){ rest.at + 2, rest.size - 2 }, TEXT("*/"));
		return end < 0 ? 0 : (size_t)end + 4;
	}
	if (text_starts(rest, TEXT("//"))) {
		const char *end = memchr(rest.at, '\n', rest.size);
		return end ? (size_t)(end - rest.at) : rest.size;
	}
	return 0;
}

static struct text rest_of(const struct stix_lexer *lexer)
{
	return (struct text){ lexer->text.at + lexer->next, lexer->text.size - lexer->next };
}

static enum error wrong(const struct stix_lexer *lexer, size_t at, const char *expected, struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "byte %zu of the pattern: %s", at + 1, expected);
	(void)lexer;
}

/* ── strings ─ */

/* From the quotation mark on; unescaped into the arena. */
static enum error take_string(struct stix_lexer *lexer, struct text *value, struct failure *failure)
{
	size_t from = lexer->next, at = from + 1;
	const char *text = lexer->text.at;
	while (at < lexer->text.size && text[at] != '\'')
		at += text[at] == '\\' ? 2 : 1;
	if (at >= lexer->text.size)
		return wrong(lexer, from, "the string that begins here does not end", failure);
	char *to = arena_take(lexer->arena, at - from);
	if (!to)
		return fail(failure, ERROR_MEMORY, "no memory for a pattern");
	size_t size = 0;
	for (size_t i = from + 1; i < at; i++) {
		if (text[i] == '\\' && (text[i + 1] == '\'' || text[i + 1] == '\\'))
			i++;
		else
			lexer->loose += text[i] == '\\';
		to[size++] = text[i];
	}
	*value = (struct text){ to, size };
	lexer->next = at + 1;
	return OK;
}

static enum error decode_hex(struct stix_lexer *lexer, size_t from, struct text *value, struct failure *failure)
{
	uint8_t *to = arena_take(lexer->arena, value->size / 2 + 1);
	if (!to)
		return fail(failure, ERROR_MEMORY, "no memory for a pattern");
	if (value->size % 2 || !hex_parse(*value, to, value->size / 2))
		return wrong(lexer, from, "an even number of hexadecimal digits was expected in h'…'", failure);
	*value = (struct text){ (const char *)to, value->size / 2 };
	return OK;
}

static enum error decode_base64(struct stix_lexer *lexer, size_t from, struct text *value, struct failure *failure)
{
	uint8_t *to = arena_take(lexer->arena, value->size + 3);
	struct base64_decoder decoder = { 0 };
	if (!to)
		return fail(failure, ERROR_MEMORY, "no memory for a pattern");
	for (size_t i = 0; i < value->size; i++)
		if (!goes_on(value->at[i]) && !memchr("+/=", value->at[i], 3))
			return wrong(lexer, from, "Base64 was expected in b'…'", failure);
	*value = (struct text){ (const char *)to, base64_decode(&decoder, value->at, value->size, to) };
	return OK;
}

/* h'…', b'…', t'…' */
static enum error take_typed(struct stix_lexer *lexer, struct stix_token *token, struct failure *failure)
{
	size_t from = lexer->next++;
	char type = lexer->text.at[from];
	struct text value;
	enum error error = take_string(lexer, &value, failure);
	if (error)
		return error;
	token->kind = STIX_TOKEN_CONSTANT;
	token->constant.kind = type == 't' ? STIX_TIMESTAMP : STIX_BYTES;
	if (type == 't' && (!text_ends(value, TEXT("Z")) || !time_parse(value, 0, &token->constant.time, NULL)))
		return wrong(lexer, from, "a time as t'2026-01-31T12:00:00Z' was expected", failure);
	error = type == 'h'   ? decode_hex(lexer, from, &value, failure)
		: type == 'b' ? decode_base64(lexer, from, &value, failure)
			      : OK;
	token->constant.text = value;
	return error;
}

/* ── numbers, words ─ */

static enum error take_number(struct stix_lexer *lexer, struct stix_token *token, struct failure *failure)
{
	size_t from = lexer->next, at = from + (lexer->text.at[from] == '-' || lexer->text.at[from] == '+');
	bool real = false;
	for (; at < lexer->text.size && (char_is_digit(lexer->text.at[at]) || lexer->text.at[at] == '.'); at++)
		real |= lexer->text.at[at] == '.';
	struct text word = { lexer->text.at + from, at - from };
	if (*word.at == '+')
		word.at++, word.size--;
	token->kind = STIX_TOKEN_CONSTANT;
	token->constant.kind = real ? STIX_FLOAT : STIX_INTEGER;
	bool read = real ? text_to_double(word, &token->constant.real) : text_to_i64(word, &token->constant.integer);
	if (!read)
		return wrong(lexer, from, "a number that fits 64 bits was expected", failure);
	if (!real)
		token->constant.real = (double)token->constant.integer;
	lexer->next = at;
	return OK;
}

/* Hyphens belong to a word only in the name of an object: the parser says when that is expected. */
static void take_word(struct stix_lexer *lexer, struct stix_token *token)
{
	size_t from = lexer->next, at = from;
	while (at < lexer->text.size && (goes_on(lexer->text.at[at]) || (lexer->text.at[at] == '-' && at > from)))
		at++;
	token->kind = STIX_TOKEN_WORD;
	token->word = (struct text){ lexer->text.at + from, at - from };
	lexer->next = at;
}

static bool take_sign(struct stix_lexer *lexer, struct stix_token *token)
{
	static const struct {
		struct text text;
		enum stix_sign sign;
	} signs[] = {
		{ TEXT("<="), STIX_SIGN_LESS_OR_EQUAL },
		{ TEXT(">="), STIX_SIGN_MORE_OR_EQUAL },
		{ TEXT("!="), STIX_SIGN_UNEQUAL },
		{ TEXT("<>"), STIX_SIGN_UNEQUAL },
		{ TEXT("=="), STIX_SIGN_EQUAL },
		{ TEXT("="), STIX_SIGN_EQUAL },
		{ TEXT("<"), STIX_SIGN_LESS },
		{ TEXT(">"), STIX_SIGN_MORE },
		{ TEXT("["), STIX_SIGN_OPEN },
		{ TEXT("]"), STIX_SIGN_CLOSE },
		{ TEXT("("), STIX_SIGN_GROUP },
		{ TEXT(")"), STIX_SIGN_GROUP_END },
		{ TEXT(","), STIX_SIGN_COMMA },
		{ TEXT(":"), STIX_SIGN_COLON },
		{ TEXT("."), STIX_SIGN_DOT },
		{ TEXT("*"), STIX_SIGN_STAR },
	};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (text_starts(rest_of(lexer), signs[i].text)) {
			token->kind = STIX_TOKEN_SIGN;
			token->sign = signs[i].sign;
			lexer->next += signs[i].text.size;
			return true;
		}
	return false;
}

enum error stix_lexer_next(struct stix_lexer *lexer, struct failure *failure)
{
	struct stix_token *token = &lexer->token;
	size_t blank;
	while (lexer->next < lexer->text.size && (blank = blank_at(rest_of(lexer))) > 0)
		lexer->next += blank;
	*token = (struct stix_token){ .kind = STIX_TOKEN_END, .offset = (uint32_t)lexer->next };
	if (lexer->next == lexer->text.size)
		return OK;
	char first = lexer->text.at[lexer->next];
	char second = lexer->next + 1 < lexer->text.size ? lexer->text.at[lexer->next + 1] : 0;
	if (first == '\'') {
		token->kind = STIX_TOKEN_CONSTANT;
		token->constant.kind = STIX_STRING;
		return take_string(lexer, &token->constant.text, failure);
	}
	if (second == '\'' && (first == 'h' || first == 'b' || first == 't'))
		return take_typed(lexer, token, failure);
	if (char_is_digit(first) || ((first == '-' || first == '+') && (char_is_digit(second) || second == '.')))
		return take_number(lexer, token, failure);
	if (begins_name(first)) {
		take_word(lexer, token);
		return OK;
	}
	return take_sign(lexer, token) ? OK : wrong(lexer, lexer->next, "no word of a pattern begins so", failure);
}
