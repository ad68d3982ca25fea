/*
 * Download addresses in commands and payloads; see download.h.
 */
#include "decoy/download.h"

#include "base/character.h"
#include "base/codec.h"
#include "http/fields.h"
#include "match/url.h"

#include <string.h>

#define WORDS_MOST 32
#define COMMAND_MOST 4096 /* bytes; what is behind is looked at as text only */

struct finder {
	void (*each)(void *context, struct text url);
	void *context;
};

static void tell(struct finder *finder, struct text url)
{
	char normal[URL_LONGEST];
	size_t size = url_normalize(url, normal);
	if (size)
		finder->each(finder->context, (struct text){ normal, size });
}

/* ── addresses with a scheme, in any text ─ */

static bool ends_address(char c)
{
	return (unsigned char)c <= ' ' || (c && strchr("\"'`<>|;(){}\\^", c)) || (unsigned char)c >= 127;
}

static size_t scheme_at(struct text text, size_t at)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "tftp://" };
	struct text rest = { text.at + at, text.size - at };
	if (at && (char_is_digit(text.at[at - 1]) ||
		      (char_lower(text.at[at - 1]) >= 'a' && char_lower(text.at[at - 1]) <= 'z')))
		return 0; /* the end of another word: that of "tftp://" */
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct text scheme = text_of(schemes[i]), begin = { rest.at, scheme.size };
		if (rest.size > scheme.size && text_equal_nocase(begin, scheme))
			return scheme.size;
	}
	return 0;
}

static void find_schemes(struct finder *finder, struct text text)
{
	for (size_t at = 0; at < text.size; at++) {
		char first = char_lower(text.at[at]);
		size_t scheme = first == 'h' || first == 'f' || first == 't' ? scheme_at(text, at) : 0,
		       end = at + scheme;
		if (!scheme)
			continue;
		while (end < text.size && end - at < URL_LONGEST && !ends_address(text.at[end]))
			end++;
		if (end > at + scheme)
			tell(finder, (struct text){ text.at + at, end - at });
		at = end - 1;
	}
}

/* ── commands that name a host and a file apart ─ */

struct words {
	struct text at[WORDS_MOST];
	size_t count;
};

