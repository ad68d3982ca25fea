/*
 * Files of lines that go on after a write was cut short, by a full disk or a killed process. See file.h.
 */
#include "base/file.h"

#include <string.h>
#include <unistd.h>

enum error file_open_lines(const char *path, struct file **file, struct failure *failure)
{
	char last = '\n';
	enum error error = file_open(path, true, file, failure);
	if (error || file_size(*file) == 0)
		return error;
	if (pread(file_descriptor(*file), &last, 1, (off_t)(file_size(*file) - 1)) != 1)
		error = fail_errno(failure, "%s cannot be read", path);
	else if (last != '\n')
		error = file_append(*file, "\n", 1, failure);
	if (error) {
		file_close(*file);
		*file = NULL;
	}
	return error;
}

enum error file_open_rest(
    const char *path, uint64_t *size, struct builder *rest, struct file **file, struct failure *failure)
{
	enum error error = file_open(path, false, file, failure);
	if (error)
		return error;
	uint64_t now = file_size(*file);
	if (now < *size || now - *size > rest->size) {
		file_close(*file);
		*file = NULL;
		return fail(failure, ERROR_CORRUPT, "%s: somebody else writes to it", path);
	}
	rest->size -= (size_t)(now - *size);
	memmove(rest->at, rest->at + (now - *size), rest->size);
	*size = now;
	return OK;
}
