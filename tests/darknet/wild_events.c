/*
 * What happens in the wild year: campaigns, mistakes, attacks and researchers.
 */
#include "darknet/packet/arrival.h"
#include "wild_inner.h"

#include <math.h>
#include <stdlib.h>

/* A member is somebody who is here already, or somebody new who looks as the campaign does. */
static struct wild_source recruit(struct wild *wild, const struct wild_campaign *campaign)
{
	struct chance *chance = &wild->chance;
	struct wild_source member = wild_birth(wild);
	if (wild->alive_count && chance_unit(chance) < campaign->reuse) {
		member = wild->alive[chance_below(chance, (uint32_t)wild->alive_count)];
	} else if (campaign->clustered) {
		member.network = campaign->local[chance_below(chance, 3)];
		member.address = wild_address(wild, member.network);
	}
	if (campaign->look < 2)
		member.shape = campaign->shape;
	if (campaign->look == 3)
		member.shape = 0;
	if (campaign->look != 2)
		member.tool = TOOL_UNKNOWN;
	return member;
}

static void begin(struct wild *wild, unsigned which)
{
	struct wild_campaign *campaign = &wild->campaigns[which];
	uint32_t count = campaign->shown->sources;
	campaign->members = calloc(count, sizeof *campaign->members);
	if (!campaign->members)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		double unit = chance_unit(&wild->chance);
		campaign->members[i] = recruit(wild, campaign);
		campaign->begins[i] =
		    (uint32_t)(campaign->ramp * (campaign->style == STYLE_RECRUIT ? sqrt(unit) : unit));
		wild_own(wild, campaign->members[i].address, which);
	}
}

/* One packet in each hour at a minute of its own, or as many as chance gives; to one of its ports each. */
static void act(struct wild *wild, const struct wild_campaign *campaign, const struct wild_source *member)
{
	struct chance *chance = &wild->chance;
	const struct world_campaign *shown = campaign->shown;
	bool evenly = campaign->style == STYLE_HOURLY || campaign->style == STYLE_PULSES;
	uint64_t packets = evenly ? 1 : chance_poisson(chance, campaign->rate);
	uint32_t counts[WORLD_PORTS] = { 0 };
	for (; packets > 0; packets--)
		counts[chance_below(chance, shown->port_count)]++;
	for (unsigned i = 0; i < shown->port_count; i++)
		if (counts[i])
			wild_send(wild, member,
			    (struct wild_row){
				shown->ports[i], campaign->protocol, ARRIVAL_PROBE, false, counts[i], 0 });
}

static void campaign_hour(struct wild *wild, unsigned which)
{
	struct wild_campaign *campaign = &wild->campaigns[which];
	const struct world_campaign *shown = campaign->shown;
	if (wild->hour < shown->first || wild->hour > shown->last)
		return;
	if (wild->hour == shown->first)
		begin(wild, which);
	uint32_t since = wild->hour - shown->first;
	if (campaign->style == STYLE_PULSES && since / 24 % 2 == 1)
		return;
	for (uint32_t i = 0; i < shown->sources; i++)
		if (campaign->begins[i] <= since)
			act(wild, campaign, &campaign->members[i]);
	if (wild->hour == shown->last) {
		free(campaign->members);
		campaign->members = NULL;
	}
}

static void mistakes(struct wild *wild)
{
	for (uint32_t i = 0; i < wild->mistake_count; i++) {
		const struct wild_mistake *here = &wild->mistakes[i];
		if (wild->hour < here->first || wild->hour >= here->first + here->hours)
			continue;
		for (uint64_t k = chance_poisson(&wild->chance, here->sources); k > 0; k--) {
			struct wild_source source = wild_birth(wild);
			wild_send(wild, &source,
			    (struct wild_row){
				here->port, here->protocol, ARRIVAL_PROBE, false, 1 + (uint32_t)(k % 3), 0 });
		}
	}
}

/* Attacks all year; in one month twenty times as many, and of their answers one in fifty looks like a probe. */
static void attacks(struct wild *wild)
{
	struct chance *chance = &wild->chance;
	bool flood = wild->hour >= wild->flood_first && wild->hour < wild->flood_behind;
	for (uint64_t i = chance_poisson(chance, wild->setting.rows * (flood ? 1 : 0.05)); i > 0; i--) {
		struct wild_source victim = wild_birth(wild);
		bool taken = i % 50 == 0;
		uint16_t port = taken ? (uint16_t)chance_bits(chance) : (uint16_t)(i % 3 ? 80 : 443);
		uint8_t kind = taken ? ARRIVAL_PROBE : ARRIVAL_BACKSCATTER;
		wild_send(
		    wild, &victim, (struct wild_row){ port, taken ? UDP : TCP, kind, false, 1 + (uint32_t)(i % 7), 0 });
	}
}

/* One row of twenty; nine of ten of them are known. They go through ports in order, sixty of them in a day. */
static void researchers(struct wild *wild)
{
	struct chance *chance = &wild->chance;
	for (uint64_t i = chance_poisson(chance, wild->setting.rows * 0.05); i > 0; i--) {
		uint32_t who = chance_below(chance, WILD_RESEARCHERS);
		struct wild_source *source = &wild->researchers[who];
		if (!source->address) {
			*source = wild_birth(wild);
			source->address = 0x05060000u + who;
			source->tool = TOOL_ZMAP;
			source->shape = wild->stacks[0];
		}
		uint16_t port = wild->ports[(wild->hour / 24 * 60 + who * 7 + chance_below(chance, 60)) % 4000];
		wild_send(wild, source,
		    (struct wild_row){ port, TCP, ARRIVAL_PROBE, who % 10 != 0, 1 + (uint32_t)(i % 4), 0 });
	}
}

void wild_events(struct wild *wild)
{
	for (unsigned i = 0; i < WORLD_CAMPAIGNS; i++)
		campaign_hour(wild, i);
	mistakes(wild);
	attacks(wild);
	researchers(wild);
}
