/*
 * The HTTP server of front on a socket of loopback: any bytes of a client, whole or in two pieces, give answers that
 * are whole, or none; what reaches the owner went through every check. The server is made anew for some thousand
 * inputs.
 *
 * Sources: http/receive.c, http/admit.c, http/answer.c, http/exchange.c, http/header.c, http/listen.c, http/pump.c.
 */
#include "fuzz.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE 6 /* rounds of the loop without a byte, after which the client goes */
#define INPUTS 5000

static const struct field read_fields[] = {
	{ .name = "id", .type = FIELD_INTEGER, .place = IN_PATH, .required = true, .least = 0, .most = 1000 },
	{ .name = "q", .type = FIELD_TEXT, .place = IN_QUERY, .largest = 20 },
	{ .name = NULL },
};
static const struct field write_fields[] = {
	{ .name = "id", .type = FIELD_INTEGER, .place = IN_PATH, .required = true, .least = 0, .most = 1000 },
	{ .name = "name", .type = FIELD_TEXT, .place = IN_BODY },
	{ .name = "text", .type = FIELD_LINES, .place = IN_BODY, .largest = 200 },
	{ .name = NULL },
};
static const struct route routes[] = {
	{ .kind = ROUTE_JSON, .method = "GET", .path = "/v1/things/{id}", .name = "get", .fields = read_fields },
	{ .kind = ROUTE_JSON, .method = "POST", .path = "/v1/things/{id}", .name = "post", .fields = write_fields },
	{ .kind = ROUTE_FORM,
	    .method = "POST",
	    .path = "/{id}",
	    .name = "form",
	    .fields = write_fields,
	    .stranger = true },
	{ .kind = ROUTE_STREAM, .method = "POST", .path = "/v1/batch", .name = "batch" },
	{ .name = NULL },
};
static const struct route *const tables[] = { routes, NULL };

static struct peer {
	struct loop *loop;
	struct server *server;
	struct counters *counters;
	struct sockaddr_in address;
	const uint8_t *at;
	size_t left, pause, got;
	int descriptor;
	unsigned idle, inputs;
	char answer[1 << 16];
} peer;

static void requested(void *context, struct exchange *exchange)
{
	(void)context;
	const struct request *request = exchange_request(exchange);
	struct failure failure;
	CHECK(request->route && json_is_object(request->input));
	for (const struct field *field = request->route->fields; field && field->name; field++)
		CHECK(!field->required || json_object_get(request->input, field->name));
	CHECK(strlen(request->idempotency_key) <= 64 && (request->language.size == 2));
	fail(&failure, ERROR_CONFLICT, "%zu fields", json_object_size(request->input));
	struct answer answer = { .output = request->input, .version = 7, .location = "/1" };
	if (request->version == 3)
		server_answer_failure(exchange, &failure);
	else
		server_answer(exchange, &answer);
}

static void stream_begin(void *context, struct exchange *exchange)
{
	(void)context, (void)exchange;
}

static void stream_data(void *context, struct exchange *exchange, struct text bytes)
{
	(void)context, (void)exchange;
	CHECK(bytes.size > 0);
}

static void make_server(void)
{
	static const struct server_owner owner = { .requested = requested,
		.stream_begin = stream_begin,
		.stream_data = stream_data,
		.stream_end = requested };
	static const char *const hosts[] = { "localhost", NULL };
	static const struct server_settings settings = { .listen = "127.0.0.1:0",
		.hosts = hosts,
		.batch = 4096,
		.connections = 4000,
		.connections_each = 4000,
		.address_per_minute = 1000000000 };
	struct failure failure = { 0 };
	CHECK(loop_new(&peer.loop, &failure) == OK);
	peer.counters = counters_new();
	CHECK(server_new(&settings, tables, NULL, &owner, peer.counters, peer.loop, &peer.server, &failure) == OK);
	const char *port = strrchr(server_address(peer.server), ':');
	peer.address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port + 1)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	peer.inputs = 0;
}

static void remove_server(void)
{
	server_free(peer.server);
	loop_free(peer.loop);
	counters_free(peer.counters);
	peer.server = NULL;
}

static void give(void)
{
	size_t size = peer.pause && peer.pause < peer.left ? peer.pause : peer.left;
	ssize_t sent = size ? send(peer.descriptor, peer.at, size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	if (sent > 0)
		peer.at += sent, peer.left -= (size_t)sent, peer.pause = 0;
}

/* Each round: a piece of what is sent, then what came. The client goes when nothing comes any more. */
static void next_round(void *context)
{
	give();
	size_t room = sizeof peer.answer - 1 - peer.got;
	ssize_t got = recv(peer.descriptor, peer.answer + peer.got, room, MSG_DONTWAIT);
	if (got > 0)
		peer.got += (size_t)got, peer.idle = 0;
	if (got == 0 || room == 0 || (got < 0 && ++peer.idle > IDLE)) {
		loop_stop(peer.loop);
		return;
	}
	CHECK(loop_timer(peer.loop, 0, 0, next_round, context));
}

/* One answer after the other: a status line, header lines of printable characters. */
static void check_answers(void)
{
	peer.answer[peer.got] = 0;
	struct text rest = { peer.answer, peer.got };
	if (rest.size < 12)
		return;
	CHECK(text_starts(rest, TEXT("HTTP/1.1 ")) || text_starts(rest, TEXT("HTTP/1.0 ")));
	CHECK(rest.at[9] >= '2' && rest.at[9] <= '5' && strncmp(rest.at + 9, "500", 3) != 0);
	while (rest.size) {
		struct text line = text_cut(&rest, '\n');
		if (line.size <= 1)
			return;
		for (size_t i = 0; i + 1 < line.size; i++)
			CHECK((unsigned char)line.at[i] >= 0x20 && (unsigned char)line.at[i] < 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure failure;
	if (size < 1 || size > 16384)
		return 0;
	if (!peer.server || peer.inputs == INPUTS) {
		if (peer.server)
			remove_server();
		else
			atexit(remove_server);
		make_server();
	}
	peer.at = data + 1, peer.left = size - 1, peer.pause = data[0], peer.got = peer.idle = 0, peer.inputs++;
	peer.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(peer.descriptor >= 0);
	/* No port waits for late packets: the next inputs need it. */
	struct linger none = { .l_onoff = 1 };
	setsockopt(peer.descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	CHECK(connect(peer.descriptor, (struct sockaddr *)&peer.address, sizeof peer.address) == 0);
	CHECK(loop_timer(peer.loop, 0, 0, next_round, &peer));
	CHECK(loop_run(peer.loop, &failure) == OK);
	close(peer.descriptor);
	check_answers();
	return 0;
}
