/*
 * Access logs of Apache and nginx: Common Log Format and combined, with or without a virtual host before them (Apache
 * HTTP Server documentation, "Log Files" and mod_log_config; nginx ngx_http_log_module).
 *
 *   [server[:port] ]client identity user [10/Oct/2000:13:55:36 -0700] "request" status size ["referer" "agent" …]
 *
 * In: lines. Out: requests. Tolerant where clients can make it odd: quotation marks that a server did not escape, users
 * with blanks, lists of addresses before the time (X-Forwarded-For), more columns behind.
 */
#include "base/character.h"
#include "formats/weblog.h"

#include <string.h>

#define PIECES 8 /* of what stands before the time that are looked at */

/* Two decimal digits at a place; -1 when they are none. */
static int two(const char *at)
{
	return char_is_digit(at[0]) && char_is_digit(at[1]) ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
	"Dec" };

/* Rewritten as RFC 3339, which base/time.h reads. */
bool weblog_combined_time(struct text text, int zone, nanoseconds *time, bool *assumed)
{
	char standard[40];
	unsigned month = 0;
	if (text.size < 20 || text.size > 26 || text.at[2] != '/' || text.at[6] != '/' || text.at[11] != ':')
		return false;
	while (month < 12 && memcmp(text.at + 3, months[month], 3) != 0)
		month++;
	if (month == 12 || two(text.at) < 0)
		return false;
	memcpy(standard, text.at + 7, 4);
	standard[4] = standard[7] = '-';
	standard[5] = (char)('0' + (month + 1) / 10);
	standard[6] = (char)('0' + (month + 1) % 10);
	memcpy(standard + 8, text.at, 2);
	standard[10] = 'T';
	memcpy(standard + 11, text.at + 12, text.size - 12);
	return time_parse((struct text){ standard, text.size - 1 }, zone, time, assumed);
}

/* Where the bracket before the time stands: one that is followed by "dd/". NULL = nowhere. */
static const char *find_time(struct text line)
{
	const char *end = line.at + line.size, *at = line.at;
	while ((at = memchr(at, '[', (size_t)(end - at)))) {
		if (end - at > 12 && two(at + 1) >= 0 && at[3] == '/' && at[7] == '/')
			return at;
		at++;
	}
	return NULL;
}

/* Client and server. The client is the first address; the piece before it is the virtual host. */
static void read_prefix(struct weblog_reader *reader, struct text prefix, struct weblog_request *request)
{
	struct text pieces[PIECES];
	size_t count = 0, client = 0;
	struct address address;
	uint16_t port;
	while (prefix.size && count < PIECES) {
		struct text piece = text_cut(&prefix, ' ');
		while (piece.size && piece.at[piece.size - 1] == ',') /* the first of several that a proxy lists */
			piece.size--;
		if (piece.size)
			pieces[count++] = piece;
	}
	if (!count)
		return;
	if (count > 1 && !address_parse_port(pieces[0], &address, &port) &&
	    address_parse_port(pieces[1], &address, &port))
		client = 1;
	else if (count > 3 && memchr(pieces[0].at, ':', pieces[0].size) && text_equal(pieces[2], TEXT("-")) &&
		 !address_parse_port(pieces[0], &address, &port))
		client = 1; /* "www.example.org:80 client.example.net - - " */
	if (client)
		weblog_server(pieces[0], request);
	weblog_client(pieces[client], request);
	if (count == client + 3)
		request->account = weblog_value(weblog_unescape(reader, pieces[client + 2]));
}

/* The quotation mark that ends a text which begins at `at`; NULL = none. `behind` says whether what follows it fits. */
static const char *closing(const char *at, const char *end, bool (*behind)(const char *at, const char *end))
{
	for (const char *quote = at; (quote = memchr(quote, '"', (size_t)(end - quote))); quote++) {
		const char *back = quote;
		while (back > at && back[-1] == '\\')
			back--;
		if ((quote - back) % 2 == 0 && behind(quote + 1, end))
			return quote;
	}
	return NULL;
}

static bool status_follows(const char *at, const char *end)
{
	return end - at >= 4 && at[0] == ' ' &&
	       ((char_is_digit(at[1]) && char_is_digit(at[2]) && char_is_digit(at[3])) ||
		   (at[1] == '-' && at[2] == ' '));
}

static bool blank_or_end(const char *at, const char *end)
{
	return at == end || *at == ' ';
}

/* ["referer" "agent"] and what a server was told to write behind them. nginx writes $request_time with three decimals.
 */
static void read_rest(struct weblog_reader *reader, struct text rest, struct weblog_request *request)
{
	struct text *const texts[] = { &request->referer, &request->agent };
	const char *at = rest.at, *end = rest.at + rest.size;
	for (size_t i = 0; i < 2 && end - at >= 3 && at[0] == ' ' && at[1] == '"'; i++) {
		const char *close = closing(at + 2, end, blank_or_end);
		if (!close)
			return;
		*texts[i] = weblog_value(weblog_unescape(reader, (struct text){ at + 2, (size_t)(close - at) - 2 }));
		at = close + 1;
	}
	const char *last = at < end ? memrchr(at, ' ', (size_t)(end - at)) : NULL;
	double seconds;
	if (last && end - last > 5 && end[-4] == '.' &&
	    text_to_double((struct text){ last + 1, (size_t)(end - last) - 1 }, &seconds) && seconds > 0 &&
	    seconds < 1e6)
		request->duration = (nanoseconds)(seconds * 1e9);
}

static enum error combined_line(
    struct weblog_reader *reader, struct text line, struct weblog_request *request, struct failure *failure)
{
	const char *end = line.at + line.size, *bracket = find_time(line);
	const char *after = bracket ? memchr(bracket, ']', (size_t)(end - bracket)) : NULL;
	if (!after)
		return fail(failure, ERROR_INPUT, "no time in brackets, as [10/Oct/2000:13:55:36 -0700]");
	struct text time = { bracket + 1, (size_t)(after - bracket) - 1 };
	if (!weblog_time(reader, time, weblog_combined_time, request))
		return fail(failure, ERROR_INPUT, "the time in brackets is none, as 10/Oct/2000:13:55:36 -0700");
	if (end - after < 4 || after[1] != ' ' || after[2] != '"')
		return fail(failure, ERROR_INPUT, "no request in quotation marks behind the time");
	const char *close = closing(after + 3, end, status_follows);
	if (!close)
		return fail(failure, ERROR_INPUT, "no status behind the request in quotation marks");
	read_prefix(reader, (struct text){ line.at, (size_t)(bracket - line.at) }, request);
	struct text asked = { after + 3, (size_t)(close - after) - 3 };
	weblog_request_line(weblog_unescape(reader, asked), request);
	struct text rest = { close + 2, (size_t)(end - close) - 2 };
	weblog_status(text_cut(&rest, ' '), request);
	struct text size = text_cut(&rest, ' ');
	weblog_size(size, request);
	size_t behind = (size_t)(size.at + size.size - line.at);
	read_rest(reader, (struct text){ line.at + behind, line.size - behind }, request);
	return OK;
}

static bool combined_recognise(struct text beginning, struct weblog_reader *reader)
{
	struct weblog_request request;
	while (beginning.size) {
		struct text line = text_cut(&beginning, '\n');
		request = (struct weblog_request){ 0 };
		if (line.size && combined_line(reader, line, &request, NULL) == OK && request.client_name.size)
			return true;
	}
	return false;
}

const struct weblog_format weblog_combined = {
	.name = "combined",
	.title = "Apache and nginx: common and combined, with or without virtual host",
	.recognise = combined_recognise,
	.line = combined_line,
};
