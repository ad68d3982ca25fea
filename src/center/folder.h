/*
 * A folder that appears whole or not at all: its files are written into `NAME.partial`, which is renamed when all is
 * durable. And the account that its files belong to, when root makes it.
 */
#ifndef NOROSHI_CENTER_FOLDER_H
#define NOROSHI_CENTER_FOLDER_H

#include "base/error.h"

#include <stdbool.h>

struct folder {
	char path[4096], partial[4112];
	bool begun, committed;
};

/* `path` must not be there, or be an empty folder. */
enum error folder_begin(const char *path, struct folder *folder, struct failure *failure);
enum error folder_make(const struct folder *folder, const char *name, struct failure *failure); /* one inside */
/* When we are root: everything in it becomes `user`'s. */
enum error folder_give(const struct folder *folder, const char *user, struct failure *failure);
enum error folder_commit(struct folder *folder, struct failure *failure);
/* Removes it, committed or not; nothing when it was not begun. */
void folder_abandon(struct folder *folder);

/* Removes a folder with everything in it; what cannot be removed stays. */
void folder_remove(const char *path);

/* Root works as `user` between the two: what that account may not read or write is not read or written for it. Nothing
 * without `user`, or when we are not root. */
enum error owner_begin(const char *user, struct failure *failure);
void owner_end(void);

#endif
