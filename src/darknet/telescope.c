/*
 * All of it over frames; see telescope.h.
 */
#include "darknet/telescope.h"

#include "base/memory.h"
#include "darknet/header.h"
#include "darknet/ports.h"

#include <stdlib.h>

#define BATCH 64
#define FINDINGS 1000000u

struct telescope {
	struct telescope_settings settings;
	struct scan_settings scan;
	struct scan_kept kept[SCAN_KEPT];
	struct victim_settings victim;
	struct sources *sources;
	struct ports *ports;
	struct telescope_totals totals;
	struct scan *scans;
	struct victim *victims;
	size_t scan_count, scan_room, victim_count, victim_room;
	struct telescope_port *list;
	size_t listed;
	bool failed; /* no memory for what was found */
};

/* ── what sources tell ─ */

static void add_part(struct telescope_part *part, const struct source_event *event)
{
	part->sources++;
	part->packets += event->packets;
}

/* Room for one more of `*items`; false: the bound, or no memory. */
static bool make_room(struct telescope *telescope, void **items, size_t *room, size_t count, size_t size)
{
	if (count >= telescope->settings.findings) {
		telescope->totals.untold++;
		return false;
	}
	if (count < *room)
		return true;
	void *more = array_grow(*items, room, 256, size);
	if (more)
		*items = more;
	else
		telescope->failed = true;
	return more != NULL;
}

static void keep_scan(struct telescope *telescope, const struct scan *scan)
{
	void *items = telescope->scans;
	bool fits = make_room(telescope, &items, &telescope->scan_room, telescope->scan_count, sizeof *scan);
	telescope->scans = items;
	if (fits)
		telescope->scans[telescope->scan_count++] = *scan;
}

static void keep_victim(struct telescope *telescope, const struct victim *victim)
{
	void *items = telescope->victims;
	bool fits = make_room(telescope, &items, &telescope->victim_room, telescope->victim_count, sizeof *victim);
	telescope->victims = items;
	if (fits)
		telescope->victims[telescope->victim_count++] = *victim;
}

static void on_scan(struct telescope *telescope, const struct source_event *event, struct scan *scan)
{
	struct telescope_totals *totals = &telescope->totals;
	scan->research = research_of(telescope->settings.research, scan->source) != NULL;
	add_part(scan->research ? &totals->research : scan->worm ? &totals->worms : &totals->scans, event);
	keep_scan(telescope, scan);
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
}

static void on_activity(void *context, const struct activity *told)
{
	struct telescope *telescope = context;
	struct activity activity = *told;
	if (activity.kind == ARRIVAL_PROBE && !ports_add(telescope->ports, &activity))
		telescope->failed = true;
	if (!telescope->settings.sources.activity && !telescope->settings.trends)
		return;
	struct origin origin = origins_of(telescope->settings.origins, activity.source);
	activity.network = origin.network;
	activity.country[0] = origin.country[0];
	activity.country[1] = origin.country[1];
	activity.research = research_of(telescope->settings.research, activity.source) != NULL;
	if (telescope->settings.sources.activity)
		telescope->settings.sources.activity(telescope->settings.sources.context, &activity);
	if (telescope->settings.trends)
		trends_add(telescope->settings.trends, &activity);
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
			if (result == ARRIVAL_TAKEN)
				count_arrival(&telescope->totals, &arrivals[taken++]);
		}
		error = sources_add(telescope->sources, arrivals, taken, failure);
	}
	return error;
}

void telescope_close(struct telescope *telescope, nanoseconds now)
{
	sources_close(telescope->sources, now);
}

/* ── what was found ─ */

static int compare_scans(const void *a, const void *b)
{
	const struct scan *one = a, *other = b;
	int order = (one->first > other->first) - (one->first < other->first);
	return order ? order : address_compare(one->source, other->source);
}

static int compare_victims(const void *a, const void *b)
{
	const struct victim *one = a, *other = b;
	int order = (one->first > other->first) - (one->first < other->first);
	return order ? order : address_compare(one->victim, other->victim);
}

enum error telescope_finish(struct telescope *telescope, struct failure *failure)
{
	sources_finish(telescope->sources);
	if (telescope->settings.trends)
		trends_finish(telescope->settings.trends);
	if (telescope->scan_count)
		qsort(telescope->scans, telescope->scan_count, sizeof *telescope->scans, compare_scans);
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
	sources.activity = on_activity;
	sources.event = on_event;
	sources.context = telescope;
	enum error error = telescope->ports ? sources_new(&sources, &telescope->sources, failure)
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
	ports_free(telescope->ports);
	free(telescope->scans);
	free(telescope->victims);
	free(telescope->list);
	free(telescope);
}
