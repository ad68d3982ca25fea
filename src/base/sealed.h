/*
 * Memory that one process fills, seals, and hands to another (memfd_create(2), F_ADD_SEALS): whoever has the descriptor
 * reads the same bytes for ever, and nobody can change or shorten them.
 */
#ifndef NOROSHI_BASE_SEALED_H
#define NOROSHI_BASE_SEALED_H

#include "base/error.h"
#include "base/text.h"

enum error sealed_new(int *descriptor, struct failure *failure);
enum error sealed_append(int descriptor, const void *at, size_t size, struct failure *failure);
/* No byte of it changes from now on. */
enum error sealed_close(int descriptor, struct failure *failure);

/* All of it; ERROR_INPUT when it is not sealed. The descriptor may be closed. */
enum error sealed_map(int descriptor, struct text *content, struct failure *failure);
void sealed_unmap(struct text content);

#endif
