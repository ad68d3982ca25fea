/*
 * Files: every durable write of the program, and the syncs that make it durable. In: bytes and names from store/, bus/,
 * the agent and the capabilities; out: files of which at any power cut only a tail that nobody was told about is
 * missing.
 *
 * Each system call that changes a file stands between file_journal_begin() and _end(), which do nothing except in the
 * recording build, and reports an errno: 0 = done.
 */
#include "base/file.h"

#include "base/file_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	int descriptor;
	uint64_t size, inode;
	bool failed;
	bool resized; /* since the last sync: fdatasync() need not write a smaller size */
	char *path;
	char *target; /* of file_replace_begin(): what `path` shall become */
};

/* ── the operations, each of them counted and recorded ─ */

static int do_write(struct file *file, uint64_t offset, const char *at, size_t size)
{
	int number = file_journal_begin();
	size_t done = 0, wanted = number ? size / 2 : size;
	while (done < wanted) {
		ssize_t written = pwrite(file->descriptor, at + done, wanted - done, (off_t)(offset + done));
		if (written > 0)
			done += (size_t)written;
		else if (written == 0 || errno != EINTR) {
			number = written == 0 ? EIO : errno;
			break;
		}
	}
	file_journal_end(&(struct file_record){ .operation = FILE_WRITE,
	    .error = number,
	    .inode = file->inode,
	    .offset = offset,
	    .path = text_of(file->path),
	    .data = { at, done } });
	return number;
}

static int do_truncate(struct file *file, uint64_t size)
{
	int number = file_journal_begin();
	if (!number && ftruncate(file->descriptor, (off_t)size) < 0)
		number = errno;
	file_journal_end(&(struct file_record){ .operation = FILE_TRUNCATE,
	    .error = number,
	    .inode = file->inode,
	    .offset = size,
	    .path = text_of(file->path) });
	return number;
}

static int do_sync(struct file *file, bool everything)
{
	int number = file_journal_begin();
	if (!number && (everything ? fsync(file->descriptor) : fdatasync(file->descriptor)) < 0)
		number = errno;
	file_journal_end(&(struct file_record){
	    .operation = FILE_SYNC, .error = number, .inode = file->inode, .path = text_of(file->path) });
	return number;
}

/* EEXIST when the name is taken. */
static int do_create(const char *path, unsigned mode, int *descriptor)
{
	int number = file_journal_begin();
	struct stat status = { 0 };
	if (!number) {
		*descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);
		if (*descriptor < 0 || fstat(*descriptor, &status) < 0)
			number = errno;
	}
	file_journal_end(&(struct file_record){
	    .operation = FILE_CREATE, .error = number, .inode = status.st_ino, .offset = mode, .path = text_of(path) });
	return number;
}

static int do_rename(const char *from, const char *to)
{
	int number = file_journal_begin();
	if (!number && rename(from, to) < 0)
		number = errno;
	file_journal_end(&(struct file_record){
	    .operation = FILE_RENAME, .error = number, .path = text_of(from), .other = text_of(to) });
	return number;
}

static int do_remove(const char *path)
{
	int number = file_journal_begin();
	if (!number && unlink(path) < 0)
		number = errno;
	file_journal_end(&(struct file_record){ .operation = FILE_REMOVE, .error = number, .path = text_of(path) });
	return number;
}

static int do_make_folder(const char *path, unsigned mode)
{
	int number = file_journal_begin();
	if (!number && mkdir(path, mode) < 0)
		number = errno;
	file_journal_end(&(struct file_record){
	    .operation = FILE_MAKE_FOLDER, .error = number, .offset = mode, .path = text_of(path) });
	return number;
}

static int do_sync_folder(const char *path)
{
	int number = file_journal_begin();
	if (!number) {
		int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (descriptor < 0 || (fsync(descriptor) < 0 && errno != EINVAL)) /* EINVAL: folders need none here */
			number = errno;
		if (descriptor >= 0)
			close(descriptor);
	}
	file_journal_end(
	    &(struct file_record){ .operation = FILE_SYNC_FOLDER, .error = number, .path = text_of(path) });
	return number;
}

/* ── words ─ */

static enum error refuse(struct failure *failure, int number, const char *what, const char *path)
{
	if (number == ENOENT)
		return fail(failure, ERROR_NOT_FOUND, "%s: no such file or folder", path);
	errno = number;
	return fail_errno(failure, "cannot %s %s", what, path);
}

static int do_sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (slash == path ? 1 : (size_t)(slash - path)) : 1;
	if (size >= sizeof folder)
		return ENAMETOOLONG;
	memcpy(folder, slash ? path : ".", size);
	folder[size] = '\0';
	return do_sync_folder(folder);
}

/* ── one open file ─ */

