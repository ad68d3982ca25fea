/*
 * The sample server of the HTTP tests: see sample.h.
 */
#include "tests/http/sample.h"

#include "base/file.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const colours[] = { "red", "green", NULL };
static const struct field read_fields[] = {
	{ .name = "id", .type = FIELD_UUID, .place = IN_PATH, .required = true },
	{ .name = "since", .type = FIELD_TIME, .place = IN_QUERY },
	{ .name = "limit", .type = FIELD_INTEGER, .place = IN_QUERY, .least = 1, .most = 100 },
	{ .name = "q", .type = FIELD_TEXT, .place = IN_QUERY, .largest = 20 },
	{ .name = "label", .type = FIELD_LIST, .place = IN_QUERY, .largest = 3 },
	{ .name = NULL },
};
static const struct field write_fields[] = {
	{ .name = "name", .type = FIELD_TEXT, .place = IN_BODY, .required = true },
	{ .name = "colour", .type = FIELD_CHOICE, .place = IN_BODY, .choices = colours },
	{ .name = "text", .type = FIELD_LINES, .place = IN_BODY, .largest = 1000 },
	{ .name = "address", .type = FIELD_ADDRESS, .place = IN_BODY },
	{ .name = "weight", .type = FIELD_REAL, .place = IN_BODY, .least = 0, .most = 1 },
	{ .name = "urgent", .type = FIELD_BOOLEAN, .place = IN_BODY },
	{ .name = NULL },
};
static const struct field name_fields[] = { { .name = "name", .type = FIELD_TEXT, .place = IN_QUERY },
	{ .name = NULL } };

const struct route sample_routes[] = {
	{ .kind = ROUTE_JSON,
	    .method = "GET",
	    .path = "/v1/things/{id}",
	    .name = "thing-read",
	    .summary = "Reads",
	    .fields = read_fields },
	{ .kind = ROUTE_JSON,
	    .method = "POST",
	    .path = "/v1/things",
	    .name = "thing-make",
	    .summary = "Makes",
	    .fields = write_fields,
	    .changes = true,
	    .door = DOOR_EITHER,
	    .limits = { .body = 2000 } },
	{ .kind = ROUTE_JSON,
	    .method = "DELETE",
	    .path = "/v1/things",
	    .name = "thing-remove",
	    .summary = "Removes",
	    .changes = true },
	{ .kind = ROUTE_JSON,
	    .method = "GET",
	    .path = "/v1/rare",
	    .name = "rare",
	    .summary = "Few",
	    .limits = { .per_minute = 10 } },
	{ .kind = ROUTE_JSON,
	    .method = "GET",
	    .path = "/v1/machine",
	    .name = "machine",
	    .summary = "For machines",
	    .door = DOOR_MACHINES },
	{ .kind = ROUTE_JSON, .method = "GET", .path = "/v1/slow", .name = "slow", .summary = "Never answers" },
	{ .kind = ROUTE_JSON, .method = "GET", .path = "/v1/later", .name = "later", .summary = "Answers later" },
	{ .kind = ROUTE_JSON, .method = "GET", .path = "/v1/large", .name = "large", .summary = "Answers 3 MB" },
	{ .kind = ROUTE_PAGE,
	    .method = "GET",
	    .path = "/hello",
	    .name = "hello",
	    .summary = "A page",
	    .fields = name_fields,
	    .page = "hello",
	    .stranger = true },
	{ .kind = ROUTE_FORM,
	    .method = "POST",
	    .path = "/things",
	    .name = "thing-form",
	    .summary = "A form",
	    .fields = write_fields,
	    .stranger = true,
	    .changes = true },
	{ .kind = ROUTE_STREAM,
	    .method = "POST",
	    .path = "/v1/batch",
	    .name = "batch",
	    .summary = "A batch",
	    .door = DOOR_EITHER },
	{ .kind = ROUTE_EVENTS, .method = "GET", .path = "/v1/stream", .name = "stream", .summary = "Changes" },
	{ .name = NULL },
};
const struct route *const sample_tables[] = { sample_routes, NULL };

struct child {
	struct server *server;
	struct loop *loop;
	uint64_t later[64];
	size_t later_count;
	uint64_t batch, batches;
	bool refused;
};

static json_t *digest(const uint8_t *bytes, bool given)
{
	char text[HEX_SIZE(32)];
	return given ? json_string(hex_format(bytes, 32, text)) : json_null();
}

