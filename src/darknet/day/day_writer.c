/*
 * The process that writes day tables; see day_writer.h.
 */
#include "darknet/day/day_writer.h"

#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 256

struct day_writer {
	int to, from; /* activities; what came of it */
	pid_t child;
	struct activity held[BATCH];
	size_t count;
};

/* ── the writer ─ */

/* False at the end, or when the other side broke off within one. */
static bool read_whole(int from, void *to, size_t size, bool *broken)
{
	size_t got = 0;

	while (got < size) {
		ssize_t some = read(from, (char *)to + got, size - got);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0) {
			*broken = some < 0 || got > 0;
			return false;
		}
		got += (size_t)some;
	}
	return true;
}

static bool is_country(const char code[static 2])
{
	return (code[0] == 0 && code[1] == 0) || (code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z');
}

static bool is_sane(const struct activity *activity)
{
	return is_country(activity->country) && activity->kind < ARRIVAL_KINDS && activity->method < METHOD_COUNT &&
	       activity->bin >= 0 && activity->bin < INT64_MAX - 2 * DAY;
}

static enum error write_all(int from, struct day_folder *folder, struct failure *failure)
{
	struct activity activity;
	enum error error = OK;
	bool broken = false, ended = false;

	while (!error && read_whole(from, &activity, sizeof activity, &broken)) {
		if (activity.packets == 0 && activity.last > activity.first) { /* day_writer_awake() */
			day_folder_awake(folder, activity.first, activity.last);
			error = day_folder_flush(folder, failure);
			continue;
		}
		ended = activity.packets == 0; /* nothing else has none: the end was meant */
		if (ended)
			break;
		if (!is_sane(&activity))
			return fail(failure, ERROR_INPUT, "what was counted is not possible");
		activity.research = activity.research != 0;
		error = day_folder_add(folder, &activity, failure);
	}
	if (!error && !ended)
		error = fail(failure, ERROR_INPUT, "the packets' reader ended before it was done");
	return error;
}

static _Noreturn void run(int from, int to, struct day_folder *folder)
{
	struct failure failure = { .words = "" };

	signal(SIGINT, SIG_IGN); /* it ends when the packets' reader does */
	signal(SIGTERM, SIG_IGN);
	enum error error = sandbox_drop_capabilities(&failure);

	if (!error)
		error = write_all(from, folder, &failure);
	if (error)
		day_folder_abandon(folder);
	else
		error = day_folder_end(folder, &failure);
	failure.code = error;
	while (write(to, &failure, sizeof failure) < 0 && errno == EINTR)
		;
	_exit(error != OK);
}

/* ── its other side ─ */

enum error day_writer_begin(const struct day_folder_part *part, struct day_writer **made, struct failure *failure)
{
	struct day_writer *writer = calloc(1, sizeof *writer);
	struct day_folder *folder = NULL;
	int in[2], out[2];

	if (!writer)
		return fail(failure, ERROR_MEMORY, "no memory for tables");
	signal(SIGPIPE, SIG_IGN); /* that the writer is gone is told by write() */
	enum error error = day_folder_begin(part, &folder, failure);
	if (!error && pipe2(in, O_CLOEXEC) != 0)
		error = fail_errno(failure, "a pipe for tables");
	if (!error && pipe2(out, O_CLOEXEC) != 0)
		error = fail_errno(failure, "a pipe for tables");
	if (!error && (writer->child = fork()) < 0)
		error = fail_errno(failure, "a process for tables");
	if (!error && writer->child == 0) {
		close(in[1]);
		close(out[0]);
		run(in[0], out[1], folder);
	}
	day_folder_abandon(folder);
	if (error) {
		free(writer);
		return error;
	}
	close(in[0]);
	close(out[1]);
	writer->to = in[1];
	writer->from = out[0];
	*made = writer;
	return OK;
}

static enum error flush(struct day_writer *writer, struct failure *failure)
{
	const char *at = (const char *)writer->held;
	size_t left = writer->count * sizeof *writer->held;

	writer->count = 0;
	while (left) {
		ssize_t some = write(writer->to, at, left);
		if (some < 0 && errno == EINTR)
			continue;
		if (some < 0)
			return fail_errno(failure, "the writer of tables is gone");
		at += some;
		left -= (size_t)some;
	}
	return OK;
}

enum error day_writer_add(struct day_writer *writer, const struct activity *activity, struct failure *failure)
{
	if (activity->packets == 0)
		return OK;
	writer->held[writer->count++] = *activity;
	return writer->count == BATCH ? flush(writer, failure) : OK;
}

enum error day_writer_awake(struct day_writer *writer, nanoseconds from, nanoseconds to, struct failure *failure)
{
	writer->held[writer->count++] = (struct activity){ .first = from, .last = to };
	return flush(writer, failure);
}

static void take_down(struct day_writer *writer)
{
	close(writer->to);
	close(writer->from);
	free(writer);
}

/* The sandbox may forbid to wait for the child: that it said how it went is enough, for that was its last act. */
enum error day_writer_end(struct day_writer *writer, struct failure *failure)
{
	struct failure said;
	bool broken;

	writer->held[writer->count++] = (struct activity){ 0 };
	enum error error = flush(writer, NULL);
	bool heard = read_whole(writer->from, &said, sizeof said, &broken);
	take_down(writer);
	if (!heard)
		return fail(failure, ERROR_SYSTEM, "the writer of tables ended without a word%s",
		    error ? ": it was gone before" : "");
	said.words[sizeof said.words - 1] = '\0';
	return said.code ? fail(failure, said.code, "%s", said.words) : OK;
}

void day_writer_abandon(struct day_writer *writer)
{
	if (writer)
		take_down(writer);
}
