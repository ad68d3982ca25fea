/*
 * Tells the owners: one bulletin to an organisation for everything that began, and for everything that is over, at one
 * time. Of one sensor's trouble not more often than configured; that it is over, whenever its beginning was told.
 * Silence that is planned is nobody's trouble.
 */
#include "fleet/adapter.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEWS_AT_ONCE 512 /* further ones are told at the next tick */

struct plans {
	const struct gap *gap;
	bool planned;
};

static void look_at_plan(void *context, const struct gap *gap)
{
	struct plans *plans = context;
	plans->planned |= gap->kind == GAP_MAINTENANCE;
}

/* Is a maintenance of the sensor planned for now? */
static bool is_planned(struct fleet *fleet, const struct gap *gap, nanoseconds now)
{
	struct plans plans = { .gap = gap };
	struct gap_query query = {
		.organisation = gap->organisation, .sensor = gap->sensor, .from = now, .to = now + 1
	};
	bool more;
	if (store_gap_each(fleet->center->store, fleet->scope, &query, &more, look_at_plan, &plans, &fleet->failure) !=
	    OK)
		fleet->failed = true;
	return plans.planned;
}

static bool is_due(
    struct fleet *fleet, const struct fleet_entry *entry, const struct fleet_condition *condition, nanoseconds now)
{
	const struct gap *gap = &condition->gap;
	if (!condition->on || gap->told || gap->number == 0 || gap->kind == GAP_SAMPLED)
		return false;
	if (gap->kind == GAP_NEVER && now - gap->from < fleet->settings.never)
		return false;
	return now - entry->habit.told >= fleet->settings.tell_every && !is_planned(fleet, gap, now);
}

static size_t gather(struct fleet *fleet, nanoseconds now, struct fleet_news *news)
{
	size_t count = 0;
	for (size_t i = 0; i < fleet->count; i++) {
		struct fleet_entry *entry = &fleet->entries[i];
		size_t before = count;
		for (unsigned kind = 0; kind < GAP_KINDS && count < NEWS_AT_ONCE && !entry->revoked; kind++) {
			struct fleet_condition *condition = &entry->habit.conditions[kind];
			if (!is_due(fleet, entry, condition, now) || !fleet_begin(fleet))
				continue;
			condition->gap.told = now;
			if (store_gap_put(fleet->center->store, fleet->scope, &condition->gap, &fleet->failure) != OK)
				fleet->failed = true;
			news[count].gap = condition->gap;
			text_copy(text_of(entry->name), news[count++].name, sizeof entry->name);
		}
		if (count > before) {
			entry->habit.told = now;
			entry->dirty = true;
		}
	}
	return count;
}

static int by_organisation(const void *a, const void *b)
{
	const struct fleet_news *left = a, *right = b;
	return left->gap.organisation != right->gap.organisation
		   ? (left->gap.organisation > right->gap.organisation) -
			 (left->gap.organisation < right->gap.organisation)
		   : (left->gap.number > right->gap.number) - (left->gap.number < right->gap.number);
}

/* ── words ─ */

static void sentence(const struct catalog *catalog, const char *msgid, const char *parameter, struct builder *to)
{
	struct text value = text_of(parameter);
	catalog_build(catalog, text_of(msgid), &value, 1, to);
}

static void write_subject(
    const struct catalog *catalog, const struct fleet_news *news, size_t count, bool over, char *to, size_t size)
{
	struct builder names = { 0 }, subject = { 0 };
	char more[24];
	snprintf(more, sizeof more, "%zu", count - 1);
	const struct text parameters[] = { text_of(news->name), text_of(more) };
	catalog_build(catalog, text_of(count > 1 ? N_("{0} and {1} more") : "{0}"), parameters, 2, &names);
	build_char(&names, '\0');
	if (!names.failed)
		sentence(catalog,
		    over ? N_("A sensor of yours works again: {0}") : N_("A sensor of yours needs attention: {0}"),
		    names.at, &subject);
	text_copy((struct text){ subject.at, subject.size }, to, size);
	builder_free(&names);
	builder_free(&subject);
}

