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
	uint64_t rows; /* that are added up at most */
	/* told */
	uint32_t telescopes[2]; /* of both periods: that saw something on some day */
	uint32_t left_out[2];   /* days without enough telescopes of others */
	uint64_t folded;        /* packets without their port */
};

/* `report` as for views_report_begin(); freed by views_report_free() in either case. ERROR_INPUT: the periods have more
 * counts than view->rows. */
enum error counts_view_make(struct store *store, const struct scope *scope, struct counts_view *view,
    struct views_report *report, struct failure *failure);

#endif
