/*
 * Header fields of a request as text → values. In: what a stranger sent, cut out by the library. Called by receive.c.
 */
#include "http/header.h"

#include "base/base64.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool header_length(struct text value, uint64_t *length)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	return text_to_u64(value, length);
}

static bool is_token_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       strchr("-._~+/=", c) != NULL;
}

static bool token_behind(struct text value, struct text scheme, struct text *token)
{
	if (value.size < scheme.size || !text_equal_nocase((struct text){ value.at, scheme.size }, scheme))
		return false;
	struct text rest = text_trim((struct text){ value.at + scheme.size, value.size - scheme.size });
	if (rest.size < 16 || rest.size > 256)
		return false;
	for (size_t i = 0; i < rest.size; i++)
		if (!rest.at[i] || !is_token_character(rest.at[i]))
			return false;
	*token = rest;
	return true;
}

bool header_bearer(struct text value, struct text *token)
{
	return token_behind(value, TEXT("Bearer "), token);
}

bool header_token(struct text value, struct text *token)
{
	return token_behind(value, TEXT("Token "), token);
}

static bool copy_plain(struct text text, char *to, size_t size)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return text_utf8_valid(text) == text.size && text_copy(text, to, size);
}

bool header_basic(struct text value, char name[static 64], char password[static 256])
{
	char decoded[64 + 256];
	struct base64_decoder decoder = { 0 };
	if (value.size < 6 || !text_equal_nocase((struct text){ value.at, 6 }, TEXT("Basic ")))
		return false;
	struct text rest = text_trim((struct text){ value.at + 6, value.size - 6 });
	if (rest.size / 4 * 3 + 3 > sizeof decoded)
		return false;
	size_t size = base64_decode(&decoder, rest.at, rest.size, (uint8_t *)decoded);
	const char *colon = memchr(decoded, ':', size);
	struct text before = { decoded, colon ? (size_t)(colon - decoded) : 0 };
	bool whole = colon && before.size > 0 && copy_plain(before, name, 64) &&
		     copy_plain((struct text){ colon + 1, size - before.size - 1 }, password, 256);
	explicit_bzero(decoded, sizeof decoded);
	return whole;
}

static struct text unquoted(struct text value)
{
	if (value.size >= 2 && value.at[0] == '"' && value.at[value.size - 1] == '"')
		return (struct text){ value.at + 1, value.size - 2 };
	return value;
}

/* "version=2.1" among the parameters, or none of that name. */
static bool version_fits(struct text parameters, const char *version)
{
	while (parameters.size > 0) {
		struct text value = text_trim(text_cut(&parameters, ';')), name = text_trim(text_cut(&value, '='));
		if (text_equal_nocase(name, TEXT("version")) &&
		    !text_equal(unquoted(text_trim(value)), text_of(version)))
			return false;
	}
	return true;
}

bool header_is_version(struct text value, const char *type, const char *version)
{
	struct text kind = text_trim(text_cut(&value, ';'));
	return text_equal_nocase(kind, text_of(type)) && version_fits(value, version);
}

struct text header_cookie(struct text value, struct text name)
{
	struct text found = TEXT_NONE;
	unsigned times = 0;
	while (value.size > 0) {
		struct text pair = text_trim(text_cut(&value, ';'));
		struct text rest = pair, key = text_cut(&rest, '=');
		if (!text_equal(text_trim(key), name))
			continue;
		found = text_trim(rest);
		times++;
	}
	return times == 1 ? found : TEXT_NONE;
}

/* "q=0.8" in thousandths; anything malformed counts as 0. */
static unsigned quality(struct text parameters)
{
	while (parameters.size > 0) {
		struct text parameter = text_trim(text_cut(&parameters, ';'));
		double q;
		if (parameter.size < 2 || !text_equal_nocase((struct text){ parameter.at, 2 }, TEXT("q=")))
			continue;
		if (!text_to_double((struct text){ parameter.at + 2, parameter.size - 2 }, &q) || q < 0 || q > 1)
			return 0;
		return (unsigned)(q * 1000);
	}
	return 1000;
}

struct text header_language(struct text value, struct text otherwise)
{
	unsigned best = 0;
	struct text language = otherwise;
	for (unsigned i = 0; i < 32 && value.size > 0; i++) {
		struct text rest = text_cut(&value, ',');
		struct text range = text_trim(text_cut(&rest, ';')), subtag = range;
		struct text primary = text_cut(&subtag, '-');
		unsigned q = quality(rest);
		if (q <= best)
			continue;
		if (text_equal_nocase(primary, TEXT("ja")))
			language = TEXT("ja");
		else if (text_equal_nocase(primary, TEXT("en")))
			language = TEXT("en");
		else
			continue;
		best = q;
	}
	return language;
}

