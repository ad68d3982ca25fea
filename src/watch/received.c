/*
 * Received lines in files; see received.h.
 */
#include "watch/received.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST ((uint64_t)8 << 20) /* of a file; then the next one begins */
#define PATH 4352

struct received_kind {
	struct received *of;
	char *name;
	struct text header;
	struct file *file; /* NULL = none yet */
	char path[PATH];
	uint64_t size; /* of the file, as far as it was written */
	struct builder lines;
	bool unsynced;
};

struct received {
	char *folder;
	uint64_t limit, used, number; /* the last file's */
	struct received_kind *items[RECEIVED_KINDS_MOST];
	size_t count;
	bool failed;
};

/* A crash may have torn the last line: it ends here, and is malformed to whoever reads it, instead of being the
 * beginning of another one. */
static enum error mend(const char *path, struct failure *failure)
{
	struct file *file;
	char last = '\n';
	enum error error = file_open(path, false, &file, failure);
	if (error)
		return error;
	uint64_t size = file_size(file);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	bool torn = size > 0 && descriptor >= 0 && pread(descriptor, &last, 1, (off_t)size - 1) == 1 && last != '\n';
	if (descriptor >= 0)
		close(descriptor);
	if (torn)
		error = file_append(file, "\n", 1, failure);
	file_close(file);
	return error;
}

static uint64_t number_of(const char *name)
{
	uint64_t number;
	const char *dot = strchr(name, '.');
	return dot && text_to_u64((struct text){ name, (size_t)(dot - name) }, &number) ? number : 0;
}

/* All files of the folder: their bytes, and with `mending` their last lines and the highest number. */
static enum error look(struct received *received, bool mending, struct failure *failure)
{
	char path[PATH];
	struct dirent *entry;
	struct stat about;
	enum error error = OK;
	DIR *folder = opendir(received->folder);
	if (!folder)
		return fail_errno(failure, "%s", received->folder);
	received->used = 0;
	while (!error && (entry = readdir(folder))) {
		uint64_t number = number_of(entry->d_name);
		if (!number || snprintf(path, sizeof path, "%s/%s", received->folder, entry->d_name) >= PATH)
			continue;
		if (stat(path, &about) == 0)
			received->used += (uint64_t)about.st_size;
		if (mending && number > received->number)
			received->number = number;
		if (mending)
			error = mend(path, failure);
	}
	closedir(folder);
	return error;
}

enum error received_open(const char *folder, uint64_t limit, struct received **made, struct failure *failure)
{
	enum error error = directory_make(folder, 0700, failure);
	if (error)
		return error;
	struct received *received = calloc(1, sizeof *received);
	if (received)
		received->folder = strdup(folder);
	if (!received || !received->folder) {
		free(received);
		return fail(failure, ERROR_MEMORY, "no memory for what is received");
	}
	received->limit = limit;
	error = look(received, true, failure);
	if (error) {
		received_close(received);
		return error;
	}
	*made = received;
	return OK;
}

void received_close(struct received *received)
{
	for (size_t i = 0; received && i < received->count; i++) {
		file_close(received->items[i]->file);
		builder_free(&received->items[i]->lines);
		free(received->items[i]->name);
		free(received->items[i]);
	}
	if (received)
		free(received->folder);
	free(received);
}

struct received_kind *received_kind_of(struct received *received, const char *name, struct text header)
{
	for (size_t i = 0; i < received->count; i++)
		if (strcmp(received->items[i]->name, name) == 0)
			return received->items[i];
	struct received_kind *kind = received->count < RECEIVED_KINDS_MOST ? calloc(1, sizeof *kind) : NULL;
	if (kind)
		kind->name = strdup(name);
	if (!kind || !kind->name) {
		free(kind);
		return NULL;
	}
	kind->of = received;
	kind->header = header;
	received->items[received->count++] = kind;
	return kind;
}

void received_add(struct received_kind *kind, struct text line)
{
	build_text(&kind->lines, line);
}

static enum error begin_file(struct received_kind *kind, struct failure *failure)
{
	struct received *received = kind->of;
	snprintf(
	    kind->path, PATH, "%s/%08llu.%s", received->folder, (unsigned long long)received->number + 1, kind->name);
	enum error error = file_open(kind->path, true, &kind->file, failure);
	if (error)
		return error;
	received->number++;
	kind->size = 0;
	if (!kind->header.size)
		return OK;
	struct builder with = { 0 };
	build_text(&with, kind->header);
	build_text(&with, (struct text){ kind->lines.at, kind->lines.size });
	builder_free(&kind->lines);
	kind->lines = with;
	return with.failed ? fail(failure, ERROR_MEMORY, "no memory for what is received") : OK;
}

/* After a failure: as much as got into the file is written, the rest follows. */
static enum error reopen(struct received_kind *kind, struct failure *failure)
{
	file_close(kind->file);
	kind->file = NULL;
	enum error error = file_open_rest(kind->path, &kind->size, &kind->lines, &kind->file, failure);
	kind->unsynced |= error == OK;
	return error;
}

static enum error sync_kind(struct received_kind *kind, struct failure *failure)
{
	enum error error = kind->unsynced && kind->file ? file_sync(kind->file, failure) : OK;
	kind->unsynced &= error != OK;
	return error;
}

static enum error write_segment(struct received_kind *kind, struct failure *failure)
{
	enum error error = OK;
	if (!kind->lines.size || kind->lines.failed)
		return kind->lines.failed ? fail(failure, ERROR_MEMORY, "no memory for what is received") : OK;
	if (kind->of->failed && kind->file)
		error = reopen(kind, failure);
	if (!error && kind->file && kind->size >= LARGEST) {
		error = sync_kind(kind, failure);
		file_close(kind->file);
		kind->file = NULL;
	}
	if (!error && !kind->file)
		error = begin_file(kind, failure);
	if (!error)
		error = file_append(kind->file, kind->lines.at, kind->lines.size, failure);
	if (error)
		return error;
	kind->size += kind->lines.size;
	kind->of->used += kind->lines.size;
	kind->unsynced = true;
	builder_clear(&kind->lines);
	return OK;
}

enum error received_write(struct received *received, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < received->count && !error; i++)
		error = write_segment(received->items[i], failure);
	received->failed = error != OK;
	return error;
}

enum error received_sync(struct received *received, struct failure *failure)
{
	enum error error = OK;
	for (size_t i = 0; i < received->count && !error; i++)
		error = sync_kind(received->items[i], failure);
	received->failed |= error != OK;
	return error;
}

bool received_full(struct received *received)
{
	look(received, false, NULL);
	return received->failed || received->used >= received->limit;
}

uint64_t received_used(const struct received *received)
{
	return received->used;
}

bool received_is_older(const char *path, const char *other)
{
	const char *slash = strrchr(path, '/'), *slash_other = strrchr(other, '/');
	const char *name = slash ? slash + 1 : path, *name_other = slash_other ? slash_other + 1 : other;
	const char *kind = strchr(name, '.'), *kind_other = strchr(name_other, '.');
	return kind && kind_other && strcmp(kind, kind_other) == 0 && number_of(name) < number_of(name_other);
}
