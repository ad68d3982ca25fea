/*
 * The receiver's process: opens its sources, gives up its rights, works until it is told to end. See receive.h.
 */
#include "watch/receive.h"

#include "base/file.h"
#include "base/log.h"
#include "net/charset.h"
#include "net/sandbox.h"
#include "watch/auth_alert.h"
#include "watch/receive_inner.h"
#include "watch/receive_report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 256               /* datagrams of one socket before others have their turn */
#define LEARNED_EVERY 60          /* seconds: what is usual is written so often */
#define QUIET (300 * MILLISECOND) /* the process ends when nothing came for so long */
#define END_LATEST (10 * SECOND)

static void on_datagrams(void *context, int descriptor, unsigned ready)
{
	struct receiving *receiving = context;
	static char room[DATAGRAM_MOST];
	struct datagram datagram;
	(void)descriptor;
	(void)ready;
	for (unsigned i = 0; i < AT_ONCE && udp_receive(&receiving->udp, room, &datagram); i++) {
		const struct receive_from from = { .sender = datagram.sender,
			.stream = hash_bytes(datagram.sender.bytes, sizeof datagram.sender.bytes, 1) };
		if (!receive_allowed(receiving, datagram.sender))
			receiving->counts.refused++;
		else if (!receive_rate(receiving, datagram.sender))
			receiving->counts.too_many++;
		else
			receive_message(receiving, datagram.bytes, &from);
	}
	if (receiving->receive->ending)
		receiving->receive->ends = time_monotonic() + QUIET;
}

static enum error open_source(struct receiving *receiving, struct failure *failure)
{
	const struct receive_source *source = receiving->source;
	char kind[128];
	receiving->reader = syslog_reader_new(&source->syslog);
	if (source->rate > 0)
		receiving->rates = table_new(4096, sizeof(struct address), 16, receiving->receive->auth.seed);
	if (source->content)
		snprintf(kind, sizeof kind, "%s.content.%s", source->name, source->content);
	else
		snprintf(kind, sizeof kind, "%s.records.eve", source->name);
	if (source->content || source->send != RECEIVE_ALERTS)
		receiving->records = received_kind_of(receiving->receive->received, kind, TEXT_NONE);
	if (!receiving->reader || (source->rate > 0 && !receiving->rates) ||
	    (!receiving->records && (source->content || source->send != RECEIVE_ALERTS)))
		return fail(failure, ERROR_MEMORY, "no memory for a source");
	if (source->transport == RECEIVE_FILES)
		return receive_files_open(receiving, failure);
	if (source->transport != RECEIVE_UDP)
		return receive_streams_open(receiving, failure);
	enum error error = udp_open(source->address, source->port, &receiving->udp, failure);
	if (error)
		return error;
	receiving->watch =
	    loop_descriptor(receiving->receive->loop, receiving->udp.descriptor, LOOP_READ, on_datagrams, receiving);
	return receiving->watch ? OK : fail(failure, ERROR_MEMORY, "no memory to watch a socket");
}

static enum error open_sources(struct receive *receive, struct failure *failure)
{
	const struct receive_sources *sources = receive->settings->sources;
	receive->items = calloc(sources->count, sizeof *receive->items);
	if (!receive->items)
		return fail(failure, ERROR_MEMORY, "no memory for the sources");
	for (size_t i = 0; i < sources->count; i++) {
		struct receiving *receiving = &receive->items[i];
		struct failure why;
		*receiving = (struct receiving){
			.receive = receive, .source = &sources->items[i], .listener = -1, .udp = { .descriptor = -1 }
		};
		receive->count++;
		enum error error = open_source(receiving, &why);
		if (error)
			return fail(failure, error, "syslog source \"%s\": %s", receiving->source->name, why.words);
	}
	return OK;
}

static void learned_path(const struct receive *receive, char path[static 4352])
{
	snprintf(path, 4352, "%s/learned", receive->settings->folder);
}

