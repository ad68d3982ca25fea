/*
 * Changes of what the exchange shares, read from a growing file as whole lines; see detection_sets.h.
 */
#include "watch/detection_inner.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536u
#define COMPLAINTS_MOST 10

/* ── the file ─ */

void detection_changes_file(struct detection_sets *sets, int descriptor)
{
	struct change_file *file = &sets->changes;
	if (file->descriptor < 0) {
		file->descriptor = descriptor;
		return;
	}
	if (file->next >=
	    0) /* one that was replaced before anybody read it: its lines are in the next, or in the set */
		close(file->next);
	file->next = descriptor;
}

void detection_changes_open(struct detection_sets *sets)
{
	struct stat ours, there;
	const struct change_file *file = &sets->changes;
	int newest = file->next >= 0 ? file->next : file->descriptor;
	int descriptor = sets->files.changes ? open(sets->files.changes, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (descriptor < 0)
		return;
	if (newest >= 0 && fstat(newest, &ours) == 0 && fstat(descriptor, &there) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino)
		close(descriptor);
	else
		detection_changes_file(sets, descriptor);
}

/* More bytes behind those that are there; 0 at the end of all that was written. */
static enum error read_more(struct change_file *file, size_t *got, struct failure *failure)
{
	*got = 0;
	while (file->descriptor >= 0) {
		if (!build_room(&file->bytes, PIECE))
			return fail(failure, ERROR_MEMORY, "no memory for changes of indicators");
		ssize_t size = read(file->descriptor, file->bytes.at + file->bytes.size, PIECE);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail_errno(failure, "changes of indicators cannot be read");
		file->bytes.size += (size_t)size;
		*got = (size_t)size;
		if (size > 0 || file->next < 0)
			return OK;
		close(file->descriptor); /* what stands behind its last line was never whole */
		file->descriptor = file->next;
		file->next = -1;
		builder_clear(&file->bytes);
		file->skipping = false;
	}
	return OK;
}

/* ── lines ─ */

static void complain(struct detection_changes *changes, const struct failure *failure)
{
	if (++changes->malformed <= COMPLAINTS_MOST)
		log_write(
		    LOG_WARNING, "a change of indicators is passed over", LOG_FIELD_STRING("why", failure->words));
}

static enum error take_line(struct detection_sets *sets, struct text line, struct detection_changes *changes)
{
	struct failure failure;
	struct indicator_recent_state before = indicator_recent_state(sets->recent);
	line = text_trim(line);
	if (line.size == 0)
		return OK;
	enum error error = indicator_recent_take(sets->recent, line, &failure);
	if (error == ERROR_INPUT) {
		complain(changes, &failure);
		return OK;
	}
	if (!error)
		changes->taken += indicator_recent_state(sets->recent).number != before.number;
	changes->waiting |= error == ERROR_LIMIT;
	return error;
}

/* The whole lines of what was read; the rest stays for later. */
static void take_lines(struct detection_sets *sets, struct detection_changes *changes)
{
	struct change_file *file = &sets->changes;
	struct text rest = { file->bytes.at, file->bytes.size };
	const char *end;
	while (rest.size > 0 && (end = memchr(rest.at, '\n', rest.size))) {
		size_t size = (size_t)(end - rest.at);
		if (!file->skipping && take_line(sets, (struct text){ rest.at, size }, changes) != OK)
			break;
		file->skipping = false;
		rest = (struct text){ end + 1, rest.size - size - 1 };
	}
	if (!changes->waiting && rest.size > INDICATOR_CHANGE_LINE) {
		struct failure failure;
		fail(&failure, ERROR_INPUT, "a line is longer than %u bytes", INDICATOR_CHANGE_LINE);
		if (!file->skipping)
			complain(changes, &failure);
		file->skipping = true;
		rest.size = 0;
	}
	memmove(file->bytes.at, rest.at, rest.size);
	file->bytes.size = rest.size;
}

enum error detection_changes_read(
    struct detection_sets *sets, struct detection_changes *changes, struct failure *failure)
{
	size_t got = 1;
	enum error error = OK;
	*changes = (struct detection_changes){ 0 };
	if (!sets->recent || sets->changes.descriptor < 0)
		return OK;
	pthread_mutex_lock(&sets->lock);
	struct indicator_recent_state before = indicator_recent_state(sets->recent), now;
	if (sets->changes.bytes.size > 0)
		take_lines(sets, changes); /* those that had no room before */
	while (!error && got > 0 && !changes->waiting) {
		error = read_more(&sets->changes, &got, failure);
		if (!error && got > 0)
			take_lines(sets, changes);
	}
	now = indicator_recent_state(sets->recent);
	if (!error && (changes->taken || strcmp(now.epoch, before.epoch) != 0))
		error = detection_publish_recent(sets, failure);
	pthread_mutex_unlock(&sets->lock);
	return error;
}
