/*
 * One option's value, by its type: read from words, checked against its range, written back.
 */
#include "base/config_value.h"

#include "base/character.h"
#include "base/size.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The option's place in the settings, as its type. */
#define VALUE(type) (*(type *)((uintptr_t)settings + option->offset))

static bool is_text(const struct option *option)
{
	return option->type == OPTION_TEXT || option->type == OPTION_PATH || option->type == OPTION_SECRET;
}

const char *value_kind(const struct option *option)
{
	static const char *const kinds[] = {
		[OPTION_TEXT] = "a text in quotes",
		[OPTION_PATH] = "a path in quotes",
		[OPTION_SECRET] = "the path, in quotes, of a file whose first line is the secret",
		[OPTION_INTEGER] = "a whole number",
		[OPTION_BOOLEAN] = "true or false",
		[OPTION_SIZE] = "a size with its unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB), such as \"64 MiB\"",
		[OPTION_DURATION] = "a duration with its unit, such as \"10 min\"",
		[OPTION_REAL] = "a number",
		[OPTION_LIST] = "a list of texts, such as [ \"a\", \"b\" ]",
	};
	return kinds[option->type];
}

/* ── writing ─ */

/* libconfig takes what is not printable as \xHH; UTF-8 stays as it is. */
static void write_quoted(struct text text, struct builder *to)
{
	build_char(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '"' || c == '\\')
			build_format(to, "\\%c", c);
		else if (c == '\n')
			build_text(to, TEXT("\\n"));
		else if (c < 32 || c == 127)
			build_format(to, "\\x%02x", c);
		else
			build_char(to, (char)c);
	}
	build_char(to, '"');
}

/* The shortest digits that read back to the same number, in a form that libconfig takes for a number whatever the
 * locale. */
static void write_real(double number, struct builder *to)
{
	char words[40];
	double again;
	if (number == trunc(number) && fabs(number) < 1e15) {
		build_format(to, "%" PRId64, (int64_t)number);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(words, sizeof words, "%.*g", digits, number);
		for (char *c = words; *c; c++)
			if (*c == ',')
				*c = '.';
		if (text_to_double(text_of(words), &again) && again == number)
			break;
	}
	char *exponent = strchr(words, 'e');
	if (exponent && !strchr(words, '.'))
		build_format(to, "%.*s.0%s", (int)(exponent - words), words, exponent);
	else
		build_text(to, text_of(words));
}

void value_write(const struct option *option, const void *settings, struct builder *to)
{
	char words[TIME_TEXT];
	switch (option->type) {
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_SECRET:
		write_quoted(text_of(VALUE(char *)), to);
		break;
	case OPTION_INTEGER:
		build_format(to, "%" PRId64 "%s", VALUE(int64_t),
		    VALUE(int64_t) > INT32_MAX || VALUE(int64_t) < INT32_MIN ? "L" : "");
		break;
	case OPTION_BOOLEAN:
		build_text(to, VALUE(bool) ? TEXT("true") : TEXT("false"));
		break;
	case OPTION_SIZE:
		build_char(to, '"');
		size_format(VALUE(uint64_t), to);
		build_char(to, '"');
		break;
	case OPTION_DURATION:
		build_format(to, "\"%s\"", duration_format(VALUE(nanoseconds), words));
		break;
	case OPTION_REAL:
		write_real(VALUE(double), to);
		break;
	case OPTION_LIST:
		build_text(to, TEXT("["));
		for (size_t i = 0; i < VALUE(struct option_list).count; i++) {
			build_text(to, i > 0 ? TEXT(", ") : TEXT(" "));
			write_quoted(text_of(VALUE(struct option_list).items[i]), to);
		}
		build_text(to, VALUE(struct option_list).count ? TEXT(" ]") : TEXT("]"));
		break;
	}
}

static void write_bound(const struct option *option, double bound, struct builder *to)
{
	char words[TIME_TEXT];
	if (option->type == OPTION_DURATION)
		build_text(to, text_of(duration_format((nanoseconds)(bound * SECOND), words)));
	else if (option->type == OPTION_SIZE)
		size_format((uint64_t)bound, to);
	else
		write_real(bound, to);
}

