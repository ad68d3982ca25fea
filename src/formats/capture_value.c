/*
 * What is left of one text when it is reduced; see capture.h.
 *
 * In: a value as it stands in a line, in JSON with its escapes. A character that is escaped ends what is kept, but for
 * "\/", which many programs write for "/".
 */
#include "formats/capture_inner.h"

#include <string.h>

#define SEGMENT_MOST 64 /* bytes: what is longer is no name of a part of a site */
#define EXTENSION_MOST 8
#define SCHEME_MOST 12

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Of a name, or a port or an address behind it: "[2001:db8::1]:8080". */
static bool is_host(char c)
{
	return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

static bool is_segment(char c)
{
	return is_alnum(c) || strchr("._~-+%!,", c);
}

static size_t slash_at(struct text text, size_t at)
{
	if (at < text.size && text.at[at] == '/')
		return 1;
	return at + 1 < text.size && text.at[at] == '\\' && text.at[at + 1] == '/' ? 2 : 0;
}

/* The size of "http://" at the beginning, or 0. */
static size_t scheme_size(struct text text)
{
	size_t size = 0;
	while (size < text.size && size < SCHEME_MOST && (is_alnum(text.at[size]) || text.at[size] == '+'))
		size++;
	if (size == 0 || size == text.size || text.at[size] != ':')
		return 0;
	size_t first = slash_at(text, size + 1), second = first ? slash_at(text, size + 1 + first) : 0;
	return second ? size + 1 + first + second : 0;
}

/* Where the host stands between `from` and the path: behind the name and password of a user, if there are any. Without
 * a scheme only what looks like one is it. */
static void find_host(struct text url, size_t from, size_t *begin, size_t *end)
{
	size_t stop = from;
	while (stop < url.size && !slash_at(url, stop) && !strchr("?#\\\"'<>", url.at[stop]))
		stop++;
	*begin = from;
	for (size_t i = from; i < stop; i++)
		if (url.at[i] == '@')
			*begin = i + 1;
	*end = *begin;
	while (*end < stop && is_host(url.at[*end]))
		(*end)++;
	bool dotted = memchr(url.at + *begin, '.', *end - *begin);
	bool masked = *end < stop && url.at[*end] == '*';       /* what stood behind it, before */
	if ((*end < stop && !masked) || (from == 0 && !dotted)) /* no name of a host */
		*end = *begin;
}

/* The end of "/first" from `from` on; `from` when there is no such thing. */
static size_t segment_end(struct text url, size_t from)
{
	size_t slash = slash_at(url, from), end = from + slash;
	if (!slash)
		return from;
	while (end < url.size && url.at[end] && is_segment(url.at[end]))
		end++;
	bool whole = end == url.size || slash_at(url, end) || strchr("?#; \"'<>*", url.at[end]);
	return whole && end - from <= SEGMENT_MOST ? end : from + slash;
}

static void build_unescaped(struct builder *to, struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] != '\\')
			build_char(to, text.at[i]);
}

static void reduce_url(struct text url, struct builder *to)
{
	size_t scheme = scheme_size(url), begin = 0, end = 0;
	if (scheme || !slash_at(url, 0))
		find_host(url, scheme, &begin, &end);
	if (end == begin && !slash_at(url, 0))
		return;
	build_unescaped(to, (struct text){ url.at, scheme });
	build_unescaped(to, (struct text){ url.at + begin, end - begin });
	build_unescaped(to, (struct text){ url.at + end, segment_end(url, end) - end });
}

static void reduce_mail(struct text mail, struct builder *to)
{
	size_t at = mail.size;
	for (size_t i = 0; i < mail.size; i++)
		if (mail.at[i] == '@')
			at = i + 1;
	if (at == mail.size || !is_alnum(mail.at[at]))
		return;
	build_char(to, '@'); /* "@domain": what was reduced before stays */
	while (at < mail.size && (is_alnum(mail.at[at]) || mail.at[at] == '.' || mail.at[at] == '-'))
		build_char(to, mail.at[at++]);
}

static void reduce_file(struct text name, struct builder *to)
{
	size_t dot = name.size;
	while (dot > 0 && is_alnum(name.at[dot - 1]))
		dot--;
	if (dot == 0 || name.at[dot - 1] != '.' || dot == name.size || name.size - dot > EXTENSION_MOST)
		return;
	build_text(to, (struct text){ name.at + dot - 1, name.size - dot + 1 });
}

