/*
 * UDP for the decoy; see hatch.h.
 */
#include "decoy/hatch.h"

#include "decoy/rate.h"
#include "decoy/socket.h"
#include "net/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTIONS 1024 /* without an answer yet; older ones are forgotten */
#define DATAGRAM_MOST 65536
#define TAKEN_A_ROUND 64

struct question {
	uint64_t id; /* 0: none */
	uint8_t service;
	size_t size;
	struct sockaddr_storage from;
	socklen_t from_size;
};

struct hatch {
	struct hatch_settings settings;
	struct rate *rate;
	uint64_t last_id, refused;
	struct question questions[QUESTIONS];
	struct builder message;
	struct door {
		struct hatch *hatch;
		uint8_t service;
		struct watch *watch;
	} doors[SERVICES_MOST];
};

static void pass_on(struct hatch *hatch, struct question *question, struct text bytes)
{
	uint16_t port;
	struct datagram datagram = { .id = ++hatch->last_id, .service = question->service, .bytes = bytes };
	if (!rate_allows(hatch->rate, socket_address(&question->from, &port), time_monotonic())) {
		hatch->refused++;
		return;
	}
	if (datagram.bytes.size > hatch->settings.options->session_bytes)
		datagram.bytes.size = hatch->settings.options->session_bytes;
	question->id = datagram.id;
	builder_clear(&hatch->message);
	datagram_encode(&datagram, &hatch->message);
	if (hatch->message.failed || write(hatch->settings.front, hatch->message.at, hatch->message.size) < 0)
		hatch->refused++; /* it is behind */
	else
		hatch->questions[datagram.id % QUESTIONS] = *question;
}

static void door_ready(void *context, int descriptor, unsigned ready)
{
	struct door *door = context;
	static char bytes[DATAGRAM_MOST];
	(void)ready;
	for (int i = 0; i < TAKEN_A_ROUND; i++) {
		struct question question = { .service = door->service };
		question.from_size = sizeof question.from;
		ssize_t size = recvfrom(descriptor, bytes, sizeof bytes, MSG_DONTWAIT,
		    (struct sockaddr *)&question.from, &question.from_size);
		if (size < 0)
			return;
		question.size = (size_t)size;
		pass_on(door->hatch, &question, (struct text){ bytes, (size_t)size });
	}
}

enum error hatch_new(const struct hatch_settings *settings, struct hatch **hatch, struct failure *failure)
{
	struct hatch *made = calloc(1, sizeof *made);
	if (made)
		made->rate = rate_new((uint32_t)settings->options->per_minute);
	bool done = made && made->rate;
	if (made)
		made->settings = *settings;
	for (size_t i = 0; done && i < settings->options->service_count; i++) {
		struct door *door = &made->doors[i];
		*door = (struct door){ .hatch = made, .service = (uint8_t)i };
		if (settings->sockets[i] >= 0) {
			door->watch =
			    loop_descriptor(settings->loop, settings->sockets[i], LOOP_READ, door_ready, door);
			done = door->watch;
		}
	}
	if (done)
		*hatch = made;
	else
		hatch_free(made);
	return done ? OK : fail(failure, ERROR_MEMORY, "no memory for datagrams");
}

void hatch_stop(struct hatch *hatch)
{
	for (size_t i = 0; i < SERVICES_MOST; i++) {
		watch_stop(hatch->doors[i].watch);
		hatch->doors[i].watch = NULL;
	}
}

void hatch_free(struct hatch *hatch)
{
	if (!hatch)
		return;
	hatch_stop(hatch);
	rate_free(hatch->rate);
	builder_free(&hatch->message);
	free(hatch);
}

bool hatch_may_send(const struct service *service, size_t question, size_t answer)
{
	return service->answers && answer > 0 && answer <= question && answer <= SANDBOX_DATAGRAM;
}

bool hatch_answer(struct hatch *hatch, struct report *report)
{
	struct question *question = &hatch->questions[report->datagram % QUESTIONS];
	if (report->datagram == 0 || question->id != report->datagram || question->service != report->service)
		return false;
	const struct service *service = &hatch->settings.options->services[question->service];
	question->id = 0; /* once */
	report->source = socket_address(&question->from, &report->port);
	report->sent = 0;
	if (hatch_may_send(service, question->size, report->answer.size) &&
	    sendto(hatch->settings.sockets[question->service], report->answer.at, report->answer.size, MSG_DONTWAIT,
		(struct sockaddr *)&question->from, question->from_size) > 0)
		report->sent = (uint32_t)report->answer.size;
	return true;
}

uint64_t hatch_refused(struct hatch *hatch)
{
	uint64_t refused = hatch->refused;
	hatch->refused = 0;
	return refused;
}
