/*
 * Access logs as JSON, one object a line: nginx with log_format escape=json, Caddy, Traefik, Apache with a JSON
 * LogFormat, Elastic Common Schema. Everybody names the members otherwise, so each fact has a list of names; the one
 * that the newest line had is tried first.
 *
 * In: lines. Out: requests. A line without a request (Caddy writes others too) is skipped.
 */
#include "formats/fields.h"
#include "formats/weblog.h"

#include <stdlib.h>
#include <string.h>

enum fact {
	FACT_TIME,
	FACT_CLIENT,
	FACT_REQUEST, /* the whole request line */
	FACT_METHOD,
	FACT_TARGET,
	FACT_QUERY, /* where the target is without it */
	FACT_SERVER,
	FACT_ACCOUNT,
	FACT_STATUS,
	FACT_SIZE,
	FACT_REFERER,
	FACT_AGENT,
	FACT_COOKIE,
	FACT_SECONDS,
	FACT_NANOSECONDS, /* duration */
	FACT_LIMIT
};

#define NAMES 12

static const char *const names[FACT_LIMIT][NAMES] = {
	[FACT_TIME] = { "time_iso8601", "time_local", "@timestamp", "timestamp", "ts", "time", "msec", "StartUTC",
	    "start_time", "datetime", "date" },
	[FACT_CLIENT] = { "remote_addr", "request.client_ip", "request.remote_ip", "request.remote_addr", "client_ip",
	    "clientip", "remote_ip", "ClientHost", "client.ip", "source.ip", "client", "ip" },
	[FACT_REQUEST] = { "request", "request_line" },
	[FACT_METHOD] = { "request_method", "request.method", "method", "RequestMethod", "http.request.method", "verb",
	    "http_method" },
	[FACT_TARGET] = { "request_uri", "request.uri", "uri", "RequestPath", "url.original", "url", "path",
	    "http_uri" },
	[FACT_QUERY] = { "args", "query_string", "query", "url.query" },
	[FACT_SERVER] = { "request.host", "http_host", "host", "server_name", "RequestHost", "vhost", "virtual_host",
	    "url.domain" },
	[FACT_ACCOUNT] = { "remote_user", "user_id", "ClientUsername", "user.name" },
	[FACT_STATUS] = { "status", "DownstreamStatus", "http.response.status_code", "status_code", "response",
	    "code" },
	[FACT_SIZE] = { "body_bytes_sent", "size", "DownstreamContentSize", "http.response.body.bytes", "bytes_sent",
	    "bytes", "response_size" },
	[FACT_REFERER] = { "http_referer", "request.headers.Referer", "request_Referer", "http.request.referrer",
	    "referer", "referrer" },
	[FACT_AGENT] = { "http_user_agent", "request.headers.User-Agent", "request_User-Agent", "user_agent.original",
	    "user_agent", "agent", "useragent", "userAgent" },
	[FACT_COOKIE] = { "http_cookie", "request.headers.Cookie", "cookie" },
	[FACT_SECONDS] = { "request_time", "duration", "response_time", "upstream_response_time" },
	[FACT_NANOSECONDS] = { "Duration", "event.duration" },
};

struct remembered {
	uint8_t place[FACT_LIMIT]; /* + 1; 0 = nothing yet */
};

/* The text of a member, whether its dots are nesting or part of the name. */
static struct text member(struct json_value root, const char *name)
{
	struct text text = field_text(root, name);
	return text.size || !strchr(name, '.') ? text : json_text(json_get(root, name));
}

static struct text find(struct weblog_reader *reader, struct json_value root, enum fact fact)
{
	struct remembered *remembered = reader->state;
	uint8_t known = remembered ? remembered->place[fact] : 0;
	struct text text = known ? member(root, names[fact][known - 1]) : TEXT_NONE;
	for (uint8_t i = 0; !text.size && i < NAMES && names[fact][i]; i++) {
		text = member(root, names[fact][i]);
		if (text.size && remembered)
			remembered->place[fact] = (uint8_t)(i + 1);
	}
	return text;
}

/* nginx's $time_local is the combined log's, everything else is a number of seconds or RFC 3339. */
static bool parse_time(struct text text, int zone, nanoseconds *time, bool *assumed)
{
	*assumed = false;
	return time_parse_epoch(text, time) || time_parse(text, zone, time, assumed) ||
	       weblog_combined_time(text, zone, time, assumed);
}

