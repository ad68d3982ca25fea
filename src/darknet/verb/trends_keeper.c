/*
 * The history of trends in a file, and the process that writes it; see trends_keeper.h.
 */
#include "darknet/verb/trends_keeper.h"

#include "base/file.h"
#include "net/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct trends_keeper {
	const struct trends *trends;
	int to, from;
	nanoseconds every, saved; /* by the monotonic clock */
};

/* ── the file ─ */

enum error trends_file_load(struct trends *trends, const char *path, struct failure *failure)
{
	char *at;
	size_t size;
	enum error error = file_read(path, TRENDS_FILE_MOST, &at, &size, failure);
	if (error == ERROR_NOT_FOUND)
		return OK;
	if (error)
		return error;
	error = trends_load(trends, (struct text){ at, size }, path, failure);
	free(at);
	return error;
}

enum error trends_file_save(const struct trends *trends, const char *path, struct failure *failure)
{
	struct builder text = { 0 };
	enum error error = trends_save(trends, &text, failure);
	if (!error)
		error = file_replace(path, (struct text){ text.at, text.size }, 0640, failure);
	builder_free(&text);
	return error;
}

/* ── the writer ─ */

static bool read_whole(int from, void *to, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t some = read(from, (char *)to + got, size - got);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			return false;
		got += (size_t)some;
	}
	return true;
}

static bool write_whole(int to, const void *at, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t some = write(to, (const char *)at + done, size - done);
		if (some < 0 && errno == EINTR)
			continue;
		if (some < 0)
			return false;
		done += (size_t)some;
	}
	return true;
}

static bool save_one(int from, int to, const char *path)
{
	struct failure failure = { .words = "" };
	uint64_t size;
	if (!read_whole(from, &size, sizeof size) || size > TRENDS_FILE_MOST)
		return false;
	char *text = malloc(size + 1);
	if (!text || !read_whole(from, text, size)) {
		free(text);
		return false;
	}
	failure.code = file_replace(path, (struct text){ text, size }, 0640, &failure);
	free(text);
	return write_whole(to, &failure, sizeof failure);
}

static _Noreturn void run(int from, int to, const char *path)
{
	struct failure failure;
	/* Ctrl-C and a service manager tell all processes: this one ends when the other closed its pipe. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	bool going = sandbox_drop_capabilities(&failure) == OK;
	while (going)
		going = save_one(from, to, path);
	_exit(0);
}

/* ── its other side ─ */

/* Two pipes, or none. */
static bool make_pipes(int in[2], int out[2])
{
	if (pipe2(in, O_CLOEXEC) != 0)
		return false;
	if (pipe2(out, O_CLOEXEC) == 0)
		return true;
	close(in[0]);
	close(in[1]);
	return false;
}

static enum error fork_writer(struct trends_keeper *keeper, const char *path, struct failure *failure)
{
	int in[2], out[2];
	signal(SIGPIPE, SIG_IGN); /* that the writer is gone is told by write() */
	if (!make_pipes(in, out))
		return fail_errno(failure, "a pipe for the history");
	pid_t child = fork();
	if (child == 0) {
		close(in[1]);
		close(out[0]);
		run(in[0], out[1], path);
	}
	close(in[0]);
	close(out[1]);
	keeper->to = in[1];
	keeper->from = out[0];
	return child < 0 ? fail_errno(failure, "a process for the history") : OK;
}

enum error trends_keeper_begin(
    const char *path, nanoseconds every, struct trends *trends, struct trends_keeper **made, struct failure *failure)
{
	struct trends_keeper *keeper = calloc(1, sizeof *keeper);
	if (!keeper)
		return fail(failure, ERROR_MEMORY, "no memory for the keeper of a history");
	*keeper = (struct trends_keeper){ trends, -1, -1, every ? every : TRENDS_SAVED_EVERY, time_monotonic() };
	trends_keep(trends);
	enum error error = trends_file_load(trends, path, failure);
	if (!error)
		error = fork_writer(keeper, path, failure);
	if (error)
		trends_keeper_free(keeper);
	else
		*made = keeper;
	return error;
}

enum error trends_keeper_tick(struct trends_keeper *keeper, struct failure *failure)
{
	if (time_monotonic() - keeper->saved < keeper->every)
		return OK;
	return trends_keeper_save(keeper, failure);
}

enum error trends_keeper_save(struct trends_keeper *keeper, struct failure *failure)
{
	struct builder text = { 0 };
	struct failure said;
	enum error error = trends_save(keeper->trends, &text, failure);
	uint64_t size = text.size;
	if (!error && size > TRENDS_FILE_MOST)
		error = fail(failure, ERROR_LIMIT, "the history is larger than %zu bytes", TRENDS_FILE_MOST);
	if (!error && !(write_whole(keeper->to, &size, sizeof size) && write_whole(keeper->to, text.at, text.size) &&
			  read_whole(keeper->from, &said, sizeof said)))
		error = fail(failure, ERROR_SYSTEM, "the writer of the history is gone");
	builder_free(&text);
	keeper->saved = time_monotonic();
	if (error)
		return error;
	said.words[sizeof said.words - 1] = '\0';
	return said.code ? fail(failure, said.code, "%s", said.words) : OK;
}

void trends_keeper_free(struct trends_keeper *keeper)
{
	if (!keeper)
		return;
	if (keeper->to >= 0)
		close(keeper->to);
	if (keeper->from >= 0)
		close(keeper->from);
	free(keeper);
}
