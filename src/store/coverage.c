/*
 * The coverage of a time: sensors and gaps, both in the order of the sensors' numbers, added up in one pass.
 */
#include "store/query.h"

#include <stdlib.h>

struct reading {
	struct coverage *coverage;
	struct gap *gaps;
	size_t count, room, next;
	bool failed;
};

static void keep_gap(void *context, const struct gap *gap)
{
	struct reading *reading = context;
	if (reading->count == reading->room) {
		struct gap *more = array_grow(reading->gaps, &reading->room, 32, sizeof *reading->gaps);
		reading->failed |= !more;
		if (!more)
			return;
		reading->gaps = more;
	}
	reading->gaps[reading->count++] = *gap;
}

static void add_sensor(void *context, const struct sensor *sensor)
{
	struct reading *reading = context;
	coverage_sensor(reading->coverage, sensor);
	while (reading->next < reading->count && reading->gaps[reading->next].sensor < sensor->number)
		reading->next++;
	for (; reading->next < reading->count && reading->gaps[reading->next].sensor == sensor->number; reading->next++)
		coverage_gap(reading->coverage, sensor, &reading->gaps[reading->next]);
}

/* ── the sensors of network operators, which see the organisation's traffic too ─ */

#define OPERATORS_MOST 64

struct seeing {
	struct coverage *coverage;
	struct sensor sensor;
};

/* Another body's sensor: what it did not see concerns us; its number and what its people wrote do not. */
static void add_operators_gap(void *context, const struct gap *gap)
{
	struct seeing *seeing = context;
	struct gap shown = *gap;
	shown.number = 0;
	shown.sensor = 0;
	shown.organisation = 0;
	shown.reason[0] = 0;
	coverage_gap(seeing->coverage, &seeing->sensor, &shown);
}

static enum error find_operators(struct store *store, uint32_t organisation, const struct coverage *coverage,
    uint32_t sensors[static OPERATORS_MOST], size_t *count, struct failure *failure)
{
	struct query query;
	enum error error = query_own(store,
	    "SELECT number FROM sensor WHERE routes <> 0 AND state <> 3 AND organisation <> :organisation"
	    " AND EXISTS (SELECT 1 FROM space WHERE organisation = :organisation AND length > 0 AND valid_from < :to"
	    " AND (valid_to = 0 OR valid_to > :from)) ORDER BY number LIMIT :limit",
	    &query, failure);
	*count = 0;
	if (error)
		return error;
	bind_integer(&query, ":organisation", organisation);
	bind_integer(&query, ":from", coverage->from);
	bind_integer(&query, ":to", coverage->to);
	bind_integer(&query, ":limit", OPERATORS_MOST);
	while ((error = query_step(&query)) == OK)
		sensors[(*count)++] = (uint32_t)column_integer(&query, 0);
	query_release(&query);
	return error == ERROR_END ? OK : error;
}

static enum error add_operators(
    struct store *store, uint32_t organisation, struct coverage *coverage, struct failure *failure)
{
	uint32_t sensors[OPERATORS_MOST];
	size_t count;
	enum error error = find_operators(store, organisation, coverage, sensors, &count, failure);
	for (size_t i = 0; i < count && !error; i++) {
		struct seeing seeing = { coverage, { .name = "network", .state = SENSOR_REPORTING } };
		coverage_sensor(coverage, &seeing.sensor);
		error =
		    gap_each_of(store, sensors[i], coverage->from, coverage->to, add_operators_gap, &seeing, failure);
	}
	return error;
}

enum error store_coverage(struct store *store, const struct scope *scope, uint32_t organisation, nanoseconds from,
    nanoseconds to, struct coverage *coverage, struct failure *failure)
{
	struct reading reading = { .coverage = coverage };
	struct gap_query wanted = { .organisation = organisation, .from = from, .enrolments = true };
	bool more;
	coverage_begin(coverage, from, to);
	wanted.to = coverage->to;
	enum error error = store_gap_each(store, scope, &wanted, &more, keep_gap, &reading, failure);
	if (!error && reading.failed)
		error = fail(failure, ERROR_MEMORY, "coverage: no memory");
	for (; reading.next < reading.count && reading.gaps[reading.next].sensor == 0; reading.next++)
		coverage_gap(coverage, NULL, &reading.gaps[reading.next]);
	if (!error)
		error = store_sensor_all(store, scope, organisation, add_sensor, &reading, failure);
	size_t own;
	const uint32_t *covered = scope_organisations(scope, &own);
	if (organisation == 0 && own == 1)
		organisation = covered[0];
	if (!error && organisation && scope_covers(scope, organisation))
		error = add_operators(store, organisation, coverage, failure);
	coverage_end(coverage);
	free(reading.gaps);
	return error;
}
