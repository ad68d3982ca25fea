/*
 * Making an account from the command line, straight in the store: for the first administrator, also while the centre
 * runs (the store's own locking keeps the two apart).
 */
#ifndef NOROSHI_CENTER_ACCOUNT_MAKE_H
#define NOROSHI_CENTER_ACCOUNT_MAKE_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

struct account_wish {
	const char *config, *name, *title, *mail, *role, *organisation; /* organisation: its name; for members */
	struct text password;
	bool token; /* make one, too */
};

/* `secret` has room for 48 bytes: the token, or "". */
enum error account_make(const struct account_wish *wish, char *secret, struct failure *failure);

#endif
