/*
 * W3C extended log files, as IIS writes them (W3C Working Draft WD-logfile-960323; Microsoft, "W3C Logging").
 *
 * In: lines; the newest "#Fields:" line says what the columns mean. Out: requests. Columns are divided by blanks or
 * tabs, "-" is empty, IIS writes a blank within a header as "+". Times are UTC; without a date column the "#Date:" line
 * counts.
 */
#include "formats/fields.h"
#include "formats/weblog.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 64

enum column {
	COLUMN_OTHER,
	COLUMN_DATE,
	COLUMN_TIME,
	COLUMN_CLIENT,
	COLUMN_METHOD,
	COLUMN_STEM,
	COLUMN_QUERY,
	COLUMN_ACCOUNT,
	COLUMN_AGENT,
	COLUMN_REFERER,
	COLUMN_COOKIE,
	COLUMN_HOST,
	COLUMN_COMPUTER,
	COLUMN_SERVER,
	COLUMN_STATUS,
	COLUMN_SIZE,
	COLUMN_DURATION,
	COLUMN_LIMIT
};

static const struct {
	const char *name;
	enum column column;
} names[] = {
	{ "date", COLUMN_DATE },
	{ "time", COLUMN_TIME },
	{ "c-ip", COLUMN_CLIENT },
	{ "cs-method", COLUMN_METHOD },
	{ "cs-uri-stem", COLUMN_STEM },
	{ "cs-uri", COLUMN_STEM },
	{ "cs-uri-query", COLUMN_QUERY },
	{ "cs-username", COLUMN_ACCOUNT },
	{ "cs(User-Agent)", COLUMN_AGENT },
	{ "cs(Referer)", COLUMN_REFERER },
	{ "cs(Cookie)", COLUMN_COOKIE },
	{ "cs-host", COLUMN_HOST },
	{ "cs(Host)", COLUMN_HOST },
	{ "s-computername", COLUMN_COMPUTER },
	{ "s-ip", COLUMN_SERVER },
	{ "sc-status", COLUMN_STATUS },
	{ "sc-bytes", COLUMN_SIZE },
	{ "time-taken", COLUMN_DURATION },
};

struct w3c {
	uint8_t columns[COLUMNS]; /* enum column of each */
	size_t count;             /* 0 = no #Fields line came yet */
	char date[16];            /* of the #Date line */
};

static enum column column_named(struct text name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (text_equal_nocase(name, text_of(names[i].name)))
			return names[i].column;
	return COLUMN_OTHER;
}

static struct text next_column(struct text *rest)
{
	size_t end = 0;
	while (end < rest->size && rest->at[end] != ' ' && rest->at[end] != '\t')
		end++;
	struct text column = { rest->at, end };
	size_t skip = end + (end < rest->size);
	rest->at += skip;
	rest->size -= skip;
	return column;
}

static enum error read_directive(struct w3c *w3c, struct text line, struct failure *failure)
{
	if (text_starts(line, TEXT("#Date:"))) {
		struct text rest = text_trim((struct text){ line.at + 6, line.size - 6 });
		text_copy(next_column(&rest), w3c->date, sizeof w3c->date);
	}
	if (!text_starts(line, TEXT("#Fields:")))
		return ERROR_AGAIN;
	struct text rest = text_trim((struct text){ line.at + 8, line.size - 8 });
	bool has[COLUMN_LIMIT] = { 0 };
	w3c->count = 0;
	while (rest.size) {
		struct text name = next_column(&rest);
		if (!name.size)
			continue;
		if (w3c->count == COLUMNS) {
			w3c->count = 0;
			return fail(failure, ERROR_INPUT, "#Fields: there are more than %d", COLUMNS);
		}
		enum column column = column_named(name);
		w3c->columns[w3c->count++] = has[column] ? COLUMN_OTHER : (uint8_t)column;
		has[column] = true;
	}
	if (has[COLUMN_TIME] && has[COLUMN_STEM])
		return ERROR_AGAIN;
	w3c->count = 0;
	return fail(failure, ERROR_INPUT, "#Fields: neither time nor cs-uri-stem may be missing");
}

static bool parse_time(struct text text, int zone, nanoseconds *time, bool *assumed)
{
	(void)zone; /* these logs are in UTC: that is no assumption */
	bool parsed = time_parse(text, 0, time, NULL);
	*assumed = false;
	return parsed;
}