/* Everything that got through. */
static json_t *echo(const struct request *request)
{
	return json_pack("{s:s, s:O, s:s#, s:s, s:I, s:s, s:o, s:o, s:o}", "route", request->route->name, "input",
	    request->input, "language", request->language.at, (int)request->language.size, "client", request->client,
	    "version", (json_int_t)request->version, "key", request->idempotency_key, "token",
	    digest(request->token, request->has_token), "session", digest(request->session, request->has_session),
	    "certificate", digest(request->certificate, request->has_certificate));
}

static void answer_large(struct exchange *exchange)
{
	struct builder text = { 0 };
	for (unsigned i = 0; i < 300000; i++)
		build_text(&text, TEXT("0123456789"));
	struct answer answer = { .type = "text/plain; charset=utf-8", .body = { text.at, text.size } };
	server_answer(exchange, &answer);
	builder_free(&text);
}

static void requested(void *context, struct exchange *exchange)
{
	struct child *child = context;
	const struct request *request = exchange_request(exchange);
	const char *name = request->route->name;
	if (strcmp(name, "slow") == 0)
		return;
	if (strcmp(name, "later") == 0 && child->later_count < 64) {
		child->later[child->later_count++] = request->number;
		return;
	}
	if (strcmp(name, "large") == 0) {
		answer_large(exchange);
		return;
	}
	if (request->route->kind == ROUTE_EVENTS) {
		uint32_t organisation = 7;
		server_stream_open(exchange, false, &organisation, 1, NULL);
		return;
	}
	json_t *output = echo(request);
	struct answer answer = { .output = output, .version = 12 };
	if (request->route->kind == ROUTE_FORM) {
		const char *text = json_string_value(json_object_get(request->input, "name"));
		answer.location = text && strcmp(text, "elsewhere") == 0 ? "//evil.example/" : "/hello?name=done";
		answer.cookie = text && strcmp(text, "sign out") == 0 ? "" : "0123456789abcdef0123456789abcdef";
		answer.version = 0;
	}
	server_answer(exchange, &answer);
	json_decref(output);
}

static void stream_begin(void *context, struct exchange *exchange)
{
	struct child *child = context;
	child->batch = 0;
	if (exchange_request(exchange)->has_token || exchange_request(exchange)->has_certificate)
		return;
	struct failure failure = { ERROR_DENIED, "no token" };
	server_answer_failure(exchange, &failure);
}

static void stream_data(void *context, struct exchange *exchange, struct text bytes)
{
	(void)exchange;
	((struct child *)context)->batch += bytes.size;
}

static void stream_end(void *context, struct exchange *exchange)
{
	struct child *child = context;
	json_t *output = json_pack("{s:I}", "bytes", (json_int_t)child->batch);
	struct answer answer = { .output = output };
	server_answer(exchange, &answer);
	json_decref(output);
}

static void answer_later(void *context)
{
	struct child *child = context;
	for (size_t i = 0; i < child->later_count; i++) {
		struct exchange *exchange = server_exchange(child->server, child->later[i]);
		struct answer answer = { .type = "text/plain", .body = TEXT("later") };
		if (exchange)
			server_answer(exchange, &answer);
	}
	child->later_count = 0;
}

static void stopped(void *context)
{
	loop_stop(((struct child *)context)->loop);
}

static void control(void *context, int descriptor, unsigned ready)
{
	struct child *child = context;
	char command = 's';
	(void)ready;
	if (read(descriptor, &command, 1) != 1)
		command = 's';
	if (command == 'p')
		server_push(child->server, 7, "event", "the-id"), server_push(child->server, 8, "event", "hidden");
	if (command == 's')
		server_stop(child->server, 2 * SECOND, stopped, child);
}

/* ca.pem beside the server's certificate signs the machines'. */
static enum error let_machines_in(
    struct server *server, const struct server_settings *settings, struct failure *failure)
{
	char path[300], *at;
	size_t size;
	snprintf(path, sizeof path, "%.*s/ca.pem", (int)(strrchr(settings->certificate, '/') - settings->certificate),
	    settings->certificate);
	enum error error = file_read(path, 65536, &at, &size, failure);
	if (error)
		return error;
	error = server_authorities(server, (struct text){ at, size }, failure);
	free(at);
	return error;
}

