/*
 * The decoy itself: what must be done with the rights that it was started with, in order, and then two processes that
 * have none.
 *
 *   sockets are bound ─► another user ─► folder and key ─► pair, fork ─► front.c answers │ writer.c writes
 */
#include "base/log.h"
#include "base/time.h"
#include "decoy/command.h"
#include "decoy/front.h"
#include "decoy/report.h"
#include "decoy/socket.h"
#include "decoy/writer.h"
#include "net/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS_BESIDE 128u

struct sockets {
	struct front_sockets front;
	struct writer_sockets writer;
};

static enum error open_sockets(const struct decoy_options *options, struct sockets *sockets, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < SERVICES_MOST; i++)
		sockets->front.listeners[i] = sockets->writer.datagrams[i] = -1;
	for (size_t i = 0; i < options->service_count && !error; i++) {
		const struct service *service = &options->services[i];
		error = socket_open(service,
		    service->protocol->datagrams ? &sockets->writer.datagrams[i] : &sockets->front.listeners[i],
		    failure);
	}
	return error;
}

static void close_sockets(const struct decoy_options *options, const int *descriptors)
{
	for (size_t i = 0; i < options->service_count; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}

static enum error allow_descriptors(const struct decoy_options *options, struct failure *failure)
{
	struct rlimit limit;
	rlim_t needed = (rlim_t)options->sessions + DESCRIPTORS_BESIDE;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail_errno(failure, "cannot ask for the limit of descriptors");
	if (limit.rlim_cur >= needed)
		return OK;
	limit.rlim_cur = needed;
	limit.rlim_max = limit.rlim_max < needed ? needed : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0
		   ? OK
		   : fail(failure, ERROR_LIMIT,
			 "decoy.sessions needs %llu descriptors: the limit of this process is less",
			 (unsigned long long)needed);
}

/* Messages of SOCK_SEQPACKET stay whole; the front waits when the writer is behind, never the other way round. */
static enum error make_pair(int pair[2], struct failure *failure)
{
	const int room = 2 * (int)REPORT_MOST;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return fail_errno(failure, "cannot make a pair of sockets");
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
			return fail_errno(failure, "cannot make room between the processes");
	return fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0 ? OK : fail_errno(failure, "cannot set up the processes");
}

/* Gives the exit status, in both processes. */
static int split(const struct decoy_options *options, struct writer *writer, struct sockets *sockets)
{
	struct failure failure;
	int pair[2];
	if (make_pair(pair, &failure) != OK) {
		fprintf(stderr, "noroshi decoy: %s\n", failure.words);
		return 2;
	}
	sockets->front.writer = pair[0];
	sockets->writer.front = pair[1];
	pid_t process = fork();
	if (process == 0)
		return decoy_front_run(options, &sockets->front);
	close(pair[0]);
	close_sockets(options, sockets->front.listeners);
	sockets->writer.process = process;
	if (process > 0)
		return writer_run(writer, &sockets->writer);
	fprintf(stderr, "noroshi decoy: cannot begin a second process\n");
	return 2;
}

static enum error begin(
    struct decoy_options *options, struct sockets *sockets, struct writer **writer, struct failure *failure)
{
	if (time_now() >= options->until)
		return fail(failure, ERROR_DENIED, "decoy.approved_until is %s: without approval nothing is answered",
		    options->approved_until);
	if (geteuid() == 0 && !*options->user)
		return fail(
		    failure, ERROR_USAGE, "it was started by root: set decoy.user to the account that it runs as");
	enum error error = allow_descriptors(options, failure);
	if (!error)
		error = open_sockets(options, sockets, failure);
	if (!error)
		error = sandbox_become(options->user, "decoy.user", failure);
	if (error)
		return error;
	umask(027);
	return writer_new(options, writer, failure);
}

int decoy_run(const char *config)
{
	struct decoy_options options;
	struct sockets sockets;
	struct writer *writer = NULL;
	struct failure failure;
	int status = 2;
	log_setup("decoy", LOG_INFO, !isatty(STDERR_FILENO));
	enum error error = decoy_options_read(config, &options, &failure);
	if (!error)
		error = begin(&options, &sockets, &writer, &failure);
	if (error)
		fprintf(stderr, "noroshi decoy: %s\n", failure.words);
	else
		status = split(&options, writer, &sockets);
	writer_free(writer);
	decoy_options_free(&options);
	return status;
}
