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

enum error store_coverage(struct store *store, const struct scope *scope, uint32_t organisation, nanoseconds from,
    nanoseconds to, struct coverage *coverage, struct failure *failure)
{
	struct reading reading = { .coverage = coverage };
	struct gap_query wanted = { .organisation = organisation, .from = from, .enrolments = true };
	struct page page = { .limit = 500 };
	char after[sizeof page.next];
	bool more;
	coverage_begin(coverage, from, to);
	wanted.to = coverage->to;
	enum error error = store_gap_each(store, scope, &wanted, &more, keep_gap, &reading, failure);
	if (!error && reading.failed)
		error = fail(failure, ERROR_MEMORY, "coverage: no memory");
	for (; reading.next < reading.count && reading.gaps[reading.next].sensor == 0; reading.next++)
		coverage_gap(coverage, NULL, &reading.gaps[reading.next]);
	do {
		if (!error)
			error = store_sensor_each(store, scope, organisation, &page, add_sensor, &reading, failure);
		text_copy(text_of(page.next), after, sizeof after);
		page.after = text_of(after);
	} while (!error && *page.next);
	coverage_end(coverage);
	free(reading.gaps);
	return error;
}
