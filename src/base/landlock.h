/*
 * No file but those that are named, for good (Landlock, since Linux 5.13).
 */
#ifndef NOROSHI_BASE_LANDLOCK_H
#define NOROSHI_BASE_LANDLOCK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct confine_path {
	const char *path; /* file or folder; what is not there is passed over */
	bool write;
};

/* For this thread and those that it begins; PR_SET_NO_NEW_PRIVS must be set. *done: whether the kernel has it. */
enum error landlock_confine(const struct confine_path *paths, size_t count, bool *done, struct failure *failure);

#endif
