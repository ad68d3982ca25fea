/*
 * Exchanges: made when the headers of a request are in, gone when their answer is written or their client left. Called
 * by the files of the server; the owner finds them by number.
 */
#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

struct exchange *exchange_new(struct connection *connection)
{
	struct server *server = connection->server;
	uint32_t slot = 0;
	while (slot < server->settings.connections && server->exchanges[slot])
		slot++;
	if (slot == server->settings.connections)
		return NULL;
	struct exchange *exchange = calloc(1, sizeof *exchange);
	if (!exchange)
		return NULL;
	exchange->request.input = json_object();
	if (!exchange->request.input) {
		free(exchange);
		return NULL;
	}
	exchange->server = server;
	exchange->connection = connection;
	exchange->request.number = ++server->last_number << 16 | slot;
	exchange->request.language = TEXT("en");
	memcpy(exchange->request.client, connection->client, sizeof exchange->request.client);
	exchange->began = time_monotonic();
	exchange->deadline = exchange->began + server->settings.patience;
	server->exchanges[slot] = exchange;
	server->exchange_count++;
	connection->exchange = exchange;
	return exchange;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	struct server *server = exchange->server;
	if (exchange->known) {
		exchange->known = false;
		counter_add(server->count_gone, 1);
		if (server->owner.gone)
			server->owner.gone(server->owner.context, exchange);
	}
	push_forget(exchange);
	server->exchanges[exchange->request.number & 0xffff] = NULL;
	server->exchange_count--;
	server->waiting -= exchange->held;
	exchange->connection->exchange = NULL;
	exchange->connection->since = time_monotonic();
	json_decref(exchange->request.input);
	builder_free(&exchange->body);
	free(exchange->out);
	explicit_bzero(exchange, sizeof *exchange);
	free(exchange);
}

bool exchange_hold(struct exchange *exchange, uint64_t bytes)
{
	struct server *server = exchange->server;
	if (bytes > server->settings.waiting || server->waiting > server->settings.waiting - bytes)
		return false;
	server->waiting += bytes;
	exchange->held += bytes;
	return true;
}

struct exchange *server_exchange(struct server *server, uint64_t number)
{
	uint32_t slot = number & 0xffff;
	if (slot >= server->settings.connections)
		return NULL;
	struct exchange *exchange = server->exchanges[slot];
	return exchange && exchange->known && exchange->request.number == number ? exchange : NULL;
}

const struct request *exchange_request(const struct exchange *exchange)
{
	return &exchange->request;
}

void exchange_set_context(struct exchange *exchange, void *context)
{
	exchange->context = context;
}

void *exchange_context(const struct exchange *exchange)
{
	return exchange->context;
}

void server_pause(struct exchange *exchange, bool paused)
{
	if (exchange->paused == paused || exchange->state != EXCHANGE_BODY)
		return;
	exchange->paused = paused;
	if (paused)
		exchange->paused_since = time_monotonic();
	else
		exchange->deadline += time_monotonic() - exchange->paused_since;
	lws_rx_flow_control(exchange->connection->wsi, !paused);
	pump_wake(exchange->server->pump);
}
