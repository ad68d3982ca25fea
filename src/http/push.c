/*
 * Open answers. Server-sent events: open answers that tell browsers what changed, so that pages follow without asking
 * again and again.
 *
 * Feeds: lines of what the exchange shares, for machines: the same with bytes instead of events, written together once
 * a tick; who reads too slowly is sent away and resumes by the number that it has.
 *
 * In: server_push(), server_feed() from the owner. Out: events to the clients whose scope covers the organisation. What
 * a client has not read yet is bounded: at the bound everything of it is dropped and replaced by one "missed" event.
 * Called by server.c.
 */
#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#define UNREAD_LARGEST (16u << 10)
#define LIFE (10 * MINUTE) /* then the browser comes again, and its session is looked at again */
#define BEAT (20 * SECOND)
#define FEED_UNREAD (1u << 20)
#define FEED_TICK (50 * MILLISECOND)
#define PIECE (16u << 10)

struct event_client {
	struct event_client *next, *previous;
	struct exchange *exchange;
	bool all, missed, head_written;
	bool feed; /* then `organisations` are communities */
	nanoseconds life;
	uint32_t *organisations;
	size_t count;
	struct builder unread;
	nanoseconds opened, spoke;
};

static bool covers(const struct event_client *client, uint32_t organisation)
{
	if (client->all)
		return true;
	for (size_t i = 0; i < client->count; i++)
		if (client->organisations[i] == organisation)
			return true;
	return false;
}

static enum error refuse_stream(struct exchange *exchange, struct failure *failure)
{
	struct answer answer = { .status = 503, .problem = "too many pages follow what changes", .retry_after = 30 };
	server_answer(exchange, &answer);
	return fail(failure, ERROR_LIMIT, "too many event streams are open");
}

/* So many machines do not come back together. */
static nanoseconds life_of(bool feed)
{
	uint32_t dice;
	random_bytes(&dice, sizeof dice);
	return feed ? LIFE + (nanoseconds)((double)LIFE / 2 * (dice / 4294967296.0)) : LIFE;
}

static enum error open_client(struct exchange *exchange, bool feed, bool all, const uint32_t *organisations,
    size_t count, struct failure *failure)
{
	struct server *server = exchange->server;
	struct event_client *client = NULL;
	/* of machines the number of connections is the limit */
	if ((feed || server->event_client_count < server->settings.streams) && !server->stopping)
		client = calloc(1, sizeof *client);
	if (client)
		client->organisations = calloc(count + 1, sizeof *organisations);
	if (!client || !client->organisations) {
		free(client);
		return refuse_stream(exchange, failure);
	}
	if (count > 0)
		memcpy(client->organisations, organisations, count * sizeof *organisations);
	client->count = count;
	client->all = all;
	client->feed = feed;
	client->life = life_of(feed);
	client->exchange = exchange;
	client->opened = client->spoke = time_monotonic();
	client->next = server->event_clients;
	if (client->next)
		client->next->previous = client;
	server->event_clients = client;
	counter_set(feed ? server->count_feeds : server->count_event_clients,
	    feed ? ++server->feed_count : ++server->event_client_count);
	exchange->known = false;
	exchange->events = client;
	exchange->state = EXCHANGE_OPEN;
	return OK;
}

static void wake(struct exchange *exchange)
{
	lws_callback_on_writable(exchange->connection->wsi);
	pump_wake(exchange->server->pump);
}

enum error server_stream_open(
    struct exchange *exchange, bool all, const uint32_t *organisations, size_t count, struct failure *failure)
{
	enum error error = open_client(exchange, false, all, organisations, count, failure);
	if (error)
		return error;
	build_text(&exchange->events->unread, TEXT("retry: 3000\n\n"));
	wake(exchange);
	return OK;
}

enum error server_feed_open(
    struct exchange *exchange, const uint32_t *communities, size_t count, struct text lines, struct failure *failure)
{
	enum error error = open_client(exchange, true, false, communities, count, failure);
	if (error)
		return error;
	build_text(&exchange->events->unread, lines);
	wake(exchange);
	return OK;
}

void push_forget(struct exchange *exchange)
{
	struct event_client *client = exchange->events;
	if (!client)
		return;
	struct server *server = exchange->server;
	if (client->previous)
		client->previous->next = client->next;
	else
		server->event_clients = client->next;
	if (client->next)
		client->next->previous = client->previous;
	counter_set(client->feed ? server->count_feeds : server->count_event_clients,
	    client->feed ? --server->feed_count : --server->event_client_count);
	builder_free(&client->unread);
	free(client->organisations);
	free(client);
	exchange->events = NULL;
}

