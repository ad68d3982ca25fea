/*
 * All of it over frames; see telescope.h.
 */
#include "darknet/event/telescope.h"

#include "base/memory.h"
#include "darknet/event/coordinated.h"
#include "darknet/event/ports.h"
#include "darknet/packet/header.h"

#include <stdlib.h>

#define BATCH 64
#define FINDINGS 1000000u
#define LONGEST DAY /* a part of a coordinated scan that takes longer is not waited for */

struct telescope {
	struct telescope_settings settings;
	struct scan_settings scan;
	struct scan_kept kept[SCAN_KEPT];
	struct victim_settings victim;
	struct sources *sources;
	struct coordinating *coordinating;
	struct ports *ports;
	struct telescope_totals totals;
	struct scan *scans;
	struct victim *victims;
	size_t scan_count, scan_room, victim_count, victim_room;
	uint64_t scans_told, victims_told; /* with those that were not kept */
	struct telescope_port *list;
	size_t listed;
	struct activity begun[BATCH]; /* of the batch, that trends were not told of */
	size_t begun_count;
	bool failed; /* no memory for what was found */
};

/* ── what sources tell ─ */

static void add_part(struct telescope_part *part, const struct source_event *event)
{
	part->sources++;
	part->packets += event->packets;
}

/* Where the next of `*items` goes, of which `*told` were told so far; NULL: the bound, or no memory. */
static void *place_for(
    struct telescope *telescope, void **items, size_t *room, size_t *count, uint64_t *told, size_t size)
{
	uint64_t number = (*told)++;

	if (number >= telescope->settings.findings) {
		telescope->totals.untold++;
		return telescope->settings.latest ? (char *)*items + number % telescope->settings.findings * size
						  : NULL;
	}
	if (*count == *room) {
		void *more = array_grow(*items, room, 256, size);
		telescope->failed |= !more;
		if (!more)
			return NULL;
		*items = more;
	}
	return (char *)*items + (*count)++ * size;
}

/* Whether it was; then its members are the telescope's. */
static bool keep_scan(struct telescope *telescope, const struct scan *scan)
{
	void *items = telescope->scans;
	struct scan *place = place_for(
	    telescope, &items, &telescope->scan_room, &telescope->scan_count, &telescope->scans_told, sizeof *scan);
	telescope->scans = items;
	if (place && telescope->scans_told > telescope->settings.findings)
		scan_clear(place);
	if (place)
		*place = *scan;
	return place != NULL;
}

static void keep_victim(struct telescope *telescope, const struct victim *victim)
{
	void *items = telescope->victims;
	struct victim *place = place_for(telescope, &items, &telescope->victim_room, &telescope->victim_count,
	    &telescope->victims_told, sizeof *victim);
	telescope->victims = items;
	if (place)
		*place = *victim;
}

static void on_scan(struct telescope *telescope, const struct source_event *event, struct scan *scan)
{
	struct telescope_totals *totals = &telescope->totals;
	scan->evidence = (uint8_t)research_evidence(telescope->settings.research, scan->source);
	scan->research = scan->evidence != 0;
	scan->habit = trends_habit(telescope->settings.trends, scan->source, scan->tool);
	scan->evidence |= scan->habit.confidence ? RESEARCH_BEHAVIOUR : 0;
	if (scan->habit.confidence && !scan->research)
		add_part(&totals->alike, event);
	add_part(scan->research ? &totals->research : scan->worm ? &totals->worms : &totals->scans, event);
	keep_scan(telescope, scan);
	if (telescope->settings.watch.scan)
		telescope->settings.watch.scan(telescope->settings.watch.context, scan);
	coordinated_close(telescope->coordinating, scan->last - LONGEST); /* before: as the clock does, live */
	if (event->distinct && !scan->research && !scan->worm)
		coordinated_add(telescope->coordinating, scan, event->distinct, event->blocks);
}

static void on_group(void *context, const struct coordinated *found)
{
	struct telescope *telescope = context;
	struct scan scan;
	if (!scan_of_group(&telescope->scan, found, &scan)) {
		telescope->failed = true;
		return;
	}
	if (telescope->settings.watch.scan)
		telescope->settings.watch.scan(telescope->settings.watch.context, &scan);
	if (!keep_scan(telescope, &scan))
		scan_clear(&scan);
}

