/*
 * A synthetic year (world.h) as packets, a file at a time, and beside it what trends tell of the same activities.
 *
 *   year_packets WORLD SEED DAYS ROWS MOST FOLDER DAYS_OF_A_FILE FIRST_FILE
 *
 * In FOLDER: NNN.pcap, and with each `locations` and `lists` for it. Then a line on standard output says what the file
 * holds, and a line on standard input is waited for: so that there need be only one file at a time. Files before
 * FIRST_FILE are passed over without being written. Further:
 *   truth.json   the campaigns as planned, and when something is sent by mistake
 *   members      "HOUR ADDRESS CAMPAIGN": from that hour on the address is the campaign's
 *   alarms       changes and groups of the activities, a line of JSON each, as docs/darknet.md has them
 *   alarms.seen  the same, of activities with the shape and tool that the header of their first packet says
 * The last line of standard output has the first packet of each campaign.
 */
#include "capture_hour.h"
#include "world.h"

#include "base/memory.h"
#include "darknet/packet/arrival.h"
#include "darknet/trend/trends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct year_packets {
	struct world world;
	const char *folder;
	struct places places;
	struct number_map members, researchers; /* by address: campaign + 1; whether it was listed */
	uint32_t *listed;
	size_t listed_count, listed_room;
	struct capture_row *rows; /* of the hour */
	size_t count, room;
	struct teller {
		struct trends *trends;
		FILE *alarms;
	} plain, seen;
	struct capture_look *look;
	FILE *member_file, *capture; /* capture: NULL while files are passed over */
	nanoseconds begun[WORLD_CAMPAIGNS];
	uint32_t hour;
	uint64_t packets, activities;
};

static FILE *open_in(const char *folder, const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(2);
	}
	return file;
}

