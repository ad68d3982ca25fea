/*
 * Structured log lines on standard error. The one place besides main that keeps something for the whole process: which
 * part writes, what is shown, and how many lines were lost because nobody read them.
 *
 * A log must never stop the program: a line has at most PIPE_BUF bytes, so that it goes out whole and in one piece
 * beside the lines of other processes; standard error is written without blocking, and a line for which there is no
 * room within LONGEST_WAIT is dropped and counted in the next one.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_LINE (PIPE_BUF - 64) /* leaves room for what closes it */
#define LONGEST_TEXT 1024            /* bytes of one field */
#define LONGEST_WAIT 50              /* milliseconds */

static struct {
	char part[32];
	enum log_level least;
	bool json;
	bool socket;      /* standard error is one */
	int own;          /* a descriptor of standard error that does not block; 0 = none */
	uint64_t dropped; /* lines since the last one that went out */
} setup = { .least = LOG_INFO, .json = true };

static const char *const level_names[] = { "debug", "info", "warning", "error" };

void log_setup(const char *part, enum log_level least, bool json)
{
	struct stat status;
	text_copy(text_of(part), setup.part, sizeof setup.part);
	setup.least = least;
	setup.json = json;
	if (setup.own > 0)
		close(setup.own);
	setup.own = 0;
	/* O_NONBLOCK belongs to the open file, which others share: a pipe can be opened once more for ourselves. */
	bool known = fstat(STDERR_FILENO, &status) == 0;
	setup.socket = known && S_ISSOCK(status.st_mode);
	if (known && S_ISFIFO(status.st_mode))
		setup.own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static bool write_once(const char *at, size_t size)
{
	int descriptor = setup.own > 0 ? setup.own : STDERR_FILENO;
	ssize_t done = setup.socket ? send(descriptor, at, size, MSG_DONTWAIT | MSG_NOSIGNAL) : -1;
	if (!setup.socket || (done < 0 && errno == EPERM)) { /* EPERM: a sandbox without this call */
		struct pollfd ready = { .fd = descriptor, .events = POLLOUT };
		if (setup.own <= 0 &&
		    poll(&ready, 1, 0) == 0) { /* a terminal that is held, or a pipe that could not be opened again */
			errno = EAGAIN;
			return false;
		}
		done = write(descriptor, at, size);
	}
	return done >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* A line that cannot be written at all (closed descriptor, full disk) is given up silently: there is nowhere to say it.
 */
static void write_line(const char *at, size_t size)
{
	struct pollfd ready = { .fd = setup.own > 0 ? setup.own : STDERR_FILENO, .events = POLLOUT };
	bool done = write_once(at, size);
	if (!done) {
		poll(&ready, 1, LONGEST_WAIT);
		done = write_once(at, size);
	}
	if (done)
		__atomic_store_n(&setup.dropped, 0, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(&setup.dropped, 1, __ATOMIC_RELAXED);
}

/* Printable, at most LONGEST_TEXT bytes of it; line breaks become spaces in plain text. */
static void build_value(struct builder *line, struct text text)
{
	char shown[3 * LONGEST_TEXT + 1], part[LONGEST_TEXT + 1];
	text_copy(
	    text, part, sizeof part); /* cuts at a character's border; a NUL inside is removed below as a control */
	struct text kept = { part, text.size < LONGEST_TEXT ? text.size : strnlen(part, sizeof part) };
	size_t size = text_make_printable(kept, shown);
	if (setup.json) {
		build_json_string(line, (struct text){ shown, size });
		return;
	}
	for (size_t i = 0; i < size; i++)
		if (shown[i] == '\n' || shown[i] == '\t')
			shown[i] = ' ';
	build_text(line, (struct text){ shown, size });
}

static void build_field(struct builder *line, const struct log_field *field)
{
	char time[TIME_TEXT];
	if (setup.json) {
		build_char(line, ',');
		build_json_string(line, text_of(field->name));
		build_char(line, ':');
	} else {
		build_format(line, " %s=", field->name);
	}
	if (field->kind == LOG_NUMBER)
		build_format(line, "%" PRId64, field->number);
	else
		build_value(line, field->kind == LOG_TIME ? text_of(time_format(field->number, time)) : field->text);
}

static void build_beginning(struct builder *line, enum log_level level, const char *what)
{
	char time[TIME_TEXT];
	time_format(time_now() / MICROSECOND * MICROSECOND, time);
	if (setup.json) {
		build_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"part\":", time, level_names[level]);
		build_value(line, text_of(setup.part));
		build_text(line, TEXT(",\"what\":"));
	} else {
		build_format(line, "%s %s %s: ", time, level_names[level], setup.part);
	}
	build_value(line, text_of(what));
}

void log_fields(enum log_level level, const char *what, const struct log_field *fields)
{
	struct builder line = { 0 };
	uint64_t dropped = __atomic_load_n(&setup.dropped, __ATOMIC_RELAXED);
	int number = errno;
	if (level < setup.least || level > LOG_ERROR)
		return;
	build_beginning(&line, level, what);
	if (dropped)
		build_field(&line, &LOG_FIELD_NUMBER("dropped", dropped));
	for (; fields->name; fields++) {
		size_t before = line.size;
		build_field(&line, fields);
		if (line.size <= LONGEST_LINE || line.failed)
			continue;
		line.size = before; /* this field and those behind it are left out, and it is said */
		build_field(&line, &LOG_FIELD_STRING("left_out", "fields"));
		break;
	}
	build_text(&line, setup.json ? TEXT("}\n") : TEXT("\n"));
	if (!line.failed)
		write_line(line.at, line.size);
	builder_free(&line);
	errno = number;
}
