/*
 * Statistics as JSON and as CSV (RFC 4180, UTF-8, a header): the same names for the same figures in both. Called by
 * routes_statistics.c.
 */
#ifndef NOROSHI_TRIAGE_STATISTICS_FORM_H
#define NOROSHI_TRIAGE_STATISTICS_FORM_H

#include "triage/statistics.h"

#include <jansson.h>

/* What a row is called beside its numbers; "" where it has none. */
struct statistics_label {
	const char *sector, *name, *title; /* of the organisation: short name, title */
};

/* NULL = no memory. With `hours` also the medians in hours, for pages. */
json_t *statistics_row_json(
    enum period_kind kind, const struct statistics_row *row, const struct statistics_label *label, bool hours);
void statistics_csv_header(struct builder *to);
void statistics_csv_row(
    enum period_kind kind, const struct statistics_row *row, const struct statistics_label *label, struct builder *to);

#endif