static enum error prepare(struct receive *receive, struct failure *failure)
{
	char path[4352];
	receive->auth = auth_defaults;
	receive->auth.learn = receive->settings->learn;
	random_bytes(&receive->auth.seed, sizeof receive->auth.seed);
	receive->feed.watch = auth_watch_new(&receive->auth, receive_finding, receive);
	receive->reducer = capture_reducer_new();
	if (!receive->feed.watch || !receive->reducer)
		return fail(failure, ERROR_MEMORY, "no memory for the detectors");
	snprintf(path, sizeof path, "%s/received", receive->settings->folder);
	enum error error = received_open(path, receive->settings->limit, &receive->received, failure);
	if (error)
		return error;
	receive->alerts = received_kind_of(receive->received, "alerts.csv", TEXT(AUTH_ALERT_HEADER));
	learned_path(receive, path);
	error = auth_watch_load(receive->feed.watch, path, failure);
	return error == ERROR_NOT_FOUND ? OK : error;
}

static void write_all(void *context)
{
	struct receive *receive = context;
	struct failure failure;
	enum error error = received_write(receive->received, &failure);
	if (error && !receive->write_failed)
		log_write(LOG_ERROR, "what is received cannot be written: nothing more is read",
		    LOG_FIELD_STRING("why", failure.words));
	receive->write_failed = error != OK;
	receive->full |= error != OK;
}

static void look_full(struct receive *receive)
{
	bool was = receive->full;
	receive->full = received_full(receive->received);
	if (receive->full == was)
		return;
	receive->full_times += receive->full;
	log_write(LOG_WARNING,
	    receive->full ? "spool_limit is reached: nothing is read until something is shipped"
			  : "there is room again",
	    LOG_FIELD_NUMBER("bytes", received_used(receive->received)));
	for (size_t i = 0; i < receive->count; i++) {
		struct receiving *receiving = &receive->items[i];
		if (receiving->source->transport == RECEIVE_UDP && receiving->watch)
			watch_want(receiving->watch, receive->full ? 0 : LOOP_READ);
		else if (receiving->source->transport != RECEIVE_FILES)
			receive_streams_want(receiving, !receive->full);
	}
}

static void save_learned(struct receive *receive)
{
	struct failure failure;
	char path[4352];
	learned_path(receive, path);
	if (auth_watch_save(receive->feed.watch, path, &failure) != OK)
		log_write(LOG_WARNING, "what is usual cannot be saved", LOG_FIELD_STRING("why", failure.words));
}

static void sync_all(struct receive *receive)
{
	struct failure failure;
	if (received_sync(receive->received, &failure) != OK)
		log_write(LOG_ERROR, "what is received cannot be synced", LOG_FIELD_STRING("why", failure.words));
	for (size_t i = 0; i < receive->count; i++)
		if (receive->items[i].udp.descriptor >= 0)
			receive->items[i].counts.dropped += udp_dropped(&receive->items[i].udp);
	receive_report(receive);
}

static void on_second(void *context)
{
	struct receive *receive = context;
	nanoseconds now = time_monotonic();
	look_full(receive);
	for (size_t i = 0; i < receive->count; i++) {
		if (receive->items[i].files)
			receive_files_tick(&receive->items[i], now);
		else
			receive_streams_tick(&receive->items[i], now);
	}
	write_all(receive);
	sync_all(receive);
	if (now / SECOND % LEARNED_EVERY == 0)
		save_learned(receive);
}

/* While it ends: until every sender has closed, or nothing comes any more. */
static void on_ending(void *context)
{
	struct receive *receive = context;
	uint64_t messages = receive->feed.counts.messages;
	static uint64_t before;
	static nanoseconds changed;
	nanoseconds now = time_monotonic();
	uint32_t open = 0;
	if (messages != before || !changed)
		changed = now;
	before = messages;
	for (size_t i = 0; i < receive->count; i++)
		open += receive->items[i].connection_count;
	if (now >= receive->ends || now - changed >= QUIET * (open ? 4 : 1))
		loop_stop(receive->loop);
}