static int serve(const struct server_settings *settings, int report, int commands)
{
	struct child child = { 0 };
	struct failure failure = { 0 };
	struct assets *assets = NULL;
	struct templates *templates = NULL;
	struct counters *counters = counters_new();
	const struct server_owner owner = { &child, requested, stream_begin, stream_data, stream_end, NULL };
	enum error error = loop_new(&child.loop, &failure);
	if (!error && settings->web)
		error = assets_new(settings->web, &assets, &failure);
	if (!error && settings->web)
		error = templates_new(settings->web, NULL, assets, &templates, &failure);
	if (!error)
		error = server_new(settings, settings->web ? sample_tables : (const struct route *const[]){ NULL },
		    templates, &owner, counters, child.loop, &child.server, &failure);
	if (!error && settings->machines)
		error = let_machines_in(child.server, settings, &failure);
	if (error) {
		dprintf(report, "!%s", failure.words);
		return 3;
	}
	dprintf(report, "%s %s", server_address(child.server), server_machines_address(child.server));
	close(report);
	struct watch *watch = loop_descriptor(child.loop, commands, LOOP_READ, control, &child);
	struct watch *later = loop_timer(child.loop, 50 * MILLISECOND, 50 * MILLISECOND, answer_later, &child);
	error = loop_run(child.loop, &failure);
	watch_stop(watch);
	watch_stop(later);
	server_free(child.server);
	templates_free(templates);
	assets_free(assets);
	counters_free(counters);
	loop_free(child.loop);
	return error ? 4 : 0;
}

bool sample_start(const struct server_settings *settings, struct sample *sample, struct failure *failure)
{
	int report[2], commands[2];
	char words[600];
	if (pipe(report) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, commands) < 0)
		return false;
	fflush(stdout);
	sample->process = fork();
	if (sample->process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_setup("sample", LOG_ERROR, false);
		close(report[0]);
		close(commands[0]);
		exit(serve(settings, report[1], commands[1]));
	}
	close(report[1]);
	close(commands[1]);
	sample->control = commands[0];
	ssize_t size = read(report[0], words, sizeof words - 1);
	close(report[0]);
	words[size > 0 ? size : 0] = 0;
	if (size <= 0 || words[0] == '!') {
		waitpid(sample->process, NULL, 0);
		close(sample->control);
		fail(failure, ERROR_SYSTEM, "%s", words + (size > 0));
		return false;
	}
	struct text rest = text_of(words);
	text_copy(text_cut(&rest, ' '), sample->address, sizeof sample->address);
	text_copy(rest, sample->machines, sizeof sample->machines);
	sample->port = (uint16_t)atoi(strrchr(sample->address, ':') + 1);
	return true;
}

int sample_stop(struct sample *sample)
{
	int status = 0;
	if (write(sample->control, "s", 1) != 1)
		kill(sample->process, SIGKILL);
	waitpid(sample->process, &status, 0);
	close(sample->control);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int sample_connect(const struct sample *sample)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(sample->port), .sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(descriptor, (struct sockaddr *)&to, sizeof to) < 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

size_t sample_talk(
    const struct sample *sample, const char *request, size_t size, const char *want, char *to, size_t room)
{
	size_t got = 0;
	int descriptor = sample_connect(sample);
	to[0] = 0;
	if (descriptor < 0)
		return 0;
	while (size > 0) {
		ssize_t part = send(descriptor, request, size, MSG_NOSIGNAL);
		if (part <= 0)
			break;
		request += part;
		size -= (size_t)part;
	}
	struct pollfd poll_for = { .fd = descriptor, .events = POLLIN };
	while (got + 1 < room && !(want && strstr(to, want)) && poll(&poll_for, 1, 60000) > 0) {
		ssize_t part = recv(descriptor, to + got, room - got - 1, 0);
		if (part <= 0)
			break;
		got += (size_t)part;
		to[got] = 0;
	}
	close(descriptor);
	return got;
}

bool sample_certificates(const char *folder)
{
	char command[2000];
	snprintf(command, sizeof command,
	    "cd '%s' && exec >/dev/null 2>&1 && "
	    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 -subj /CN=authority "
	    "-keyout ca.key -out ca.pem && "
	    "for who in server client; do "
	    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$who -keyout $who.key -out "
	    "$who.csr && "
	    "printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' > $who.ext && "
	    "openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3 -extfile $who.ext -out "
	    "$who.pem || exit 1; done",
	    folder);
	return system(command) == 0;
}
