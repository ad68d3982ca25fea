/*
 * Publications; see publication.h.
 */
#include "darknet/view/publication.h"

#include "base/file.h"

#include <unistd.h>

enum error publication_free(const char *path, struct failure *failure)
{
	return access(path, F_OK) == 0
		   ? fail(failure, ERROR_CONFLICT, "%s is there already: what was published stays", path)
		   : OK;
}

/* Only who began the replacement looks whether the name is free, and nobody else can begin one until this one ended: of
 * two at once one publishes. */
enum error publication_write(const char *path, struct text text, struct failure *failure)
{
	struct file *file = NULL;
	enum error error = file_replace_begin(path, 0444, &file, failure);

	if (!error)
		error = publication_free(path, failure);
	if (!error)
		error = file_append(file, text.at, text.size, failure);
	if (!error)
		return file_replace_commit(file, failure);
	if (file)
		file_replace_abandon(file);
	return error;
}