static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Not by strftime(3), whose names are the locale's. */
char *header_date_format(nanoseconds time, char to[static HEADER_DATE])
{
	time_t seconds = (time_t)(time / SECOND);
	struct tm parts = { 0 };
	gmtime_r(&seconds, &parts);
	snprintf(to, HEADER_DATE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * (parts.tm_wday % 7),
	    (unsigned)parts.tm_mday % 100, months + 3 * (parts.tm_mon % 12), (unsigned)(parts.tm_year + 1900) % 10000,
	    (unsigned)parts.tm_hour % 100, (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
	return to;
}

/* What is written back is what was read: so nothing but that form is taken, and no day that there is not. */
bool header_date(struct text value, nanoseconds *time)
{
	char copy[HEADER_DATE], again[HEADER_DATE], month[4];
	struct tm parts = { 0 };
	if (value.size != 29 || !text_copy(value, copy, sizeof copy) ||
	    sscanf(copy + 5, "%2d %3s %4d %2d:%2d:%2d", &parts.tm_mday, month, &parts.tm_year, &parts.tm_hour,
		&parts.tm_min, &parts.tm_sec) != 6)
		return false;
	const char *found = strstr(months, month);
	if (!found || (found - months) % 3 != 0 || parts.tm_year < 1970 || parts.tm_year > 2261)
		return false;
	parts.tm_mon = (int)(found - months) / 3;
	parts.tm_year -= 1900;
	*time = (nanoseconds)timegm(&parts) * SECOND;
	return strcmp(header_date_format(*time, again), copy) == 0;
}

bool header_accepts(struct text value, const char *type, const char *version)
{
	if (text_trim(value).size == 0)
		return true;
	for (unsigned i = 0; i < 64 && value.size > 0; i++) {
		struct text range = text_trim(text_cut(&value, ',')), rest = range;
		struct text kind = text_trim(text_cut(&rest, ';'));
		bool any = text_equal(kind, TEXT("*/*")) || text_equal_nocase(kind, TEXT("application/*"));
		if ((any || header_is_version(range, type, version)) && quality(rest) > 0)
			return true;
	}
	return false;
}

bool header_version(struct text value, uint64_t *version)
{
	value = text_trim(value);
	*version = 0;
	if (text_equal(value, TEXT("*")))
		return true;
	if (text_starts(value, TEXT("W/")))
		value = (struct text){ value.at + 2, value.size - 2 };
	if (value.size < 3 || value.at[0] != '"' || value.at[value.size - 1] != '"')
		return false;
	return text_to_u64((struct text){ value.at + 1, value.size - 2 }, version) && *version > 0;
}

bool header_is_type(struct text value, const char *type)
{
	struct text kind = text_trim(text_cut(&value, ';'));
	if (!text_equal_nocase(kind, text_of(type)))
		return false;
	while (value.size > 0) {
		struct text rest = text_trim(text_cut(&value, ';')), name = text_trim(text_cut(&rest, '='));
		struct text given = text_trim(rest);
		if (text_equal_nocase(name, TEXT("charset")) && !text_equal_nocase(given, TEXT("utf-8")) &&
		    !text_equal_nocase(given, TEXT("\"utf-8\"")))
			return false;
	}
	return true;
}

bool header_host_known(struct text value, char *const *hosts)
{
	for (; *hosts; hosts++)
		if (text_equal_nocase(value, text_of(*hosts)))
			return true;
	return false;
}

bool header_agent(struct text value, struct agent_word *word)
{
	struct agent_word read = { 0 };
	bool clock = false;
	while (value.size > 0) {
		struct text part = text_cut(&value, ' '), name = text_cut(&part, '=');
		uint64_t number;
		if (name.size > 0 && !text_to_u64(part, &number))
			return false;
		if (text_equal(name, TEXT("clock")) && number <= INT64_MAX) {
			read.clock = (int64_t)number;
			clock = true;
		} else if (text_equal(name, TEXT("lost"))) {
			read.lost = number;
		}
	}
	read.said = true;
	*word = read;
	return clock;
}

bool header_is_key(struct text value)
{
	if (value.size < 1 || value.size > 64)
		return false;
	for (size_t i = 0; i < value.size; i++)
		if (value.at[i] < 0x21 || value.at[i] > 0x7e)
			return false;
	return true;
}