static bool read_time(struct weblog_reader *reader, const struct text *values, struct weblog_request *request)
{
	const struct w3c *w3c = reader->state;
	char both[40];
	struct text date = values[COLUMN_DATE].size ? values[COLUMN_DATE] : text_of(w3c->date);
	struct text time = values[COLUMN_TIME];
	if (date.size + time.size + 1 > sizeof both || !date.size || !time.size)
		return false;
	memcpy(both, date.at, date.size);
	both[date.size] = ' ';
	memcpy(both + date.size + 1, time.at, time.size);
	return weblog_time(reader, (struct text){ both, date.size + time.size + 1 }, parse_time, request);
}

/* Headers: IIS has written every blank as "+". */
static struct text with_blanks(struct weblog_reader *reader, struct text text)
{
	if (!text.size || !memchr(text.at, '+', text.size))
		return text;
	struct text copy = arena_text(reader->arena, text);
	char *at = (char *)(uintptr_t)copy.at;
	for (size_t i = 0; i < copy.size; i++)
		if (at[i] == '+')
			at[i] = ' ';
	return copy.size == text.size ? copy : text;
}

static struct text target_of(struct weblog_reader *reader, struct text stem, struct text query)
{
	if (!query.size)
		return stem;
	char *both = arena_take(reader->arena, stem.size + query.size + 1);
	if (!both)
		return stem;
	if (stem.size)
		memcpy(both, stem.at, stem.size);
	both[stem.size] = '?';
	memcpy(both + stem.size + 1, query.at, query.size);
	return (struct text){ both, stem.size + query.size + 1 };
}

static void fill(struct weblog_reader *reader, const struct text *values, struct weblog_request *request)
{
	uint64_t milliseconds;
	weblog_client(values[COLUMN_CLIENT], request);
	weblog_server(values[COLUMN_HOST].size ? values[COLUMN_HOST] : values[COLUMN_COMPUTER], request);
	if (!address_exists(request->server_address))
		field_try_address(values[COLUMN_SERVER], &request->server_address);
	request->account = values[COLUMN_ACCOUNT];
	request->method = values[COLUMN_METHOD];
	request->target = target_of(reader, values[COLUMN_STEM], values[COLUMN_QUERY]);
	request->agent = with_blanks(reader, values[COLUMN_AGENT]);
	request->referer = values[COLUMN_REFERER];
	request->cookie = with_blanks(reader, values[COLUMN_COOKIE]);
	weblog_status(values[COLUMN_STATUS], request);
	if (values[COLUMN_SIZE].size)
		weblog_size(values[COLUMN_SIZE], request);
	if (text_to_u64(values[COLUMN_DURATION], &milliseconds) && milliseconds < 1000000000)
		request->duration = (nanoseconds)milliseconds * MILLISECOND;
}

static enum error w3c_line(
    struct weblog_reader *reader, struct text line, struct weblog_request *request, struct failure *failure)
{
	struct w3c *w3c = reader->state;
	struct text values[COLUMN_LIMIT] = { 0 };
	if (*line.at == '#')
		return read_directive(w3c, line, failure);
	if (!w3c->count)
		return fail(failure, ERROR_INPUT, "no usable #Fields line came before it");
	size_t count = 0;
	for (struct text rest = line; rest.size; count++) {
		struct text value = next_column(&rest);
		if (count < w3c->count)
			values[w3c->columns[count]] = weblog_value(value);
	}
	if (count != w3c->count)
		return fail(failure, ERROR_INPUT, "it has %zu columns, its #Fields line %zu", count, w3c->count);
	if (!read_time(reader, values, request))
		return fail(failure, ERROR_INPUT, "date and time are none, as 2026-04-01 09:00:00");
	fill(reader, values, request);
	return OK;
}

static bool w3c_recognise(struct text beginning, struct weblog_reader *reader)
{
	(void)reader;
	while (beginning.size && *beginning.at == '#') {
		struct text line = text_cut(&beginning, '\n');
		if (text_starts(line, TEXT("#Fields:")))
			return text_find_nocase(line, TEXT("cs-uri")) >= 0;
	}
	return false;
}

static enum error w3c_start(struct weblog_reader *reader, struct failure *failure)
{
	reader->state = calloc(1, sizeof(struct w3c));
	return reader->state ? OK : fail(failure, ERROR_MEMORY, "no memory for a reader");
}

static void w3c_stop(struct weblog_reader *reader)
{
	free(reader->state);
}

const struct weblog_format weblog_w3c = {
	.name = "w3c",
	.title = "W3C extended log with #Fields (IIS)",
	.recognise = w3c_recognise,
	.start = w3c_start,
	.stop = w3c_stop,
	.line = w3c_line,
};
