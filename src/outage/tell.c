/*
 * The bulletins of outage, each in Japanese and English.
 */
#include "outage/adapter.h"

#include "outage/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECTORS_NAMED 32

static void clock_text(nanoseconds time, char to[static 40])
{
	time_t seconds = (time_t)(time / SECOND) + 9 * 3600;
	struct tm tm;
	strftime(to, 40, "%Y-%m-%d %H:%M JST", gmtime_r(&seconds, &tm));
}

static void line(const struct catalog *catalog, struct builder *to, const char *msgid, const char *first,
    const char *second, const char *third)
{
	const struct text parameters[] = { text_of(first), text_of(second), text_of(third) };
	catalog_build(catalog, text_of(msgid), parameters, 3, to);
	build_char(to, '\n');
}

/* What the two languages' texts are written from. */
struct words {
	void (*write)(
	    const struct words *words, const struct catalog *catalog, struct builder *subject, struct builder *body);
	const void *what;
	struct outage_telling *telling;
	const char *first;
	uint32_t organisation;
};

static char *taken(struct arena *arena, struct builder *text)
{
	char *words = text->failed ? NULL : arena_string(arena, (struct text){ text->at, text->size });
	builder_free(text);
	return words;
}

static enum error put(const struct words *words, struct bulletin *bulletin, struct failure *failure)
{
	struct outage_telling *telling = words->telling;
	const struct catalog *catalogs[] = { telling->center->japanese, NULL };
	char *bodies[2] = { "", "" };
	char *subjects[] = { bulletin->subject_ja, bulletin->subject_en };
	for (size_t i = 0; i < 2; i++) {
		struct builder subject = { 0 }, body = { 0 };
		if (i == 0 && !catalogs[0])
			continue; /* the English text is shown then */
		words->write(words, catalogs[i], &subject, &body);
		text_copy((struct text){ subject.at, subject.size }, subjects[i], sizeof bulletin->subject_en);
		builder_free(&subject);
		bodies[i] = taken(telling->arena, &body);
		if (!bodies[i])
			return fail(failure, ERROR_MEMORY, "no memory for a bulletin");
	}
	bulletin->body_ja = bodies[0];
	bulletin->body_en = bodies[1];
	bulletin->created = telling->now;
	enum error error = store_bulletin_put(telling->center->store, telling->scope, bulletin, failure);
	char id[UUID_TEXT];
	if (error == OK && telling->center->changed)
		telling->center->changed(
		    telling->center, bulletin->organisation, "bulletin", uuid_format(bulletin->id, id));
	return error;
}

/* ── one's own site does not answer ─ */

static void write_outage(
    const struct words *words, const struct catalog *catalog, struct builder *subject, struct builder *body)
{
	const struct outage_trouble *trouble = words->what;
	char since[40];
	clock_text(trouble->time, since);
	line(catalog, subject, N_("A web site of yours does not answer: {0}"), words->first, "", "");
	subject->size -= subject->size > 0; /* a subject has no line break */
	line(catalog, body, N_("{0} did not answer our probes at {1}."), words->first, since, "");
	line(catalog, body,
	    N_("Please look at the server, its connection, and whether it is being flooded with requests."), "", "",
	    "");
}

enum error outage_tell_owner(
    struct outage_telling *telling, uint32_t organisation, struct text host, nanoseconds since, struct failure *failure)
{
	struct outage_trouble trouble = { .time = since };
	struct bulletin bulletin = { .organisation = organisation, .kind = "outage", .tlp = TLP_AMBER };
	struct words words = {
		.write = write_outage, .what = &trouble, .telling = telling, .first = arena_string(telling->arena, host)
	};
	return words.first ? put(&words, &bulletin, failure) : fail(failure, ERROR_MEMORY, "no memory for a bulletin");
}

static void write_again(
    const struct words *words, const struct catalog *catalog, struct builder *subject, struct builder *body)
{
	const nanoseconds *times = words->what;
	char since[40], again[40];
	clock_text(times[0], since);
	clock_text(times[1], again);
	line(catalog, subject, N_("A web site of yours answers again: {0}"), words->first, "", "");
	subject->size -= subject->size > 0;
	line(catalog, body, N_("{0} did not answer our probes at {1}; at {2} it answers as usual."), words->first,
	    since, again);
}

enum error outage_tell_again(struct outage_telling *telling, uint32_t organisation, struct text host, nanoseconds since,
    nanoseconds again, struct failure *failure)
{
	const nanoseconds times[] = { since, again };
	struct bulletin bulletin = { .organisation = organisation, .kind = "outage", .tlp = TLP_AMBER };
	struct words words = {
		.write = write_again, .what = times, .telling = telling, .first = arena_string(telling->arena, host)
	};
	return words.first ? put(&words, &bulletin, failure) : fail(failure, ERROR_MEMORY, "no memory for a bulletin");
}

/* ── many at once ─ */

struct sectors {
	struct outage_telling *telling;
	const struct outage_picture *picture;
	struct {
		char name[NAME_SIZE];
		int64_t all;
		bool concerned;
	} of[256];
	size_t count;
	uint32_t *members; /* whom to tell */
	size_t member_count, member_room;
	bool no_memory;
};

