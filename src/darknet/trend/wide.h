/*
 * Memory of tables that are looked into anywhere: on huge pages when there are some, since on small ones the misses of
 * the page tables cost more than the table's own.
 */
#ifndef NOROSHI_DARKNET_WIDE_H
#define NOROSHI_DARKNET_WIDE_H

#include <stdlib.h>
#include <sys/mman.h>

/* Aligned to cache lines, not zeroed; free()d. Pages that nobody touches cost nothing. NULL without memory. */
static inline void *wide_new(size_t size)
{
	const size_t line = 64, huge = (size_t)2 << 20, unit = size < huge ? line : huge;
	void *at = aligned_alloc(unit, (size + unit - 1) / unit * unit);
	if (at && unit == huge)
		madvise(at, (size + unit - 1) / unit * unit, MADV_HUGEPAGE); /* without them it is only slower */
	return at;
}

#endif
