/*
 * The front process: requests to the keeper and its answers back; counters and health from here.
 */
#include "center/front.h"

#include "base/catalog.h"
#include "base/data.h"
#include "base/log.h"
#include "base/version.h"
#include "bus/channel.h"
#include "center/center.h"
#include "center/confine.h"
#include "center/message.h"
#include "center/message_read.h"
#include "center/overload.h"
#include "http/fields.h"
#include "intel/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS_PATIENCE (8 * SECOND)
#define ADDRESS_EVERY (50 * MILLISECOND)

void answer_problem(struct exchange *exchange, uint16_t status, const char *words, uint32_t retry_after)
{
	struct answer answer = { .status = status, .problem = words, .retry_after = retry_after };
	server_answer(exchange, &answer);
}

static void keeper_away(struct exchange *exchange)
{
	answer_problem(exchange, 503, "The centre is starting, or recovers: try again in a moment.", 2);
}

static void answer_health(struct front *front, struct exchange *exchange)
{
	json_t *output =
	    json_pack("{s:s,s:s}", "status", front->keeper ? "ok" : "recovering", "version", NOROSHI_VERSION);
	struct answer answer = {
		.status = front->keeper ? 200 : 503, .output = output, .retry_after = front->keeper ? 0 : 2
	};
	if (!front->keeper)
		answer.problem = "The keeper is away.";
	server_answer(exchange, &answer);
	json_decref(output);
}

/* Ours and the keeper's families of counters have different names, so that the texts can follow each other. */
static void answer_metrics(struct front *front, struct exchange *exchange)
{
	struct builder text = { 0 };
	counters_write(front->process->counters, &text);
	build_text(&text, text_of(front->keeper_counters));
	build_text(&text, TEXT("# EOF\n"));
	struct answer answer = {
		.status = text.failed ? 503 : 200,
		.type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
		.body = { text.at, text.size },
	};
	server_answer(exchange, &answer);
	builder_free(&text);
}

static bool is_route(const struct request *request, const char *name)
{
	return strcmp(request->route->name, name) == 0;
}

static void asked_remove(struct front *front, uint64_t number)
{
	for (size_t i = 0; i < front->asked_count; i++)
		if (front->asked[i] == number) {
			front->asked[i] = front->asked[--front->asked_count];
			return;
		}
}

void front_ask(struct front *front, struct exchange *exchange)
{
	const struct request *request = exchange_request(exchange);
	if (!front->keeper || channel_waiting(front->keeper) > CHANNEL_LARGEST || front->asked_count == FRONT_ASKED) {
		keeper_away(exchange);
		return;
	}
	if (overload_defers(front->overload, request->route)) {
		answer_problem(exchange, 503, "The centre is overloaded: alerts come first. Try again in a moment.",
		    OVERLOAD_RETRY);
		return;
	}
	struct builder body = { 0 };
	put_text(&body, text_of(request->route->name));
	put_bytes(&body, request->session, 32);
	put_bytes(&body, request->token, 32);
	put_bytes(&body, request->form, 32);
	put_bytes(&body, request->certificate, 32);
	put_text(&body, text_of(request->basic_name));
	put_text(&body, text_of(request->basic_password));
	put_u64(&body, request->version);
	put_text(&body, text_of(request->idempotency_key));
	put_text(&body, request->language);
	put_text(&body, text_of(request->client));
	fields_encode(request->route, request->input, &body);
	if (body.failed ||
	    channel_send(front->keeper, MESSAGE_CALL, request->number, (struct text){ body.at, body.size }) != OK)
		keeper_away(exchange);
	else
		front->asked[front->asked_count++] = request->number;
	if (body.at)
		explicit_bzero(body.at, body.size);
	builder_free(&body);
}

static void front_requested(void *context, struct exchange *exchange)
{
	struct front *front = context;
	const struct request *request = exchange_request(exchange);
	if (is_route(request, "health")) {
		answer_health(front, exchange);
		return;
	}
	if (is_route(request, "metrics") && front->process->settings.metrics_loopback &&
	    host_is_loopback(request->client)) {
		answer_metrics(front, exchange);
		return;
	}
	front_ask(front, exchange);
}

