/*
 * Arenas: memory that lives as long as a batch, a request or a document, and goes in one step.
 */
#ifndef NOROSHI_BASE_MEMORY_H
#define NOROSHI_BASE_MEMORY_H

#include "base/text.h"

#include <stddef.h>

struct arena; /* not for two threads at once */

/* An arena that will hold at most `limit` bytes (0 = no limit). NULL when there is no memory. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);  /* NULL is fine */
void arena_clear(struct arena *arena); /* everything in it is gone; keeps its first block */

/* Zeroed and aligned for any type, also for 0 bytes; NULL when memory or the arena's limit is used up. */
void *arena_take(struct arena *arena, size_t size);
struct text arena_text(
    struct arena *arena, struct text text); /* a copy, NUL-terminated behind its size; TEXT_NONE without memory */
char *arena_string(struct arena *arena, struct text text); /* the same as a C string */
size_t arena_used(const struct arena *arena);              /* bytes taken since the last clear, rounded up to 16 each */

#endif
