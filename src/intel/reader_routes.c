/*
 * Who read an item, told to its owner and to the centre's analysts. An owner is told a reader's name where that may be
 * named in the community through which it read, and where the owner learns who the members are; of the others how many
 * there are, from READERS_LEAST on and as of the last midnight (UTC), so that no change of the number says who it was.
 */
#include "intel/items.h"
#include "intel/pages.h"
#include "intel/readers.h"
#include "store/release.h"

#include <string.h>

#define READERS_LEAST 3u /* as for sightings (loop_seen.c) */

struct item_reader {
	uint32_t organisation, community;
	struct reading ways[READING_WAYS];
};

struct gathering {
	struct arena *arena;
	uint32_t owner;
	struct release *releases;
	size_t release_count, release_room;
	const struct release *at; /* whose readers are gathered */
	struct item_reader *readers;
	size_t count, room;
	enum error error;
};

static void *grown(struct gathering *gathering, const void *list, size_t count, size_t *most, size_t size)
{
	size_t more = *most ? 2 * *most : 16;
	char *to = arena_take(gathering->arena, more * size);
	if (!to) {
		gathering->error = ERROR_MEMORY;
		return NULL;
	}
	if (count)
		memcpy(to, list, count * size);
	*most = more;
	return to;
}

static void add_release(void *context, const struct release *release)
{
	struct gathering *gathering = context;
	if (gathering->release_count == gathering->release_room) {
		struct release *more = grown(
		    gathering, gathering->releases, gathering->release_count, &gathering->release_room, sizeof *more);
		if (!more)
			return;
		gathering->releases = more;
	}
	gathering->releases[gathering->release_count++] = *release;
}

static struct item_reader *item_reader_of(struct gathering *gathering, uint32_t organisation)
{
	uint32_t community = gathering->at->community;
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->readers[i].organisation == organisation && gathering->readers[i].community == community)
			return &gathering->readers[i];
	if (gathering->count == gathering->room) {
		struct item_reader *more =
		    grown(gathering, gathering->readers, gathering->count, &gathering->room, sizeof *more);
		if (!more)
			return NULL;
		gathering->readers = more;
	}
	struct item_reader *reader = &gathering->readers[gathering->count++];
	*reader = (struct item_reader){ .organisation = organisation, .community = community };
	return reader;
}

static void add_reading(void *context, const struct reading *reading)
{
	struct gathering *gathering = context;
	bool known = reading->way > 0 && reading->way < READING_WAYS && reading->organisation != gathering->owner;
	struct item_reader *reader = known ? item_reader_of(gathering, reading->organisation) : NULL;
	if (!reader)
		return;
	struct reading *way = &reader->ways[reading->way];
	way->first = way->count && way->first < reading->first ? way->first : reading->first;
	way->last = way->last > reading->last ? way->last : reading->last;
	way->count += reading->count;
}

/* Until when a release was shown: it was withdrawn, or a later version came to the same place. */
static nanoseconds shown_until(const struct gathering *gathering, const struct release *release)
{
	nanoseconds until = release->withdrawn;
	for (size_t i = 0; i < gathering->release_count; i++) {
		const struct release *other = &gathering->releases[i];
		if (other->community == release->community && other->tlp == release->tlp &&
		    other->added > release->added && (until == 0 || other->added < until))
			until = other->added;
	}
	return until;
}

static enum error gather(
    struct call *call, uint32_t organisation, struct text item, struct gathering *gathering, struct failure *failure)
{
	enum error error = store_release_each(
	    call->store, call->scope, organisation, item, call->arena, add_release, gathering, failure);
	for (size_t i = 0; i < gathering->release_count && !error && !gathering->error; i++) {
		gathering->at = &gathering->releases[i];
		error = store_reading_each(call->store, call->scope, gathering->at,
		    shown_until(gathering, gathering->at), add_reading, gathering, failure);
	}
	return !error && gathering->error ? fail(failure, gathering->error, "no memory for readers") : error;
}

/* ── telling ─ */

static bool may_be_told(
    const struct call *call, const struct policy_snapshot *snapshot, const struct item_reader *reader)
{
	uint32_t own = call->subject->organisation;
	const struct community_standing *community = policy_community(snapshot, reader->community);
	if (own == 0)
		return true;
	if (!community || !policy_may_name(snapshot, reader->organisation, reader->community))
		return false;
	return policy_knows_members(snapshot, own, reader->community) ||
	       (community->kind == COMMUNITY_OPEN && !community->hidden &&
		   policy_knows_organisation(snapshot, own, reader->organisation));
}

/* Of deliveries the day is known. */
static void output_way(json_t *row, const char *name, const struct reading *way, nanoseconds unit)
{
	if (!way->count)
		return;
	json_t *object = json_object();
	json_object_set_new(object, "count", json_integer((json_int_t)way->count));
	output_time(object, "first", way->first / unit * unit);
	output_time(object, "last", way->last / unit * unit);
	json_object_set_new(row, name, object);
}

static json_t *reader_json(const struct call *call, const struct item_reader *reader)
{
	json_t *row = json_object();
	json_object_set_new(row, "reader", json_integer(reader->organisation));
	output_organisation(call, row, "reader_title", reader->organisation);
	json_object_set_new(row, "community", json_integer(reader->community));
	output_way(row, "opened", &reader->ways[READING_OPENED], 1);
	output_way(row, "delivered", &reader->ways[READING_DELIVERED], DAY);
	return row;
}

static bool read_before(const struct item_reader *reader, nanoseconds before)
{
	for (size_t i = 0; i < READING_WAYS; i++)
		if (reader->ways[i].count && reader->ways[i].first < before)
			return true;
	return false;
}

/* Each organisation once, however many communities it read through. */
static bool is_first(const struct gathering *gathering, const bool *told, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (!told[i] && gathering->readers[i].organisation == gathering->readers[place].organisation)
			return false;
	return true;
}

static enum error tell(struct call *call, struct gathering *gathering, struct failure *failure)
{
	struct policy_snapshot snapshot;
	uint64_t others = 0;
	json_t *list = json_array();
	json_object_set_new(call->output, "readers", list);
	enum error error = page_snapshot(call, &snapshot, failure);
	bool *told = arena_take(call->arena, gathering->count + 1);
	if (!error && !told)
		error = fail(failure, ERROR_MEMORY, "no memory for readers");
	for (size_t i = 0; i < gathering->count && !error; i++) {
		const struct item_reader *reader = &gathering->readers[i];
		told[i] = may_be_told(call, &snapshot, reader);
		if (told[i])
			json_array_append_new(list, reader_json(call, reader));
		else
			told[i] = !read_before(reader, call->now / DAY * DAY);
	}
	for (size_t i = 0; i < gathering->count && !error; i++)
		others += !told[i] && is_first(gathering, told, i);
	if (!error && others >= READERS_LEAST)
		json_object_set_new(call->output, "others", json_integer((json_int_t)others));
	return error;
}

enum error readers_output(struct call *call, uint32_t organisation, struct text item, struct failure *failure)
{
	struct gathering gathering = { .arena = call->arena, .owner = organisation };
	enum error error = gather(call, organisation, item, &gathering, failure);
	return error ? error : tell(call, &gathering, failure);
}

enum error item_readers(struct call *call, struct failure *failure)
{
	struct item item;
	enum error error =
	    store_item_find(call->store, call->scope, input_text(call, "item"), call->arena, &item, failure);
	if (error == ERROR_NOT_FOUND)
		return fail(failure, error, "There is no such item.");
	return error ? error : readers_output(call, item.organisation, item.id, failure);
}
