/*
 * One synthetic year, judged: a line of JSON. bench/years.py runs it for many seeds and makes the tables.
 *
 * usage: darknet_years WORLD SEED DAYS ROWS MOST      WORLD: first, second, wild; the others as struct world_setting
 * has
 */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(const char *name, const struct world *world, const struct judgement *judgement,
    const struct verdict *verdict, const char *before)
{
	printf("%s{\"name\":\"%s\",\"at\":%g,\"false\":%u,\"mistakes\":%u,\"alarms\":%u,\"pure\":%.3f,\"delays\":[",
	    before, name, verdict->at, verdict->wrong, verdict->mistakes, verdict->alarms,
	    verdict->listed > 0 ? verdict->listed_bots / verdict->listed : 0);
	const char *comma = "";
	for (int i = 0; i < WORLD_CAMPAIGNS; i++) {
		if (!judgement->begun[i])
			continue;
		printf("%s[%u,", comma, world->campaigns[i].sources);
		comma = ",";
		if (verdict->found[i])
			printf("%.3f]", (double)(verdict->found[i] - judgement->begun[i]) / (double)HOUR);
		else
			printf("null]");
	}
	printf("]}");
}

int main(int count, char **arguments)
{
	static const char *const kinds[WORLD_KINDS] = { "first", "second", "wild" };
	static struct judgement judgement;
	struct world world;
	struct world_setting setting = { WORLD_KINDS, 0, 0, 0, 0 };
	for (int i = 0; count == 6 && i < WORLD_KINDS; i++)
		if (strcmp(arguments[1], kinds[i]) == 0)
			setting = (struct world_setting){ (enum world_kind)i, strtoull(arguments[2], NULL, 10),
				(unsigned)strtoul(arguments[3], NULL, 10), strtod(arguments[4], NULL),
				strtod(arguments[5], NULL) };
	if (setting.kind == WORLD_KINDS || setting.days < WORLD_QUIET + 10 || setting.rows < 1 || setting.most < 10) {
		fprintf(stderr, "usage: darknet_years first|second|wild SEED DAYS ROWS MOST\n");
		return 2;
	}
	if (!world_new(&setting, &world))
		return 2;
	judge_world(&world, 1, &judgement);
	printf(
	    "{\"world\":\"%s\",\"seed\":%llu,\"days\":%u,\"background\":%g,\"most\":%g,\"months\":%.3f,\"rows\":%llu,"
	    "\"seconds\":%.1f,\"falls\":%u,\"falls_of_regions\":%u,\"detectors\":[",
	    arguments[1], (unsigned long long)setting.seed, setting.days, setting.rows, setting.most, judgement.months,
	    (unsigned long long)judgement.rows, judgement.seconds, judgement.falls, judgement.falls_of_regions);
	put("groups", &world, &judgement, &judgement.groups[0], "");
	put("rises", &world, &judgement, &judgement.rises, ",");
	put("regions", &world, &judgement, &judgement.regions, ",");
	for (size_t i = 0; i < THRESHOLDS; i++)
		put("threshold", &world, &judgement, &judgement.threshold[i], ",");
	for (size_t i = 0; i < CUSUMS; i++)
		put("cusum", &world, &judgement, &judgement.cusum[i], ",");
	printf("]}\n");
	world_free(&world);
	return 0;
}
