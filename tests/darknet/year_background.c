/*
 * The background of an hour: two settings that share no law.
 *
 * First: each port has slots, in each of which a source stays for a heavy-tailed time; counts follow day, week, year
 * and a slow walk. Second: sources are drawn from a pool for each port, some much more often than others; counts follow
 * office hours, noise that all ports share and noise of six hours that each has for itself.
 */
#include "year_inner.h"

#include <math.h>

#define NETWORKS 3000

/* Heavy-tailed: a network's or country's rank from a number between 0 and 1. */
static uint32_t rank_of(double unit, double most, double steep)
{
	return (uint32_t)(most * pow(unit, steep));
}

static void settle(const struct year *year, uint32_t id, struct activity *activity)
{
	activity->network = 1000 + rank_of(year_unit(year, 2, id), NETWORKS, 3);
	uint32_t country = rank_of(year_unit(year, 3, activity->network), 60, 2);
	activity->country[0] = (char)('A' + country % 26);
	activity->country[1] = (char)('A' + country / 26 * 7);
}

/* First setting: stacks of systems, a family of bots whose windows differ, two tools, rare things. */
static void look_by_port(const struct year *year, uint32_t id, struct activity *activity)
{
	double look = year_unit(year, 4, id);
	bool bots = activity->port == 23 || activity->port == 2323 || activity->port == 5555 || activity->port % 8 == 1;
	uint64_t number = year_hash(year, 5, id);
	activity->tool = TOOL_SYSTEM;
	if (look < 0.3 && bots) {
		activity->tool = TOOL_MIRAI;
		activity->shape = (uint32_t)year_hash(year, 6, number % 60000) | 1;
	} else if (look < 0.7) {
		activity->shape = year_common_shape(year, (unsigned)(number % 6));
	} else if (look < 0.9) {
		activity->tool = number % 2 ? TOOL_ZMAP : TOOL_MASSCAN;
		activity->shape = (uint32_t)year_hash(year, 7, number % 4) | 1;
	} else {
		activity->tool = TOOL_UNKNOWN;
		activity->shape = (uint32_t)year_hash(year, 8, number % 20000) | 1;
	}
}

/* Second setting: each network has four stacks of its own; a fifth of the sources varies from packet to packet. */
static void look_by_network(const struct year *year, uint32_t id, struct activity *activity)
{
	uint64_t number = year_hash(year, 5, id);
	activity->tool = number % 3 ? TOOL_SYSTEM : TOOL_UNKNOWN;
	activity->shape =
	    number % 5 == 0 ? 0 : (uint32_t)year_hash(year, 9, activity->network % 97 * 4 + number / 8 % 4) | 1;
}

void year_look(const struct year *year, uint32_t id, struct activity *activity)
{
	settle(year, id, activity);
	if (year->setting.second)
		look_by_network(year, id, activity);
	else
		look_by_port(year, id, activity);
}

static void background_row(struct year *year, struct chance *chance, uint32_t hour, uint32_t id, struct activity row)
{
	row.kind = ARRIVAL_PROBE;
	double packets = chance_pareto(chance, 1, 1.1);
	row.packets = packets > 5000 ? 5000 : (uint32_t)packets;
	year_look(year, id & 0x3fffffff, &row);
	year_row(year, chance, hour, id & 0x3fffffff, row);
}

/* ---- First setting ---- */

static double season_first(const struct year *year, const struct year_port *port, uint32_t index, uint32_t hour)
{
	double day = 1 + 0.3 * cos(2 * M_PI * (hour % 24 - port->phase) / 24);
	double week = hour / 24 % 7 >= 5 ? 0.85 : 1, of_year = 1 + 0.2 * sin(2 * M_PI * hour / 8760);
	double part = hour % 168 / 168.0;
	double before = year_unit(year, 10, (uint64_t)index << 32 | hour / 168);
	double after = year_unit(year, 10, (uint64_t)index << 32 | (hour / 168 + 1));
	return day * week * of_year * exp(1.2 * ((1 - part) * before + part * after - 0.5));
}

