/*
 * Arenas: blocks in a chain, each twice as large as the one before up to a mebibyte, handed out from front to back.
 *
 * Under AddressSanitizer what was not handed out is poisoned, so that running past the end of a piece is found as it
 * would be with malloc().
 */
#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

#define ALIGNMENT alignof(max_align_t)
#define SMALLEST_BLOCK ((size_t)16 << 10)
#define LARGEST_BLOCK ((size_t)1 << 20)

struct block {
	struct block *before;
	size_t size, used; /* bytes behind this header */
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *newest;
	size_t limit, taken; /* bytes handed out, with what alignment costs */
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof *arena);
	if (arena)
		arena->limit = limit ? limit : SIZE_MAX;
	return arena;
}

static void block_free(struct block *block)
{
	UNPOISON(block->bytes, block->size);
	free(block);
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->newest) {
		struct block *before = arena->newest->before;
		block_free(arena->newest);
		arena->newest = before;
	}
	free(arena);
}

void arena_clear(struct arena *arena)
{
	while (arena->newest && arena->newest->before) {
		struct block *before = arena->newest->before;
		block_free(arena->newest);
		arena->newest = before;
	}
	if (arena->newest) {
		arena->newest->used = 0;
		POISON(arena->newest->bytes, arena->newest->size);
	}
	arena->taken = 0;
}

static struct block *block_add(struct arena *arena, size_t least)
{
	size_t size = arena->newest ? arena->newest->size * 2 : SMALLEST_BLOCK;
	size = size > LARGEST_BLOCK ? LARGEST_BLOCK : size;
	size = size < least ? least : size;
	struct block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);
	if (!block)
		return NULL;
	*block = (struct block){ .before = arena->newest, .size = size };
	POISON(block->bytes, size);
	arena->newest = block;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - ALIGNMENT)
		return NULL;
	size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	whole = whole ? whole : ALIGNMENT;
	if (whole > arena->limit - arena->taken)
		return NULL;
	struct block *block = arena->newest;
	if (!block || block->size - block->used < whole)
		block = block_add(arena, whole);
	if (!block)
		return NULL;
	void *at = block->bytes + block->used;
	block->used += whole;
	arena->taken += whole;
	UNPOISON(at, size);
	return size ? memset(at, 0, size) : at;
}

struct text arena_concat(struct arena *arena, const struct text *pieces, size_t count)
{
	size_t size = 0;
	for (size_t i = 0; i < count; i++)
		size += pieces[i].size;
	char *at = arena_take(arena, size + 1);
	if (!at)
		return TEXT_NONE;
	char *to = at;
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].size)
			memcpy(to, pieces[i].at, pieces[i].size);
		to += pieces[i].size;
	}
	return (struct text){ at, size };
}

char *arena_string(struct arena *arena, struct text text)
{
	char *copy = text.size < SIZE_MAX ? arena_take(arena, text.size + 1) : NULL;
	if (copy && text.size)
		memcpy(copy, text.at, text.size);
	return copy;
}

struct text arena_text(struct arena *arena, struct text text)
{
	char *copy = arena_string(arena, text);
	return copy ? (struct text){ copy, text.size } : TEXT_NONE;
}

size_t arena_used(const struct arena *arena)
{
	return arena->taken;
}

void *array_grow(void *items, size_t *room, size_t first, size_t size)
{
	size_t wanted = *room ? *room : first, bytes;
	if ((*room && __builtin_mul_overflow(wanted, 2, &wanted)) || __builtin_mul_overflow(wanted, size, &bytes))
		return NULL;
	void *more = realloc(items, bytes);
	if (more)
		*room = wanted;
	return more;
}

/* ── large tables ─ */

#define LINE ((size_t)64)
#define HUGE_PAGE ((size_t)2 << 20)

void memory_widen(void *at, size_t size)
{
	madvise(at, size, MADV_HUGEPAGE);
}

void *memory_wide(size_t size)
{
	size_t unit = size < HUGE_PAGE ? LINE : HUGE_PAGE, whole = (size + unit - 1) / unit * unit;
	void *at = whole < size ? NULL : aligned_alloc(unit, whole ? whole : unit);
	if (at && unit == HUGE_PAGE)
		memory_widen(at, whole);
	return at;
}
