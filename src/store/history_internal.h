/*
 * What history_open.c, history.c (writing), find.c (reading) and record_store.c share.
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

/* The room in which one frame is packed or unpacked: several MiB, which the histories of one thread may share. */
struct packing {
	struct unpacker *unpacker;
	ZSTD_CCtx *packer;
	struct builder frame;
	unsigned users; /* the last one frees it */
};
struct packing *packing_new(void); /* NULL without memory; the caller is its first user */
void packing_leave(struct packing *packing);

struct history {
	char *folder;
	enum history_kind kind;
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
	enum error lost;   /* not OK: so a sync failed, and only closing and opening anew helps */
	struct seen *seen;
	struct verdicts *verdicts;
	struct packing *packing;
	uint32_t bad_frames;
};

/* Opens the history of that kind. It keeps a share of `packing`. */
enum error history_open_as(const char *folder, enum history_kind kind, struct packing *packing,
    struct history **history, struct history_repair *repair, struct failure *failure);

/* Removes the oldest segments but the one that is written, until `bytes` are left at most. */
enum error history_shrink(struct history *history, uint64_t bytes, uint64_t *alerts, struct failure *failure);

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

enum error history_add_segment(struct history *history, uint32_t number, struct failure *failure); /* to the list */
enum error history_new_segment(struct history *history, uint32_t number, struct failure *failure); /* begins its file */
void history_mark_synced(struct history *history);

/* What the files of its segments are called: "alerts", "records". */
const char *history_suffix(enum history_kind kind);
/* Whether this is the name of a segment of that kind, and of which. */
bool segment_named(const char *name, enum history_kind kind, uint32_t *number);

#endif
