/*
 * Losses, written down; see loss.h.
 */
#include "watch/loss.h"

#include "base/file.h"
#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void build_loss(const struct loss *loss, struct builder *to)
{
	char time[TIME_TEXT];

	build_format(to, "{\"noticed\":\"%s\",\"file\":", time_format(time_now(), time));
	build_json_string(to, text_of(loss->file));
	build_format(to, ",\"epoch\":\"%016" PRIx64 "%016" PRIx64 "\",\"from\":%" PRIu64 ",\"bytes\":%" PRIu64,
	    loss->epoch.high, loss->epoch.low, loss->from, loss->bytes);
	build_format(to, ",\"unanswered\":%" PRIu64 ",\"why\":", loss->unanswered);
	build_json_string(to, text_of(loss->why));
	build_format(to, "}\n");
}

/* Behind the last whole line: a full disk or a power cut leaves half a one. Its name may be one that a killed process
 * made. */
static enum error open_losses(const char *path, struct file **file, struct failure *failure)
{
	char *at = NULL;
	size_t size = 0;
	enum error error = file_open(path, true, file, failure);
	if (error)
		return error;
	error = directory_sync_of(path, failure);
	if (!error)
		error = file_read(path, 2 * LOSS_BYTES, &at, &size, failure);
	size_t whole = size;
	while (whole && at[whole - 1] != '\n')
		whole--;
	if (!error && whole < size)
		error = file_truncate(*file, whole, failure);
	free(at);
	if (error)
		file_close(*file);
	return error;
}

/* After a failed sync the kernel may have dropped what was written and call the file clean: a hole before later lines.
 */
static void take_back(const char *path, uint64_t size)
{
	struct file *file;

	if (file_open(path, false, &file, NULL) != OK)
		return;
	file_truncate(file, size, NULL);
	file_close(file);
}

static enum error append(const char *folder, const struct loss *loss, bool *full, struct failure *failure)
{
	struct builder line = { 0 };
	struct file *file;
	char path[4200];

	snprintf(path, sizeof path, "%s/losses.jsonl", folder);
	enum error error = open_losses(path, &file, failure);
	if (error)
		return error;
	build_loss(loss, &line);
	if (line.failed)
		error = fail(failure, ERROR_MEMORY, "no memory to write %s", path);
	else if ((*full = file_size(file) + line.size > LOSS_BYTES))
		error = fail(failure, ERROR_LIMIT, "%s: full, move it away", path);
	uint64_t before = file_size(file);
	if (!error)
		error = file_append(file, line.at, line.size, failure);
	if (!error)
		error = file_sync(file, failure);
	builder_free(&line);
	file_close(file);
	if (error && !*full)
		take_back(path, before);
	return error;
}

bool loss_say(const char *folder, const struct loss *loss)
{
	struct failure failure;
	bool full = false;

	if (append(folder, loss, &full, &failure) != OK) {
		log_write(LOG_ERROR, "a loss cannot be written down", LOG_FIELD_STRING("why", failure.words));
		if (!full)
			return false;
	}
	log_write(LOG_ERROR, "content is lost", LOG_FIELD_STRING("file", loss->file),
	    LOG_FIELD_NUMBER("from", loss->from), LOG_FIELD_NUMBER("bytes", loss->bytes),
	    LOG_FIELD_NUMBER("unanswered", loss->unanswered), LOG_FIELD_STRING("why", loss->why));
	return true;
}

void losses_write(const char *folder, struct builder *to)
{
	char path[4200], *at;
	size_t size;

	build_char(to, '[');
	snprintf(path, sizeof path, "%s/losses.jsonl", folder);
	if (access(path, F_OK) == 0 && file_read(path, 2 * LOSS_BYTES, &at, &size, NULL) == OK) {
		struct text rest = { at, size };
		bool first = true;
		while (memchr(rest.at, '\n', rest.size)) { /* whole lines only */
			struct text line = text_cut(&rest, '\n');
			if (memchr(line.at, '\0', line.size)) /* a power cut left its end alone */
				continue;
			if (!first)
				build_char(to, ',');
			build_text(to, line);
			first = false;
		}
		free(at);
	}
	build_char(to, ']');
}
