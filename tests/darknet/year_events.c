/*
 * What happens in the synthetic year beside its background: campaigns, attacks, a month of misconfiguration.
 */
#include "year_inner.h"

#include <math.h>

/* Hours behind the campaign's first in which source `i` begins: evenly over the ramp, or as an infection grows. */
static double begins(const struct year *year, const struct campaign *campaign, uint64_t place)
{
	double unit = year_unit(year, 20, place);
	if (year->setting.second)
		unit = log1p(unit * (exp(5) - 1)) / 5;
	return unit * campaign->ramp;
}

/* In the second setting a source sleeps half of its day, and sends twice as much in the other. */
static double rate_of(const struct year *year, const struct campaign *campaign, uint64_t place, uint32_t hour)
{
	if (!year->setting.second || campaign->sources == 1)
		return campaign->rate;
	uint32_t zone = (uint32_t)(24 * pow(year_unit(year, 21, place), 2));
	return (hour + zone) % 24 < 12 ? 2 * campaign->rate : 0;
}

static void bot(struct year *year, struct chance *chance, uint32_t hour, unsigned which, uint32_t source)
{
	const struct campaign *campaign = &year->campaigns[which];
	uint64_t place = CAMPAIGN_ID(which, source);
	double since = hour - campaign->first - begins(year, campaign, place); /* at the hour's beginning */
	double left = campaign->last + 1 - hour - 3 * year_unit(year, 22, place);
	if (since <= -1 || left <= 0)
		return;
	double part = since < 0 ? 1 + since : 1;
	uint64_t packets = chance_poisson(chance, rate_of(year, campaign, place, hour) * part);
	uint32_t counts[CAMPAIGN_PORTS] = { 0 };
	for (; packets > 0; packets--)
		counts[chance_below(chance, campaign->port_count)]++;
	for (unsigned i = 0; i < campaign->port_count; i++) {
		struct activity row = { .kind = ARRIVAL_PROBE,
			.port = campaign->ports[i],
			.protocol = TCP,
			.packets = counts[i],
			.first = (nanoseconds)((1 - part) * (double)HOUR) };
		if (counts[i] == 0)
			continue;
		year_look(year, CAMPAIGN_ID(which, source), &row);
		if (campaign->look != LOOK_MIXED) {
			row.shape = campaign->shape;
			row.tool = campaign->tool;
		}
		if (campaign->local)
			row.network = 1000 + (uint32_t)(year_hash(year, 23, which * 4 + place % 3) % 3000);
		year_row(year, chance, hour, CAMPAIGN_ID(which, source), row);
	}
}

static void attack_hour(struct year *year, struct chance *chance, uint32_t hour, const struct attack *attack)
{
	uint64_t packets = chance_poisson(chance, attack->answers);
	struct activity row = { .kind = ARRIVAL_BACKSCATTER,
		.port = attack->port,
		.protocol = TCP,
		.packets = (uint32_t)packets,
		.shape = 7 };
	if (packets > 0)
		year_row(year, chance, hour, attack->victim, row);
}

/* Something sends to a port here by mistake, from everywhere, in waves. */
static void outlier(struct year *year, struct chance *chance, uint32_t hour)
{
	double wave = year_unit(year, 24, hour / 5) < 0.4 ? 1 : 0.1;
	for (uint64_t i = chance_poisson(chance, year->setting.rows * 0.5 * wave); i > 0; i--) {
		uint32_t id = (uint32_t)chance_bits(chance) & 0x3fffffff;
		struct activity row = {
			.kind = ARRIVAL_PROBE, .port = year->outlier_port, .protocol = UDP, .packets = 1
		};
		year_look(year, id, &row);
		row.tool = TOOL_UNKNOWN;
		row.shape = 0;
		year_row(year, chance, hour, id, row);
	}
}

void year_events(struct year *year, uint32_t hour)
{
	struct chance chance = chance_of(year->setting.seed + 4, hour);
	for (unsigned i = 0; i < CAMPAIGNS; i++) {
		const struct campaign *campaign = &year->campaigns[i];
		for (uint32_t s = 0; campaign->first <= hour && hour <= campaign->last && s < campaign->sources; s++)
			bot(year, &chance, hour, i, s);
	}
	for (unsigned i = 0; i < ATTACKS; i++) {
		const struct attack *attack = &year->attacks[i];
		if (attack->first <= hour && hour < attack->first + attack->hours)
			attack_hour(year, &chance, hour, attack);
	}
	if (year->outlier_first <= hour && hour < year->outlier_behind)
		outlier(year, &chance, hour);
}
