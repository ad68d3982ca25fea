/*
 * What `noroshi remotes` does, straight in the store: also while the centre runs, which heeds it within a second or so.
 * Inside center/ only.
 */
#ifndef NOROSHI_CENTER_REMOTES_MAKE_H
#define NOROSHI_CENTER_REMOTES_MAKE_H

#include "base/error.h"

#include <stdbool.h>

struct remotes_wish { /* of texts NULL: not said */
	const char *config, *name, *url, *there, *collection, *organisation, *user, *credential, *authorities, *every,
	    *kind, *tlp;
	bool poll, push, json;
};
/* "list", "show", "add", "pause", "resume", "run", "remove"; the name is there but for the first. What it shows it
 * prints. */
enum error remotes_do(const char *verb, const struct remotes_wish *wish, struct failure *failure);

#endif
