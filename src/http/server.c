/*
 * The server's life: settings, TLS, connections, the library's callbacks, time limits, the end.
 *
 * In: clients at the listening socket. Out: requests to receive.c, writable connections to answer.c. Called by the
 * front process. The library (libwebsockets) gets connections that we accepted and counted, and runs inside our loop
 * (pump.c).
 */
#include "http/exchange.h"

#include "base/log.h"
#include "http/openapi.h"
#include "http/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libwebsockets.h>

#define HEADERS_LARGEST 16384 /* bytes of all headers of a request */
#define ACCEPTS 64            /* connections taken in one round */
#define CONTENT_POLICY                                                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src "       \
	"'self'; "                                                                                                     \
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

struct server_core {
	struct server server;
	struct door *making; /* the door whose TLS the library sets up */
	struct lws_protocol_vhost_options headers[6];
};

static struct server_core *core_of(struct server *server)
{
	return (struct server_core *)server;
}

/* ── connections ─ */

/* Only from our own timers, never within a callback of the library: the connection is gone when this returns. */
static void close_connection(struct connection *connection)
{
	lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static void connection_gone(struct connection *connection)
{
	struct server *server = connection->server;
	exchange_free(connection->exchange);
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		server->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	counter_set(server->count_connections, --server->connection_count);
	free(connection);
}

static bool may_connect(const struct server *server, struct address group)
{
	uint32_t same = 0;
	if (server->connection_count >= server->settings.connections)
		return false;
	for (const struct connection *other = server->connections; other; other = other->next)
		same += address_equal(other->group, group);
	return same < server->settings.connections_each;
}

static void take_connection(const struct door *door, int descriptor, struct address client)
{
	struct server *server = door->server;
	struct connection *connection = NULL;
	if (may_connect(server, address_group(client)))
		connection = calloc(1, sizeof *connection);
	if (!connection) {
		counter_add(server->count_refused_connections, 1);
		close(descriptor);
		return;
	}
	connection->server = server;
	connection->door = door;
	connection->group = address_group(client);
	connection->since = time_monotonic();
	address_format(client, connection->client);
	connection->wsi = lws_adopt_socket_vhost(door->vhost, descriptor);
	if (!connection->wsi) { /* the library closed it */
		free(connection);
		return;
	}
	lws_set_opaque_user_data(connection->wsi, connection);
	connection->next = server->connections;
	if (connection->next)
		connection->next->previous = connection;
	server->connections = connection;
	counter_set(server->count_connections, ++server->connection_count);
}

static void clients_wait(void *context, int listening, unsigned ready)
{
	(void)listening, (void)ready;
	const struct door *door = context;
	for (unsigned i = 0; i < ACCEPTS; i++) {
		struct address client;
		int descriptor = listen_accept(&door->listener, &client);
		if (descriptor < 0)
			break;
		take_connection(door, descriptor, client);
	}
	pump_now(door->server->pump);
}

/* ── time limits ─ */

static void check_exchange(struct exchange *exchange, nanoseconds now)
{
	struct server *server = exchange->server;
	if (exchange->state == EXCHANGE_OPEN || exchange->paused || now < exchange->deadline)
		return;
	if (exchange->state != EXCHANGE_ASKED) {
		close_connection(exchange->connection);
		return;
	}
	exchange->known = false;
	counter_add(server->count_gone, 1);
	if (server->owner.gone)
		server->owner.gone(server->owner.context, exchange);
	struct answer answer = { .status = 503, .problem = "this took too long; try again", .retry_after = 5 };
	server_answer(exchange, &answer);
}

static void stop_is_done(struct server *server, nanoseconds now)
{
	if (server->connection_count > 0 && now < server->stop_deadline)
		return;
	void (*stopped)(void *context) = server->stopped;
	server->stopped = NULL;
	if (stopped)
		stopped(server->stopped_context);
}

static void sweep(void *context)
{
	struct server *server = context;
	nanoseconds now = time_monotonic();
	push_tick(server, now);
	for (struct connection *connection = server->connections, *next; connection; connection = next) {
		next = connection->next;
		if (connection->exchange)
			check_exchange(connection->exchange, now);
		else if (server->stopping || now > connection->since + server->settings.patience)
			close_connection(connection);
	}
	pump_now(server->pump);
	if (server->stopping)
		stop_is_done(server, now);
}

void server_stop(struct server *server, nanoseconds within, void (*stopped)(void *context), void *context)
{
	for (unsigned i = 0; i < DOORS; i++)
		door_close(&server->doors[i]);
	server->stopping = true;
	server->stop_deadline = time_monotonic() + within;
	server->stopped = stopped;
	server->stopped_context = context;
	watch_stop(server->sweep);
	server->sweep = loop_timer(server->loop, 0, 20 * MILLISECOND, sweep, server);
}

/* ── the library ─ */

static int answer_and_close(struct exchange *exchange)
{
	exchange->close_after = true;
	if (exchange->state == EXCHANGE_ANSWERED)
		answer_write(exchange);
	return -1;
}

static int serve_connection(struct connection *connection, enum lws_callback_reasons reason, void *in, size_t size)
{
	struct exchange *exchange = connection->exchange;
	bool stays = true;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		if (exchange)
			return -1;
		stays = receive_request(connection, (struct text){ in, size });
		exchange = connection->exchange;
		/* The rest of its body is not wanted: answered before the library looks at it. */
		if (stays && exchange && exchange->state == EXCHANGE_ANSWERED && exchange->close_after)
			return answer_and_close(exchange);
		break;
	case LWS_CALLBACK_HTTP_BODY:
		stays = exchange && receive_body(exchange, (struct text){ in, size });
		break;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		/* When further requests wait behind a body, the library says this again and again and does nothing
		 * else: such a connection is closed (no client that we know sends anything behind a body before it has
		 * its answer). */
		if (exchange && exchange->ended++ > 0)
			return answer_and_close(exchange);
		if (exchange)
			receive_end(exchange);
		break;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (exchange)
			return answer_write(exchange) ? 0 : -1;
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		lws_set_opaque_user_data(connection->wsi, NULL);
		connection_gone(connection);
		return 0;
	default:
		return 0;
	}
	/* Our own sweep watches over time; the library's limits would cut slow answers of the owner off. */
	if (stays)
		lws_set_timeout(connection->wsi, NO_PENDING_TIMEOUT, 0);
	return stays ? 0 : -1;
}

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		door_set_up_tls(core_of(lws_context_user(lws_get_context(wsi)))->making, user);
		return 0;
	case LWS_CALLBACK_HTTP:
	case LWS_CALLBACK_HTTP_BODY:
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
	case LWS_CALLBACK_HTTP_WRITEABLE:
	case LWS_CALLBACK_WSI_DESTROY: {
		struct connection *connection = lws_get_opaque_user_data(wsi);
		if (!connection)
			return reason == LWS_CALLBACK_WSI_DESTROY ? 0 : -1;
		return serve_connection(connection, reason, in, size);
	}
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* neither h2c nor WebSocket is spoken here */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
	case LWS_CALLBACK_RAW_ADOPT:
	case LWS_CALLBACK_RAW_RX:
		return -1;
	default:
		return 0;
	}
}

