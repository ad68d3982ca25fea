/*
 * The synthetic year: its setup, and the hour's frame. What fills an hour: year_background.c, year_events.c.
 */
#include "year.h"

#include "base/hash.h"
#include "base/memory.h"
#include "year_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 3e6 /* of a campaign */

/* The ports that telescopes of these years see most. */
static const uint16_t familiar[] = { 23, 6379, 22, 445, 80, 8080, 443, 5555, 3389, 1433, 2323, 81, 8443, 5060, 123, 53,
	8088, 2375, 60023, 37215, 21, 25, 5900, 7547, 9530, 161, 3306, 52869, 8545, 4567 };
#define FAMILIAR (sizeof familiar / sizeof familiar[0])

uint64_t year_hash(const struct year *year, uint64_t a, uint64_t b)
{
	uint64_t words[3] = { year->setting.seed, a, b };
	return hash_bytes(words, sizeof words, 9);
}

double year_unit(const struct year *year, uint64_t a, uint64_t b)
{
	return ((double)(year_hash(year, a, b) >> 12) + 0.5) * 0x1p-52;
}

/* A permutation of the 32-bit numbers, so that the source's number can be had back from its address. */
#define MIX 0x9e3779b1u

static struct address address_of(uint32_t id)
{
	uint32_t value = id * MIX;
	value ^= value >> 16;
	value *= MIX;
	struct address address = { { [10] = 0xff, 0xff } };
	for (int i = 0; i < 4; i++)
		address.bytes[12 + i] = (uint8_t)(value >> (24 - 8 * i));
	return address;
}

static uint32_t inverse(uint32_t odd)
{
	uint32_t x = odd;
	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

static uint32_t id_of(struct address source)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++)
		value = value << 8 | source.bytes[12 + i];
	value *= inverse(MIX);
	value ^= value >> 16;
	return value * inverse(MIX);
}

bool year_researcher(struct address source)
{
	return id_of(source) - RESEARCHER_ID < RESEARCHERS;
}

int year_origin(const struct year *year, struct address source)
{
	uint32_t value = id_of(source);
	if (value < CAMPAIGN_ID(0, 0) || value >= CAMPAIGN_ID(CAMPAIGNS, 0))
		return -1;
	uint32_t campaign = (value - CAMPAIGN_ID(0, 0)) >> 20;
	return (value & 0xfffff) < year->campaigns[campaign].sources ? (int)campaign : -1;
}

uint32_t year_common_shape(const struct year *year, unsigned which)
{
	return (uint32_t)year_hash(year, 1, which % 6) | 1;
}