static void on_signal(void *context, int number)
{
	struct receive *receive = context;
	(void)number;
	if (receive->ending)
		return;
	receive->ending = true;
	receive->ends = time_monotonic() + END_LATEST;
	for (size_t i = 0; i < receive->count; i++) {
		struct receiving *receiving = &receive->items[i];
		if (receiving->source->transport == RECEIVE_TCP || receiving->source->transport == RECEIVE_TLS)
			receive_streams_end(receiving);
	}
	if (!loop_timer(receive->loop, QUIET / 3, QUIET / 3, on_ending, receive))
		loop_stop(receive->loop);
}

static void close_all(struct receive *receive)
{
	for (size_t i = 0; i < receive->count; i++) {
		struct receiving *receiving = &receive->items[i];
		if (receiving->source->transport == RECEIVE_FILES)
			receive_files_close(receiving);
		else if (receiving->source->transport != RECEIVE_UDP)
			receive_streams_close(receiving);
	}
	if (receive->received) {
		write_all(receive);
		sync_all(receive);
	}
	if (receive->feed.watch && receive->loop)
		save_learned(receive);
	for (size_t i = 0; i < receive->count; i++) {
		if (receive->items[i].udp.descriptor >= 0)
			udp_close(&receive->items[i].udp);
		syslog_reader_free(receive->items[i].reader);
		table_free(receive->items[i].rates);
	}
	received_close(receive->received);
	auth_watch_free(receive->feed.watch);
	capture_reducer_free(receive->reducer);
	loop_free(receive->loop);
	builder_free(&receive->line);
	free(receive->items);
}

static enum error begin(struct receive *receive, struct failure *failure)
{
	enum error error = loop_new(&receive->loop, failure);
	if (!error)
		error = prepare(receive, failure);
	if (!error)
		error = open_sources(receive, failure);
	if (error)
		return error;
	if (!loop_signal(receive->loop, SIGTERM, on_signal, receive) ||
	    !loop_signal(receive->loop, SIGINT, on_signal, receive) ||
	    !loop_timer(receive->loop, 0, SECOND, on_second, receive))
		return fail(failure, ERROR_MEMORY, "no memory for the loop");
	loop_after_round(receive->loop, write_all, receive);
	charset_load();
	return sandbox_drop_capabilities(failure);
}

/* `told`: where the parent waits for a word; nothing but the end of the pipe means that all is well. */
static int run(const struct receive_settings *settings, int told, pid_t parent)
{
	struct receive receive = { .settings = settings };
	struct failure failure = { 0 };
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	log_setup("receiver", LOG_INFO, !isatty(STDERR_FILENO));
	enum error error =
	    getppid() == parent ? begin(&receive, &failure) : fail(&failure, ERROR_SYSTEM, "the agent has ended");
	if (error && write(told, failure.words, strlen(failure.words)) < 0)
		log_write(LOG_ERROR, "cannot begin", LOG_FIELD_STRING("why", failure.words));
	close(told);
	if (!error && loop_run(receive.loop, &failure) != OK)
		log_write(LOG_ERROR, "the receiver ends", LOG_FIELD_STRING("why", failure.words));
	close_all(&receive);
	return error ? 1 : 0;
}

enum error receive_start(const struct receive_settings *settings, pid_t *process, struct failure *failure)
{
	int told[2];
	char words[sizeof failure->words];
	pid_t parent = getpid();
	if (pipe2(told, O_CLOEXEC) != 0)
		return fail_errno(failure, "no pipe can be made");
	*process = fork();
	if (*process == 0) {
		close(told[0]);
		_exit(run(settings, told[1], parent));
	}
	close(told[1]);
	if (*process < 0) {
		close(told[0]);
		return fail_errno(failure, "the receiver cannot be started");
	}
	ssize_t size;
	do
		size = read(told[0], words, sizeof words - 1);
	while (size < 0 && errno == EINTR);
	close(told[0]);
	if (size <= 0)
		return OK;
	words[size] = 0;
	waitpid(*process, NULL, 0);
	return fail(failure, ERROR_SYSTEM, "%s", words);
}