static void take_member(void *context, const struct organisation *organisation)
{
	struct sectors *sectors = context;
	bool concerned = false;
	size_t i = 0;
	if (!organisation->active)
		return;
	for (size_t j = 0; j < sectors->picture->count; j++)
		concerned |= sectors->picture->organisations[j] == organisation->number;
	while (i < sectors->count && strcmp(sectors->of[i].name, organisation->sector) != 0)
		i++;
	if (i == sectors->count && sectors->count < sizeof sectors->of / sizeof *sectors->of)
		text_copy(text_of(organisation->sector), sectors->of[sectors->count++].name, NAME_SIZE);
	if (i < sectors->count) {
		sectors->of[i].all++;
		sectors->of[i].concerned |= concerned;
	}
	if (sectors->member_count == sectors->member_room) {
		void *more = array_grow(sectors->members, &sectors->member_room, 64, sizeof *sectors->members);
		sectors->no_memory |= !more;
		if (!more)
			return;
		sectors->members = more;
	}
	sectors->members[sectors->member_count++] = organisation->number;
}

static enum error take_members(struct sectors *sectors, struct failure *failure)
{
	enum error error = store_organisation_all(
	    sectors->telling->center->store, sectors->telling->scope, take_member, sectors, failure);
	return error == OK && sectors->no_memory ? fail(failure, ERROR_MEMORY, "no memory for a bulletin") : error;
}

/* A sector of one body would be that body's name. */
static void write_sectors(const struct sectors *sectors, const struct catalog *catalog, struct builder *to)
{
	int64_t least = outage_configured()->sector_least;
	size_t named = 0, others = 0;
	for (size_t i = 0; i < sectors->count; i++) {
		if (!sectors->of[i].concerned)
			continue;
		if (!*sectors->of[i].name || sectors->of[i].all < least || named == SECTORS_NAMED) {
			others++;
			continue;
		}
		build_format(to, "  - %s\n", sectors->of[i].name);
		named++;
	}
	if (others == 0)
		return;
	build_text(to, TEXT("  - "));
	build_text(to, catalog_text(catalog, TEXT(N_("sectors that are not named"))));
	build_char(to, '\n');
}

static void write_shared(
    const struct words *words, const struct catalog *catalog, struct builder *subject, struct builder *body)
{
	const struct sectors *sectors = words->what;
	char since[40], count[24], down[24];
	clock_text(sectors->picture->since, since);
	snprintf(count, sizeof count, "%zu", sectors->picture->count);
	snprintf(down, sizeof down, "%zu", sectors->picture->down);
	line(catalog, subject, N_("Web sites of {0} organisations are slow or do not answer"), count, "", "");
	subject->size -= subject->size > 0;
	line(catalog, body,
	    N_("Since {0} web sites of {1} organisations have answered slowly or not at all ({2} of them not at all)."),
	    since, count, down);
	line(catalog, body, N_("Sectors concerned:"), "", "", "");
	write_sectors(sectors, catalog, body);
	line(catalog, body,
	    N_("What befalls many at once may be an attack on them together, or a fault of a network that they share. "
	       "Please watch your own sites."),
	    "", "", "");
}

enum error outage_tell_all(
    struct outage_telling *telling, const struct outage_picture *picture, struct failure *failure)
{
	struct sectors *sectors = calloc(1, sizeof *sectors);
	if (!sectors)
		return fail(failure, ERROR_MEMORY, "no memory for a bulletin");
	sectors->telling = telling;
	sectors->picture = picture;
	enum error error = take_members(sectors, failure);
	for (size_t i = 0; i < sectors->member_count && error == OK; i++) {
		struct bulletin bulletin = {
			.organisation = sectors->members[i], .kind = "slow-down", .tlp = TLP_GREEN
		};
		struct words words = { .write = write_shared, .what = sectors, .telling = telling };
		error = put(&words, &bulletin, failure);
	}
	free(sectors->members);
	free(sectors);
	return error;
}

/* ── an announced attack ─ */

static void write_announcement(
    const struct words *words, const struct catalog *catalog, struct builder *subject, struct builder *body)
{
	const struct announcement *announcement = words->what;
	char from[40] = "", to[40] = "";
	line(catalog, subject, N_("An attack on you was announced"), "", "", "");
	subject->size -= subject->size > 0;
	line(catalog, body, N_("An attack was announced that names you:"), "", "", "");
	for (uint32_t i = 0; i < announcement->target_count; i++)
		if (announcement->targets[i].organisation == words->organisation)
			build_format(body, "  - %s\n", announcement->targets[i].name);
	line(catalog, body, N_("Said at: {0}"), announcement->source, "", "");
	if (*announcement->by)
		line(catalog, body, N_("Said by: {0}"), announcement->by, "", "");
	if (announcement->from) {
		clock_text(announcement->from, from);
		if (announcement->to)
			clock_text(announcement->to, to);
		line(catalog, body, N_("When, as announced: {0} – {1}"), from, to, "");
	}
	build_char(body, '\n');
	if (*announcement->advice)
		build_text(body, text_of(announcement->advice));
	else
		build_text(body,
		    catalog_text(catalog,
			TEXT(
			    N_("Please see that your measures against floods of requests are ready, that your provider "
			       "can be reached, and tell us what you notice."))));
	build_char(body, '\n');
}

enum error outage_tell_target(struct outage_telling *telling, const struct announcement *announcement,
    uint32_t organisation, struct failure *failure)
{
	struct bulletin bulletin = { .organisation = organisation, .kind = "announcement", .tlp = TLP_AMBER };
	struct words words = {
		.write = write_announcement, .what = announcement, .telling = telling, .organisation = organisation
	};
	return put(&words, &bulletin, failure);
}