static void on_event(void *context, const struct source_event *event)
{
	struct telescope *telescope = context;
	struct telescope_totals *totals = &telescope->totals;
	struct scan scan;
	struct victim victim;
	switch (scan_judge(&telescope->scan, event, &scan)) {
	case SCAN_IS:
		on_scan(telescope, event, &scan);
		return;
	case SCAN_BELOW:
		add_part(event->marks & MARK_WORM ? &totals->worms : &totals->below, event);
		return;
	case SCAN_MISCONFIGURED:
		add_part(&totals->misconfigured, event);
		return;
	default:
		break;
	}
	if (!victim_judge(&telescope->victim, event, &victim)) {
		add_part(&totals->quiet, event);
		return;
	}
	add_part(&totals->victims, event);
	keep_victim(telescope, &victim);
	if (telescope->settings.watch.victim)
		telescope->settings.watch.victim(telescope->settings.watch.context, &victim);
}

static void on_begun(void *context, const struct arrival *first)
{
	const struct telescope *telescope = context;
	telescope->settings.watch.begun(telescope->settings.watch.context, first);
}

static void on_again(void *context, const struct source_event *event)
{
	const struct telescope *telescope = context;
	telescope->settings.watch.again(telescope->settings.watch.context, event);
}

/* Where each comes from, and whether it is a known scanner. */
static void fill_in(const struct telescope *telescope, struct activity *activities, size_t count)
{
	struct address sources[BATCH] = { 0 };
	struct origin origins[BATCH];
	for (size_t i = 0; i < count; i++)
		sources[i] = activities[i].source;
	origins_of_all(telescope->settings.origins, sources, count, origins);
	for (size_t i = 0; i < count; i++) {
		activities[i].network = origins[i].network;
		activities[i].country[0] = origins[i].country[0];
		activities[i].country[1] = origins[i].country[1];
		activities[i].research = research_of(telescope->settings.research, sources[i]) != NULL;
	}
}

/* What began before is told before anything else is: so it is all the same how many are told at once. */
static void tell_begun_ones(struct telescope *telescope)
{
	size_t count = telescope->begun_count;
	telescope->begun_count = 0;
	if (count == 0)
		return;
	fill_in(telescope, telescope->begun, count);
	trends_begin(telescope->settings.trends, telescope->begun, count);
}

static void on_activity(void *context, const struct activity *told)
{
	struct telescope *telescope = context;
	tell_begun_ones(telescope);
	if (told->kind == ARRIVAL_PROBE && !ports_add(telescope->ports, told))
		telescope->failed = true;
	if (telescope->settings.trends)
		trends_more(telescope->settings.trends, told);
	if (!telescope->settings.sources.activity)
		return;
	struct activity activity = *told;
	fill_in(telescope, &activity, 1);
	telescope->settings.sources.activity(telescope->settings.sources.context, &activity);
}

static void on_first(void *context, const struct activity *told)
{
	struct telescope *telescope = context;
	telescope->begun[telescope->begun_count++] = *told;
	if (telescope->begun_count == BATCH)
		tell_begun_ones(telescope);
}

/* ── frames ─ */

static void count_arrival(struct telescope_totals *totals, const struct arrival *arrival)
{
	if (!totals->kinds[0] && !totals->kinds[1] && !totals->kinds[2])
		totals->first = totals->last = arrival->time;
	totals->kinds[arrival->kind]++;
	totals->tools[arrival->tool] += arrival->kind == ARRIVAL_PROBE;
	totals->bytes += arrival->size;
	totals->wrong_checksums += arrival->wrong_checksum;
	totals->cut += arrival->cut;
	totals->fragments += arrival->fragment;
	totals->first = arrival->time < totals->first ? arrival->time : totals->first;
	totals->last = arrival->time > totals->last ? arrival->time : totals->last;
}

enum error telescope_frames(
    struct telescope *telescope, const struct frame *frames, size_t count, struct failure *failure)
{
	struct arrival arrivals[BATCH];
	enum error error = OK;

	telescope->totals.frames += count;
	for (size_t i = 0; i < count && !error;) {
		size_t taken = 0;
		for (; i < count && taken < BATCH; i++) {
			enum arrival_result result =
			    arrival_of(telescope->settings.sources.space, &frames[i], &arrivals[taken]);
			telescope->totals.results[result]++;
			if (telescope->settings.watch.frame)
				telescope->settings.watch.frame(telescope->settings.watch.context, &frames[i],
				    result == ARRIVAL_TAKEN ? &arrivals[taken] : NULL);
			if (result == ARRIVAL_TAKEN)
				count_arrival(&telescope->totals, &arrivals[taken++]);
		}
		error = sources_add(telescope->sources, arrivals, taken, failure);
		tell_begun_ones(telescope);
	}
	return error;
}