static void open_feed(struct exchange *exchange, const json_t *list, struct text lines)
{
	size_t count = json_array_size(list);
	uint32_t *communities = calloc(count + 1, sizeof *communities);
	struct failure failure;
	for (size_t i = 0; i < count && communities; i++)
		communities[i] = (uint32_t)json_integer_value(json_array_get(list, i));
	if (communities)
		server_feed_open(exchange, communities, count, lines, &failure);
	else
		answer_problem(exchange, 503, "There is no memory for a further feed.", OVERLOAD_RETRY);
	free(communities);
}

static void open_stream(struct exchange *exchange, json_t *output)
{
	uint32_t organisations[64];
	size_t count = 0, index;
	json_t *item, *list = json_object_get(output, "organisations");
	json_array_foreach(list, index, item) if (count < 64) organisations[count++] =
	    (uint32_t)json_integer_value(item);
	struct failure failure;
	server_stream_open(exchange, json_is_true(json_object_get(output, "all")), organisations, count, &failure);
}

/* A stranger on a page is shown the way in. */
static void ask_to_sign_in(struct exchange *exchange)
{
	const struct route *route = exchange_request(exchange)->route;
	char location[256];
	bool back = !strchr(route->path, '{');
	snprintf(location, sizeof location, "/sign-in%s%s", back ? "?back=" : "", back ? route->path : "");
	struct answer answer = { .status = 303, .location = location };
	server_answer(exchange, &answer);
}

static void pass_answer(struct front *front, const struct message *message)
{
	struct arena *arena = arena_new(0);
	struct answer answer;
	struct text output;
	bool whole = answer_read(message->body, arena, &answer, &output);
	struct exchange *exchange = server_exchange(front->server, message->correlation);
	asked_remove(front, message->correlation);
	if (exchange && whole) {
		const struct request *request = exchange_request(exchange);
		json_t *object = output.size ? json_loadb(output.at, output.size, 0, NULL) : NULL;
		answer.output = object;
		if (request->route->kind == ROUTE_STREAM)
			pushes_admitted(front, exchange, &answer);
		else if (request->route->kind == ROUTE_EVENTS && json_object_get(object, "feed"))
			open_feed(exchange, json_object_get(object, "feed"), answer.body);
		else if (request->route->kind == ROUTE_EVENTS && answer.status == 200 && !answer.type)
			open_stream(exchange, object);
		else if (is_route(request, "metrics") && answer.status == 200)
			answer_metrics(front, exchange);
		else if (request->route->kind == ROUTE_PAGE && answer.status == 401)
			ask_to_sign_in(exchange);
		else {
			/* A form's handler says where to go, if no page answers it; the status is the server's
			 * business.
			 */
			if (request->route->kind == ROUTE_FORM && !request->route->page && answer.status < 300)
				answer.status = 0;
			server_answer(exchange, &answer);
		}
		json_decref(object);
	}
	arena_free(arena);
}

static void pass_change(struct front *front, struct text body)
{
	struct changed changed;
	if (changed_read(body, &changed))
		server_push(front->server, changed.organisation, changed.noun, changed.id);
}

static void take_counters(struct front *front, struct text body)
{
	struct reader from = reader_of(body.at, body.size);
	struct text text = get_text(&from);
	if (!reader_done(&from))
		return;
	free(front->keeper_counters);
	front->keeper_counters = strndup(text.at, text.size);
}

/* The machines' door opens with the first of them. */
static void take_authorities(struct front *front, struct text body)
{
	struct reader from = reader_of(body.at, body.size);
	struct text authorities = get_text(&from);
	struct failure failure;
	if (reader_done(&from) && server_authorities(front->server, authorities, &failure) != OK)
		log_write(LOG_ERROR, "machines are not let in", LOG_FIELD_STRING("why", failure.words));
}

