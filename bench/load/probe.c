/*
 * Probes: how long from a POST until an analyst's queue shows its event. See load.h.
 */
#include "lines.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>

#define FLYING_MOST 32
#define ASK_EVERY (20 * MILLISECOND)
#define PATIENCE (60 * SECOND)

struct probe {
	struct probes *probes;
	char token[TOKEN_ROOM];
	unsigned organisation;
	struct client *sensor, *analyst;
	struct watch *timer;
	nanoseconds began;
	struct builder body;
	bool flying, acknowledged, shown;
};

struct probes {
	struct load *load;
	unsigned batch, count, begun, flying;
	char analyst[TOKEN_ROOM];
	struct probe *probe[4096];
	struct lines *lines;
	struct watch *timer;
	uint64_t acknowledged, asked, refused, never;
	struct times times, posts;
};

struct probes *probes_new(struct load *load, unsigned batch)
{
	struct probes *probes = calloc(1, sizeof *probes);
	if (!probes || !(probes->lines = lines_new(0xfff0, 500))) {
		free(probes);
		return NULL;
	}
	probes->load = load;
	probes->batch = batch;
	return probes;
}

void probes_free(struct probes *probes)
{
	for (unsigned i = 0; probes && i < probes->count; i++) {
		struct probe *probe = probes->probe[i];
		watch_stop(probe->timer);
		client_free(probe->sensor);
		client_free(probe->analyst);
		builder_free(&probe->body);
		free(probe);
	}
	if (!probes)
		return;
	watch_stop(probes->timer);
	lines_free(probes->lines);
	free(probes->times.at);
	free(probes->posts.at);
	free(probes);
}

bool probes_add(struct probes *probes, const char *token, unsigned organisation)
{
	struct probe *probe = probes->count < 4096 ? calloc(1, sizeof *probe) : NULL;
	if (!probe)
		return false;
	probe->probes = probes;
	text_copy(text_of(token), probe->token, sizeof probe->token);
	probe->organisation = organisation;
	probes->probe[probes->count++] = probe;
	return true;
}

void probes_analyst(struct probes *probes, const char *token)
{
	text_copy(text_of(token), probes->analyst, sizeof probes->analyst);
}

static void probe_end(struct probe *probe)
{
	probe->flying = false;
	probe->probes->flying--;
	watch_stop(probe->timer);
	probe->timer = NULL;
}

static void ask(void *context)
{
	struct probe *probe = context;
	struct probes *probes = probe->probes;
	struct builder head = { 0 };
	watch_stop(probe->timer);
	probe->timer = NULL;
	if (time_monotonic() - probe->began > PATIENCE) {
		probes->never++;
		probe_end(probe);
		return;
	}
	build_format(&head,
	    "GET /v1/events?organisation=%u&limit=1 HTTP/1.1\r\nHost: %s:%u\r\nAuthorization: Bearer %s\r\n\r\n",
	    probe->organisation, probes->load->host, probes->load->port, probes->analyst);
	probes->asked++;
	client_send(probe->analyst, (struct text){ head.at, head.size }, TEXT_NONE);
	builder_free(&head);
}

static void queue_shown(void *context, const struct client_answer *answer)
{
	struct probe *probe = context;
	json_t *output = answer->status == 200 ? json_loadb(answer->body.at, answer->body.size, 0, NULL) : NULL;
	bool shown = json_array_size(json_object_get(output, "events")) > 0;
	json_decref(output);
	if (answer->status != 200 && probe->probes->refused++ == 0)
		fprintf(stderr, "load: the queue was answered %u: %.*s\n", answer->status, (int)answer->body.size,
		    answer->body.at);
	if (shown) {
		times_add(&probe->probes->times, (double)(time_monotonic() - probe->began) / (double)SECOND);
		probe_end(probe);
		return;
	}
	nanoseconds passed = time_monotonic() - probe->began;
	probe->timer = loop_timer(probe->probes->load->loop, passed < 2 * SECOND ? ASK_EVERY : SECOND, 0, ask, probe);
}

static void post_again(void *context);

static void posted(void *context, const struct client_answer *answer)
{
	struct probe *probe = context;
	if (answer->status == 200) {
		probe->probes->acknowledged += answer_alerts(answer);
		times_add(&probe->probes->posts, (double)(time_monotonic() - probe->began) / (double)SECOND);
		ask(probe);
		return;
	}
	probe->probes->refused++;
	fprintf(
	    stderr, "load: a probe was answered %u: %.*s\n", answer->status, (int)answer->body.size, answer->body.at);
	if (time_monotonic() - probe->began < PATIENCE) {
		probe->timer = loop_timer(probe->probes->load->loop,
		    answer->retry_after ? answer->retry_after * SECOND : SECOND, 0, post_again, probe);
		return;
	}
	probe->probes->never++;
	probe_end(probe);
}

static void post(struct probe *probe)
{
	const struct load *load = probe->probes->load;
	struct builder head = { 0 };
	build_format(&head,
	    "POST /v1/alerts?format=eve&batch=probe HTTP/1.1\r\nHost: %s:%u\r\nAuthorization: Bearer %s\r\n"
	    "Content-Type: application/x-ndjson\r\nContent-Length: %zu\r\n\r\n",
	    load->host, load->port, probe->token, probe->body.size);
	client_send(
	    probe->sensor, (struct text){ head.at, head.size }, (struct text){ probe->body.at, probe->body.size });
	builder_free(&head);
}

static void post_again(void *context)
{
	struct probe *probe = context;
	watch_stop(probe->timer);
	probe->timer = NULL;
	post(probe);
}

static void probe_next(void *context)
{
	struct probes *probes = context;
	struct load *load = probes->load;
	if (load->ending || probes->begun == probes->count || probes->flying >= FLYING_MOST)
		return;
	struct probe *probe = probes->probe[probes->begun++];
	uint32_t address = load_address(load);
	probe->sensor = client_new(load->loop, load->tls, load->host, load->port, address, posted, probe);
	probe->analyst =
	    client_new(load->loop, load->tls, load->host, load->port, address + (1u << 20), queue_shown, probe);
	lines_batch(probes->lines, probes->batch - 1, time_now(), &probe->body);
	lines_compromise(probes->lines, time_now(), &probe->body);
	if (!probe->sensor || !probe->analyst || probe->body.failed)
		return;
	probe->flying = true;
	probes->flying++;
	probe->began = time_monotonic();
	post(probe);
}

void probes_start(struct probes *probes, nanoseconds every)
{
	if (probes->count)
		probes->timer = loop_timer(probes->load->loop, every, every, probe_next, probes);
}

unsigned probes_flying(const struct probes *probes)
{
	return probes->flying;
}

json_t *probes_json(struct probes *probes)
{
	return json_pack("{s:i,s:I,s:I,s:I,s:I,s:o,s:o}", "begun", (int)probes->begun, "acknowledged",
	    (json_int_t)probes->acknowledged, "never_shown", (json_int_t)(probes->never + probes->flying), "asked",
	    (json_int_t)probes->asked, "refused", (json_int_t)probes->refused, "post_seconds",
	    times_json(&probes->posts), "seconds", times_json(&probes->times));
}
