/*
 * The history of trends in a file, and the process that writes it; see trends_keeper.h.
 */
#include "darknet/verb/trends_keeper.h"

#include "base/file.h"
#include "net/sandbox.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20) /* so much waits for the writer, and is handed over at once */
#define PARTS 4             /* at once */
#define PATIENCE 1000       /* milliseconds of a poll(), which is then asked again */
#define SUM_SIZE sizeof(uint32_t)

struct trends_keeper {
	const struct trends *trends;
	int to, from;
	nanoseconds every, saved; /* by the monotonic clock */
	/* What is being handed over, while it is `going`. */
	struct builder text;
	size_t sent;  /* its size, which goes first, included */
	uint32_t sum; /* of `summed` bytes of it */
	size_t summed;
	bool going;
	struct trends_saves saves;
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
	fcntl(keeper->to, F_SETPIPE_SZ, PIPE_SIZE); /* as it is, it would be slower */
	fcntl(keeper->to, F_SETFL, O_NONBLOCK);
	return child < 0 ? fail_errno(failure, "a process for the history") : OK;
}

enum error trends_keeper_begin(
    const char *path, nanoseconds every, struct trends *trends, struct trends_keeper **made, struct failure *failure)
{
	struct trends_keeper *keeper = calloc(1, sizeof *keeper);
	if (!keeper)
		return fail(failure, ERROR_MEMORY, "no memory for the keeper of a history");
	*keeper = (struct trends_keeper){ .trends = trends,
		.to = -1,
		.from = -1,
		.every = every ? every : TRENDS_SAVED_EVERY,
		.saved = time_monotonic() };
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

static enum error writer_is_gone(struct failure *failure)
{
	return fail(failure, ERROR_SYSTEM, "the writer of the history is gone");
}

static void note_held(struct trends_keeper *keeper, nanoseconds begin)
{
	nanoseconds held = time_monotonic() - begin;
	keeper->saves.held_most = held > keeper->saves.held_most ? held : keeper->saves.held_most;
}

/* All that is known at this moment; for so long nobody looks at packets. */
static enum error begin_save(struct trends_keeper *keeper, struct failure *failure)
{
	nanoseconds begin = time_monotonic();
	enum error error = trends_write(keeper->trends, &keeper->text, failure);
	if (!error && keeper->text.size + SUM_SIZE > TRENDS_FILE_MOST)
		error = fail(failure, ERROR_LIMIT, "the history is larger than %zu bytes", TRENDS_FILE_MOST);
	keeper->saved = begin;
	keeper->going = !error;
	keeper->sent = keeper->summed = 0;
	keeper->sum = 0;
	note_held(keeper, begin);
	return error;
}

/* What goes next: the size, the text, its checksum, a part that the pipe may take at once. */
static struct text next_part(struct trends_keeper *keeper, uint64_t *word)
{
	size_t size = keeper->text.size, at = keeper->sent;
	if (at < sizeof *word) {
		*word = size + SUM_SIZE;
		return (struct text){ (const char *)word + at, sizeof *word - at };
	}
	at -= sizeof *word;
	if (at < size) {
		size_t part = size - at < PIPE_SIZE ? size - at : PIPE_SIZE;
		if (at + part > keeper->summed) {
			keeper->sum =
			    checksum(keeper->sum, keeper->text.at + keeper->summed, at + part - keeper->summed);
			keeper->summed = at + part;
		}
		return (struct text){ keeper->text.at + at, part };
	}
	uint32_t sum = htole32(keeper->sum);
	memcpy(word, &sum, sizeof sum);
	return (struct text){ (const char *)word + (at - size), SUM_SIZE - (at - size) };
}

/* *full: the pipe takes nothing more now. */
static enum error send_part(struct trends_keeper *keeper, bool *full, struct failure *failure)
{
	uint64_t word;
	struct text part = next_part(keeper, &word);
	ssize_t some = write(keeper->to, part.at, part.size);
	if (some < 0 && errno != EINTR && errno != EAGAIN)
		return writer_is_gone(failure);
	*full = some < 0 ? errno == EAGAIN : (size_t)some < part.size;
	keeper->sent += some > 0 ? (size_t)some : 0;
	return OK;
}

/* What the writer says when the file is durable. */
static enum error end_save(struct trends_keeper *keeper, struct failure *failure)
{
	struct failure said;
	keeper->going = false;
	keeper->saves.count++;
	keeper->saves.bytes = keeper->text.size + SUM_SIZE;
	builder_free(&keeper->text);
	if (!read_whole(keeper->from, &said, sizeof said))
		return writer_is_gone(failure);
	said.words[sizeof said.words - 1] = '\0';
	return said.code ? fail(failure, said.code, "%s", said.words) : OK;
}

/* Some parts, as far as it goes within `wait` milliseconds for each. */
static enum error continue_save(struct trends_keeper *keeper, int wait, struct failure *failure)
{
	size_t whole = sizeof(uint64_t) + keeper->text.size + SUM_SIZE;
	bool full = false;
	enum error error = OK;
	struct pollfd ready = { keeper->to, POLLOUT, 0 };

	for (unsigned parts = 0; !error && !full && keeper->sent < whole && parts < PARTS; parts++) {
		if (poll(&ready, 1, wait) <= 0)
			return OK;
		error = send_part(keeper, &full, failure);
	}
	ready = (struct pollfd){ keeper->from, POLLIN, 0 };
	if (!error && keeper->sent == whole && poll(&ready, 1, wait) > 0)
		error = end_save(keeper, failure);
	return error;
}

enum error trends_keeper_tick(struct trends_keeper *keeper, struct failure *failure)
{
	if (keeper->going) {
		nanoseconds begin = time_monotonic();
		enum error error = continue_save(keeper, 0, failure);
		note_held(keeper, begin);
		return error;
	}
	if (time_monotonic() - keeper->saved < keeper->every)
		return OK;
	return begin_save(keeper, failure);
}

enum error trends_keeper_save(struct trends_keeper *keeper, struct failure *failure)
{
	enum error error = OK;
	while (!error && keeper->going) /* one of before */
		error = continue_save(keeper, PATIENCE, failure);
	if (!error)
		error = begin_save(keeper, failure);
	while (!error && keeper->going)
		error = continue_save(keeper, PATIENCE, failure);
	return error;
}

struct trends_saves trends_keeper_saves(const struct trends_keeper *keeper)
{
	return keeper->saves;
}

void trends_keeper_free(struct trends_keeper *keeper)
{
	if (!keeper)
		return;
	if (keeper->to >= 0)
		close(keeper->to);
	if (keeper->from >= 0)
		close(keeper->from);
	builder_free(&keeper->text);
	free(keeper);
}