static char *write_body(struct fleet *fleet, struct arena *arena, const struct catalog *catalog,
    const struct fleet_news *news, size_t count, bool over)
{
	struct builder body = { 0 };
	sentence(catalog, over ? N_("This is over:") : N_("The centre noticed this about your sensors:"), "", &body);
	build_char(&body, '\n');
	for (size_t i = 0; i < count && body.size < BULLETIN_BODY / 2; i++) {
		build_text(&body, TEXT("  - "));
		gap_write(&news[i].gap, news[i].name, catalog, &body);
		build_char(&body, '\n');
	}
	build_char(&body, '\n');
	sentence(catalog,
	    over ? N_("What the sensors did not see in that time stays unseen; findings of that time say so.")
		 : N_("What a sensor does not see nobody is told of: that nothing is reported does not mean that "
		      "nothing "
		      "happens. Please look at the sensor, its agent, its clock and its connection to the centre."),
	    "", &body);
	build_char(&body, '\n');
	build_format(&body, "%s/sensors\n", fleet->center->public_url ? fleet->center->public_url : "");
	char *words = body.failed ? NULL : arena_string(arena, (struct text){ body.at, body.size });
	builder_free(&body);
	return words;
}

static void tell_organisation(
    struct fleet *fleet, const struct fleet_news *news, size_t count, bool over, nanoseconds now)
{
	struct arena *arena = arena_new(1 << 20);
	struct bulletin bulletin = {
		.organisation = news->gap.organisation, .kind = "sensor", .tlp = TLP_AMBER, .created = now
	};
	char none[] = "";
	if (!arena || !fleet_begin(fleet)) {
		arena_free(arena);
		return;
	}
	const struct catalog *japanese = fleet->center->japanese;
	bulletin.body_ja = japanese ? write_body(fleet, arena, japanese, news, count, over) : none;
	bulletin.body_en = write_body(fleet, arena, NULL, news, count, over);
	if (japanese)
		write_subject(japanese, news, count, over, bulletin.subject_ja, sizeof bulletin.subject_ja);
	write_subject(NULL, news, count, over, bulletin.subject_en, sizeof bulletin.subject_en);
	enum error error = bulletin.body_ja && bulletin.body_en
			       ? store_bulletin_put(fleet->center->store, fleet->scope, &bulletin, &fleet->failure)
			       : fail(&fleet->failure, ERROR_MEMORY, "no memory for a bulletin");
	char id[UUID_TEXT];
	fleet->failed |= error != OK;
	counter_add(fleet->told, 1);
	fleet->center->changed(fleet->center, bulletin.organisation, "bulletin", uuid_format(bulletin.id, id));
	arena_free(arena);
}

static void tell_all(struct fleet *fleet, struct fleet_news *news, size_t count, bool over, nanoseconds now)
{
	qsort(news, count, sizeof *news, by_organisation);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && news[next].gap.organisation == news[i].gap.organisation;)
			next++;
		tell_organisation(fleet, news + i, next - i, over, now);
	}
}

static void note_told_end(struct fleet *fleet, nanoseconds now)
{
	for (size_t i = 0; i < fleet->over_count && fleet_begin(fleet); i++) {
		fleet->over[i].gap.told_end = now;
		if (store_gap_put(fleet->center->store, fleet->scope, &fleet->over[i].gap, &fleet->failure) != OK)
			fleet->failed = true;
	}
}

void fleet_tell(struct fleet *fleet, nanoseconds now)
{
	struct fleet_news *news = malloc(NEWS_AT_ONCE * sizeof *news);
	size_t count = news ? gather(fleet, now, news) : 0;
	if (count)
		tell_all(fleet, news, count, false, now);
	if (fleet->over_count) {
		tell_all(fleet, fleet->over, fleet->over_count, true, now);
		note_told_end(fleet, now);
		fleet->over_count = 0;
	}
	free(news);
}