static enum error file_wrap(const char *path, int descriptor, struct file **file, struct failure *failure)
{
	struct stat status;
	enum error error = OK;
	struct file *made = calloc(1, sizeof *made);
	if (fstat(descriptor, &status) < 0)
		error = refuse(failure, errno, "look at", path);
	else if (!S_ISREG(status.st_mode))
		error = fail(failure, ERROR_USAGE, "%s is not a regular file", path);
	else if (!made || !(made->path = strdup(path)))
		error = fail(failure, ERROR_MEMORY, "no memory to open %s", path);
	if (error) {
		free(made);
		close(descriptor);
		return error;
	}
	made->descriptor = descriptor;
	made->size = (uint64_t)status.st_size;
	made->inode = status.st_ino;
	*file = made;
	return OK;
}

enum error file_open(const char *path, bool create, struct file **file, struct failure *failure)
{
	/* Not blocking: what stands there may be a pipe. */
	int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (descriptor >= 0)
		return file_wrap(path, descriptor, file, failure);
	if (errno != ENOENT || !create)
		return refuse(failure, errno, "open", path);
	int number = do_create(path, 0640, &descriptor);
	if (number)
		return refuse(failure, number, "create", path);
	enum error error = file_wrap(path, descriptor, file, failure);
	if (!error && (error = directory_sync_of(path, failure)) != OK) {
		do_remove(path); /* else the next one finds it, and takes its name for durable */
		file_close(*file);
		*file = NULL;
	}
	return error;
}

void file_close(struct file *file)
{
	if (!file)
		return;
	close(file->descriptor);
	free(file->path);
	free(file->target);
	free(file);
}

static enum error ready(const struct file *file, struct failure *failure)
{
	if (file->failed)
		return fail(failure, ERROR_SYSTEM,
		    "%s: an earlier write failed; it has to be opened and repaired first", file->path);
	return OK;
}

static enum error failed(struct file *file, int number, const char *what, struct failure *failure)
{
	file->failed = true;
	return refuse(failure, number == ENOENT ? EIO : number, what, file->path);
}

enum error file_write_at(struct file *file, uint64_t offset, const void *at, size_t size, struct failure *failure)
{
	enum error error = ready(file, failure);
	if (error || size == 0)
		return error;
	if (offset > INT64_MAX || size > INT64_MAX - offset)
		return fail(failure, ERROR_LIMIT, "%s: no file can be that large", file->path);
	int number = do_write(file, offset, at, size);
	if (number)
		return failed(file, number, "write to", failure);
	if (offset + size > file->size)
		file->size = offset + size;
	return OK;
}

enum error file_append(struct file *file, const void *at, size_t size, struct failure *failure)
{
	return file_write_at(file, file->size, at, size, failure);
}

enum error file_truncate(struct file *file, uint64_t size, struct failure *failure)
{
	enum error error = ready(file, failure);
	if (error)
		return error;
	if (size > INT64_MAX)
		return fail(failure, ERROR_LIMIT, "%s: no file can be that large", file->path);
	int number = do_truncate(file, size);
	if (number)
		return failed(file, number, "cut", failure);
	file->size = size;
	file->resized = true;
	return OK;
}

enum error file_sync(struct file *file, struct failure *failure)
{
	enum error error = ready(file, failure);
	if (error)
		return error;
	int number = do_sync(file, file->resized);
	if (number)
		return failed(file, number, "make durable", failure);
	file->resized = false;
	return OK;
}

uint64_t file_size(const struct file *file)
{
	return file->size;
}

int file_descriptor(const struct file *file)
{
	return file->descriptor;
}

/* ── replacing a whole file ─ */

/* Opens the temporary file, which is locked so that two owners of one name cannot mix their contents, and which keeps
 * its name from time to time so that crashes leave at most one behind. */
