/*
 * Gathering the sources of a group. See group_sources.h.
 */
#include "darknet/center/group_sources.h"

#include "base/memory.h"
#include "darknet/center/findings.h"
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

#define LATELY (30 * DAY)
#define PLACE_MOST (1 << 24)
#define ROOM_MOST (2 * GROUP_SOURCES_MOST)

static int by_address(const void *a, const void *b)
{
	const struct listed_source *one = a, *other = b;
	int order = address_compare(one->address, other->address);
	return order ? order : (one->place > other->place) - (one->place < other->place);
}

static int by_place(const void *a, const void *b)
{
	const struct listed_source *one = a, *other = b;
	int order = (one->place > other->place) - (one->place < other->place);
	return order ? order : address_compare(one->address, other->address);
}

/* Each source once. */
static void sort_out(struct group_sources *sources)
{
	size_t kept = 0;
	if (sources->count == 0)
		return;
	qsort(sources->list, sources->count, sizeof *sources->list, by_address);
	for (size_t i = 1; i < sources->count; i++)
		if (address_compare(sources->list[kept].address, sources->list[i].address) != 0)
			sources->list[++kept] = sources->list[i];
	sources->count = kept + 1;
	qsort(sources->list, sources->count, sizeof *sources->list, by_place);
	if (sources->count > GROUP_SOURCES_MOST) {
		sources->beyond += sources->count - GROUP_SOURCES_MOST;
		sources->count = GROUP_SOURCES_MOST;
	}
}

static void add(struct group_sources *sources, struct address address, uint32_t place)
{
	if (sources->count == ROOM_MOST)
		sort_out(sources);
	if (sources->count == sources->room) {
		struct listed_source *more = array_grow(sources->list, &sources->room, 1024, sizeof *sources->list);
		if (!more) {
			sources->beyond++;
			return;
		}
		sources->list = more;
	}
	sources->list[sources->count++] = (struct listed_source){ address, place };
}

static void add_all(struct group_sources *sources, const json_t *finding)
{
	json_int_t from = json_integer_value(json_object_get(finding, "from"));
	struct address address;
	size_t place;
	json_t *each;
	if (from < 0 || from > PLACE_MOST)
		from = PLACE_MOST;
	json_array_foreach(json_object_get(finding, "addresses"), place, each)
	{
		if (json_is_string(each) && address_parse(text_of(json_string_value(each)), &address))
			add(sources, address, (uint32_t)((size_t)from + place));
	}
}

/* How many sources a line says that there are; 0: it is none of this group's. */
static uint64_t sources_of(
    const struct group_sources *sources, const struct alert *alert, const json_t *finding, const char *sort)
{
	const char *what = json_string_value(json_object_get(finding, "what"));
	json_int_t count = json_integer_value(json_object_get(finding, "sources"));
	if (!what || strcmp(what, sort) != 0 || !uuid_equal(finding_id(alert, finding), sources->wanted))
		return 0;
	return count > 0 ? (uint64_t)count : 0;
}

/* ── alerts ─ */

static void take_alert(void *context, const struct history_hit *hit)
{
	struct group_sources *sources = context;
	const struct alert *alert = &hit->alert;
	json_t *line = json_loadb(alert->original.at, alert->original.size, 0, NULL);
	json_t *finding = json_object_get(line, "darknet");
	uint64_t count = sources_of(sources, alert, finding, "group");
	if (count && count >= sources->most) {
		json_decref(sources->finding);
		sources->finding = json_incref(finding);
		sources->most = count;
		sources->noticed = alert->occurred;
		sources->sensor = alert->id.sensor;
		sources->organisation = alert->organisation;
	}
	json_decref(line);
}

/* All lines of a group have the time at which it was noticed. */
static enum error look_at_alerts(
    struct call *call, struct group_sources *sources, uint64_t *budget, struct failure *failure)
{
	struct history_query query = { .from = sources->noticed ? sources->noticed : call->asked - LATELY,
		.to = sources->noticed ? sources->noticed + 1 : 0,
		.contains = TEXT("\"what\":\"group\""),
		.limit = UINT32_MAX,
		.start = sources->place.position,
		.verdicts = ((1u << VERDICT_COUNT) - 1) & ~(1u << VERDICT_FOREIGN),
		.newest_first = true,
		.budget = budget };
	if (!call->history)
		return fail(failure, ERROR_SYSTEM, "the history of alerts cannot be read just now");
	enum error error =
	    history_find(call->history, call->scope, &query, take_alert, sources, &sources->place.position, failure);
	if (error || sources->place.position)
		return error ? error : ERROR_AGAIN;
	if (!sources->finding)
		return fail(failure, ERROR_NOT_FOUND, ROUTE_HIDDEN_WORDS);
	sources->found = true;
	sources->told = sources->most;
	add_all(sources, sources->finding);
	return ERROR_AGAIN;
}

/* ── records ─ */

static void take_record(void *context, const struct history_hit *hit)
{
	struct group_sources *sources = context;
	const struct alert *alert = &hit->alert;
	json_t *line = json_loadb(alert->original.at, alert->original.size, 0, NULL);
	const json_t *finding = json_object_get(line, "darknet");
	uint64_t count = sources_of(sources, alert, finding, "group-sources");
	if (count) {
		sources->told = count > sources->told ? count : sources->told;
		add_all(sources, finding);
	}
	json_decref(line);
}

static enum error look_at_records(
    struct call *call, struct group_sources *sources, uint64_t *budget, struct failure *failure)
{
	const struct record_conditions darknet = { .type = TEXT("darknet") };
	struct history_query query = { .from = sources->noticed,
		.to = sources->noticed + 1,
		.organisation = sources->organisation,
		.contains = TEXT("\"what\":\"group-sources\""),
		.limit = UINT32_MAX,
		.records = &darknet,
		.budget = budget };
	if (!call->records)
		return fail(failure, ERROR_SYSTEM, "records cannot be read just now");
	enum error error =
	    record_store_find(call->records, call->scope, &query, take_record, sources, &sources->place, failure);
	if (error == OK && sources->place.organisation)
		return ERROR_AGAIN;
	if (error == OK)
		sort_out(sources);
	return error;
}

/* ── */

enum error group_sources_look(
    struct call *call, struct group_sources *sources, uint64_t budget, struct failure *failure)
{
	return sources->found ? look_at_records(call, sources, &budget, failure)
			      : look_at_alerts(call, sources, &budget, failure);
}

void group_sources_free(struct group_sources *sources)
{
	json_decref(sources->finding);
	free(sources->list);
	*sources = (struct group_sources){ 0 };
}