static void log_library(int level, const char *line)
{
	(void)level;
	struct text text = text_trim(text_of(line));
	log_write(LOG_DEBUG, "http library", LOG_FIELD_TEXT("words", text));
}

static void set_headers(struct server_core *core)
{
	static const char *const fixed[][2] = {
		{ "content-security-policy:", CONTENT_POLICY },
		{ "x-content-type-options:", "nosniff" },
		{ "cross-origin-opener-policy:", "same-origin" },
		{ "cross-origin-resource-policy:", "same-origin" },
		{ "permissions-policy:", "camera=(), geolocation=(), microphone=()" },
		{ "strict-transport-security:", "max-age=31536000" },
	};
	size_t count = core->server.tls ? 6 : 5;
	for (size_t i = 0; i < count; i++) {
		core->headers[i].name = fixed[i][0];
		core->headers[i].value = fixed[i][1];
		core->headers[i].next = i + 1 < count ? &core->headers[i + 1] : NULL;
	}
}

static enum error start_library(struct server_core *core, struct failure *failure)
{
	static const struct lws_protocols protocols[] = { { .name = "http", .callback = serve }, { .name = NULL } };
	struct server *server = &core->server;
	void *loops[] = { pump_library_loop(server->pump) };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.foreign_loops = loops,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
		.max_http_header_data2 = HEADERS_LARGEST,
		.max_http_header_pool2 = server->settings.connections + 1,
		.fd_limit_per_thread = server->settings.connections + 64,
		.pt_serv_buf_size = 64 << 10,
		.timeout_secs = 3600, /* sweep() is stricter */
		.timeout_secs_ah_idle = 3600,
		.keepalive_timeout = 3600,
		.alpn = "http/1.1",
		.headers = core->headers,
		.user = server,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};
	set_headers(core);
	lws_set_log_level(LLL_ERR | LLL_WARN, log_library);
	if (server->tls) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
		info.ssl_cert_filepath = server->certificate;
		info.ssl_private_key_filepath = server->key;
	}
	server->context = lws_create_context(&info);
	if (!server->context)
		return fail(failure, ERROR_SYSTEM,
		    "cannot start the HTTP library (is the package libwebsockets-evlib-uv installed?)");
	enum error error = OK;
	for (unsigned i = 0; i < DOORS && !error; i++)
		if (server->doors[i].there) {
			core->making = &server->doors[i];
			error = door_make(core->making, &info, failure);
		}
	return error;
}

