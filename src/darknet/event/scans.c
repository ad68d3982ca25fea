/*
 * From events to scans; see scans.h.
 */
#include "darknet/event/scans.h"

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

/* Of a source that draws each address once. */
static void estimate_permuted(
    struct scan_settings *settings, double targets, double packets, double seconds, struct scan *scan)
{
	double addresses = (double)settings->space->size;
	uint32_t whole = (uint32_t)(targets + 0.5); /* not whole only beyond 64, by a hundredth of the error */
	struct scan_kept *kept = &settings->kept[whole % SCAN_KEPT];

	if (kept->targets != whole) {
		kept->targets = whole;
		kept->rate = estimate_permuted_rate(whole, 1, addresses, INTERNET_V4, 1);
		kept->reach = estimate_coverage(whole, addresses);
	}
	scan->reach = kept->reach;
	if (!estimate_known(kept->rate) || seconds <= 0)
		return;
	double scale = packets / targets / seconds;
	scan->rate = (struct estimate){ kept->rate.value * scale, kept->rate.low * scale, kept->rate.high * scale };
}

static void estimate_all(struct scan_settings *settings, const struct source_event *event, struct scan *scan)
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
		estimate_permuted(settings, targets, packets, seconds, scan);
		scan->reach = estimate_widened(scan->reach, event->target_error);
		scan->reach.high = scan->reach.high < 1 ? scan->reach.high : estimate_known(scan->reach) ? 1 : INFINITY;
	}
}

enum scan_verdict scan_judge(struct scan_settings *settings, const struct source_event *event, struct scan *scan)
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
