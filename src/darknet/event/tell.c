/*
 * What sources tell: activities of a bin, events that are over; see line.h.
 */
#include "darknet/event/line.h"
#include "darknet/packet/method.h"

#include <endian.h>
#include <math.h>
#include <string.h>

struct address line_source(uint64_t key, bool v6)
{
	struct address address = { { [10] = 0xff, [11] = 0xff } };
	uint64_t prefix = htobe64(key);
	uint32_t number = htobe32((uint32_t)key);
	if (v6) {
		address = (struct address){ { 0 } };
		memcpy(address.bytes, &prefix, sizeof prefix);
	} else {
		memcpy(address.bytes + 12, &number, sizeof number);
	}
	return address;
}

/* Linear counting (Whang, Vander-Zanden, Taylor, ACM TODS 1990) on the bits that targets set; every bit set says no
 * more than "many", at most every packet another. */
static uint32_t targets_of(uint64_t seen, uint32_t packets)
{
	unsigned bits = (unsigned)__builtin_popcountll(seen);
	if (packets <= 2 || bits <= 1)
		return bits < packets ? bits ? bits : 1 : packets;
	double count = bits == 64 ? packets : round(-64 * log(1 - bits / 64.0));
	return count < packets ? (uint32_t)count : packets;
}

static void tell_activity(struct sources *sources, const struct activity *activity)
{
	sources->counts.activities++;
	if (sources->settings.activity)
		sources->settings.activity(sources->settings.context, activity);
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == 1 || protocol == 58;
}

void tell_line(struct sources *sources, struct line *line)
{
	struct activity activity = { .bin = sources->bin_begin,
		.first = bin_time(sources, line->bin_first),
		.last = bin_time(sources, line->bin_last),
		.source = line_source(line->key, line->flags & LINE_V6),
		.packets = line->bin_packets,
		.targets = targets_of(line->seen, line->bin_packets),
		.shape = line->shape,
		.port = line->port,
		.protocol = line->protocol,
		.kind = line->kind,
		.tool = line->tool,
		.method = line->kind == ARRIVAL_PROBE && is_icmp(line->protocol) ? METHOD_ICMP : METHOD_NONE };
	tell_activity(sources, &activity);
	line->bin_packets = 0;
	line->seen = 0;
}

void tell_first(const struct sources *sources, const struct line *line, const struct touch *touch)
{
	const nanoseconds time = bin_time(sources, bin_part(sources, touch->time));
	const struct activity activity = { .bin = sources->bin_begin,
		.first = time,
		.last = time,
		.source = line_source(touch->key, touch->v6),
		.packets = 1,
		.targets = 1,
		.shape = touch->shape,
		.port = touch->port,
		.protocol = touch->protocol,
		.kind = touch->kind,
		.tool = line->tool,
		.method = touch->kind == ARRIVAL_PROBE && is_icmp(touch->protocol) ? METHOD_ICMP : touch->method };
	sources->settings.first(sources->settings.context, &activity);
}

void tell_rows(struct sources *sources)
{
	for (size_t i = 0; i < sources->rows.room && sources->rows.count; i++) {
		const struct row *row = &sources->rows.at[i];
		struct activity activity = { .bin = sources->bin_begin,
			.first = bin_time(sources, row->first),
			.last = bin_time(sources, row->last),
			.source = line_source(row->key, row->v6),
			.packets = row->packets,
			.targets = targets_of(row->seen, row->packets),
			.shape = row->shape,
			.port = row->port,
			.protocol = row->protocol,
			.kind = row->kind,
			.tool = row->tool,
			.method = row->kind == ARRIVAL_PROBE && is_icmp(row->protocol) ? METHOD_ICMP : row->method };
		if (row->used)
			tell_activity(sources, &activity);
	}
	rows_clear(&sources->rows);
}

static void fill_from_trail(const struct sources *sources, const struct trail *trail, struct source_event *event)
{
	event->targets = cardinality_count(&trail->targets, &sources->trails.blocks, &event->target_error);
	if (event->targets > event->packets)
		event->targets = event->packets;
	event->ports = trail->ports;
	event->port_count = trail->port_count;
	event->port_listed = trail->port_count < SOURCE_PORTS ? trail->port_count : SOURCE_PORTS;
	event->port_least = trail->port_least;
	event->busiest = trail->busiest;
	event->bytes = trail->bytes;
	event->distinct = &trail->targets;
	event->blocks = &sources->trails.blocks;
}

/* `only`: where the port of a line without a trail stands while the event is told. */
static struct source_event event_of(const struct sources *sources, const struct line *line, struct source_port *only)
{
	bool untrailed = line->flags & LINE_UNTRAILED;
	struct source_event event = { .source = line_source(line->key, line->flags & LINE_V6),
		.first = line->first,
		.last = line_last(line),
		.latest = line_last(line),
		.packets = line->packets,
		.targets = line->targets[0] == line->targets[1] ? 1 : 2,
		.ports = only,
		.port_listed = 1,
		.port_count = 1,
		.port_least = untrailed,
		.kind = line->kind,
		.tool = line->tool,
		.marks = line->marks,
		.content = line->flags >> LINE_CONTENT };

	*only = (struct source_port){ line->port, line->protocol };
	if (untrailed) {
		event.targets += line->trail;
		event.target_error = 1;
	} else if (line->trail) {
		const struct trail *trail = trail_at(&sources->trails, line->trail);
		fill_from_trail(sources, trail, &event);
		if (line->kind == ARRIVAL_BACKSCATTER)
			event.latest = line->first + trail->latest * MILLISECOND;
	}
	return event;
}

void end_event(struct sources *sources, struct line *line)
{
	bool untrailed = line->flags & LINE_UNTRAILED;
	struct source_port only;
	struct source_event event = event_of(sources, line, &only);

	sources->counts.untrailed += untrailed;
	if (line->trail && !untrailed)
		sources->counts.unblocked += trail_at(&sources->trails, line->trail)->targets.form == CARDINALITY_SMALL;
	sources->counts.events++;
	if (sources->settings.event)
		sources->settings.event(sources->settings.context, &event);
	if (line->trail && !untrailed)
		trails_give(&sources->trails, line->trail);
	line->trail = 0;
}

/* Whether the event's age passed a multiple of `every` in this bin, and it sent something since the one before. */
void tell_again(struct sources *sources, const struct line *line, nanoseconds next_bin)
{
	nanoseconds every = sources->settings.every, before = sources->bin_begin - line->first;
	nanoseconds passed = (next_bin - line->first) / every;
	struct source_port only;

	if (!sources->settings.again || passed <= (before > 0 ? before / every : 0) || next_bin == INT64_MAX ||
	    line_last(line) <= line->first + (passed - 1) * every)
		return;
	struct source_event event = event_of(sources, line, &only);
	sources->settings.again(sources->settings.context, &event);
}
