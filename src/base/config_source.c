/*
 * A configuration's text before libconfig reads it: a walk over its tokens that finds what libconfig would take wrongly
 * without a word.
 */
#include "base/config_source.h"

#include "base/character.h"

#include <inttypes.h>
#include <string.h>

struct source {
	const char *name, *at, *end;
	unsigned line;
	bool line_start; /* only white space since the line began */
	struct builder *to;
	struct failure *failure;
};

static void copy(struct source *source, size_t size)
{
	for (size_t i = 0; i < size; i++)
		source->line += source->at[i] == '\n';
	build_text(source->to, (struct text){ source->at, size });
	source->at += size;
}

static size_t left(const struct source *source)
{
	return (size_t)(source->end - source->at);
}

static bool stands(const struct source *source, const char *what)
{
	return left(source) >= strlen(what) && memcmp(source->at, what, strlen(what)) == 0;
}

/* From the opening quote to the closing one, or to the end: libconfig says that it is missing. */
static size_t string_size(const struct source *source)
{
	size_t size = 1;
	while (size < left(source) && source->at[size] != '"')
		size += source->at[size] == '\\' ? 2 : 1;
	return size + 1 < left(source) ? size + 1 : left(source);
}

static size_t comment_size(const struct source *source)
{
	ptrdiff_t end;
	struct text rest = { source->at, left(source) };
	if (stands(source, "/*")) {
		struct text inside = { source->at + 2, rest.size - 2 };
		end = text_find(inside, TEXT("*/"));
		return end < 0 ? rest.size : (size_t)end + 4;
	}
	end = text_find(rest, TEXT("\n"));
	return end < 0 ? rest.size : (size_t)end;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '*' ||
	       c == '-' || c == '.';
}

/* Hexadecimal digits behind "0x"; false when there are other characters. */
static bool hex_to_u64(struct text digits, uint64_t *value, bool *fits)
{
	*value = 0;
	*fits = true;
	for (size_t i = 0; i < digits.size; i++) {
		char c = digits.at[i];
		int digit = char_hex(c);
		if (digit < 0)
			return false;
		*fits = *fits && *value >> 60 == 0;
		*value = *value << 4 | (uint64_t)digit;
	}
	return digits.size > 0;
}

/* A token that begins with a digit. */
static enum error copy_number(struct source *source)
{
	size_t size = 0;
	while (size < left(source) && is_word(source->at[size]) && source->at[size] != '-')
		size++;
	struct text token = { source->at, size };
	uint64_t value = 0;
	bool fits, whole = true;
	if (size > 2 && source->at[0] == '0' && (source->at[1] | 32) == 'x') {
		whole = hex_to_u64((struct text){ token.at + 2, size - 2 }, &value, &fits);
	} else {
		for (size_t i = 0; i < size; i++)
			whole = whole && char_is_digit(token.at[i]);
		fits = whole && text_to_u64(token, &value);
	}
	if (whole && (!fits || value > INT64_MAX))
		return fail(source->failure, ERROR_INPUT, "%s:%u: %.*s is larger than a number can be", source->name,
		    source->line, (int)(size < 40 ? size : 40), token.at);
	copy(source, size);
	if (whole && value > INT32_MAX)
		build_char(source->to, 'L');
	return OK;
}

static enum error copy_token(struct source *source)
{
	char c = *source->at;
	bool line_start = source->line_start;
	source->line_start = c == '\n' || (line_start && (c == ' ' || c == '\t' || c == '\r'));
	if (line_start && stands(source, "@include"))
		return fail(source->failure, ERROR_INPUT,
		    "%s:%u: @include is not supported: write everything into one file", source->name, source->line);
	if (c == '"') {
		copy(source, string_size(source));
	} else if (c == '#' || stands(source, "//") || stands(source, "/*")) {
		copy(source, comment_size(source));
	} else if (char_is_digit(c)) {
		return copy_number(source);
	} else if (is_word(c) && c != '-' && c != '.') {
		size_t size = 1;
		while (size < left(source) && is_word(source->at[size]))
			size++;
		copy(source, size);
	} else {
		copy(source, 1);
	}
	return OK;
}

static unsigned line_of(struct text text, size_t offset)
{
	unsigned line = 1;
	for (size_t i = 0; i < offset; i++)
		line += text.at[i] == '\n';
	return line;
}

enum error config_source_prepare(const char *name, struct text text, struct builder *to, struct failure *failure)
{
	size_t valid = text_utf8_valid(text);
	if (valid < text.size)
		return fail(failure, ERROR_INPUT, "%s:%u: not UTF-8 text", name, line_of(text, valid));
	const char *nul = text.size ? memchr(text.at, '\0', text.size) : NULL;
	if (nul)
		return fail(failure, ERROR_INPUT, "%s:%u: a NUL byte: this is no configuration file", name,
		    line_of(text, (size_t)(nul - text.at)));
	struct source source = { name, text.at, text.at + text.size, 1, true, to, failure };
	enum error error = OK;
	while (source.at < source.end && !error)
		error = copy_token(&source);
	if (!error && to->failed)
		error = fail(failure, ERROR_MEMORY, "no memory to read %s", name);
	return error;
}