static int open_temporary(const char *path, int *descriptor)
{
	for (int tries = 0; tries < 100; tries++) {
		int number = do_create(path, 0600, descriptor);
		if (number == EEXIST) {
			*descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
			number = *descriptor < 0 ? errno : 0;
		}
		if (number == ENOENT && tries > 0)
			continue;
		if (number)
			return number;
		struct stat opened, named;
		if (flock(*descriptor, LOCK_EX | LOCK_NB) < 0) {
			number = errno == EWOULDBLOCK ? EBUSY : errno;
			close(*descriptor);
			return number;
		}
		if (fstat(*descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino)
			return 0;
		close(*descriptor); /* its owner finished between the two calls */
	}
	return EBUSY;
}

enum error file_replace_begin(const char *path, unsigned mode, struct file **file, struct failure *failure)
{
	char *temporary = NULL;
	int descriptor;
	struct stat present;
	if (stat(path, &present) == 0 && !S_ISREG(present.st_mode))
		return fail(failure, ERROR_INPUT, "%s is no regular file: it is left as it is", path);
	if (asprintf(&temporary, "%s.new", path) < 0)
		return fail(failure, ERROR_MEMORY, "no memory to write %s", path);
	int number = open_temporary(temporary, &descriptor);
	if (number) {
		enum error error = number == EBUSY
				       ? fail(failure, ERROR_CONFLICT, "%s is being written by somebody else", path)
				       : refuse(failure, number, "create", temporary);
		free(temporary);
		return error;
	}
	enum error error = file_wrap(temporary, descriptor, file, failure);
	free(temporary);
	if (error)
		return error;
	(*file)->target = strdup(path);
	if (!(*file)->target)
		error = fail(failure, ERROR_MEMORY, "no memory to write %s", path);
	if (!error && (*file)->size > 0)
		error = file_truncate(*file, 0, failure); /* what a crash left */
	if (!error && fchmod(descriptor, mode) < 0)
		error = refuse(failure, errno, "set the mode of", path);
	if (error)
		file_replace_abandon(*file);
	return error;
}

enum error file_replace_commit(struct file *file, struct failure *failure)
{
	enum error error = ready(file, failure);
	if (!error) {
		int number = do_sync(file, true);
		if (number)
			error = refuse(failure, number, "make durable", file->path);
	}
	if (error) {
		file_replace_abandon(file);
		return error;
	}
	int number = do_rename(file->path, file->target);
	if (number) {
		error = refuse(failure, number, "replace", file->target);
		file_replace_abandon(file);
		return error;
	}
	error = directory_sync_of(file->target, failure);
	file_close(file);
	return error;
}

void file_replace_abandon(struct file *file)
{
	if (!file)
		return;
	do_remove(file->path); /* when this fails the next replacement overwrites it */
	file_close(file);
}

enum error file_replace(const char *path, struct text text, unsigned mode, struct failure *failure)
{
	struct file *file;
	enum error error = file_replace_begin(path, mode, &file, failure);
	if (error)
		return error;
	error = file_append(file, text.at, text.size, failure);
	if (error) {
		file_replace_abandon(file);
		return error;
	}
	return file_replace_commit(file, failure);
}

/* ── names ─ */

enum error file_remove(const char *path, struct failure *failure)
{
	int number = do_remove(path);
	return number ? refuse(failure, number, "remove", path) : directory_sync_of(path, failure);
}

static bool same_folder(const char *a, const char *b)
{
	const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
	size_t size_a = slash_a ? (size_t)(slash_a - a) : 0, size_b = slash_b ? (size_t)(slash_b - b) : 0;
	return !slash_a == !slash_b && size_a == size_b && memcmp(a, b, size_a) == 0;
}

enum error file_rename(const char *from, const char *to, struct failure *failure)
{
	int number = do_rename(from, to);
	if (number)
		return refuse(failure, number, "rename", from);
	/* The new name first: a power cut between the two leaves both rather than none. */
	enum error error = directory_sync_of(to, failure);
	return error || same_folder(from, to) ? error : directory_sync_of(from, failure);
}

enum error directory_make(const char *path, unsigned mode, struct failure *failure)
{
	struct stat status;
	int number = do_make_folder(path, mode);
	if (number == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		/* A process that was killed may have made it just now. Where we may not even read, it was not ours. */
		number = do_sync_folder_of(path);
		return number && number != EACCES ? refuse(failure, number, "make durable", path) : OK;
	}
	return number ? refuse(failure, number, "make the folder", path) : directory_sync_of(path, failure);
}

enum error directory_sync(const char *path, struct failure *failure)
{
	int number = do_sync_folder(path);
	return number ? refuse(failure, number, "make durable the folder", path) : OK;
}

enum error directory_sync_of(const char *path, struct failure *failure)
{
	int number = do_sync_folder_of(path);
	return number ? refuse(failure, number, "make durable the folder of", path) : OK;
}

/* ── reading ─ */

enum error file_read(const char *path, size_t limit, char **at, size_t *size, struct failure *failure)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return refuse(failure, errno, "open", path);
	enum error error = OK;
	struct stat status;
	size_t room = 4096, filled = 0;
	if (fstat(descriptor, &status) == 0 && status.st_size > 0)
		room = (size_t)status.st_size < limit ? (size_t)status.st_size + 2 : limit + 2;
	char *content = malloc(room);
	while (content) {
		ssize_t got = read(descriptor, content + filled, room - filled - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			error = refuse(failure, errno, "read", path);
		if (got <= 0)
			break;
		filled += (size_t)got;
		if (filled > limit) {
			error = fail(failure, ERROR_LIMIT, "%s is larger than %zu bytes", path, limit);
			break;
		}
		if (filled + 1 < room)
			continue;
		room *= 2;
		char *more = realloc(content, room);
		if (!more)
			free(content);
		content = more;
	}
	close(descriptor);
	if (!content)
		return fail(failure, ERROR_MEMORY, "no memory to read %s", path);
	if (error) {
		free(content);
		return error;
	}
	content[filled] = '\0';
	*at = content;
	*size = filled;
	return OK;
}
