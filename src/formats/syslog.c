/*
 * Syslog messages; see syslog.h. RFC 5424 stands in syslog_5424.c, the journal in syslog_journal.c.
 *
 * RFC 3164 describes what was found in 2001, and leaves everything open: here the time may be missing, in ISO 8601 or
 * with a year, a sequence number may stand before it (Cisco), the host may be missing, and the tag too.
 */
#include "formats/syslog_inner.h"

#include "base/character.h"
#include "base/json.h"
#include "formats/dates.h"
#include "net/charset.h"

#include <stdlib.h>

#define PRIORITY_MOST 191 /* 23 × 8 + 7 */
#define TAG_MOST 128
#define JSON_DEEPEST 16

const char *syslog_form_name(enum syslog_form form)
{
	static const char *const names[] = { "bare", "rfc3164", "rfc5424", "journal" };
	return names[form];
}

const char *syslog_facility_name(unsigned facility)
{
	static const char *const names[] = { "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp",
		"cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3",
		"local4", "local5", "local6", "local7" };
	return facility < sizeof names / sizeof *names ? names[facility] : NULL;
}

const char *syslog_severity_name(unsigned severity)
{
	static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };
	return severity < sizeof names / sizeof *names ? names[severity] : NULL;
}

bool syslog_charset_known(struct text name)
{
	struct builder nothing = { 0 };
	bool known = charset_decode(name, TEXT_NONE, &nothing);
	builder_free(&nothing);
	return known;
}

struct syslog_reader *syslog_reader_new(const struct syslog_settings *settings)
{
	struct syslog_reader *reader = calloc(1, sizeof *reader);
	if (!reader)
		return NULL;
	reader->settings = settings;
	reader->parser = json_parser_new(JSON_DEEPEST);
	if (!reader->parser) {
		free(reader);
		return NULL;
	}
	return reader;
}

void syslog_reader_free(struct syslog_reader *reader)
{
	if (!reader)
		return;
	json_parser_free(reader->parser);
	builder_free(&reader->text);
	builder_free(&reader->other);
	builder_free(&reader->bytes);
	free(reader);
}

/* Characters that were none, or are controls of C1, which EUC-JP has and nobody writes. */
static size_t wrong_characters(const struct builder *text)
{
	size_t count = 0;
	for (size_t i = 0; i + 1 < text->size; i++) {
		uint8_t first = (uint8_t)text->at[i], second = (uint8_t)text->at[i + 1];
		count += first == 0xc2 && second < 0xa0;
		count += first == 0xef && second == 0xbf && i + 2 < text->size && (uint8_t)text->at[i + 2] == 0xbd;
	}
	return count;
}

/* The set in which fewest characters are none; of equal ones EUC-JP, which Shift_JIS can nearly always read as
 * half-width kana. */
static void guess_charset(struct syslog_reader *reader, struct text bytes)
{
	charset_decode(TEXT("euc-jp"), bytes, &reader->text);
	size_t wrong = wrong_characters(&reader->text);
	if (!wrong)
		return;
	builder_clear(&reader->other);
	charset_decode(TEXT("shift_jis"), bytes, &reader->other);
	if (wrong_characters(&reader->other) >= wrong)
		return;
	builder_clear(&reader->text);
	build_text(&reader->text, (struct text){ reader->other.at, reader->other.size });
}

struct text syslog_text(struct syslog_reader *reader, struct text bytes, bool *decoded)
{
	bool escapes = text_find(bytes, TEXT("\x1b$")) >= 0; /* ISO-2022-JP turns to its two-byte characters */
	*decoded = false;
	if (!escapes && text_utf8_valid(bytes) == bytes.size)
		return bytes;
	builder_clear(&reader->text);
	*decoded = true;
	bool known = reader->settings->charset.size > 0 && !escapes &&
		     charset_decode(reader->settings->charset, bytes, &reader->text);
	if (!known && escapes)
		charset_decode(TEXT("iso-2022-jp"), bytes, &reader->text);
	else if (!known)
		guess_charset(reader, bytes);
	return (struct text){ reader->text.at, reader->text.size };
}

void syslog_skip(struct text *rest, size_t size)
{
	*rest = (struct text){ rest->at + size, rest->size - size };
}

static struct text without_end(struct text bytes)
{
	while (bytes.size > 0) {
		char last = bytes.at[bytes.size - 1];
		if (last != '\n' && last != '\r' && last != 0)
			break;
		bytes.size--;
	}
	return bytes;
}