void telescope_close(struct telescope *telescope, nanoseconds now)
{
	nanoseconds timeout = telescope->settings.sources.timeout;
	sources_close(telescope->sources, now);
	if (telescope->settings.trends)
		trends_clock(telescope->settings.trends, now);
	timeout = timeout ? timeout : sources_timeout(telescope->settings.sources.space);
	coordinated_close(telescope->coordinating, now - timeout - LONGEST);
}

/* ── what was found ─ */

static int compare_victims(const void *a, const void *b)
{
	const struct victim *one = a, *other = b;
	int order = (one->first > other->first) - (one->first < other->first);
	return order ? order : address_compare(one->victim, other->victim);
}

enum error telescope_finish(struct telescope *telescope, struct failure *failure)
{
	sources_finish(telescope->sources);
	coordinated_finish(telescope->coordinating);
	if (telescope->settings.trends)
		trends_finish(telescope->settings.trends);
	if (telescope->scan_count)
		qsort(telescope->scans, telescope->scan_count, sizeof *telescope->scans, scan_compare);
	telescope->scan_count = scan_drop_members(telescope->scans, telescope->scan_count);
	if (telescope->victim_count)
		qsort(telescope->victims, telescope->victim_count, sizeof *telescope->victims, compare_victims);
	telescope->list = ports_list(telescope->ports, &telescope->listed);
	if (telescope->failed || !telescope->list)
		return fail(failure, ERROR_MEMORY, "no memory for what the telescope found");
	return OK;
}

struct telescope_totals telescope_count(const struct telescope *telescope)
{
	struct telescope_totals totals = telescope->totals;
	totals.sources = sources_count(telescope->sources);
	totals.crowded = coordinated_crowded(telescope->coordinating);
	return totals;
}

const struct scan *telescope_scans(const struct telescope *telescope, size_t *count)
{
	*count = telescope->scan_count;
	return telescope->scans;
}

const struct victim *telescope_victims(const struct telescope *telescope, size_t *count)
{
	*count = telescope->victim_count;
	return telescope->victims;
}

const struct telescope_port *telescope_ports(const struct telescope *telescope, size_t *count)
{
	*count = telescope->listed;
	return telescope->list;
}

/* ── */

enum error telescope_new(const struct telescope_settings *settings, struct telescope **made, struct failure *failure)
{
	struct telescope *telescope = calloc(1, sizeof *telescope);
	struct source_settings sources = settings->sources;

	if (!telescope)
		return fail(failure, ERROR_MEMORY, "no memory for a telescope");
	telescope->settings = *settings;
	telescope->settings.findings = settings->findings ? settings->findings : FINDINGS;
	telescope->scan = (struct scan_settings){ settings->sources.space, settings->least_targets, telescope->kept };
	telescope->victim = (struct victim_settings){ settings->sources.space, settings->least_answers };
	telescope->ports = ports_new();
	if (settings->trends)
		trends_addresses(settings->trends, settings->sources.space->size);
	telescope->coordinating = coordinating_new(
	    &(struct coordinated_settings){ .addresses = settings->sources.space->size }, on_group, telescope);
	sources.activity = on_activity;
	sources.first = settings->trends ? on_first : NULL;
	sources.event = on_event;
	sources.begun = settings->watch.begun ? on_begun : NULL;
	sources.again = settings->watch.again ? on_again : NULL;
	sources.context = telescope;
	enum error error = telescope->ports && telescope->coordinating
			       ? sources_new(&sources, &telescope->sources, failure)
			       : fail(failure, ERROR_MEMORY, "no memory for a telescope");
	if (error)
		telescope_free(telescope);
	else
		*made = telescope;
	return error;
}

void telescope_free(struct telescope *telescope)
{
	if (!telescope)
		return;
	sources_free(telescope->sources);
	coordinating_free(telescope->coordinating);
	ports_free(telescope->ports);
	for (size_t i = 0; i < telescope->scan_count; i++)
		scan_clear(&telescope->scans[i]);
	free(telescope->scans);
	free(telescope->victims);
	free(telescope->list);
	free(telescope);
}
