/*
 * What is published stays: a file that is written once, durably, and never replaced.
 */
#ifndef NOROSHI_DARKNET_PUBLICATION_H
#define NOROSHI_DARKNET_PUBLICATION_H

#include "base/error.h"
#include "base/text.h"

/* ERROR_CONFLICT: a file of that name is there, or somebody else publishes under it at this moment. Read-only when it
 * stands. */
enum error publication_write(const char *path, struct text text, struct failure *failure);
/* Before what is published is computed: whether the name is free. */
enum error publication_free(const char *path, struct failure *failure);

#endif
