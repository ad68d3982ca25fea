/*
 * Views over the centre's tables (store/darknet.h): the same as of `noroshi darknet report` over its own.
 *
 * Of whom: of the organisations that a scope covers, or of the whole: all telescopes together. The whole is shown to a
 * member too, so that it can compare its own with it; but only for days on which at least telescope.least_telescopes of
 * others saw something, or it would learn what one other counted. The asker's own days count among the whole's where
 * others' do.
 */
#ifndef NOROSHI_DARKNET_COUNTS_VIEW_H
#define NOROSHI_DARKNET_COUNTS_VIEW_H

#include "darknet/view/views_report.h"
#include "store/darknet.h"

struct counts_view {
	uint32_t organisation, sensor; /* 0 = all in the scope */
	/* Of the whole, for somebody of this organisation: how many telescopes of others a day must have; 0 = any. */
	uint32_t asker;
	uint32_t least;
	/* told */
	uint32_t telescopes[2]; /* of both periods: that saw something on some day */
	uint32_t left_out[2];   /* days without enough telescopes of others */
	uint64_t folded;        /* packets without their port */
	bool borrowed;          /* the report's parts (counts_long.h) */
};

/* Tables of the store that a view adds up, in the order of sensors and days; without their counts. */
struct counts_listed {
	uint32_t sensor, organisation;
	int64_t day;
	uint32_t rows;
	bool awake;
	uint64_t folded;
};
struct counts_list {
	struct counts_listed *tables;
	size_t count, room;
	uint64_t rows; /* counts that they have */
};

/* Those of both periods, each day once; but for days that the view leaves out. free(list->tables) in either case. */
enum error counts_view_list(struct store *store, const struct scope *scope, struct counts_view *view,
    const struct view_period periods[2], struct counts_list *list, struct failure *failure);

/* One of them, read: what it counted is in the arena. How long it was awake is in the sum already. A table that went
 * away since it was listed (it was too old) has no counts. */
struct counts_read {
	int64_t day;
	struct text body;
};
enum error counts_view_read(struct store *store, const struct scope *scope, const struct counts_listed *listed,
    struct arena *arena, struct day_sum *sum, struct counts_read *read, struct failure *failure);
/* Its counts into the sum. */
enum error counts_view_add(struct day_sum *sum, const struct counts_read *read, struct failure *failure);
/* When all are in the sum: the report, which says how many tables each period had. */
enum error counts_view_end(
    struct views_report *report, const struct counts_list *list, const struct day_sum *sum, struct failure *failure);

#endif