/* "<34>"; says false, with nothing taken, when it does not begin so. */
static bool take_priority(struct text *rest, struct syslog_message *message)
{
	struct text after = *rest;
	uint64_t priority;
	if (!after.size || *after.at != '<')
		return false;
	syslog_skip(&after, 1);
	ptrdiff_t end = text_find((struct text){ after.at, after.size < 4 ? after.size : 4 }, TEXT(">"));
	if (end < 1 || !text_to_u64((struct text){ after.at, (size_t)end }, &priority) || priority > PRIORITY_MOST)
		return false;
	syslog_skip(&after, (size_t)end + 1);
	message->has_priority = true;
	message->facility = (uint8_t)(priority / 8);
	message->severity = priority % 8;
	*rest = after;
	return true;
}

static size_t digits_of(struct text text)
{
	size_t count = 0;
	while (count < text.size && char_is_digit(text.at[count]))
		count++;
	return count;
}

/* Cisco's "123: " (and "123: host: 000045: "), and the mark of a clock that is not set. */
static void take_sequence(struct text *rest, struct syslog_message *message)
{
	for (int turn = 0; turn < 2; turn++) {
		size_t digits = digits_of(*rest);
		if (digits > 0 && digits <= 19 && digits + 1 < rest->size && rest->at[digits] == ':' &&
		    rest->at[digits + 1] == ' ') {
			message->has_sequence = text_to_u64((struct text){ rest->at, digits }, &message->sequence);
			syslog_skip(rest, digits + 2);
		}
		struct text after = *rest, word = text_cut(&after, ' ');
		size_t next = digits_of(after);
		if (!message->has_sequence || turn || word.size < 2 || word.at[word.size - 1] != ':' || !next ||
		    next >= after.size || after.at[next] != ':')
			break;
		message->host = (struct text){ word.at, word.size - 1 };
		*rest = after;
	}
	while (rest->size > 0 && (*rest->at == '*' || *rest->at == '.' || *rest->at == ' '))
		syslog_skip(rest, 1);
}

/* "2026-11-21T17:48:09+09:00", also with a blank for the T. */
static bool take_iso_time(struct text *rest, int zone, struct syslog_message *message)
{
	struct text after = *rest;
	if (rest->size < 19 || rest->at[4] != '-' || rest->at[7] != '-')
		return false;
	struct text word = text_cut(&after, ' ');
	if (word.size == 10) {
		struct text clock = text_cut(&after, ' ');
		word.size += 1 + clock.size;
	}
	if (word.at[word.size - 1] == ':')
		word.size--;
	if (!time_parse(word, zone, &message->occurred, &message->zone_assumed))
		return false;
	*rest = after;
	return true;
}

/* "JST: " before Cisco's "%SYS-5-…": a zone that has no number. "UTC: " is one that has. */
static void skip_zone_name(struct text *rest, int zone, struct syslog_message *message)
{
	size_t size = 0;
	while (size < rest->size && rest->at[size] >= 'A' && rest->at[size] <= 'Z')
		size++;
	if (size < 3 || size > 5 || !text_starts((struct text){ rest->at + size, rest->size - size }, TEXT(": %")))
		return;
	if (message->zone_assumed && (text_starts(*rest, TEXT("UTC:")) || text_starts(*rest, TEXT("GMT:")))) {
		message->zone_assumed = false;
		message->occurred += (nanoseconds)zone * SECOND;
	}
	syslog_skip(rest, size + 2);
}

/* "Oct 11 22:14:15", with year, fraction and zone or without; a colon may stand behind it. */
static bool take_month_time(struct text *rest, int zone, nanoseconds received, struct syslog_message *message)
{
	const struct format_settings settings = { .zone = zone, .now = received };
	struct text after, head = { rest->at, rest->size < 40 ? rest->size : 40 };
	if (date_parse_month_name(*rest, &settings, &message->occurred, &message->zone_assumed, &after)) {
		skip_zone_name(&after, zone, message);
		*rest = after;
		return true;
	}
	ptrdiff_t colon = text_find(head, TEXT(": "));
	if (colon < 0 || !date_parse_month_name((struct text){ rest->at, (size_t)colon }, &settings, &message->occurred,
			     &message->zone_assumed, NULL))
		return false;
	syslog_skip(rest, (size_t)colon + 2);
	return true;
}