static bool ends_command(char c)
{
	return c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r' || c == '`' || c == '(' || c == ')' ||
	       c == '\0';
}

/* The next command of `rest`, in words; false at the end. */
static bool next_command(struct text *rest, struct words *words)
{
	words->count = 0;
	while (rest->size && ends_command(rest->at[0]))
		rest->at++, rest->size--;
	if (!rest->size)
		return false;
	while (rest->size && !ends_command(rest->at[0])) {
		size_t size = 0;
		while (size < rest->size && !char_is_space(rest->at[size]) && !ends_command(rest->at[size]))
			size++;
		if (size && words->count < WORDS_MOST)
			words->at[words->count++] = (struct text){ rest->at, size };
		size += size == 0;
		rest->at += size, rest->size -= size;
	}
	return true;
}

static struct text base_name(struct text path)
{
	for (size_t i = path.size; i > 0; i--)
		if (path.at[i - 1] == '/')
			return (struct text){ path.at + i, path.size - i };
	return path;
}

static void tell_parts(struct finder *finder, const char *scheme, struct text host, struct text path)
{
	struct builder url = { 0 };
	build_text(&url, text_of(scheme));
	build_text(&url, host);
	if (!text_starts(path, TEXT("/")))
		build_char(&url, '/');
	build_text(&url, path);
	if (host.size && !url.failed)
		tell(finder, (struct text){ url.at, url.size });
	builder_free(&url);
}

/* An option whose value is the next word; each letter of `letters`. */
static bool takes_value(struct text word, const char *letters)
{
	return word.size == 2 && word.at[0] == '-' && word.at[1] && strchr(letters, word.at[1]);
}

/* wget, curl: a word that is no option and has a dot is an address, with or without a scheme (those are found anyway).
 */
static void find_fetch(struct finder *finder, const struct words *words, size_t at, const char *values)
{
	for (size_t i = at; i < words->count; i++) {
		struct text word = words->at[i];
		if (takes_value(word, values)) {
			i++;
			continue;
		}
		if (word.at[0] == '-' || text_find(word, TEXT("://")) >= 0 || text_find(word, TEXT(".")) < 1)
			continue;
		struct text path = word, host = text_cut(&path, '/');
		tell_parts(finder, "http://", host, path);
	}
}

/* tftp HOST -c get FILE;  tftp -g -r FILE [-l FILE] HOST [PORT] */
static void find_tftp(struct finder *finder, const struct words *words, size_t at)
{
	struct text host = TEXT_NONE, file = TEXT_NONE;
	for (size_t i = at; i < words->count; i++) {
		struct text word = words->at[i];
		bool more = i + 1 < words->count;
		if (text_equal_nocase(word, TEXT("get")) && more)
			file = words->at[++i];
		else if (text_equal(word, TEXT("-r")) && more)
			file = words->at[++i];
		else if (takes_value(word, "lb"))
			i++;
		else if (word.at[0] != '-' && !host.size)
			host = word;
	}
	if (file.size)
		tell_parts(finder, "tftp://", host, file);
}

/* ftpget [-u NAME] [-p PASSWORD] [-P PORT] HOST [LOCAL] REMOTE */
static void find_ftpget(struct finder *finder, const struct words *words, size_t at)
{
	struct text host = TEXT_NONE, file = TEXT_NONE;
	for (size_t i = at; i < words->count; i++) {
		struct text word = words->at[i];
		if (takes_value(word, "upP"))
			i++;
		else if (word.at[0] == '-')
			continue;
		else if (!host.size)
			host = word;
		else
			file = word;
	}
	if (file.size)
		tell_parts(finder, "ftp://", host, file);
}

static void find_command(struct finder *finder, const struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		struct text name = base_name(words->at[i]);
		if (text_equal(name, TEXT("wget")))
			find_fetch(finder, words, i + 1, "OoPUeTtw");
		else if (text_equal(name, TEXT("curl")))
			find_fetch(finder, words, i + 1, "oAeHdmux");
		else if (text_equal(name, TEXT("tftp")))
			find_tftp(finder, words, i + 1);
		else if (text_equal(name, TEXT("ftpget")))
			find_ftpget(finder, words, i + 1);
		else
			continue;
		return; /* the words behind it are its own */
	}
}

void download_find(struct text text, void (*each)(void *context, struct text url), void *context)
{
	struct finder finder = { each, context };
	struct words words;
	find_schemes(&finder, text);
	if (text.size > COMMAND_MOST)
		text.size = COMMAND_MOST;
	while (next_command(&text, &words))
		find_command(&finder, &words);
}

/* ── of a session ─ */

struct found {
	struct builder urls; /* codec */
	unsigned count;
};

static void keep(void *context, struct text url)
{
	struct found *found = context;
	struct reader before = reader_of(found->urls.at, found->urls.size);
	while (!before.failed && !reader_done(&before))
		if (text_equal(get_text(&before), url))
			return;
	if (found->count >= DOWNLOADS_MOST)
		return;
	found->count++;
	put_text(&found->urls, url);
}

/* What a server would hand to a command. */
static void find_in_path(struct text path, struct found *found)
{
	char decoded[FACT_LONGEST + 1];
	size_t size;
	if (path.size <= FACT_LONGEST && percent_decode(path, true, decoded, &size))
		path = (struct text){ decoded, size };
	download_find(path, keep, found);
}

void download_find_all(struct session *session)
{
	struct found found = { .count = 0 };
	struct reader facts = reader_of(session->facts.at, session->facts.size);
	while (!facts.failed && !reader_done(&facts)) {
		enum fact kind = get_u8(&facts);
		struct text text = get_text(&facts);
		if (kind == FACT_CREDENTIAL || kind == FACT_HEADER)
			get_text(&facts);
		if (kind == FACT_PATH)
			find_in_path(text, &found);
		if (kind == FACT_COMMAND)
			download_find(text, keep, &found);
	}
	download_find((struct text){ session->payload.at, session->payload.size }, keep, &found);
	struct reader urls = reader_of(found.urls.at, found.urls.size);
	while (!found.urls.failed && !urls.failed && !reader_done(&urls))
		session_fact(session, FACT_URL, get_text(&urls));
	builder_free(&found.urls);
}
