/*
 * The server's settings: defaults, and what can be wrong with files and pages before anything is bound. Called by
 * server.c.
 */
#include "http/exchange.h"

#include <unistd.h>

void settings_complete(struct server_settings *settings)
{
	if (settings->connections == 0)
		settings->connections = 1024;
	if (settings->connections > 65535)
		settings->connections = 65535;
	if (settings->connections_each == 0)
		settings->connections_each = settings->connections / 4 ? settings->connections / 4 : 1;
	if (settings->streams == 0)
		settings->streams = 256;
	if (settings->patience == 0)
		settings->patience = 30 * SECOND;
	if (settings->answer_within == 0)
		settings->answer_within = 60 * SECOND;
	if (settings->address_per_minute == 0)
		settings->address_per_minute = 6000;
	if (settings->batch == 0)
		settings->batch = 16 << 20;
	if (settings->envelope == 0)
		settings->envelope = 16 << 20;
	if (settings->waiting == 0)
		settings->waiting = 256 << 20;
	if (settings->language.size == 0)
		settings->language = TEXT("ja");
}

static enum error readable(const char *path, const char *what, char *to, size_t room, struct failure *failure)
{
	if (!text_copy(text_of(path), to, room))
		return fail(failure, ERROR_USAGE, "%s: the path is too long", what);
	if (access(path, R_OK) != 0)
		return fail_errno(failure, "%s: cannot read %s", what, path);
	return OK;
}

enum error settings_check_tls(struct server *server, struct failure *failure)
{
	const struct server_settings *settings = &server->settings;
	if (!settings->certificate != !settings->key)
		return fail(failure, ERROR_USAGE, "TLS needs both a certificate and its key");
	if (settings->machines && !settings->certificate)
		return fail(failure, ERROR_USAGE, "the machines' door needs TLS: a certificate and a key");
	server->tls = settings->certificate != NULL;
	enum error error = OK;
	if (server->tls)
		error = readable(
		    settings->certificate, "certificate", server->certificate, sizeof server->certificate, failure);
	if (server->tls && !error)
		error = readable(settings->key, "key", server->key, sizeof server->key, failure);
	return error;
}

enum error settings_check_pages(const struct server *server, struct failure *failure)
{
	for (size_t i = 0; server->tables[i]; i++)
		for (const struct route *route = server->tables[i]; route->name; route++)
			if ((route->kind == ROUTE_PAGE || route->page) &&
			    !(server->templates && templates_have(server->templates, route->page)))
				return fail(
				    failure, ERROR_USAGE, "route %s: there is no page %s", route->name, route->page);
	return OK;
}

void settings_make_counters(struct server *server)
{
	struct counters *counters = server->counters;
	server->count_connections =
	    counter_get(counters, COUNTER_GAUGE, "noroshi_http_connections", "Open connections", NULL, TEXT_NONE);
	server->count_refused_connections = counter_get(counters, COUNTER_TOTAL, "noroshi_http_refused_connections",
	    "Connections closed because there were too many", NULL, TEXT_NONE);
	server->count_seconds = counter_get(counters, COUNTER_HISTOGRAM, "noroshi_http_seconds",
	    "From a request's headers to its answer", NULL, TEXT_NONE);
	server->count_bytes_in =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_http_received_bytes", "Bodies received", NULL, TEXT_NONE);
	server->count_bytes_out =
	    counter_get(counters, COUNTER_TOTAL, "noroshi_http_sent_bytes", "Bodies sent", NULL, TEXT_NONE);
	server->count_feeds = counter_get(
	    counters, COUNTER_GAUGE, "noroshi_http_feeds", "Machines that follow what is shared", NULL, TEXT_NONE);
	server->count_event_clients =
	    counter_get(counters, COUNTER_GAUGE, "noroshi_http_event_streams", "Open event streams", NULL, TEXT_NONE);
	server->count_gone = counter_get(counters, COUNTER_TOTAL, "noroshi_http_gone",
	    "Clients that left, or were let go, before they were answered", NULL, TEXT_NONE);
}
