/*
 * Changes and groups as JSON; docs/darknet.md defines each key with its unit.
 */
#include "darknet/packet/header.h"
#include "darknet/report/report.h"
#include "darknet/trend/trends.h"

#include <stdlib.h>
#include <string.h>

static void put_time(struct builder *to, const char *name, nanoseconds time)
{
	char text[TIME_TEXT];
	build_format(to, ",\"%s\":\"%s\"", name, time_format(time, text));
}

static void put_evidence(struct builder *to, double observed, double expected, double surprise, double threshold)
{
	build_format(to, ",\"observed\":%.6g,\"expected\":%.6g,\"surprise\":%.6g,\"threshold\":%.6g", observed,
	    expected, surprise, threshold);
}

/* Two letters come from a table of countries, never from packets; still, nothing else gets into the text. */
static void put_country(struct builder *to, const char country[2])
{
	bool letters = country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z';
	if (letters)
		build_format(to, ",\"country\":\"%.2s\"", country);
}

static void put_port(struct builder *to, uint16_t port, uint8_t protocol)
{
	char words[PORT_TEXT];
	build_format(to, ",\"port\":\"%s\"", port_format(port, protocol, words));
}

void change_json(const struct change *change, struct builder *to)
{
	static const char *const overs[CHANGE_OVERS] = { "hour", "day", "week", "year" };
	build_format(to, "{\"change\":\"%s\",\"over\":\"%s\",\"new\":%s", change->rise ? "rise" : "fall",
	    overs[change->over], change->first ? "true" : "false");
	if (change->of == CHANGE_PORT)
		put_port(to, change->port, change->protocol);
	else if (change->of == CHANGE_COUNTRY)
		put_country(to, change->country);
	else
		build_format(to, ",\"network\":%u", change->network);
	put_time(to, "noticed", change->noticed);
	put_time(to, "from", change->from);
	put_time(to, "to", change->to);
	put_evidence(to, change->observed, change->expected, change->surprise, change->threshold);
	build_format(to, ",\"awake\":%.3f}", change->awake);
}

void habit_json(const struct habit *habit, struct builder *to)
{
	build_format(to, ",\"behaviour\":{\"days\":%u,\"span\":%u,\"ports\":%u,\"scatter\":%.3g,\"tool\":%s",
	    habit->days, habit->span, habit->ports, habit->scatter, habit->tool ? "true" : "false");
	if (habit->neighbours)
		build_format(to, ",\"neighbours\":%u", habit->sources);
	build_char(to, '}');
}

static void put_common(struct builder *to, const struct group *group)
{
	const struct activity *example = &group->example;
	build_text(to, TEXT(",\"common\":{"));
	size_t start = to->size;
	if (group->by < GROUP_BY_SHAPE)
		put_port(to, example->port, example->protocol);
	if (group->by == GROUP_BY_PORT_SHAPE || group->by == GROUP_BY_SHAPE)
		build_format(to, ",\"shape\":%u", example->shape);
	if (group->by == GROUP_BY_PORT_NETWORK || group->by == GROUP_BY_NETWORK)
		build_format(to, ",\"network\":%u", example->network);
	if (group->by == GROUP_BY_PORT_COUNTRY)
		put_country(to, example->country);
	if (group->by == GROUP_BY_PORT_TOOL)
		build_format(to, ",\"tool\":\"%s\"", arrival_tool_name(example->tool));
	if (to->size > start && !to->failed)
		to->at[start] = ' '; /* the first has no comma */
	build_char(to, '}');
}

static int by_address(const void *a, const void *b)
{
	return address_compare(*(const struct address *)a, *(const struct address *)b);
}

#define PREFIXES 5

/* Sorted: how many are the same from each place on. Those with the most, of equal ones the first. */
static unsigned most_frequent(
    const struct address *sorted, size_t count, size_t places[PREFIXES], size_t counts[PREFIXES])
{
	unsigned found = 0;
	for (size_t i = 0, same; i < count; i += same) {
		for (same = 1; i + same < count && address_compare(sorted[i], sorted[i + same]) == 0;)
			same++;
		unsigned at = found;
		while (at > 0 && counts[at - 1] < same)
			at--;
		if (at == PREFIXES)
			continue;
		found += found < PREFIXES;
		for (unsigned move = found - 1; move > at; move--) {
			places[move] = places[move - 1];
			counts[move] = counts[move - 1];
		}
		places[at] = i;
		counts[at] = same;
	}
	return found;
}

/* IPv4: /24, IPv6: /48: where the listed members sit, most of them first. */
static void put_prefixes(struct builder *to, const struct group *group)
{
	size_t places[PREFIXES], counts[PREFIXES], count = group->address_count;
	struct address *bases = malloc((count + 1) * sizeof *bases);
	if (!bases) {
		to->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		bases[i] = group->addresses[i];
		size_t keep = address_is_v4(bases[i]) ? 15 : 6;
		memset(bases[i].bytes + keep, 0, sizeof bases[i].bytes - keep);
	}
	qsort(bases, count, sizeof *bases, by_address);
	unsigned found = most_frequent(bases, count, places, counts);
	build_text(to, TEXT(",\"prefixes\":{"));
	for (unsigned i = 0; i < found; i++) {
		char text[ADDRESS_TEXT];
		const struct address base = bases[places[i]];
		build_format(to, "%s\"%s/%d\":%zu", i ? "," : "", address_format(base, text),
		    address_is_v4(base) ? 24 : 48, counts[i]);
	}
	build_char(to, '}');
	free(bases);
}

void group_json(const struct group *group, size_t listed, struct builder *to)
{
	char words[PORT_TEXT], address[ADDRESS_TEXT];
	build_format(to, "{\"kind\":\"group\",\"number\":%llu,\"sources\":%u,\"packets\":%llu,\"open\":%s",
	    (unsigned long long)group->number, group->sources, (unsigned long long)group->packets,
	    group->open ? "true" : "false");
	if (group->sources > group->address_count)
		build_format(to, ",\"unlisted\":%zu", group->sources - group->address_count);
	put_time(to, "noticed", group->noticed);
	put_time(to, "first", group->first);
	put_time(to, "last", group->last);
	build_text(to, TEXT(",\"ports\":["));
	for (unsigned i = 0; i < group->port_count; i++)
		build_format(to, "%s\"%s\"", i ? "," : "", port_format(group->ports[i], group->protocols[i], words));
	build_char(to, ']');
	put_common(to, group);
	build_format(to, ",\"tool\":\"%s\",\"shape\":%u", arrival_tool_name(group->example.tool), group->example.shape);
	put_prefixes(to, group);
	put_evidence(to, group->observed, group->expected, group->surprise, group->threshold);
	build_format(to, ",\"bins\":%u,\"addresses\":[", group->window);
	for (size_t i = 0; i < group->address_count && i < listed; i++)
		build_format(to, "%s\"%s\"", i ? "," : "", address_format(group->addresses[i], address));
	build_text(to, TEXT("]}"));
}