void value_write_range(const struct option *option, struct builder *to)
{
	if (option->least == 0 && option->most == 0)
		return;
	write_bound(option, option->least, to);
	build_text(to, TEXT(" to "));
	write_bound(option, option->most, to);
	if (option->unit)
		build_format(to, " %s", option->unit);
}

/* ── reading ─ */

static enum error refuse(const struct option *option, struct failure *failure)
{
	return fail(failure, ERROR_INPUT, "expected %s", value_kind(option));
}

static enum error check_range(const struct option *option, double number, struct failure *failure)
{
	if ((option->least == 0 && option->most == 0) || (number >= option->least && number <= option->most))
		return OK;
	struct builder range = { 0 };
	value_write_range(option, &range);
	fail(failure, ERROR_INPUT, "expected %s", range.failed ? "another value" : range.at);
	builder_free(&range);
	return ERROR_INPUT;
}

static enum error check_words(const struct option *option, const char *words, struct failure *failure)
{
	const char *wrong = option->check ? option->check(words) : NULL;
	return wrong ? fail(failure, ERROR_INPUT, "%s", wrong) : OK;
}

/* The further check sees numbers as the file would have them. */
static enum error check_number(
    const struct option *option, const void *settings, double number, struct failure *failure)
{
	enum error error = check_range(option, number, failure);
	if (error || !option->check)
		return error;
	struct builder words = { 0 };
	value_write(option, settings, &words);
	struct text text = { words.at, words.size };
	if (text.size >= 2 && text.at[0] == '"') {
		words.at[text.size - 1] = '\0';
		text.at++;
	}
	error = words.failed ? fail(failure, ERROR_MEMORY, "no memory") : check_words(option, text.at, failure);
	builder_free(&words);
	return error;
}

enum error value_from_integer(const struct option *option, void *settings, int64_t number, struct failure *failure)
{
	if (option->type == OPTION_REAL)
		return value_from_real(option, settings, (double)number, failure);
	if (option->type == OPTION_INTEGER)
		VALUE(int64_t) = number;
	else if (option->type == OPTION_SIZE && number >= 0)
		VALUE(uint64_t) = (uint64_t)number;
	else if (option->type == OPTION_DURATION && number == 0)
		VALUE(nanoseconds) = 0;
	else
		return refuse(option, failure);
	return check_number(option, settings, (double)number, failure);
}

enum error value_from_real(const struct option *option, void *settings, double number, struct failure *failure)
{
	if (option->type != OPTION_REAL || !isfinite(number))
		return refuse(option, failure);
	VALUE(double) = number;
	return check_number(option, settings, number, failure);
}

enum error value_from_boolean(const struct option *option, void *settings, bool boolean, struct failure *failure)
{
	if (option->type != OPTION_BOOLEAN)
		return refuse(option, failure);
	VALUE(bool) = boolean;
	return OK;
}

/* A secret that others could read or change is none. What this process may not look at, the one that reads it will
 * judge. */
