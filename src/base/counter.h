/*
 * Counters that every part keeps about itself, shown at /metrics in OpenMetrics text (1.0) and in --json reports.
 * A counter belongs to one thread's registry; processes send theirs to the front as text.
 */
#ifndef NOROSHI_BASE_COUNTER_H
#define NOROSHI_BASE_COUNTER_H

#include "base/text.h"

#include <stdint.h>

enum counter_kind { COUNTER_TOTAL, COUNTER_GAUGE, COUNTER_HISTOGRAM };

struct counter;  /* one time series */
struct counters; /* a registry */

struct counters *counters_new(void);
void counters_free(struct counters *counters);

/* The series `name{label="value"}`; the same one when asked twice; never NULL. `name` without the _total suffix, with
 * its unit at the end ("noroshi_ingest_seconds"); `label` may be NULL. At most 10,000 series: beyond them each family
 * has one more, "other", that takes the rest. A name that was asked for before as another kind, or with and without a
 * label, is a mistake of the caller: what it counts is not shown. Keep the pointer where it is counted often. It lives
 * as long as the registry. The families of the processes that are shown together must have different names. */
struct counter *counter_get(struct counters *counters, enum counter_kind kind, const char *name, const char *help,
    const char *label, struct text value);
void counter_add(struct counter *counter, uint64_t amount);
void counter_set(struct counter *counter, double value); /* a gauge */
/* A histogram: buckets 1 ms … 100 s for names that end in _seconds, else 1 … 10^9. Negative counts as 0, NaN is left
 * out. */
void counter_observe(struct counter *counter, double value);
uint64_t counter_value(
    const struct counter *counter); /* of a histogram: how many were observed; of a gauge: not below 0 */

void counters_write(const struct counters *counters, struct builder *to); /* OpenMetrics, without the closing # EOF */

#endif