static void pass_shared(struct front *front, struct text body)
{
	struct reader from = reader_of(body.at, body.size);
	uint32_t community = get_u32(&from);
	struct text lines = get_text(&from);
	if (reader_done(&from))
		server_feed(front->server, community, lines);
}

static void keeper_said(void *context, const struct message *message)
{
	struct process *process = context;
	struct front *front = process->self;
	switch (message->kind) {
	case MESSAGE_ANSWER:
		pass_answer(front, message);
		break;
	case MESSAGE_ADMITTED:
		ingests_admitted(front, message);
		break;
	case MESSAGE_TERRITORY:
		ingests_territory(front, message);
		break;
	case MESSAGE_INGESTED:
		ingests_stored(front, message);
		break;
	case MESSAGE_PUSHED:
		pushes_stored(front, message);
		break;
	case MESSAGE_CHANGED:
		pass_change(front, message->body);
		break;
	case MESSAGE_SHARED:
		pass_shared(front, message->body);
		break;
	case MESSAGE_RECHECK:
		server_feeds_close(front->server);
		break;
	case MESSAGE_COUNTERS:
		take_counters(front, message->body);
		break;
	case MESSAGE_AUTHORITIES:
		take_authorities(front, message->body);
		break;
	default:
		log_write(LOG_WARNING, "a message of an unknown kind", LOG_FIELD_NUMBER("kind", message->kind));
	}
}

static void keeper_gone(void *context, const struct failure *failure)
{
	(void)failure;
	struct process *process = context;
	struct front *front = process->self;
	channel_free(front->keeper);
	front->keeper = NULL;
	ingests_keeper_gone(front);
	pushes_keeper_gone(front);
	while (front->asked_count > 0) {
		struct exchange *exchange = server_exchange(front->server, front->asked[--front->asked_count]);
		if (exchange)
			keeper_away(exchange);
	}
}

static void front_peer(struct process *process, enum process_kind kind, int descriptor)
{
	struct front *front = process->self;
	struct failure failure = { 0 };
	if (kind != PROCESS_KEEPER) {
		close(descriptor);
		return;
	}
	if (front->keeper)
		keeper_gone(process, &failure);
	if (channel_new(process->loop, descriptor, keeper_said, keeper_gone, process, &front->keeper, &failure) != OK) {
		front->keeper = NULL;
		log_write(LOG_ERROR, "no channel to the keeper", LOG_FIELD_STRING("why", failure.words));
		return;
	}
	struct builder body = { 0 };
	put_text(&body, text_of(front->server ? server_address(front->server) : ""));
	put_text(&body, text_of(front->server ? server_machines_address(front->server) : ""));
	if (!body.failed)
		channel_send(front->keeper, MESSAGE_ADDRESS, 0, (struct text){ body.at, body.size });
	builder_free(&body);
}

/* A stream whose route has a handler is one of items: the handler says who may. */
static bool is_push(const struct exchange *exchange)
{
	return exchange_request(exchange)->route->handle != NULL;
}

static void stream_begin(void *context, struct exchange *exchange)
{
	(is_push(exchange) ? pushes_begin : ingests_begin)(context, exchange);
}

static void stream_data(void *context, struct exchange *exchange, struct text bytes)
{
	(is_push(exchange) ? pushes_data : ingests_data)(context, exchange, bytes);
}

static void stream_end(void *context, struct exchange *exchange)
{
	(is_push(exchange) ? pushes_end : ingests_end)(context, exchange);
}

static void exchange_gone(void *context, struct exchange *exchange)
{
	const struct request *request = exchange_request(exchange);
	if (request->route->kind == ROUTE_STREAM)
		(is_push(exchange) ? pushes_gone : ingests_gone)(context, exchange);
	asked_remove(context, request->number);
}

static enum error pages_open(struct front *front, char *web, size_t size, struct failure *failure)
{
	const char *pages = front->process->settings.pages;
	char catalog[4096];
	struct failure none;
	enum error error = OK;
	if (pages && *pages)
		snprintf(web, size, "%s", pages);
	else
		error = data_find("web", web, size, failure);
	if (error == OK)
		error = assets_new(web, &front->assets, failure);
	/* Without the Japanese texts the pages are English: a build without gettext. */
	if (error == OK && data_find_catalog("ja", catalog, sizeof catalog, &none) == OK)
		error = catalog_open(catalog, &front->catalog, failure);
	if (error == OK)
		error = templates_new(web, front->catalog, front->assets, &front->templates, failure);
	return error;
}