void server_push(struct server *server, uint32_t organisation, const char *noun, const char *id)
{
	struct builder event = { 0 };
	build_text(&event, TEXT("event: changed\ndata: {\"noun\":"));
	build_json_string(&event, text_of(noun));
	build_text(&event, TEXT(",\"id\":"));
	build_json_string(&event, text_of(id));
	build_text(&event, TEXT("}\n\n"));
	for (struct event_client *client = server->event_clients; client && !event.failed; client = client->next) {
		if (client->feed || !covers(client, organisation) || client->missed)
			continue;
		if (client->unread.size + event.size > UNREAD_LARGEST) {
			client->missed = true;
			builder_clear(&client->unread);
		} else {
			build_text(&client->unread, (struct text){ event.at, event.size });
		}
		lws_callback_on_writable(client->exchange->connection->wsi);
	}
	builder_free(&event);
	pump_wake(server->pump);
}

/* Everything that came within a tick is one write for each client. */
static void feed_written(void *context)
{
	struct server *server = context;
	watch_stop(server->feed_timer);
	server->feed_timer = NULL;
	for (struct event_client *client = server->event_clients; client; client = client->next)
		if (client->feed && (client->unread.size > 0 || client->missed))
			lws_callback_on_writable(client->exchange->connection->wsi);
	pump_wake(server->pump);
}

void server_feed(struct server *server, uint32_t community, struct text lines)
{
	for (struct event_client *client = server->event_clients; client; client = client->next) {
		if (!client->feed || client->missed || !covers(client, community))
			continue;
		client->missed = client->unread.size + lines.size > FEED_UNREAD;
		if (!client->missed)
			build_text(&client->unread, lines);
	}
	if (!server->feed_timer)
		server->feed_timer = loop_timer(server->loop, FEED_TICK, 0, feed_written, server);
}

void server_feeds_close(struct server *server)
{
	for (struct event_client *client = server->event_clients; client; client = client->next) {
		if (!client->feed)
			continue;
		client->life = 0;
		lws_callback_on_writable(client->exchange->connection->wsi);
	}
	pump_wake(server->pump);
}

static bool write_head(struct event_client *client)
{
	struct lws *wsi = client->exchange->connection->wsi;
	const char *type = client->feed ? "application/x-ndjson" : "text/event-stream";
	unsigned char head[LWS_PRE + 3072], *at = head + LWS_PRE, *end = head + sizeof head;
	return !lws_add_http_header_status(wsi, 200, &at, end) &&
	       !lws_add_http_header_by_name(wsi, (const unsigned char *)"content-type:", (const unsigned char *)type,
		   (int)strlen(type), &at, end) &&
	       !lws_add_http_header_by_name(
		   wsi, (const unsigned char *)"cache-control:", (const unsigned char *)"no-store", 8, &at, end) &&
	       !lws_add_http_header_by_name(wsi,
		   (const unsigned char *)"referrer-policy:", (const unsigned char *)"no-referrer", 11, &at, end) &&
	       !lws_add_http_header_by_name(
		   wsi, (const unsigned char *)"connection:", (const unsigned char *)"close", 5, &at, end) &&
	       !lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end);
}

bool push_write(struct exchange *exchange)
{
	struct event_client *client = exchange->events;
	struct lws *wsi = exchange->connection->wsi;
	unsigned char bytes[LWS_PRE + PIECE];
	if (!client->head_written) {
		client->head_written = true;
		if (!write_head(client))
			return false;
	}
	if (lws_partial_buffered(wsi)) {
		lws_callback_on_writable(wsi);
		return true;
	}
	if (exchange->server->stopping || time_monotonic() > client->opened + client->life)
		return false;
	if (client->missed && client->feed)
		return false;
	if (client->missed) {
		builder_clear(&client->unread);
		build_text(&client->unread, TEXT("event: missed\ndata: {}\n\n"));
		client->missed = false;
	}
	size_t size = client->unread.size < PIECE ? client->unread.size : PIECE;
	if (size == 0)
		return true;
	memcpy(bytes + LWS_PRE, client->unread.at, size);
	client->unread.size -= size;
	memmove(client->unread.at, client->unread.at + size, client->unread.size);
	if (client->unread.size > 0)
		lws_callback_on_writable(wsi);
	client->spoke = time_monotonic();
	return lws_write(wsi, bytes + LWS_PRE, size, LWS_WRITE_HTTP) >= (int)size;
}

/* A comment now and then keeps what stands between from closing the connection, and finds clients that are gone. */
void push_tick(struct server *server, nanoseconds now)
{
	for (struct event_client *client = server->event_clients; client; client = client->next) {
		bool due = now > client->spoke + BEAT;
		if (due && client->unread.size == 0)
			build_text(&client->unread, client->feed ? TEXT("\n") : TEXT(": still here\n\n"));
		if (due || server->stopping || now > client->opened + client->life)
			lws_callback_on_writable(client->exchange->connection->wsi);
	}
}
