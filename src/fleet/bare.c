/*
 * Organisations that have sensors of which none works: a gap of the whole organisation.
 */
#include "fleet/adapter.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
	uint32_t organisation;
	unsigned all, working;
	nanoseconds since; /* when the last of them fell silent */
};

static int by_organisation(const void *a, const void *b)
{
	const struct tally *left = a, *right = b;
	return (left->organisation > right->organisation) - (left->organisation < right->organisation);
}

/* One row for each organisation that has a sensor. */
static size_t tally_all(const struct fleet *fleet, struct tally *tallies)
{
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < fleet->count; i++) {
		const struct fleet_entry *entry = &fleet->entries[i];
		const struct fleet_condition *conditions = entry->habit.conditions;
		const struct fleet_condition *blind = conditions[GAP_SILENT].on  ? &conditions[GAP_SILENT]
						      : conditions[GAP_NEVER].on ? &conditions[GAP_NEVER]
										 : NULL;
		if (!entry->revoked)
			tallies[count++] = (struct tally){ .organisation = entry->habit.organisation,
				.all = 1,
				.working = !blind,
				.since = blind ? blind->gap.from : 0 };
	}
	qsort(tallies, count, sizeof *tallies, by_organisation);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || tallies[kept - 1].organisation != tallies[i].organisation) {
			tallies[kept++] = tallies[i];
			continue;
		}
		struct tally *tally = &tallies[kept - 1];
		tally->all++;
		tally->working += tallies[i].working;
		if (tallies[i].since > tally->since)
			tally->since = tallies[i].since;
	}
	return kept;
}

static void keep(struct fleet *fleet, struct gap *gap, bool begins)
{
	struct log_line line = { .when = fleet->center->now(), .organisation = gap->organisation };
	if (!fleet_begin(fleet))
		return;
	snprintf(line.who, sizeof line.who, "fleet");
	snprintf(line.what, sizeof line.what, "organisation.no-sensor%s", begins ? "" : ".over");
	snprintf(line.object, sizeof line.object, "%u", gap->organisation);
	snprintf(line.outcome, sizeof line.outcome, "done");
	if (store_gap_put(fleet->center->store, fleet->scope, gap, &fleet->failure) != OK ||
	    store_log_append(fleet->center->store, &line, &fleet->failure) != OK)
		fleet->failed = true;
	if (begins)
		counter_add(fleet->begun[GAP_NO_SENSOR], 1);
	log_write(begins ? LOG_WARNING : LOG_INFO,
	    begins ? "no sensor of an organisation works" : "a sensor of an organisation works again",
	    LOG_FIELD_NUMBER("organisation", gap->organisation));
}

static struct gap *gap_of(struct fleet *fleet, uint32_t organisation)
{
	for (size_t i = 0; i < fleet->bare_count; i++)
		if (fleet->bare[i].organisation == organisation)
			return &fleet->bare[i];
	return NULL;
}

static void begin(struct fleet *fleet, const struct tally *tally)
{
	struct gap *gaps = fleet->bare;
	if (fleet->bare_count == fleet->bare_room)
		gaps = array_grow(fleet->bare, &fleet->bare_room, 16, sizeof *fleet->bare);
	if (!gaps)
		return;
	fleet->bare = gaps;
	struct gap *gap = &gaps[fleet->bare_count++];
	*gap = (struct gap){ .organisation = tally->organisation, .kind = GAP_NO_SENSOR, .from = tally->since };
	text_copy(TEXT("no-sensor"), gap->code, sizeof gap->code);
	keep(fleet, gap, true);
}

void fleet_look_for_bare(struct fleet *fleet, nanoseconds now)
{
	struct tally *tallies = fleet->count ? calloc(fleet->count, sizeof *tallies) : NULL;
	size_t count = tallies ? tally_all(fleet, tallies) : 0;
	if (!tallies && fleet->count)
		return;
	for (size_t i = fleet->bare_count; i--;) {
		struct tally key = { .organisation = fleet->bare[i].organisation };
		const struct tally *tally =
		    count ? bsearch(&key, tallies, count, sizeof *tallies, by_organisation) : NULL;
		if (tally && tally->working == 0)
			continue;
		fleet->bare[i].to = now;
		keep(fleet, &fleet->bare[i], false);
		fleet->bare[i] = fleet->bare[--fleet->bare_count];
	}
	for (size_t i = 0; i < count; i++)
		if (tallies[i].working == 0 && !gap_of(fleet, tallies[i].organisation))
			begin(fleet, &tallies[i]);
	free(tallies);
}
