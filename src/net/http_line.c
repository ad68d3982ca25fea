/*
 * The first lines of HTTP/1 messages, and how they are told (http_line.h).
 */
#include "net/http_line.h"

#include "base/character.h"
#include "net/line.h"

#include <string.h>

#define METHOD_LONGEST 32
#define DECIDING 4000 /* bytes of a first line after which its method alone decides */

/* RFC 9110, 5.6.2 */
static bool is_token(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_size(struct text text)
{
	size_t size = 0;
	while (size < text.size && is_token(text.at[size]))
		size++;
	return size;
}

static struct text skip_spaces(struct text text)
{
	while (text.size && (text.at[0] == ' ' || text.at[0] == '\t'))
		text.at++, text.size--;
	return text;
}

bool request_line_read(struct text line, struct request_line *read)
{
	size_t method = token_size(line);
	if (!method || method > METHOD_LONGEST || method == line.size ||
	    (line.at[method] != ' ' && line.at[method] != '\t'))
		return false;
	struct text rest = skip_spaces((struct text){ line.at + method, line.size - method });
	*read = (struct request_line){ .method = { line.at, method }, .uri = text_trim(rest) };
	for (size_t i = rest.size; i > 0; i--) {
		if (rest.at[i - 1] != ' ' && rest.at[i - 1] != '\t')
			continue;
		struct text last = { rest.at + i, rest.size - i };
		if (!last.size)
			continue;
		if (text_starts(last, TEXT("HTTP/"))) {
			read->protocol = last;
			read->uri = text_trim((struct text){ rest.at, i });
		}
		break;
	}
	return read->uri.size > 0;
}

bool status_line_read(struct text line, struct status_line *read)
{
	line = skip_spaces(line);
	if (!text_starts(line, TEXT("HTTP/")))
		return false;
	size_t size = 0;
	while (size < line.size && line.at[size] != ' ' && line.at[size] != '\t')
		size++;
	*read = (struct status_line){ .protocol = { line.at, size } };
	struct text rest = skip_spaces((struct text){ line.at + size, line.size - size });
	read->status = text_trim(text_cut(&rest, ' '));
	/* Some write more behind the three digits, and browsers take them all the same. */
	uint64_t number;
	struct text digits = { read->status.at, read->status.size < 3 ? read->status.size : 3 };
	bool more = read->status.size > 3 && char_is_digit(read->status.at[3]);
	if (!more && text_to_u64(digits, &number))
		read->number = (uint16_t)number;
	return true;
}

/* Methods that are HTTP's whatever follows (IANA, HTTP Method Registry; those in use). */
static bool is_known_method(struct text method)
{
	static const char *const names[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE",
		"PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",
		"MERGE", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal(method, text_of(names[i])))
			return true;
	return false;
}

static enum likeness recognise_request(struct text bytes, struct text line, bool whole)
{
	struct request_line read;
	size_t method = token_size(bytes);
	struct text name = { bytes.at, method };
	if (method > METHOD_LONGEST || (method < bytes.size && bytes.at[method] != ' ') || !method)
		return LIKENESS_NONE;
	if (method == bytes.size)
		return LIKENESS_MAYBE;
	if (!whole)
		return bytes.size < DECIDING ? LIKENESS_MAYBE : is_known_method(name) ? LIKENESS_SURE : LIKENESS_NONE;
	if (!request_line_read(line, &read))
		return LIKENESS_NONE;
	if (read.protocol.size) /* HTTP/2's preface is no request */
		return text_starts(read.protocol, TEXT("HTTP/2")) ? LIKENESS_NONE : LIKENESS_SURE;
	/* Others' requests have a version of their own ("RTSP/1.0", "SIP/2.0"). */
	return is_known_method(name) && read.uri.at[0] == '/' ? LIKENESS_SURE : LIKENESS_NONE;
}

enum likeness http_recognise(enum side side, const uint8_t *bytes, size_t size)
{
	static const struct text response = { "HTTP/", 5 };
	(void)side;
	struct text text = { (const char *)bytes, size < DECIDING ? size : DECIDING };
	while (text.size && (text.at[0] == '\r' || text.at[0] == '\n' || text.at[0] == ' '))
		text.at++, text.size--;
	if (!text.size)
		return size < DECIDING ? LIKENESS_MAYBE : LIKENESS_NONE;
	if (text_starts(text, response))
		return LIKENESS_SURE;
	if (text.size < response.size && text_starts(response, text))
		return LIKENESS_MAYBE;
	size_t taken;
	struct text line = line_read((const uint8_t *)text.at, text.size, 0, &taken);
	return recognise_request(text, line, taken > 0);
}
