/*
 * From events to scans; see scans.h.
 */
#include "darknet/scans.h"

#include <math.h>
#include <string.h>

#define LEAST_TARGETS 5
#define REPEATED 10 /* packets to the same few: nobody tries so often by chance */

static double seconds_of(const struct source_event *event)
{
	return (double)(event->last - event->first) / (double)SECOND;
}

static enum scan_verdict verdict_of(const struct scan_settings *settings, const struct source_event *event)
{
	uint32_t least = settings->least_targets ? settings->least_targets : LEAST_TARGETS;

	if (event->kind == ARRIVAL_BACKSCATTER)
		return SCAN_NOT;
	if (event->kind == ARRIVAL_OTHER)
		return SCAN_MISCONFIGURED;
	if (event->targets >= least || event->port_count >= least)
		return SCAN_IS;
	return event->packets >= REPEATED && event->targets <= 2 && event->port_count <= 2 ? SCAN_MISCONFIGURED
											   : SCAN_BELOW;
}

static void estimate_all(const struct scan_settings *settings, const struct source_event *event, struct scan *scan)
{
	double addresses = (double)settings->space->size, packets = event->packets, targets = event->targets;
	double seconds = seconds_of(event);

	scan->seen_rate = packets > 1 && seconds > 0 ? (packets - 1) / seconds : NAN;
	scan->coverage = targets < addresses ? targets / addresses : 1;
	if (targets > addresses)
		targets = addresses;
	if (scan->repeats) {
		scan->rate = estimate_packet_rate(packets, seconds, addresses, INTERNET_V4);
		scan->reach = estimate_random_coverage(packets, addresses);
	} else {
		scan->rate = estimate_permuted_rate(targets, seconds, addresses, INTERNET_V4, packets / targets);
		scan->reach = estimate_coverage(targets, addresses);
	}
}

enum scan_verdict scan_judge(const struct scan_settings *settings, const struct source_event *event, struct scan *scan)
{
	const struct estimate unknown = { NAN, 0, INFINITY };
	enum scan_verdict verdict = verdict_of(settings, event);

	if (verdict != SCAN_IS)
		return verdict;
	*scan = (struct scan){ .source = event->source,
		.first = event->first,
		.last = event->last,
		.packets = event->packets,
		.targets = event->targets,
		.target_error = event->target_error,
		.coverage = NAN,
		.seen_rate = NAN,
		.rate = unknown,
		.reach = unknown,
		.busiest = event->busiest,
		.port_listed = event->port_listed,
		.port_count = event->port_count,
		.port_least = event->port_least,
		.tool = event->tool,
		.marks = event->marks,
		.worm = event->tool == TOOL_MIRAI || event->marks & MARK_WORM };
	scan->repeats = scan->worm;
	memcpy(scan->ports, event->ports, event->port_listed * sizeof *event->ports);
	if (address_is_v4(event->source) && settings->space->size)
		estimate_all(settings, event, scan);
	return verdict;
}