static enum error check_secret(const char *path, struct failure *failure)
{
	struct stat status;
	if (*path == '\0')
		return OK;
	if (stat(path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? fail(failure, ERROR_INPUT, "there is no file %s to hold the secret", path)
			   : OK;
	if (!S_ISREG(status.st_mode))
		return fail(failure, ERROR_INPUT, "%s is not a regular file", path);
	if (status.st_mode & (S_IWGRP | S_IRWXO))
		return fail(failure, ERROR_INPUT,
		    "%s can be read or changed by others (mode %03o): chmod 600 or 640 it", path,
		    (unsigned)status.st_mode & 0777);
	return OK;
}

static char *absolute(struct text text, const char *folder)
{
	char *path = NULL;
	if (text.size == 0 || text.at[0] == '/' || !folder)
		return strndup(text.size ? text.at : "", text.size);
	return asprintf(&path, "%s/%.*s", folder, (int)text.size, text.at) < 0 ? NULL : path;
}

static enum error text_option(
    const struct option *option, void *settings, struct text text, const char *folder, struct failure *failure)
{
	char *words;
	if (text.size && (memchr(text.at, '\0', text.size) || text_utf8_valid(text) < text.size))
		return fail(failure, ERROR_INPUT, "expected UTF-8 text");
	if (option->type == OPTION_TEXT)
		words = strndup(text.size ? text.at : "", text.size);
	else if (text.size >= PATH_MAX)
		return fail(failure, ERROR_INPUT, "no path can be that long");
	else
		words = absolute(text, folder);
	if (!words)
		return fail(failure, ERROR_MEMORY, "no memory");
	free(VALUE(char *));
	VALUE(char *) = words;
	enum error error = check_words(option, words, failure);
	return error || option->type != OPTION_SECRET ? error : check_secret(words, failure);
}

enum error value_add_item(const struct option *option, void *settings, struct text item, struct failure *failure)
{
	struct option_list *list = &VALUE(struct option_list);
	if (option->type != OPTION_LIST)
		return refuse(option, failure);
	if (text_utf8_valid(item) < item.size)
		return fail(failure, ERROR_INPUT, "expected UTF-8 text");
	char **items = realloc(list->items, (list->count + 1) * sizeof(char *));
	if (items)
		list->items = items;
	char *words = items ? strndup(item.size ? item.at : "", item.size) : NULL;
	if (!words)
		return fail(failure, ERROR_MEMORY, "no memory");
	list->items[list->count++] = words;
	return check_words(option, words, failure);
}

static enum error list_from_text(const struct option *option, void *settings, struct text text, struct failure *failure)
{
	enum error error = OK;
	value_free(option, settings);
	while (text.size > 0 && !error)
		error = value_add_item(option, settings, text_trim(text_cut(&text, ',')), failure);
	return error;
}

enum error value_from_text(
    const struct option *option, void *settings, struct text text, const char *folder, struct failure *failure)
{
	int64_t integer;
	uint64_t size;
	double real;
	nanoseconds duration;
	if (is_text(option))
		return text_option(option, settings, text, folder, failure);
	if (option->type == OPTION_LIST)
		return list_from_text(option, settings, text, failure);
	text = text_trim(text);
	if (option->type == OPTION_INTEGER && text_to_i64(text, &integer))
		return value_from_integer(option, settings, integer, failure);
	if (option->type == OPTION_REAL && text_to_double(text, &real))
		return value_from_real(option, settings, real, failure);
	if (option->type == OPTION_BOOLEAN && (text_equal(text, TEXT("true")) || text_equal(text, TEXT("false"))))
		return value_from_boolean(option, settings, text.size == 4, failure);
	if (option->type == OPTION_SIZE && size_parse(text, &size)) {
		VALUE(uint64_t) = size;
		return check_number(option, settings, (double)size, failure);
	}
	if (option->type == OPTION_DURATION && duration_parse(text, &duration)) {
		VALUE(nanoseconds) = duration;
		return check_number(option, settings, (double)duration / (double)SECOND, failure);
	}
	return refuse(option, failure);
}

enum error value_initial(const struct option *option, void *settings, struct failure *failure)
{
	struct text initial = text_of(option->initial);
	if (initial.size > 0)
		return value_from_text(option, settings, initial, NULL, failure);
	value_free(option, settings);
	if (!is_text(option))
		return OK;
	VALUE(char *) = strdup("");
	return VALUE(char *) ? OK : fail(failure, ERROR_MEMORY, "no memory");
}

/* ── owning ─ */

static size_t value_size(const struct option *option)
{
	static const size_t value_sizes[] = {
		[OPTION_TEXT] = sizeof(char *),
		[OPTION_PATH] = sizeof(char *),
		[OPTION_SECRET] = sizeof(char *),
		[OPTION_INTEGER] = sizeof(int64_t),
		[OPTION_BOOLEAN] = sizeof(bool),
		[OPTION_SIZE] = sizeof(uint64_t),
		[OPTION_DURATION] = sizeof(nanoseconds),
		[OPTION_REAL] = sizeof(double),
		[OPTION_LIST] = sizeof(struct option_list),
	};
	return value_sizes[option->type];
}

void value_free(const struct option *option, void *settings)
{
	if (is_text(option))
		free(VALUE(char *));
	for (size_t i = 0; option->type == OPTION_LIST && i < VALUE(struct option_list).count; i++)
		free(VALUE(struct option_list).items[i]);
	if (option->type == OPTION_LIST)
		free(VALUE(struct option_list).items);
	memset(&VALUE(char), 0, value_size(option));
}

void value_move(const struct option *option, void *from, void *to)
{
	value_free(option, to);
	memcpy((char *)to + option->offset, (char *)from + option->offset, value_size(option));
	memset((char *)from + option->offset, 0, value_size(option));
}