/* How much of a word is a tag: "app:", "app[1]:", "app[1]", "%SYS-5-CONFIG_I:"; 0 = it is none. */
static size_t tag_size(struct text word, size_t *name)
{
	ptrdiff_t bracket = text_find(word, TEXT("["));
	*name = word.size;
	if (word.size > TAG_MOST || word.size < 2)
		return 0;
	if (bracket > 0 && text_find(word, TEXT("]")) > bracket) {
		*name = (size_t)bracket;
		return (size_t)text_find(word, TEXT("]")) + 1;
	}
	if (word.at[word.size - 1] != ':' || bracket == 0)
		return 0;
	*name = word.size - 1;
	return word.size;
}

static bool take_tag(struct text *rest, struct syslog_message *message)
{
	struct text after = *rest, word = text_cut(&after, ' ');
	size_t name, size = tag_size(word, &name);
	if (size == 0)
		return false;
	message->application = (struct text){ word.at, name };
	if (word.at[name] == '[')
		message->process = (struct text){ word.at + name + 1, size - name - 2 };
	syslog_skip(rest, size);
	if (rest->size > 0 && *rest->at == ':' && message->process.size)
		syslog_skip(rest, 1);
	if (rest->size > 0 && *rest->at == ' ')
		syslog_skip(rest, 1);
	return true;
}

static bool is_host(struct text word)
{
	for (size_t i = 0; i < word.size; i++) {
		char c = char_lower(word.at[i]);
		if (!char_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '-' && c != '_' && c != ':')
			return false;
	}
	return word.size > 0 && word.size <= 255;
}

static void read_3164(
    struct syslog_reader *reader, struct text rest, nanoseconds received, struct syslog_message *message)
{
	int zone = reader->settings->zone;
	struct text whole = rest;
	message->form = SYSLOG_RFC3164;
	take_sequence(&rest, message);
	message->time_missing =
	    !take_iso_time(&rest, zone, message) && !take_month_time(&rest, zone, received, message);
	while (rest.size > 0 && *rest.at == ' ' && !message->time_missing)
		syslog_skip(&rest, 1);
	if (message->time_missing) {
		message->occurred = received;
		rest = message->has_sequence ? rest : whole;
	}
	if (!message->host.size && !message->time_missing && !take_tag(&rest, message)) {
		struct text after = rest, word = text_cut(&after, ' ');
		if (is_host(word)) {
			message->host = word;
			rest = after;
			if (text_starts(rest, TEXT(": "))) /* Cisco ASA: "host : %ASA-6-302013: …" */
				syslog_skip(&rest, 2);
			take_tag(&rest, message);
		}
	} else if (!message->application.size) {
		take_tag(&rest, message);
	}
	message->message = rest;
}

/* Lines of files have no priority, and a message of the journal is an object. */
static enum error read_form(struct syslog_reader *reader, struct text bytes, nanoseconds received,
    struct syslog_message *message, struct failure *failure)
{
	struct text rest = bytes;
	if (text_starts(bytes, TEXT("{")) && text_find(bytes, TEXT("\"__REALTIME_TIMESTAMP\"")) > 0)
		return syslog_read_journal(reader, bytes, message, failure);
	bool has_priority = take_priority(&rest, message);
	if (has_priority && text_starts(rest, TEXT("1 ")) && rest.size > 2)
		return syslog_read_5424(reader, rest, received, message, failure);
	read_3164(reader, rest, received, message);
	if (!has_priority && bytes.size > 0 && *bytes.at == '<')
		return fail(failure, ERROR_INPUT, "PRI: \"<0>\" to \"<191>\" was expected at the beginning");
	if (!has_priority && message->time_missing)
		return fail(failure, ERROR_INPUT, "no priority and no time stand at its beginning");
	return OK;
}

enum error syslog_read(struct syslog_reader *reader, struct text bytes, nanoseconds received,
    struct syslog_message *message, struct failure *failure)
{
	const struct syslog_message empty = { .facility = 1, .severity = 5, .occurred = received };
	bytes = without_end(bytes);
	if (text_starts(bytes, TEXT("\xef\xbb\xbf"))) /* of a file */
		syslog_skip(&bytes, 3);
	*message = empty;
	enum error error = read_form(reader, bytes, received, message, failure);
	if (error) {
		struct syslog_message broken = *message;
		*message = empty;
		message->has_priority = broken.has_priority;
		message->facility = broken.facility;
		message->severity = broken.severity;
		message->time_missing = true;
		message->message = bytes;
	}
	message->message = syslog_text(reader, message->message, &message->decoded);
	if (text_starts(message->message, TEXT("\xef\xbb\xbf")))
		syslog_skip(&message->message, 3);
	return error;
}
