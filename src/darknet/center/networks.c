/*
 * Contacts of networks: the longest prefix, and rows. See networks.h.
 */
#include "darknet/center/networks.h"

#include "base/memory.h"
#include "darknet/center/owners.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool networks_add(struct networks *networks, struct text prefixes, size_t contact)
{
	while (prefixes.size > 0) {
		struct network_range range = { .contact = contact };
		if (!prefix_parse(text_cut(&prefixes, ' '), &range.prefix))
			continue;
		if (networks->count == networks->room) {
			struct network_range *more =
			    array_grow(networks->at, &networks->room, 64, sizeof *networks->at);
			if (!more)
				return false;
			networks->at = more;
		}
		networks->at[networks->count++] = range;
	}
	return true;
}

bool networks_add_systems(struct networks *networks, struct text systems, size_t contact)
{
	while (systems.size > 0) {
		uint64_t number;
		if (!text_to_u64(text_cut(&systems, ' '), &number) || number == 0 || number > UINT32_MAX)
			continue;
		if (networks->system_count == networks->system_room) {
			struct network_system *more =
			    array_grow(networks->systems, &networks->system_room, 64, sizeof *networks->systems);
			if (!more)
				return false;
			networks->systems = more;
		}
		networks->systems[networks->system_count++] = (struct network_system){ (uint32_t)number, contact };
	}
	return true;
}

static int by_prefix(const struct prefix *one, const struct prefix *other)
{
	if (one->length != other->length)
		return one->length > other->length ? -1 : 1;
	return address_compare(one->address, other->address);
}

static int compare(const void *a, const void *b)
{
	const struct network_range *one = a, *other = b;
	int order = by_prefix(&one->prefix, &other->prefix);
	return order ? order : (one->contact > other->contact) - (one->contact < other->contact);
}

static int compare_systems(const void *a, const void *b)
{
	const struct network_system *one = a, *other = b;
	int order = (one->number > other->number) - (one->number < other->number);
	return order ? order : (one->contact > other->contact) - (one->contact < other->contact);
}

void networks_sort(struct networks *networks)
{
	if (networks->system_count > 0)
		qsort(networks->systems, networks->system_count, sizeof *networks->systems, compare_systems);
	if (networks->count > 0)
		qsort(networks->at, networks->count, sizeof *networks->at, compare);
}

/* The first place that is not before the prefix. */
static size_t place_of(const struct networks *networks, size_t low, struct prefix prefix)
{
	size_t high = networks->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_prefix(&networks->at[middle].prefix, &prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t networks_find(const struct networks *networks, struct address address)
{
	for (size_t place = 0; place < networks->count;) {
		struct prefix wanted = prefix_of(address, networks->at[place].prefix.length);
		size_t found = place_of(networks, place, wanted);
		if (found < networks->count && by_prefix(&networks->at[found].prefix, &wanted) == 0)
			return networks->at[found].contact;
		/* to the next length */
		while (found < networks->count && networks->at[found].prefix.length == wanted.length)
			found++;
		place = found;
	}
	return NETWORKS_NONE;
}

size_t networks_find_system(const struct networks *networks, uint32_t number)
{
	size_t low = 0, high = networks->system_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (networks->systems[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < networks->system_count && networks->systems[low].number == number;
	return found ? networks->systems[low].contact : NETWORKS_NONE;
}

void networks_free(struct networks *networks)
{
	free(networks->at);
	free(networks->systems);
	*networks = (struct networks){ 0 };
}

void networks_take(struct appearance *sighting, const struct appeared *line, nanoseconds now)
{
	/* It never ends: it goes when it is told. */
	static const struct owners_settings forever = { .tell_every = HOUR, .quiet = INT64_MAX / 4 };
	if (sighting->number == 0)
		sighting->first = sighting->last = line->when < now ? line->when : now;
	owners_take(sighting, line, &forever, 0, now);
}

nanoseconds networks_due(nanoseconds told, nanoseconds every, nanoseconds digest, nanoseconds now)
{
	nanoseconds soonest = now + digest, next = told ? told + every : 0;
	return next > soonest ? next : soonest;
}

static void field(struct builder *to, struct text value, bool last)
{
	build_char(to, '"');
	if (value.size > 0 && memchr("=+-@\t\r\n|%", value.at[0], 9))
		build_char(to, '\'');
	for (size_t i = 0; i < value.size; i++) {
		char c = value.at[i];
		if (c == '"')
			build_char(to, '"');
		build_char(to, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
	}
	build_text(to, last ? TEXT("\"\r\n") : TEXT("\","));
}

static void field_number(struct builder *to, uint64_t value, bool last)
{
	char words[24];
	snprintf(words, sizeof words, "%" PRIu64, value);
	field(to, text_of(words), last);
}

static void row(const struct appearance *sighting, struct builder *to)
{
	char words[ADDRESS_TEXT + TIME_TEXT];
	char ports[APPEARANCE_PORTS * (APPEARANCE_WORD + 1) + 8] = "";
	size_t size = 0;
	field(to, text_of(address_format(sighting->address, words)), false);
	field(to, text_of(appearance_kind_code(sighting->kind)), false);
	field(to, text_of(time_format(sighting->first, words)), false);
	field(to, text_of(time_format(sighting->last, words)), false);
	field_number(to, sighting->packets, false);
	for (uint32_t i = 0; i < sighting->port_count && i < APPEARANCE_PORTS; i++)
		size +=
		    (size_t)snprintf(ports + size, sizeof ports - size, "%s%.31s", i ? " " : "", sighting->ports[i]);
	if (sighting->ports_more)
		snprintf(ports + size, sizeof ports - size, " ...");
	field(to, text_of(ports), false);
	field(to, text_of(sighting->tool), false);
	field(to, text_of(sighting->worm), false);
	field_number(to, sighting->telescope_count, true);
}

void networks_csv(const struct appearance *sightings, size_t count, struct builder *to)
{
	build_text(to, TEXT("address,kind,first,last,packets,ports,tool,worm,telescopes\r\n"));
	for (size_t i = 0; i < count; i++)
		row(&sightings[i], to);
}
