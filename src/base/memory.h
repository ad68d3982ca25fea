/*
 * Arenas: memory that lives as long as a batch, a request or a document, and goes in one step. And the one way in which
 * an array on the heap grows, and that in which a large table gets its pages.
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
/* A copy, NUL-terminated behind its size; TEXT_NONE without memory. */
struct text arena_text(struct arena *arena, struct text text);
struct text arena_concat(struct arena *arena, const struct text *pieces, size_t count); /* one behind the other */
char *arena_string(struct arena *arena, struct text text);                              /* the same as a C string */
size_t arena_used(const struct arena *arena); /* bytes taken since the last clear, rounded up to 16 each */

/* An array of *room items of `size` bytes moves to one of twice the room (`first` when it had none), which the caller
 * owns in its place; *room says so. NULL without memory: then nothing changed, and `items` is still the caller's. */
void *array_grow(void *items, size_t *room, size_t first, size_t size);

/* Memory of a table that is looked into anywhere: on huge pages when there are some, since on small ones the misses of
 * the page tables cost more than the table's own. Without them it is only slower. */
void memory_widen(void *at, size_t size); /* of whoever mapped it */
/* Aligned to cache lines, not zeroed; free()d. Pages that nobody touches cost nothing. NULL without memory. */
void *memory_wide(size_t size);

#endif