static void put_address(FILE *to, uint32_t address)
{
	fprintf(to, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

/* ── what trends tell of activities ─ */

static void tell(struct teller *teller, struct builder *line)
{
	if (line->failed || fwrite(line->at, line->size, 1, teller->alarms) != 1 || fputc('\n', teller->alarms) == EOF)
		abort();
	builder_free(line);
}

static void on_change(void *context, const struct change *change)
{
	struct builder line = { 0 };
	change_json(change, &line);
	tell(context, &line);
}

static void on_group(void *context, const struct group *group)
{
	struct builder line = { 0 };
	group_json(group, 1000, &line); /* as many as a telescope's line lists */
	tell(context, &line);
}

static bool begin_telling(struct teller *teller, const char *folder, const char *name)
{
	teller->alarms = open_in(folder, name);
	teller->trends = trends_new(0);
	if (!teller->trends)
		return false;
	trends_keep(teller->trends); /* as whoever reads a file after the other does */
	trends_tell(teller->trends, on_change, on_group, teller);
	return true;
}

static void end_telling(struct teller *teller)
{
	trends_finish(teller->trends);
	trends_free(teller->trends);
	fclose(teller->alarms);
}

/* ── an hour ─ */

static void note_member(struct year_packets *year, const struct activity *activity, uint32_t address)
{
	int campaign = activity->kind == ARRIVAL_PROBE ? year->world.origin(year->world.inside, activity->source) : -1;
	if (campaign < 0)
		return;
	uint64_t *known = number_map_at(&year->members, address);
	if (*known != (uint64_t)campaign + 1) {
		*known = (uint64_t)campaign + 1;
		fprintf(year->member_file, "%u ", year->hour);
		put_address(year->member_file, address);
		fprintf(year->member_file, " %d\n", campaign);
	}
	const struct world_campaign *of = &year->world.campaigns[campaign];
	for (unsigned i = 0; i < of->port_count && !year->begun[campaign]; i++)
		if (of->first <= year->hour && year->hour <= of->last && of->ports[i] == activity->port)
			year->begun[campaign] = activity->first;
}

static void note_researcher(struct year_packets *year, uint32_t address)
{
	uint64_t *known = number_map_at(&year->researchers, address);
	if (*known)
		return;
	*known = 1;
	if (year->listed_count == year->listed_room) {
		uint32_t *more = array_grow(year->listed, &year->listed_room, 64, sizeof *more);
		if (!more)
			abort();
		year->listed = more;
	}
	year->listed[year->listed_count++] = address;
}

static void take(void *context, const struct activity *told)
{
	struct year_packets *year = context;
	struct activity activity = *told;
	places_country(activity.country);
	uint32_t address = places_of(&year->places, &activity);
	note_member(year, told, address);
	if (told->research)
		note_researcher(year, address);
	for (int i = 0; i < 4; i++)
		activity.source.bytes[12 + i] = (uint8_t)(address >> (24 - 8 * i));
	if (year->count == year->room) {
		struct capture_row *more = array_grow(year->rows, &year->room, 4096, sizeof *more);
		if (!more)
			abort();
		year->rows = more;
	}
	struct capture_row *row = &year->rows[year->count++];
	*row = (struct capture_row){ activity, address };
	activity.packets = 1;
	activity.last = activity.first;
	trends_begin(year->plain.trends, &activity, 1);
	capture_seen(year->look, row, &activity);
	trends_begin(year->seen.trends, &activity, 1);
}

static void make_hour(struct year_packets *year)
{
	year->count = 0;
	year->world.hour(year->world.inside, year->hour, take, year);
	for (size_t i = 0; i < year->count; i++) {
		trends_more(year->plain.trends, &year->rows[i].activity);
		trends_more(year->seen.trends, &year->rows[i].activity);
	}
	if (!year->capture)
		return;
	year->activities += year->count;
	year->packets += capture_hour(year->capture, year->rows, year->count);
}

/* ── files ─ */

/* A warning list of those researchers that are known as such: the name is one that warninglists/kinds has. */
static void write_list(const struct year_packets *year)
{
	FILE *file = open_in(year->folder, "lists/known/list.json");
	fprintf(file, "{\"name\":\"Censys IP Ranges Used for Scanning\",\"description\":\"x\",\"version\":1,"
		      "\"matching_attributes\":[\"ip-src\"],\"type\":\"cidr\",\"list\":[");
	for (size_t i = 0; i < year->listed_count; i++) {
		fputs(i ? ",\"" : "\"", file);
		put_address(file, year->listed[i]);
		fputs("/32\"", file);
	}
	fputs("]}\n", file);
	fclose(file);
}

static void end_file(struct year_packets *year, unsigned number)
{
	char path[512];
	if (!year->capture)
		return;
	snprintf(path, sizeof path, "%s/locations", year->folder);
	if (fclose(year->capture) != 0 || !places_write(&year->places, path)) {
		fprintf(stderr, "year_packets: file %u could not be written\n", number);
		exit(2);
	}
	year->capture = NULL;
	write_list(year);
	fflush(year->member_file);
	printf("{\"file\":%u,\"packets\":%llu,\"activities\":%llu,\"sources\":%zu}\n", number,
	    (unsigned long long)year->packets, (unsigned long long)year->activities, year->places.addresses.count);
	fflush(stdout);
	year->packets = year->activities = 0;
	if (getchar() == EOF)
		exit(0);
}

static void make_files(struct year_packets *year, unsigned days, unsigned first)
{
	unsigned number = 0;
	for (year->hour = 0; year->hour < year->world.hours; year->hour++) {
		char name[32];
		if (year->hour % (days * 24) == 0 && number >= first) {
			snprintf(name, sizeof name, "%03u.pcap", number);
			year->capture = open_in(year->folder, name);
			capture_begin(year->capture);
		}
		make_hour(year);
		if ((year->hour + 1) % (days * 24) == 0 || year->hour + 1 == year->world.hours)
			end_file(year, number++);
	}
}

/* ── what is true ─ */

static void put_mistakes(FILE *to, const struct world *world)
{
	const char *comma = "";
	for (unsigned port = 0; port < 65536; port++) {
		if (!world->mistake(world->inside, (uint16_t)port, 0, world->hours))
			continue;
		uint32_t from = 0;
		bool before = false;
		for (uint32_t hour = 0; hour <= world->hours; hour++) {
			bool now = hour < world->hours && world->mistake(world->inside, (uint16_t)port, hour, hour);
			if (now && !before)
				from = hour;
			if (before && !now) {
				fprintf(to, "%s[%u,%u,%u]", comma, port, from, hour - 1);
				comma = ",";
			}
			before = now;
		}
	}
}

static void write_truth(const struct year_packets *year)
{
	FILE *file = open_in(year->folder, "truth.json");
	fprintf(file, "{\"begins\":%lld,\"hours\":%u,\"campaigns\":[", (long long)(WORLD_START / SECOND),
	    year->world.hours);
	for (int i = 0; i < WORLD_CAMPAIGNS; i++) {
		const struct world_campaign *campaign = &year->world.campaigns[i];
		fprintf(file, "%s{\"sources\":%u,\"first\":%u,\"last\":%u,\"ports\":[", i ? "," : "", campaign->sources,
		    campaign->first, campaign->last);
		for (unsigned k = 0; k < campaign->port_count; k++)
			fprintf(file, "%s%u", k ? "," : "", campaign->ports[k]);
		fputs("]}", file);
	}
	fputs("],\"mistakes\":[", file);
	put_mistakes(file, &year->world);
	fputs("]}\n", file);
	fclose(file);
}

static void put_begun(const struct year_packets *year)
{
	printf("{\"begun\":[");
	for (int i = 0; i < WORLD_CAMPAIGNS; i++)
		printf("%s%.3f", i ? "," : "", (double)year->begun[i] / (double)SECOND);
	printf("]}\n");
}

static void end(struct year_packets *year)
{
	fclose(year->member_file);
	capture_look_free(year->look);
	places_free(&year->places);
	number_map_free(&year->members);
	number_map_free(&year->researchers);
	free(year->listed);
	free(year->rows);
	world_free(&year->world);
}

int main(int count, char **arguments)
{
	static const char *const kinds[WORLD_KINDS] = { "first", "second", "wild" };
	struct world_setting setting = { .kind = WORLD_KINDS };
	struct year_packets year = { .look = capture_look_new() };
	for (int i = 0; count == 9 && i < WORLD_KINDS; i++)
		if (strcmp(arguments[1], kinds[i]) == 0)
			setting = (struct world_setting){ (enum world_kind)i, strtoull(arguments[2], NULL, 10),
				(unsigned)strtoul(arguments[3], NULL, 10), strtod(arguments[4], NULL),
				strtod(arguments[5], NULL) };
	unsigned days = count == 9 ? (unsigned)strtoul(arguments[7], NULL, 10) : 0;
	if (setting.kind == WORLD_KINDS || setting.days < WORLD_QUIET + 10 || setting.rows < 1 || setting.most < 10 ||
	    days < 1) {
		fprintf(stderr,
		    "usage: year_packets first|second|wild SEED DAYS ROWS MOST FOLDER DAYS_OF_A_FILE FIRST_FILE\n");
		return 2;
	}
	year.folder = arguments[6];
	if (!year.look || !world_new(&setting, &year.world) || !begin_telling(&year.plain, year.folder, "alarms") ||
	    !begin_telling(&year.seen, year.folder, "alarms.seen"))
		return 2;
	year.member_file = open_in(year.folder, "members");
	write_truth(&year);
	make_files(&year, days, (unsigned)strtoul(arguments[8], NULL, 10));
	end_telling(&year.plain);
	end_telling(&year.seen);
	put_begun(&year);
	end(&year);
	return 0;
}
