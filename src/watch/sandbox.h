/*
 * What a process that parses strangers' packets gives up before it looks at the first: root, capabilities, and every
 * system call but those that it needs to read, write and remember. It can open no file and no connection; what it works
 * on is open already.
 */
#ifndef NOROSHI_WATCH_SANDBOX_H
#define NOROSHI_WATCH_SANDBOX_H

#include "base/error.h"

/* For good, for this thread and those that it begins. As root it becomes "nobody". */
enum error sandbox_enter(struct failure *failure);

#endif
