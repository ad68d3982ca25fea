/*
 * What history.c (writing) and find.c (reading) share.
 */
#ifndef NOROSHI_STORE_HISTORY_INTERNAL_H
#define NOROSHI_STORE_HISTORY_INTERNAL_H

#include "base/file.h"
#include "base/memory.h"
#include "store/history.h"
#include "store/seen.h"
#include "store/segment.h"
#include "store/verdicts.h"

#include <zstd.h>

struct history {
	char *folder;
	int lock;                 /* descriptor of the folder: one process at a time */
	struct segment *segments; /* by number; the last one is written */
	size_t segment_count, segment_room;
	struct file *file; /* of the last segment */
	struct {
		uint64_t size;
		uint32_t rows;
		size_t frames;
	} synced;          /* how far the last segment is durable */
	bool needs_repair; /* an append failed: the file is cut back before the next one */
	bool lost;         /* a sync failed: only closing and opening anew helps */
	struct seen *seen;
	struct verdicts *verdicts;
	struct unpacker *unpacker;
	ZSTD_CCtx *packer;
	struct builder frame;
	uint32_t bad_frames;
};

static inline uint64_t position_of(const struct segment *segment, uint32_t row)
{
	return (uint64_t)segment->number << 32 | row;
}

static inline struct segment *last_segment(const struct history *history)
{
	return &history->segments[history->segment_count - 1];
}

/* The segment of that number, or NULL. */
struct segment *history_segment(const struct history *history, uint32_t number);

/* Whether this is the name of a segment's alerts, and of which. */
bool segment_named(const char *name, uint32_t *number);

#endif
