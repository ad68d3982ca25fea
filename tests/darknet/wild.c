/*
 * The wild year: who lives, and what they send in an hour. What is planned: wild_plan.c; events: wild_events.c.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "darknet/packet/arrival.h"
#include "wild_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_LEAST 0.05
#define RATE_MOST 300.0

double wild_season(const struct wild *wild, const struct wild_source *source, uint32_t hour)
{
	const struct wild_country *country = &wild->countries[wild->networks[source->network].country];
	double day = 1 + country->swing * cos(2 * M_PI * (hour % 24 - country->phase) / 24);
	return day * (hour / 24 % 7 >= 5 ? country->weekend : 1);
}

/* Four of ten come for an hour or two; the others stay for a time whose logarithm is normal. */
struct wild_source wild_birth(struct wild *wild)
{
	struct chance *chance = &wild->chance;
	struct wild_source source = { .network = wild_network(wild) };
	double habit = chance_unit(chance), stay = 24 * exp(1.8 * chance_normal(chance));
	source.habit = habit < 0.65 ? HABIT_ONE : habit < 0.9 ? HABIT_FEW : HABIT_ALL;
	source.port_count = source.habit == HABIT_ONE   ? 1
			    : source.habit == HABIT_FEW ? (uint8_t)(2 + chance_below(chance, 3))
							: 0;
	for (unsigned i = 0; i < source.port_count; i++)
		source.ports[i] = wild_port(wild);
	if (chance_unit(chance) < 0.4)
		stay = 1 + chance_below(chance, 2);
	source.dies = wild->hour + (uint32_t)fmin(fmax(stay, 1), 9000);
	source.rate = (float)fmin(RATE_MOST, chance_pareto(chance, stay < 3 ? 1 : RATE_LEAST, 1.1));
	source.address = wild_address(wild, source.network);
	wild_look(wild, &source);
	return source;
}

/* UDP on every tenth port, whatever it is. */
static uint8_t protocol_of(uint16_t port)
{
	return port % 10 == 3 ? UDP : TCP;
}

static bool key_add(struct wild *wild, uint64_t key)
{
	key += key == 0;
	size_t at = key & (wild->key_room - 1);
	for (; wild->keys[at]; at = (at + 1) & (wild->key_room - 1))
		if (wild->keys[at] == key)
			return false;
	wild->keys[at] = key;
	return true;
}

static void make_room(struct wild *wild)
{
	if (wild->count < wild->room)
		return;
	struct activity *rows = array_grow(wild->rows, &wild->room, 4096, sizeof *rows);
	uint64_t *keys = calloc(wild->room * 4, sizeof *keys); /* `room` is a power of two */
	if (!rows || !keys)
		abort();
	for (size_t i = 0; i < wild->key_room; i++) {
		size_t at = wild->keys[i] & (wild->room * 4 - 1);
		while (wild->keys[i] && keys[at])
			at = (at + 1) & (wild->room * 4 - 1);
		if (wild->keys[i])
			keys[at] = wild->keys[i];
	}
	free(wild->keys);
	wild->rows = rows;
	wild->keys = keys;
	wild->key_room = wild->room * 4;
}

void wild_send(struct wild *wild, const struct wild_source *source, struct wild_row row)
{
	struct chance *chance = &wild->chance;
	const struct wild_network *network = &wild->networks[source->network];
	const char *country = wild->countries[network->country].name;
	nanoseconds bin = WORLD_START + wild->hour * HOUR;
	make_room(wild);
	uint64_t what =
	    (uint64_t)source->address << 32 | (uint64_t)row.port << 16 | (uint64_t)row.protocol << 8 | row.kind;
	if (!key_add(wild, hash_u64(what, 5)))
		return;
	struct activity activity = { .bin = bin,
		.first = bin + row.from + (nanoseconds)(chance_unit(chance) * (double)(HOUR - row.from)),
		.packets = row.packets,
		.targets = row.packets,
		.shape = source->shape,
		.network = network->number,
		.country = { country[0], country[1] },
		.port = row.port,
		.protocol = row.protocol,
		.kind = row.kind,
		.tool = source->tool,
		.research = row.research,
		.source = { { [10] = 0xff, 0xff } } };
	activity.last =
	    row.packets == 1
		? activity.first
		: activity.first + (nanoseconds)(chance_unit(chance) * (double)(bin + HOUR - activity.first));
	for (int i = 0; i < 4; i++)
		activity.source.bytes[12 + i] = (uint8_t)(source->address >> (24 - 8 * i));
	wild->rows[wild->count++] = activity;
}