void capture_value_reduce(enum capture_kind kind, struct text value, struct builder *to)
{
	if (kind == CAPTURE_URL)
		reduce_url(value, to);
	else if (kind == CAPTURE_MAIL)
		reduce_mail(value, to);
	else if (kind == CAPTURE_FILE)
		reduce_file(value, to);
}

/* ── lines of text ─ */

/* What ends a URL, a path or a mail address in a line: of CSV, what ends a column too. */
static bool is_gap(char c, bool columns)
{
	return (unsigned char)c <= ' ' || strchr("\"'<>|(){}", c) || (columns && (c == ',' || c == ';'));
}

static bool mask(char *text, size_t from, size_t to)
{
	bool masked = false;
	for (size_t i = from; i < to; i++) {
		masked |= text[i] != '*';
		text[i] = '*';
	}
	return masked;
}

static bool follows_method(const char *text, size_t at)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT" };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		size_t size = strlen(methods[i]);
		if (at > size && text[at - 1] == ' ' && memcmp(text + at - 1 - size, methods[i], size) == 0)
			return true;
	}
	return false;
}

static size_t query_of(struct text token)
{
	for (size_t i = 0; i < token.size; i++)
		if (token.at[i] == '?' || token.at[i] == '#')
			return i;
	return token.size;
}

/* A scheme may have something before it: "url=http://…". */
static size_t scheme_in(struct text token, size_t *from)
{
	ptrdiff_t colon = text_find(token, TEXT("://"));
	if (colon < 0)
		colon = text_find(token, TEXT(":\\/\\/"));
	if (colon < 0)
		return 0;
	*from = (size_t)colon;
	while (*from > 0 && is_alnum(token.at[*from - 1]) && (size_t)colon - *from < SCHEME_MOST)
		(*from)--;
	return scheme_size((struct text){ token.at + *from, token.size - *from });
}

/* `whole`: nothing of it may stay. */
static bool mask_url(char *text, size_t begin, size_t end, bool whole)
{
	struct text token = { text + begin, end - begin };
	size_t from = 0, scheme = scheme_in(token, &from), first, last;
	bool path = token.size && (slash_at(token, 0) || text_find(token, TEXT("=/")) >= 0);
	if (whole && (scheme || path))
		return mask(text, scheme ? begin + from : begin, end);
	if (scheme) {
		find_host(token, from + scheme, &first, &last);
		size_t user_end = first > from + scheme ? first - 1 : first; /* "@" stays */
		bool user = mask(text, begin + from + scheme, begin + user_end);
		return mask(text, begin + segment_end(token, last), end) || user;
	}
	if (path) {
		size_t keep = follows_method(text, begin) ? segment_end(token, 0) : query_of(token);
		return mask(text, begin + keep, end);
	}
	return false;
}

static bool mask_mail(char *text, size_t begin, size_t end, bool whole)
{
	bool masked = false;
	for (size_t i = begin + 1; i + 1 < end; i++) {
		if (text[i] != '@' || !is_alnum(text[i + 1]))
			continue;
		size_t from = i;
		while (from > begin && (is_alnum(text[from - 1]) || strchr("._%+-!#$&*=?^`~", text[from - 1])))
			from--;
		size_t to = i;
		while (whole && to < end && (text[to] == '@' || is_alnum(text[to]) || strchr(".-", text[to])))
			to++;
		masked |= mask(text, from, to);
	}
	return masked;
}

bool capture_text_mask(const struct capture_policy *policy, char *text, size_t size, bool columns)
{
	bool masked = false;
	for (size_t begin = 0; begin < size;) {
		size_t end = begin;
		while (end < size && !is_gap(text[end], columns))
			end++;
		if (end > begin && policy->kinds[CAPTURE_URL] < CAPTURE_LEAVES)
			masked |= mask_url(text, begin, end, policy->kinds[CAPTURE_URL] < CAPTURE_REDUCED);
		if (end > begin && policy->kinds[CAPTURE_MAIL] < CAPTURE_LEAVES)
			masked |= mask_mail(text, begin, end, policy->kinds[CAPTURE_MAIL] < CAPTURE_REDUCED);
		begin = end + 1;
	}
	return masked;
}
