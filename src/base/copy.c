/*
 * Copying a file in blocks through base/file.h. See copy.h.
 */
#include "base/copy.h"

#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)

static enum error source_open(const char *path, int *descriptor, struct failure *failure)
{
	struct stat status;
	/* Not followed: whoever may write to the folder could name any file that the caller may read. */
	*descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (*descriptor < 0 && errno == ENOENT)
		return fail(failure, ERROR_NOT_FOUND, "%s: no such file", path);
	if (*descriptor < 0 && errno != ELOOP)
		return fail_errno(failure, "cannot open %s", path);
	if (*descriptor >= 0 && fstat(*descriptor, &status) == 0 && S_ISREG(status.st_mode))
		return OK;
	if (*descriptor >= 0)
		close(*descriptor);
	return fail(failure, ERROR_INPUT, "%s is no regular file", path);
}

static enum error target_open(const char *path, struct file **file, struct failure *failure)
{
	if (access(path, F_OK) == 0)
		return fail(failure, ERROR_CONFLICT, "%s is there already", path);
	return file_open(path, true, file, failure);
}

static enum error move_blocks(int from, const char *name, struct file *to, char *block, uint64_t most,
    const struct copy_watch *watch, struct sha256 *hash, uint64_t *size, struct failure *failure)
{
	while (*size < most) {
		ssize_t got = read(from, block, most - *size < BLOCK ? (size_t)(most - *size) : BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(failure, "cannot read %s", name);
		if (got == 0)
			break;
		sha256_add(hash, block, (size_t)got);
		enum error error = to ? file_append(to, block, (size_t)got, failure) : OK;
		if (error)
			return error;
		*size += (uint64_t)got;
		if (watch && watch->moved)
			watch->moved(watch->context, (uint64_t)got);
	}
	return to ? file_sync(to, failure) : OK;
}

enum error copy_file(const char *from, const char *to, uint64_t most, const struct copy_watch *watch, uint64_t *size,
    uint8_t digest[32], struct failure *failure)
{
	int source;
	struct file *target = NULL;
	*size = 0;
	enum error error = source_open(from, &source, failure);
	if (error)
		return error;
	if (to)
		error = target_open(to, &target, failure);
	char *block = malloc(BLOCK);
	struct sha256 *hash = sha256_begin();
	if (!error && !block)
		error = fail(failure, ERROR_MEMORY, "no memory to copy %s", from);
	if (!error)
		error = move_blocks(source, from, target, block, most, watch, hash, size, failure);
	sha256_end(hash, error ? NULL : digest);
	free(block);
	file_close(target);
	close(source);
	return error;
}