/* An hour of one source: its packets go to its ports as they come. */
static void live(struct wild *wild, const struct wild_source *source, bool at_least_one)
{
	struct chance *chance = &wild->chance;
	double mean = source->rate * wild_season(wild, source, wild->hour);
	uint64_t packets = mean > 0 ? chance_poisson(chance, mean) : 0;
	uint32_t counts[4] = { 0 };
	packets += at_least_one && packets == 0;
	if (source->habit == HABIT_ALL) {
		for (uint64_t i = 0; i < packets && i < 30; i++) {
			uint16_t port = chance_unit(chance) < 0.5 ? wild_port(wild) : (uint16_t)chance_bits(chance);
			wild_send(
			    wild, source, (struct wild_row){ port, protocol_of(port), ARRIVAL_PROBE, false, 1, 0 });
		}
		return;
	}
	for (; packets > 0; packets--)
		counts[chance_below(chance, source->port_count)]++;
	for (unsigned i = 0; i < source->port_count; i++)
		if (counts[i])
			wild_send(wild, source,
			    (struct wild_row){
				source->ports[i], protocol_of(source->ports[i]), ARRIVAL_PROBE, false, counts[i], 0 });
}

static void populate(struct wild *wild)
{
	/* Found by trying: some 13 rows come of each birth. */
	for (uint64_t i = chance_poisson(&wild->chance, wild->setting.rows * 0.95 / 13); i > 0; i--) {
		if (wild->alive_count == wild->alive_room) {
			struct wild_source *more = array_grow(wild->alive, &wild->alive_room, 4096, sizeof *more);
			if (!more)
				abort();
			wild->alive = more;
		}
		struct wild_source *source = &wild->alive[wild->alive_count++];
		*source = wild_birth(wild);
		live(wild, source, true);
	}
}

static void background(struct wild *wild)
{
	size_t kept = 0;
	bool midnight = wild->hour % 24 == 0;
	for (size_t i = 0; i < wild->alive_count; i++) {
		struct wild_source source = wild->alive[i];
		if (source.dies <= wild->hour)
			continue;
		if (midnight && wild->networks[source.network].moving)
			source.address = (source.address & ~0xffu) | chance_below(&wild->chance, 256);
		wild->alive[kept++] = source;
		live(wild, &source, false);
	}
	wild->alive_count = kept;
	populate(wild);
	if (midnight)
		for (uint32_t i = 0; i < 300; i++) {
			double walked = log(wild->drift[i]) * 0.99 + 0.06 * chance_normal(&wild->chance);
			wild->drift[i] = (float)fmin(3, fmax(0.2, exp(walked)));
		}
}

static int by_first(const void *a, const void *b)
{
	nanoseconds x = ((const struct activity *)a)->first, y = ((const struct activity *)b)->first;
	return x < y ? -1 : x > y;
}

static void wild_hour(void *inside, uint32_t hour, activity_visitor visit, void *context)
{
	struct wild *wild = inside;
	wild->hour = hour;
	wild->count = 0;
	if (wild->key_room)
		memset(wild->keys, 0, wild->key_room * sizeof *wild->keys);
	background(wild);
	wild_events(wild);
	if (wild->count > 0)
		qsort(wild->rows, wild->count, sizeof *wild->rows, by_first);
	for (size_t i = 0; i < wild->count; i++)
		visit(context, &wild->rows[i]);
}

static bool researcher(void *inside, struct address source)
{
	(void)inside;
	return source.bytes[12] == 5 && source.bytes[13] == 6 && source.bytes[14] == 0 &&
	       source.bytes[15] < WILD_RESEARCHERS;
}

static int origin(void *inside, struct address source)
{
	uint32_t address = 0;
	for (int i = 0; i < 4; i++)
		address = address << 8 | source.bytes[12 + i];
	return wild_owner(inside, address);
}

static bool mistake(void *inside, uint16_t port, uint32_t from, uint32_t to)
{
	const struct wild *wild = inside;
	for (uint32_t i = 0; i < wild->mistake_count; i++) {
		const struct wild_mistake *here = &wild->mistakes[i];
		if (here->port == port && to >= here->first && from < here->first + here->hours + 6)
			return true;
	}
	return false;
}

static void end(void *inside)
{
	struct wild *wild = inside;
	for (unsigned i = 0; i < WORLD_CAMPAIGNS; i++) {
		free(wild->campaigns[i].members);
		free(wild->campaigns[i].begins);
	}
	free(wild->owners);
	free(wild->alive);
	free(wild->rows);
	free(wild->keys);
	free(wild);
}

bool wild_new(const struct world_setting *setting, struct world *world)
{
	struct wild *wild = calloc(1, sizeof *wild);
	if (!wild)
		return false;
	wild->setting = *setting;
	wild->hours = setting->days * 24;
	wild->chance = chance_of(setting->seed, 78);
	if (!wild_plan(wild)) {
		end(wild);
		return false;
	}
	*world = (struct world){ wild, wild->hours, { { 0 } }, wild_hour, origin, mistake, end, researcher };
	memcpy(world->campaigns, wild->shown, sizeof wild->shown);
	return true;
}
