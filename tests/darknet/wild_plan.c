/*
 * What the wild year consists of: countries, networks, stacks, ports, campaigns, mistakes; all from the seed.
 */
#include "wild_inner.h"

#include "base/hash.h"
#include "darknet/packet/arrival.h"

#include <math.h>
#include <stdlib.h>

#define MOST_ROWS 2e6 /* of a campaign */

static uint32_t pick(struct chance *chance, const double *until, uint32_t count)
{
	double at = chance_unit(chance) * until[count - 1];
	uint32_t low = 0, high = count - 1;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (until[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint16_t wild_network(struct wild *wild)
{
	return (uint16_t)pick(&wild->chance, wild->network_until, WILD_NETWORKS);
}

uint16_t wild_port(struct wild *wild)
{
	for (;;) {
		uint32_t rank = pick(&wild->chance, wild->port_until, WILD_PORTS);
		if (chance_unit(&wild->chance) * 3 < wild->drift[rank])
			return wild->ports[rank];
	}
}

uint16_t wild_rare_port(struct wild *wild)
{
	return wild->ports[3000 + chance_below(&wild->chance, WILD_PORTS - 3000)];
}

/* Sources sit close together: three of four in the first eighth of their network's /24s. */
uint32_t wild_address(struct wild *wild, uint16_t network)
{
	const struct wild_network *of = &wild->networks[network];
	uint32_t dense = of->count / 8 + 1, within = chance_unit(&wild->chance) < 0.75 ? dense : of->count;
	uint32_t block = of->first + chance_below(&wild->chance, within);
	return (block * 0x9e3779b1u & 0xffffff) << 8 | chance_below(&wild->chance, 256);
}

void wild_look(struct wild *wild, struct wild_source *source)
{
	struct chance *chance = &wild->chance;
	double look = chance_unit(chance);
	source->tool = TOOL_SYSTEM;
	if (look < 0.12) {
		source->tool = TOOL_ZMAP;
		source->shape = wild->stacks[0];
	} else if (look < 0.2) {
		source->tool = TOOL_MASSCAN;
		source->shape = wild->stacks[1];
	} else if (look < 0.3 && source->port_count &&
		   (source->ports[0] == wild->ports[0] || source->ports[0] == wild->ports[2])) {
		source->tool = TOOL_MIRAI;
		source->shape = (uint32_t)chance_bits(chance) | 1; /* a window of its own */
	} else if (look < 0.4) {
		source->tool = TOOL_UNKNOWN;
		source->shape = 0;
	} else {
		source->shape = wild->stacks[(uint32_t)(WILD_STACKS * pow(chance_unit(chance), 4))];
	}
}

static void plan_networks(struct wild *wild, struct chance *chance)
{
	double until = 0;
	uint32_t first = 0x10000;
	for (uint32_t i = 0; i < WILD_COUNTRIES; i++)
		wild->countries[i] = (struct wild_country){ { (char)('A' + i % 26), (char)('A' + i / 26) },
			chance_between(chance, 0.05, 0.7), chance_between(chance, 0, 24),
			chance_between(chance, 0.6, 1.1) };
	for (uint32_t i = 0; i < WILD_NETWORKS; i++) {
		wild->networks[i] = (struct wild_network){ .number = 100 + i * 31,
			.first = first,
			.count = 1 + (uint32_t)fmin(4000, chance_pareto(chance, 2, 0.9)),
			.country = (uint8_t)(WILD_COUNTRIES * pow(chance_unit(chance), 2)),
			.moving = chance_unit(chance) < 0.3 };
		first += wild->networks[i].count;
		wild->network_until[i] = until += pow(i + 1, -0.9);
	}
	for (uint32_t i = 0; i < WILD_STACKS; i++)
		wild->stacks[i] = (uint32_t)chance_bits(chance) | 1;
}

static void plan_ports(struct wild *wild, struct chance *chance)
{
	double until = 0;
	for (uint32_t i = 0; i < WILD_PORTS; i++)
		wild->ports[i] = (uint16_t)i;
	for (uint32_t i = WILD_PORTS - 1; i > 0; i--) {
		uint32_t other = chance_below(chance, i + 1);
		uint16_t port = wild->ports[i];
		wild->ports[i] = wild->ports[other];
		wild->ports[other] = port;
	}
	for (uint32_t i = 0; i < WILD_PORTS; i++) {
		wild->port_until[i] = until += pow(i + 1, -1.05);
		wild->drift[i] = 1;
	}
}

static void plan_campaign(struct wild *wild, struct chance *chance, unsigned i)
{
	struct wild_campaign *campaign = &wild->campaigns[i];
	struct world_campaign *shown = campaign->shown = &wild->shown[i];
	double step = (i - 8 + chance_unit(chance)) / (WORLD_CAMPAIGNS - 8), where = chance_unit(chance);
	shown->sources = i < 8 ? 1 : (uint32_t)(10 * pow(wild->setting.most / 10, step));
	campaign->style = (uint8_t)chance_below(chance, 4);
	campaign->rate = i < 8                            ? chance_scale(chance, 3, 1000)
			 : campaign->style == STYLE_SWEEP ? chance_scale(chance, 0.5, 8)
							  : 1;
	double hours =
	    fmax(6, fmin(chance_scale(chance, 12, 720), MOST_ROWS / shown->sources / fmin(1, campaign->rate)));
	hours = fmin(hours, wild->hours - WORLD_QUIET * 24 - 2);
	shown->first = WORLD_QUIET * 24 + chance_below(chance, wild->hours - WORLD_QUIET * 24 - (uint32_t)hours);
	shown->last = shown->first + (uint32_t)hours - 1;
	campaign->ramp = campaign->style == STYLE_RECRUIT ? hours * chance_between(chance, 0.3, 0.8)
							  : fmin(hours / 2, chance_scale(chance, 0.2, 48));
	shown->port_count = (uint8_t)(chance_unit(chance) < 0.6 ? 1 : 2 + chance_below(chance, WORLD_PORTS - 1));
	for (unsigned k = 0; k < shown->port_count; k++)
		shown->ports[k] = where < 0.5    ? wild->ports[chance_below(chance, 20)]
				  : where < 0.75 ? wild->ports[20 + chance_below(chance, 2000)]
						 : wild->ports[3000 + chance_below(chance, WILD_PORTS - 3000)];
	double look = chance_unit(chance);
	campaign->look = look < 0.4 ? 0 : look < 0.65 ? 1 : look < 0.9 ? 2 : 3;
	campaign->shape =
	    campaign->look == 0 ? (uint32_t)chance_bits(chance) | 1 : wild->stacks[chance_below(chance, 20)];
	campaign->protocol = chance_unit(chance) < 0.85 ? TCP : UDP;
	campaign->reuse = chance_unit(chance) < 0.5 ? 0 : chance_between(chance, 0, 0.8);
	campaign->clustered = chance_unit(chance) < 0.25;
	for (int k = 0; k < 3; k++)
		campaign->local[k] = (uint16_t)chance_below(chance, WILD_NETWORKS);
}

static void plan_mistakes(struct wild *wild, struct chance *chance)
{
	for (double at = chance_between(chance, 0, 240); at < wild->hours; at += -120 * log(chance_unit(chance))) {
		if (wild->mistake_count == WILD_MISTAKES)
			return;
		wild->mistakes[wild->mistake_count++] = (struct wild_mistake){ (uint32_t)at,
			1 + (uint32_t)chance_scale(chance, 1, 12), (uint32_t)chance_scale(chance, 20, 500),
			wild->ports[3000 + chance_below(chance, WILD_PORTS - 3000)],
			chance_unit(chance) < 0.7 ? UDP : TCP };
	}
}

bool wild_plan(struct wild *wild)
{
	struct chance chance = chance_of(wild->setting.seed, 77);
	uint64_t members = 0;
	plan_networks(wild, &chance);
	plan_ports(wild, &chance);
	for (unsigned i = 0; i < WORLD_CAMPAIGNS; i++) {
		plan_campaign(wild, &chance, i);
		members += wild->shown[i].sources;
	}
	plan_mistakes(wild, &chance);
	wild->flood_first = wild->hours / 3 + chance_below(&chance, wild->hours / 12);
	wild->flood_behind = wild->flood_first + wild->hours / 12;
	size_t room = 1024;
	while (room < members * 3)
		room *= 2;
	wild->owners = calloc(room, sizeof *wild->owners);
	wild->owner_mask = room - 1;
	for (unsigned i = 0; i < WORLD_CAMPAIGNS; i++) {
		struct wild_campaign *campaign = &wild->campaigns[i];
		campaign->begins = calloc(campaign->shown->sources, sizeof *campaign->begins);
		if (!campaign->begins)
			return false;
	}
	return wild->owners != NULL;
}

void wild_own(struct wild *wild, uint32_t address, unsigned campaign)
{
	size_t at = hash_u64(address, 3) & wild->owner_mask;
	while (wild->owners[at] && wild->owners[at] >> 32 != address)
		at = (at + 1) & wild->owner_mask;
	wild->owners[at] = (uint64_t)address << 32 | (campaign + 1);
}

int wild_owner(const struct wild *wild, uint32_t address)
{
	size_t at = hash_u64(address, 3) & wild->owner_mask;
	for (; wild->owners[at]; at = (at + 1) & wild->owner_mask)
		if (wild->owners[at] >> 32 == address)
			return (int)(wild->owners[at] & 0xff) - 1;
	return -1;
}
