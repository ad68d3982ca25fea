/*
 * The process that answers strangers; see front.h. One thread, one loop; every session is bounded in bytes and time,
 * all of them in number and memory.
 */
#include "decoy/front.h"

#include "base/hash.h"
#include "base/loop.h"
#include "decoy/rate.h"
#include "decoy/report.h"
#include "decoy/socket.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_A_ROUND 64

struct front;

struct slot {
	struct front *front;
	size_t index; /* in the list */
	int descriptor;
	struct watch *watch;
	uint8_t service;
	struct address source;
	uint16_t port;
	nanoseconds begun, began_at; /* wall clock, monotonic */
	uint32_t sent;
	size_t memory; /* as counted */
	struct session session;
};

struct front {
	const struct decoy_options *options;
	const struct front_sockets *sockets;
	struct session_settings settings[SERVICES_MOST];
	struct loop *loop;
	struct rate *rate;
	struct slot **slots;
	size_t count, memory;
	uint64_t refused;
	struct builder message;
	int status;
	struct listener {
		struct front *front;
		struct watch *watch;
		uint8_t service;
	} listeners[SERVICES_MOST];
};

/* ── reports ─ */

static void report(struct front *front, struct report *report, const struct session *session)
{
	report->ended = session->now;
	report->end = session->end;
	report->received = session->received;
	report->left_out = session->facts_left_out;
	report->refused = front->refused;
	report->facts = (struct text){ session->facts.at, session->facts.failed ? 0 : session->facts.size };
	report->payload = (struct text){ session->payload.at, session->payload.failed ? 0 : session->payload.size };
	builder_clear(&front->message);
	report_encode(report, &front->message);
	if (front->message.failed)
		return;
	front->refused = 0;
	ssize_t written;
	do
		written = write(front->sockets->writer, front->message.at, front->message.size);
	while (written < 0 && errno == EINTR);
	if (written < 0) { /* nobody writes down what comes: nothing is answered */
		front->status = 1;
		loop_stop(front->loop);
	}
}

/* ── sessions ─ */

static void count_memory(struct slot *slot, size_t memory)
{
	slot->front->memory += memory - slot->memory;
	slot->memory = memory;
}

static void close_slot(struct slot *slot, enum session_end end)
{
	struct front *front = slot->front;
	struct report told = { .service = slot->service,
		.source = slot->source,
		.port = slot->port,
		.begun = slot->begun,
		.sent = slot->sent };
	slot->session.now = time_now();
	session_finish(&slot->session, end);
	report(front, &told, &slot->session);
	watch_stop(slot->watch);
	close(slot->descriptor);
	count_memory(slot, 0);
	session_free(&slot->session);
	front->slots[slot->index] = front->slots[--front->count];
	front->slots[slot->index]->index = slot->index;
	free(slot);
}

/* False: the other side is gone. */
static bool send_answer(struct slot *slot)
{
	struct builder *answer = &slot->session.answer;
	if (!answer->size)
		return true;
	ssize_t sent = write(slot->descriptor, answer->at, answer->size);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	slot->sent += (uint32_t)sent;
	answer->size -= (size_t)sent;
	if (answer->size)
		memmove(answer->at, answer->at + sent, answer->size);
	return true;
}

/* Reads no more while the other side does not take its answers. */
static void after(struct slot *slot)
{
	struct front *front = slot->front;
	count_memory(slot, session_memory(&slot->session) + sizeof *slot);
	if (!send_answer(slot))
		close_slot(slot, SESSION_LEFT);
	else if (slot->session.end && !slot->session.answer.size)
		close_slot(slot, slot->session.end);
	else if (front->memory > front->options->memory)
		close_slot(slot, SESSION_FULL);
	else
		watch_want(slot->watch, slot->session.answer.size ? LOOP_WRITE : LOOP_READ);
}

static void slot_ready(void *context, int descriptor, unsigned ready)
{
	struct slot *slot = context;
	char bytes[4096];
	if (slot->session.answer.size && !(ready & LOOP_CLOSED)) {
		after(slot);
		return;
	}
	ssize_t size = read(descriptor, bytes, sizeof bytes);
	if (size < 0 && (errno == EAGAIN || errno == EINTR) && !(ready & LOOP_CLOSED))
		return;
	if (size <= 0) {
		close_slot(slot, SESSION_LEFT);
		return;
	}
	slot->session.now = time_now();
	session_take(&slot->session, (struct text){ bytes, (size_t)size });
	after(slot);
}

static void open_slot(struct front *front, uint8_t service, int descriptor, struct address source, uint16_t port)
{
	struct slot *slot = calloc(1, sizeof *slot);
	if (!slot || !session_begin(&slot->session, front->options->services[service].protocol,
			 &front->settings[service], time_now())) {
		free(slot);
		close(descriptor);
		front->refused++;
		return;
	}
	slot->front = front;
	slot->descriptor = descriptor;
	slot->service = service;
	slot->source = source;
	slot->port = port;
	slot->begun = slot->session.now;
	slot->began_at = time_monotonic();
	slot->index = front->count;
	front->slots[front->count++] = slot;
	slot->watch = loop_descriptor(front->loop, descriptor, LOOP_READ, slot_ready, slot);
	if (slot->watch)
		after(slot);
	else
		close_slot(slot, SESSION_FULL);
}