static int by_mean(const void *a, const void *b)
{
	double x = ((const struct year_port *)a)->mean, y = ((const struct year_port *)b)->mean;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* First setting: Zipf's law over 2,000 ports; second: a log-normal one over 20,000. */
static void make_ports(struct year *year, struct chance *chance)
{
	uint8_t taken[65536] = { 0 };
	double sum = 0;
	year->port_count = year->setting.second ? 20000 : 2000;
	for (uint32_t i = 0; i < year->port_count; i++) {
		struct year_port *port = &year->ports[i];
		do
			port->port = (uint16_t)chance_bits(chance);
		while (taken[port->port]);
		taken[port->port] = 1;
		port->phase = chance_between(chance, 0, 24);
		port->mean = year->setting.second ? exp(2.3 * chance_normal(chance)) : pow(i + 1, -1.1);
		sum += port->mean;
	}
	qsort(year->ports, year->port_count, sizeof year->ports[0], by_mean);
	for (uint32_t i = 0; i < year->port_count; i++) {
		struct year_port *port = &year->ports[i];
		port->mean *= year->setting.rows * 0.85 / sum; /* the rest: wide scanners and research */
		if (i < FAMILIAR)
			port->port = familiar[i];
		port->protocol = port->port == 53 || port->port == 123 || port->port == 161 || i % 10 == 9 ? UDP : TCP;
	}
}

static bool port_used(const struct year *year, uint16_t port)
{
	for (uint32_t i = 0; i < year->port_count; i++)
		if (year->ports[i].port == port)
			return true;
	return false;
}

static uint16_t unused_port(const struct year *year, struct chance *chance)
{
	for (;;) {
		uint16_t port = (uint16_t)(1 + chance_below(chance, 65535));
		if (!port_used(year, port))
			return port;
	}
}

static void choose_ports(struct year *year, struct chance *chance, struct campaign *campaign)
{
	double kind = chance_unit(chance), count = chance_unit(chance);
	campaign->port_count = count < 0.7 ? 1 : count < 0.85 ? 2 : 3;
	campaign->known = kind < 0.6;
	for (unsigned i = 0; i < campaign->port_count; i++)
		campaign->ports[i] = kind < 0.6   ? year->ports[chance_below(chance, 15)].port
				     : kind < 0.8 ? year->ports[200 + chance_below(chance, 1800)].port
						  : unused_port(year, chance);
}

static void make_campaign(struct year *year, struct chance *chance, unsigned i)
{
	struct campaign *campaign = &year->campaigns[i];
	bool single = i < 8;
	double step = (i - 8 + chance_unit(chance)) / (CAMPAIGNS - 8);
	campaign->sources = single ? 1 : (uint32_t)(10 * pow(year->setting.most / 10, step));
	campaign->rate = single                     ? chance_scale(chance, 5, 500)
			 : campaign->sources > 1000 ? chance_scale(chance, 1, 3)
						    : chance_scale(chance, 1, 20);
	double hours = chance_scale(chance, 6, 336);
	hours = ceil(fmax(6, fmin(hours, MOST_ROWS / campaign->sources)));
	campaign->first = YEAR_QUIET * 24 + chance_below(chance, year->hours - YEAR_QUIET * 24 - (uint32_t)hours);
	campaign->last = campaign->first + (uint32_t)hours - 1;
	campaign->ramp = fmin(chance_scale(chance, 0.25, 24), hours / 2);
	choose_ports(year, chance, campaign);
	double look = chance_unit(chance);
	campaign->look = look < 0.5 ? LOOK_OWN : look < 0.75 ? LOOK_COMMON : LOOK_MIXED;
	campaign->local = chance_unit(chance) < 0.3;
	campaign->shape = campaign->look == LOOK_OWN ? (uint32_t)chance_bits(chance) | 1
						     : year_common_shape(year, chance_below(chance, 6));
	campaign->tool = campaign->look == LOOK_OWN && chance_unit(chance) < 0.3 ? TOOL_MIRAI : TOOL_SYSTEM;
}

static void make_attack(struct year *year, struct chance *chance, unsigned i)
{
	static const uint16_t services[] = { 80, 443, 53, 25565, 22, 3074 };
	struct attack *attack = &year->attacks[i];
	attack->hours = 1 + (uint32_t)chance_pareto(chance, 0.3, 1.2) % 48;
	attack->first = chance_below(chance, year->hours - attack->hours);
	attack->answers = chance_scale(chance, 20, 20000);
	attack->port = services[chance_below(chance, 6)];
	attack->victim = 0x7f000000u + i;
}

struct year *year_new(const struct year_setting *setting)
{
	struct year *year = calloc(1, sizeof *year);
	if (!year)
		return NULL;
	year->setting = *setting;
	year->hours = setting->days * 24;
	struct chance chance = chance_of(setting->seed, setting->second);
	make_ports(year, &chance);
	for (unsigned i = 0; i < CAMPAIGNS; i++)
		make_campaign(year, &chance, i);
	for (unsigned i = 0; i < ATTACKS; i++)
		make_attack(year, &chance, i);
	year->outlier_first = year->hours / 2 + chance_below(&chance, year->hours / 12);
	year->outlier_behind = year->outlier_first + year->hours / 12;
	year->outlier_port = unused_port(year, &chance);
	return year;
}

void year_free(struct year *year)
{
	if (!year)
		return;
	free(year->rows);
	free(year->keys);
	free(year);
}

const struct campaign *year_campaigns(const struct year *year)
{
	return year->campaigns;
}

const struct attack *year_attacks(const struct year *year)
{
	return year->attacks;
}

uint16_t year_outlier(const struct year *year, uint32_t *first, uint32_t *behind)
{
	*first = year->outlier_first;
	*behind = year->outlier_behind;
	return year->outlier_port;
}

uint32_t year_hours(const struct year *year)
{
	return year->hours;
}

static void keys_clear(struct year *year, size_t room)
{
	if (room > year->keys_room) {
		free(year->keys);
		year->keys = malloc(room * sizeof *year->keys);
		if (!year->keys)
			abort();
		year->keys_room = room;
	}
	memset(year->keys, 0, year->keys_room * sizeof *year->keys);
}

/* True when it is the first time in this hour. */
static bool key_add(struct year *year, uint64_t key)
{
	key += key == 0;
	size_t at = key & (year->keys_room - 1);
	for (; year->keys[at]; at = (at + 1) & (year->keys_room - 1))
		if (year->keys[at] == key)
			return false;
	year->keys[at] = key;
	return true;
}

void year_row(struct year *year, struct chance *chance, uint32_t hour, uint32_t id, struct activity activity)
{
	uint64_t key =
	    year_hash(year, (uint64_t)id << 32 | (uint64_t)activity.port << 8 | activity.protocol, activity.kind);
	if (year->count * 2 >= year->keys_room || !key_add(year, key))
		return;
	if (year->count == year->room) {
		struct activity *more = array_grow(year->rows, &year->room, 4096, sizeof *more);
		if (!more)
			abort();
		year->rows = more;
	}
	activity.bin = YEAR_START + hour * HOUR;
	activity.source = address_of(id);
	nanoseconds from = activity.first; /* not before this */
	activity.first = activity.bin + from + (nanoseconds)(chance_unit(chance) * (double)(HOUR - from));
	activity.last =
	    activity.packets == 1
		? activity.first
		: activity.first + (nanoseconds)(chance_unit(chance) * (double)(activity.bin + HOUR - activity.first));
	activity.targets = activity.packets < year->setting.targets ? activity.packets : year->setting.targets;
	year->rows[year->count++] = activity;
}

static int by_first(const void *a, const void *b)
{
	nanoseconds x = ((const struct activity *)a)->first, y = ((const struct activity *)b)->first;
	return x < y ? -1 : x > y;
}

void year_hour(struct year *year, uint32_t hour, activity_visitor visit, void *context)
{
	double rows = year->setting.rows * 4;
	for (unsigned i = 0; i < CAMPAIGNS; i++)
		if (year->campaigns[i].first <= hour && hour <= year->campaigns[i].last)
			rows += year->campaigns[i].sources * (double)CAMPAIGN_PORTS;
	size_t room = 1024;
	while ((double)room < rows * 3)
		room *= 2;
	year->count = 0;
	keys_clear(year, room);
	year_background(year, hour);
	year_events(year, hour);
	if (year->count > 0)
		qsort(year->rows, year->count, sizeof *year->rows, by_first);
	for (size_t i = 0; i < year->count; i++)
		visit(context, &year->rows[i]);
}
