/*
 * Error codes and the words that go with them.
 */
#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line of UTF-8, whatever was put into it and wherever it was cut. */
static void flatten(char *words)
{
	struct text rest = text_of(words);
	for (char *at = words; *at; at++)
		if (*at == '\n' || *at == '\r' || *at == '\t')
			*at = ' ';
	for (size_t valid; (valid = text_utf8_valid(rest)) < rest.size;) {
		words += valid;
		*words++ = '?';
		rest = (struct text){ words, rest.size - valid - 1 };
	}
}

enum error fail(struct failure *failure, enum error code, const char *format, ...)
{
	if (failure) {
		va_list arguments;
		va_start(arguments, format);
		failure->code = code;
		vsnprintf(failure->words, sizeof failure->words, format, arguments);
		va_end(arguments);
		flatten(failure->words);
	}
	return code;
}

enum error fail_errno(struct failure *failure, const char *format, ...)
{
	int number = errno;
	enum error code = number == ENOSPC || number == EDQUOT ? ERROR_LIMIT : ERROR_SYSTEM;
	if (failure) {
		va_list arguments;
		va_start(arguments, format);
		failure->code = code;
		int written = vsnprintf(failure->words, sizeof failure->words, format, arguments);
		va_end(arguments);
		if (written >= 0 && (size_t)written < sizeof failure->words)
			snprintf(failure->words + written, sizeof failure->words - (size_t)written, ": %s",
			    strerror(number));
		flatten(failure->words);
	}
	return code;
}

const char *error_name(enum error code)
{
	static const char *const names[] = {
		[OK] = "ok",
		[ERROR_INPUT] = "input",
		[ERROR_USAGE] = "usage",
		[ERROR_NOT_FOUND] = "not-found",
		[ERROR_DENIED] = "denied",
		[ERROR_CONFLICT] = "conflict",
		[ERROR_LIMIT] = "limit",
		[ERROR_SYSTEM] = "system",
		[ERROR_CORRUPT] = "corrupt",
		[ERROR_VERSION] = "version",
		[ERROR_MEMORY] = "memory",
		[ERROR_END] = "end",
		[ERROR_AGAIN] = "again",
	};
	return (size_t)code < sizeof names / sizeof *names && names[code] ? names[code] : "unknown";
}