static void listener_ready(void *context, int descriptor, unsigned ready)
{
	struct listener *listener = context;
	struct front *front = listener->front;
	(void)ready;
	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof from;
		uint16_t port = 0;
		int accepted = accept4(descriptor, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (accepted < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
				front->refused++;
				watch_want(
				    listener->watch, 0); /* it would be ready again at once: until each_second() */
			}
			return;
		}
		struct address source = socket_address(&from, &port);
		if (front->count < (size_t)front->options->sessions && front->memory <= front->options->memory &&
		    rate_allows(front->rate, source, time_monotonic())) {
			open_slot(front, listener->service, accepted, source, port);
		} else {
			front->refused++;
			close(accepted);
		}
	}
}

static void each_second(void *context)
{
	struct front *front = context;
	for (size_t i = 0; i < front->options->service_count; i++)
		if (front->listeners[i].watch)
			watch_want(front->listeners[i].watch, LOOP_READ);
	nanoseconds oldest = time_monotonic() - front->options->session_time;
	for (size_t i = front->count; i > 0; i--)
		if (front->slots[i - 1]->began_at <= oldest)
			close_slot(front->slots[i - 1], SESSION_LATE);
}

/* ── datagrams, which the writer received ─ */

static void take_datagram(struct front *front, const struct datagram *datagram)
{
	struct session session;
	struct report told = { .service = datagram->service, .datagram = datagram->id, .begun = time_now() };
	const struct service *service = &front->options->services[datagram->service];
	if (datagram->service >= front->options->service_count || !service->protocol->datagrams ||
	    !session_begin(&session, service->protocol, &front->settings[datagram->service], told.begun))
		return;
	session_take(&session, datagram->bytes);
	session_finish(&session, SESSION_DONE);
	told.answer = (struct text){ session.answer.at, session.answer.size };
	report(front, &told, &session);
	session_free(&session);
}

static void writer_ready(void *context, int descriptor, unsigned ready)
{
	struct front *front = context;
	static char message[REPORT_MOST];
	struct datagram datagram;
	(void)ready;
	ssize_t size = read(descriptor, message, sizeof message);
	if (size < 0 && errno == EINTR)
		return;
	if (size <= 0)
		loop_stop(front->loop);
	else if (datagram_decode((struct text){ message, (size_t)size }, &datagram))
		take_datagram(front, &datagram);
}

/* ── */

static void make_settings(struct front *front)
{
	struct session_settings all = { .bytes_most = (uint32_t)front->options->session_bytes,
		.login_after = (uint32_t)front->options->login_after,
		.random = random_bytes };
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	crypto_sign_keypair(public_key, all.host_key);
	for (size_t i = 0; i < front->options->service_count; i++) {
		front->settings[i] = all;
		front->settings[i].udp_answers = front->options->services[i].answers;
	}
}

static bool watch_all(struct front *front)
{
	for (size_t i = 0; i < front->options->service_count; i++) {
		struct listener *listener = &front->listeners[i];
		*listener = (struct listener){ .front = front, .service = (uint8_t)i };
		if (front->sockets->listeners[i] < 0)
			continue;
		listener->watch =
		    loop_descriptor(front->loop, front->sockets->listeners[i], LOOP_READ, listener_ready, listener);
		if (!listener->watch)
			return false;
	}
	return loop_descriptor(front->loop, front->sockets->writer, LOOP_READ, writer_ready, front) &&
	       loop_timer(front->loop, SECOND, SECOND, each_second, front);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Standard input, output and error lead nowhere; but for the sanitizers' words. */
static bool keep_only(const struct decoy_options *options, const struct front_sockets *sockets)
{
	int kept[SERVICES_MOST + 1], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t count = 0;
	unsigned next = STDERR_FILENO + 1;
	kept[count++] = sockets->writer;
	for (size_t i = 0; i < options->service_count; i++)
		if (sockets->listeners[i] >= 0)
			kept[count++] = sockets->listeners[i];
	qsort(kept, count, sizeof *kept, by_number);
	bool done = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
#ifndef __SANITIZE_ADDRESS__
	done = done && dup2(null, STDERR_FILENO) >= 0;
#endif
	for (size_t i = 0; i < count && done; next = (unsigned)kept[i++] + 1)
		done = (unsigned)kept[i] <= next || close_range(next, (unsigned)kept[i] - 1, 0) == 0;
	return done && close_range(next, ~0u, 0) == 0;
}

static enum error begin(struct front *front, struct failure *failure)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	front->rate = rate_new((uint32_t)front->options->per_minute);
	front->slots = calloc((size_t)front->options->sessions, sizeof(struct slot *));
	if (!front->rate || !front->slots || sodium_init() < 0 || !keep_only(front->options, front->sockets))
		return fail(failure, ERROR_MEMORY, "no memory to begin");
	enum error error = loop_new(&front->loop, failure);
	if (error)
		return error;
	make_settings(front);
	if (!watch_all(front))
		return fail(failure, ERROR_MEMORY, "no memory to begin");
	return sandbox_enter(SANDBOX_DECOY, failure);
}

int decoy_front_run(const struct decoy_options *options, const struct front_sockets *sockets)
{
	struct front front = { .options = options, .sockets = sockets };
	struct failure failure;
	if (begin(&front, &failure) != OK || loop_run(front.loop, &failure) != OK)
		front.status = 1;
	while (front.count)
		close_slot(front.slots[front.count - 1], SESSION_STOPPED);
	loop_free(front.loop);
	rate_free(front.rate);
	free(front.slots);
	builder_free(&front.message);
	return front.status;
}