static enum error front_listen(struct front *front, struct failure *failure)
{
	static const struct server_owner callbacks = {
		.requested = front_requested,
		.stream_begin = stream_begin,
		.stream_data = stream_data,
		.stream_end = stream_end,
		.gone = exchange_gone,
	};
	const struct center_settings *settings = &front->process->settings;
	struct server_owner owner = callbacks;
	char web[4096];
	enum error error = pages_open(front, web, sizeof web, failure);
	if (error != OK)
		return error;
	owner.context = front;
	const char *authority = settings->public_url ? strstr(settings->public_url, "://") : NULL;
	const char *hosts[] = { authority ? authority + 3 : NULL, NULL };
	bool key = settings->tls_key && *settings->tls_key;
	struct server_settings server = {
		.listen = settings->listen,
		.certificate = key ? settings->tls_certificate : NULL,
		.key = key ? settings->tls_key : NULL,
		.tls_1_2 = settings->tls_1_2,
		.machines = settings->machines && *settings->machines ? settings->machines : NULL,
		.hosts = authority ? hosts : NULL,
		.batch = settings->batch_body,
		.envelope = intel_configured()->envelope,
		.address_per_minute = 120000,
		.connections = 8192,
		.connections_each = 4096,
		.web = web,
	};
	route_tables(front->tables);
	nanoseconds end = time_monotonic() + ADDRESS_PATIENCE;
	bool said = false;
	/* The front of a supervisor that was killed may still be ending. */
	while ((error = server_new(&server, front->tables, front->templates, &owner, front->process->counters,
		    front->process->loop, &front->server, failure)) == ERROR_CONFLICT &&
	       time_monotonic() < end) {
		if (!said)
			log_write(LOG_WARNING, "another process still has the address: waiting",
			    LOG_FIELD_STRING("why", failure->words));
		said = true;
		nanosleep(&(struct timespec){ .tv_nsec = ADDRESS_EVERY }, NULL);
	}
	return error;
}

static enum error front_start(struct process *process, struct failure *failure)
{
	struct front *front = process->self;
	bool landlocked = true;
	front->process = process;
	enum error error = ingests_new(front, &front->ingests, failure);
	if (error == OK)
		error = overload_new(front, &front->overload, failure);
	if (error == OK)
		error = pushes_new(front, &front->pushes, failure);
	if (error == OK)
		error = front_listen(front, failure);
	/* The key was read and the address is bound: what root could do more is not needed any longer. */
	if (error == OK)
		error = confine_user(process->settings.user, process->wishes.ephemeral, failure);
	if (error == OK)
		error = confine_files((const struct confine_path[]){ { "/dev", false } }, 1, &landlocked, failure);
	if (error == OK && !landlocked)
		log_write(LOG_WARNING, "this kernel has no Landlock: the front is not confined to its files");
	if (error == OK)
		process_ready(process, server_address(front->server), TEXT_NONE);
	return error;
}

/* Key and certificate are renewed while it runs: connections that are open go on with the old ones. */
static enum error front_reload(
    struct process *process, struct text certificate, struct text key, struct failure *failure)
{
	struct front *front = process->self;
	return key.size ? server_renew(front->server, certificate, key, failure) : OK;
}

static void front_stopped(void *context)
{
	process_end(context, 0);
}

static void front_stop(struct process *process)
{
	struct front *front = process->self;
	server_stop(front->server, 5 * SECOND, front_stopped, process);
}

int front_run(void)
{
	static const struct process_hooks hooks = {
		.start = front_start,
		.reload = front_reload,
		.peer = front_peer,
		.stop = front_stop,
	};
	struct front front = { 0 };
	return process_run(PROCESS_FRONT, &hooks, &front);
}