/* The source in a slot: half of the slots change each hour or so, some not for weeks. */
static uint32_t slot_source(const struct year *year, uint32_t index, uint32_t slot, uint32_t hour)
{
	uint64_t place = (uint64_t)index << 32 | slot;
	double unit = year_unit(year, 11, place);
	uint32_t stay = unit < 0.2 ? 1 : (uint32_t)fmin(2000, 1.2 * pow((unit - 0.2) / 0.8, -1 / 0.7));
	uint32_t turn = (hour + (uint32_t)(year_hash(year, 12, place) % stay)) / stay;
	return (uint32_t)year_hash(year, 13 + ((uint64_t)turn << 8), place);
}

static void background_first(struct year *year, struct chance *chance, uint32_t hour)
{
	for (uint32_t i = 0; i < year->port_count; i++) {
		const struct year_port *port = &year->ports[i];
		double mean = port->mean * season_first(year, port, i, hour);
		uint64_t count = chance_overdispersed(chance, mean, 40);
		for (uint32_t slot = 0; slot < count; slot++)
			background_row(year, chance, hour, slot_source(year, i, slot, hour),
			    (struct activity){ .port = port->port, .protocol = port->protocol });
	}
}

/* ---- Second setting ---- */

static double office(uint32_t hour)
{
	bool work = hour / 24 % 7 < 5 && hour % 24 >= 9 && hour % 24 < 18, holidays = hour / 24 % 120 > 115;
	return (work ? 1.5 : 0.8) * (holidays ? 0.6 : 1) * (hour / 24 % 28 == 27 && hour % 24 < 4 ? 0.3 : 1);
}

static double noise(const struct year *year, uint32_t index, uint32_t hour)
{
	struct chance now = chance_of(year->setting.seed + 1, (uint64_t)index << 32 | hour);
	struct chance lately = chance_of(year->setting.seed + 2, (uint64_t)index << 32 | hour / 6);
	return 0.1 * chance_gamma(&now, 5) + 0.1 * chance_gamma(&lately, 5);
}

static uint32_t pool_source(const struct year *year, struct chance *chance, uint32_t index, uint32_t hour)
{
	double pool = 5 + 20 * year->ports[index].mean;
	uint64_t place = (uint64_t)index << 32 | (uint32_t)(pool * pow(chance_unit(chance), 2.5));
	uint64_t turn = (hour + year_hash(year, 14, place) % 2000) / 2000;
	return (uint32_t)year_hash(year, 15 + (turn << 8), place);
}

static void background_second(struct year *year, struct chance *chance, uint32_t hour)
{
	double sum = 0;
	for (uint32_t i = 0; i < year->port_count; i++)
		year->until[i] = sum += year->ports[i].mean * (i < 1000 ? noise(year, i, hour) : 1);
	uint64_t count = chance_overdispersed(chance, sum * office(hour), 30);
	for (uint64_t row = 0; row < count; row++) {
		double at = chance_unit(chance) * sum;
		uint32_t low = 0, high = year->port_count - 1;
		while (low < high) {
			uint32_t middle = (low + high) / 2;
			if (year->until[middle] < at)
				low = middle + 1;
			else
				high = middle;
		}
		background_row(year, chance, hour, pool_source(year, chance, low, hour),
		    (struct activity){ .port = year->ports[low].port, .protocol = year->ports[low].protocol });
	}
}

/* ---- Both ---- */

/* Sources that try many ports for some hours, and researchers, who do it all year; nine of ten are known. */
static void wide(struct year *year, struct chance *chance, uint32_t hour)
{
	for (uint64_t i = chance_poisson(chance, year->setting.rows * 0.1); i > 0; i--) {
		uint32_t id = (uint32_t)year_hash(year, 16, (uint64_t)(hour / 8) << 32 | i % 12);
		background_row(year, chance, hour, id,
		    (struct activity){ .port = (uint16_t)chance_bits(chance), .protocol = TCP });
	}
	for (uint64_t i = chance_poisson(chance, year->setting.rows * 0.05); i > 0; i--) {
		uint32_t who = chance_below(chance, RESEARCHERS);
		uint16_t port = year->ports[(hour / 12 * 40 + chance_below(chance, 40)) % year->port_count].port;
		background_row(year, chance, hour, RESEARCHER_ID + who,
		    (struct activity){ .port = port, .protocol = TCP, .research = who % 10 != 0 });
	}
}

void year_background(struct year *year, uint32_t hour)
{
	struct chance chance = chance_of(year->setting.seed + 3, hour);
	if (year->setting.second)
		background_second(year, &chance, hour);
	else
		background_first(year, &chance, hour);
	wide(year, &chance, hour);
}
