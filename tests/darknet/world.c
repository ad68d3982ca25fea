/*
 * Generators behind one face; see the header.
 */
#include "world.h"

#include "wild.h"
#include "year.h"

#include <string.h>

_Static_assert(CAMPAIGNS == WORLD_CAMPAIGNS && CAMPAIGN_PORTS <= WORLD_PORTS && YEAR_QUIET == WORLD_QUIET, "one face");

static void hour_of_year(void *inside, uint32_t hour, activity_visitor visit, void *context)
{
	year_hour(inside, hour, visit, context);
}

static int origin_in_year(void *inside, struct address source)
{
	return year_origin(inside, source);
}

static bool mistake_in_year(void *inside, uint16_t port, uint32_t from, uint32_t to)
{
	uint32_t first, behind;
	return port == year_outlier(inside, &first, &behind) && to >= first && from < behind + 6;
}

static bool researcher_in_year(void *inside, struct address source)
{
	(void)inside;
	return year_researcher(source);
}

static void free_year(void *inside)
{
	year_free(inside);
}

static bool new_year(const struct world_setting *setting, struct world *world)
{
	const struct year_setting of_year = { setting->seed, setting->days, setting->rows, setting->most,
		setting->kind == WORLD_SECOND, 4096 };
	struct year *year = year_new(&of_year);
	if (!year)
		return false;
	*world = (struct world){ .inside = year,
		.hours = year_hours(year),
		.hour = hour_of_year,
		.origin = origin_in_year,
		.mistake = mistake_in_year,
		.free = free_year,
		.researcher = researcher_in_year };
	const struct campaign *campaigns = year_campaigns(year);
	for (int i = 0; i < CAMPAIGNS; i++) {
		world->campaigns[i] = (struct world_campaign){ .sources = campaigns[i].sources,
			.first = campaigns[i].first,
			.last = campaigns[i].last,
			.port_count = campaigns[i].port_count };
		memcpy(world->campaigns[i].ports, campaigns[i].ports, sizeof campaigns[i].ports);
	}
	return true;
}

bool world_new(const struct world_setting *setting, struct world *world)
{
	return setting->kind == WORLD_WILD ? wild_new(setting, world) : new_year(setting, world);
}

void world_free(struct world *world)
{
	if (world->inside)
		world->free(world->inside);
	world->inside = NULL;
}