/* ── start and end ─ */

static enum error start(struct server_core *core, struct failure *failure)
{
	struct server *server = &core->server;
	enum error error = settings_check_tls(server, failure);
	if (!error)
		error = router_new(server->tables, &server->router, failure);
	if (!error)
		error = settings_check_pages(server, failure);
	if (!error)
		error = door_open(&server->doors[DOOR_OF_PEOPLE], server->settings.listen, failure);
	if (!error && server->settings.machines)
		error = door_open(&server->doors[DOOR_OF_MACHINES], server->settings.machines, failure);
	if (!error)
		error = pump_new(server->loop, &server->pump, failure);
	if (!error)
		error = start_library(core, failure);
	if (error)
		return error;
	server->limiter = limiter_new(16384);
	server->exchanges = calloc(server->settings.connections, sizeof(struct exchange *));
	server->sweep = loop_timer(server->loop, SECOND, SECOND, sweep, server);
	openapi_write(server->tables, server->settings.title ? server->settings.title : "Noroshi", &server->openapi);
	if (!server->limiter || !server->exchanges || !server->sweep || server->openapi.failed)
		return fail(failure, ERROR_MEMORY, "no memory for the server");
	pump_now(server->pump);
	return door_let_in(&server->doors[DOOR_OF_PEOPLE], clients_wait, failure);
}

enum error server_new(const struct server_settings *settings, const struct route *const *tables,
    struct templates *templates, const struct server_owner *owner, struct counters *counters, struct loop *loop,
    struct server **made, struct failure *failure)
{
	struct server_core *core = calloc(1, sizeof *core);
	if (!core)
		return fail(failure, ERROR_MEMORY, "no memory for the server");
	struct server *server = &core->server;
	for (unsigned i = 0; i < DOORS; i++)
		server->doors[i] = (struct door){ .server = server, .machines = i == DOOR_OF_MACHINES };
	server->settings = *settings;
	settings_complete(&server->settings);
	server->tables = tables;
	server->templates = templates;
	server->assets = templates ? templates_assets(templates) : NULL;
	server->owner = *owner;
	server->counters = counters;
	server->loop = loop;
	settings_make_counters(server);
	enum error error = start(core, failure);
	if (error)
		server_free(server);
	else
		*made = server;
	return error;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	for (unsigned i = 0; i < DOORS; i++)
		door_close(&server->doors[i]);
	watch_stop(server->sweep);
	if (server->context) {
		/* On a loop that is not its own the library ends in two steps, with rounds of that loop between them.
		 */
		lws_context_destroy(server->context);
		for (unsigned i = 0; i < 8; i++)
			pump_now(server->pump);
		lws_context_destroy(server->context);
	}
	pump_free(server->pump);
	for (unsigned i = 0; i < DOORS; i++)
		door_free(&server->doors[i]);
	limiter_free(server->limiter);
	router_free(server->router);
	builder_free(&server->openapi);
	free(server->exchanges);
	free(core_of(server));
}

enum error server_renew(struct server *server, struct text certificate, struct text key, struct failure *failure)
{
	enum error error = OK;
	if (!server->tls)
		return fail(failure, ERROR_USAGE, "TLS begins with the next start: this one listens without");
	for (unsigned i = 0; i < DOORS && !error; i++)
		if (server->doors[i].there)
			error = tls_use(server->doors[i].tls, certificate, key, failure);
	return error;
}

enum error server_authorities(struct server *server, struct text authorities, struct failure *failure)
{
	struct door *door = &server->doors[DOOR_OF_MACHINES];
	if (!door->there)
		return OK;
	enum error error = door_authorities(door, authorities, failure);
	return error ? error : door_let_in(door, clients_wait, failure);
}

const char *server_address(const struct server *server)
{
	return server->doors[DOOR_OF_PEOPLE].address;
}

const char *server_machines_address(const struct server *server)
{
	return server->doors[DOOR_OF_MACHINES].address;
}