static void fill_duration(struct weblog_reader *reader, struct json_value root, struct weblog_request *request)
{
	double number;
	if (text_to_double(find(reader, root, FACT_SECONDS), &number) && number > 0 && number < 1e6)
		request->duration = (nanoseconds)(number * 1e9);
	else if (text_to_double(find(reader, root, FACT_NANOSECONDS), &number) && number > 0 && number < 1e15)
		request->duration = (nanoseconds)number;
}

static void fill_target(struct weblog_reader *reader, struct json_value root, struct weblog_request *request)
{
	struct text line = find(reader, root, FACT_REQUEST);
	if (line.size)
		weblog_request_line(line, request);
	if (!request->target.size)
		request->target = find(reader, root, FACT_TARGET);
	if (!request->method.size)
		request->method = find(reader, root, FACT_METHOD);
	struct text query = weblog_value(find(reader, root, FACT_QUERY)), target = request->target;
	if (!query.size || !target.size || memchr(target.at, '?', target.size))
		return;
	char *both = arena_take(reader->arena, target.size + query.size + 1);
	if (!both)
		return;
	bool mark = *query.at == '?';
	memcpy(both, target.at, target.size);
	both[target.size] = '?';
	memcpy(both + target.size + 1, query.at + mark, query.size - mark);
	request->target = (struct text){ both, target.size + query.size + 1 - mark };
}

/* nginx writes bytes of a request as they came, which need not be UTF-8: those become U+FFFD. */
static struct text with_utf8(struct weblog_reader *reader, struct text line)
{
	if (text_utf8_valid(line) == line.size)
		return line;
	char *to = arena_take(reader->arena, 3 * line.size + 1);
	return to ? (struct text){ to, text_make_printable(line, to) } : line;
}

static enum error json_line(
    struct weblog_reader *reader, struct text line, struct weblog_request *request, struct failure *failure)
{
	struct json_value root;
	line = with_utf8(reader, line);
	enum error error = json_parse(reader->parser, line, &root, failure);
	if (error)
		return error;
	if (json_kind(root) != JSON_IS_OBJECT)
		return fail(failure, ERROR_INPUT, "a JSON object was expected");
	fill_target(reader, root, request);
	weblog_status(find(reader, root, FACT_STATUS), request);
	if (!request->target.size && !request->status)
		return ERROR_AGAIN;
	if (!weblog_time(reader, find(reader, root, FACT_TIME), parse_time, request))
		return fail(failure, ERROR_INPUT, "no time in it, as \"time\" or \"ts\"");
	weblog_client(find(reader, root, FACT_CLIENT), request);
	weblog_server(find(reader, root, FACT_SERVER), request);
	struct text size = find(reader, root, FACT_SIZE);
	if (size.size)
		weblog_size(size, request);
	request->account = weblog_value(find(reader, root, FACT_ACCOUNT));
	request->referer = weblog_value(find(reader, root, FACT_REFERER));
	request->agent = weblog_value(find(reader, root, FACT_AGENT));
	request->cookie = weblog_value(find(reader, root, FACT_COOKIE));
	fill_duration(reader, root, request);
	return OK;
}

static bool json_recognise(struct text beginning, struct weblog_reader *reader)
{
	while (beginning.size) {
		struct text line = text_trim(text_cut(&beginning, '\n'));
		struct weblog_request request = { 0 };
		if (line.size && *line.at == '{' && json_line(reader, line, &request, NULL) == OK &&
		    request.client_name.size && request.status)
			return true;
	}
	return false;
}

static enum error json_start(struct weblog_reader *reader, struct failure *failure)
{
	reader->state = calloc(1, sizeof(struct remembered));
	return reader->state ? OK : fail(failure, ERROR_MEMORY, "no memory for a reader");
}

static void json_stop(struct weblog_reader *reader)
{
	free(reader->state);
}

const struct weblog_format weblog_json = {
	.name = "json",
	.title = "JSON, as nginx, Caddy, Traefik and others write it",
	.recognise = json_recognise,
	.start = json_start,
	.stop = json_stop,
	.line = json_line,
};
