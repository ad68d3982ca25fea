/*
 * Objects by their identifier; see parcel_items.h. A table of open addressing over the lines, which lie in an arena:
 * what is replaced or removed stays in memory until the end.
 */
#include "intel/parcel_items.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "formats/stix_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_ROOM 1024u
#define PIECE ((size_t)1 << 20)

struct row {
	struct text id; /* size 0: free */
	nanoseconds modified;
	struct text json; /* size 0: removed */
};

struct parcel_items {
	struct arena *arena;
	struct row *rows;
	size_t room, used, count; /* room: a power of two; used: rows that are not free */
};

static struct row *place_of(struct row *rows, size_t room, struct text id)
{
	size_t at = (size_t)hash_text(id, 0) & (room - 1);
	while (rows[at].id.size && !text_equal(rows[at].id, id))
		at = (at + 1) & (room - 1);
	return &rows[at];
}

static bool grow(struct parcel_items *items)
{
	size_t room = items->room ? 2 * items->room : FIRST_ROOM;
	struct row *rows = calloc(room, sizeof *rows);
	if (!rows)
		return false;
	for (size_t i = 0; i < items->room; i++)
		if (items->rows[i].id.size)
			*place_of(rows, room, items->rows[i].id) = items->rows[i];
	free(items->rows);
	items->rows = rows;
	items->room = room;
	return true;
}

enum error parcel_items_put(
    struct parcel_items *items, struct text id, nanoseconds modified, struct text json, struct failure *failure)
{
	if (2 * (items->used + 1) > items->room && !grow(items))
		return fail(failure, ERROR_MEMORY, "no memory for objects");
	struct row *row = place_of(items->rows, items->room, id);
	bool there = row->json.size > 0;
	if (there && modified < row->modified)
		return OK;
	struct text kept_id = row->id.size ? row->id : arena_text(items->arena, id),
		    kept = arena_text(items->arena, json);
	if (!kept_id.at || !kept.at)
		return fail(failure, ERROR_MEMORY, "no memory for objects");
	items->used += row->id.size == 0;
	items->count += !there;
	*row = (struct row){ kept_id, modified, kept };
	return OK;
}

void parcel_items_remove(struct parcel_items *items, struct text id)
{
	struct row *row = items->room ? place_of(items->rows, items->room, id) : NULL;
	if (!row || !row->json.size)
		return;
	row->json = TEXT_NONE;
	items->count--;
}

size_t parcel_items_count(const struct parcel_items *items)
{
	return items->count;
}

static enum error read_all(struct parcel_items *items, struct stream *stream, struct failure *failure)
{
	struct stix_stream *stix = stix_stream_new(stream);
	struct arena *arena = arena_new(0);
	struct builder json = { 0 };
	struct item item;
	enum error error = stix && arena ? OK : fail(failure, ERROR_MEMORY, "no memory for objects");
	while (!error && !(error = stix_stream_next(stix, arena, &item, failure))) {
		builder_clear(&json);
		item_to_stix(&item, &json);
		error = json.failed ? fail(failure, ERROR_MEMORY, "no memory for objects")
				    : parcel_items_put(items, item.id, item.modified.when,
					  (struct text){ json.at, json.size }, failure);
		arena_clear(arena);
	}
	builder_free(&json);
	arena_free(arena);
	stix_stream_free(stix);
	return error == ERROR_END ? OK : error;
}

enum error parcel_items_read(const char *path, struct parcel_items **read, struct failure *failure)
{
	struct stream *stream = NULL;
	struct parcel_items *items = calloc(1, sizeof *items);
	enum error error = OK;
	if (!items || !(items->arena = arena_new(0)))
		error = fail(failure, ERROR_MEMORY, "no memory for objects");
	bool there = access(path, F_OK) == 0 || errno != ENOENT;
	if (!error && there)
		error = stream_open(path, &stream, failure);
	if (!error && there)
		error = read_all(items, stream, failure);
	stream_close(stream);
	if (error)
		parcel_items_free(items);
	else
		*read = items;
	return error;
}

void parcel_items_free(struct parcel_items *items)
{
	if (!items)
		return;
	arena_free(items->arena);
	free(items->rows);
	free(items);
}

static int by_id(const void *one, const void *other)
{
	const struct row *const *a = one, *const *b = other;
	return text_compare((*a)->id, (*b)->id);
}

enum error parcel_items_write(const struct parcel_items *items, const char *path, struct failure *failure)
{
	struct file *file = NULL;
	struct builder lines = { 0 };
	const struct row **order = calloc(items->count + 1, sizeof *order);
	size_t count = 0;
	enum error error = order ? file_replace_begin(path, 0600, &file, failure)
				 : fail(failure, ERROR_MEMORY, "no memory for objects");
	for (size_t i = 0; i < items->room && !error; i++)
		if (items->rows[i].json.size)
			order[count++] = &items->rows[i];
	if (!error && count > 1)
		qsort(order, count, sizeof *order, by_id);
	bool open = !error;
	for (size_t i = 0; i < count && !error; i++) {
		build_text(&lines, order[i]->json);
		build_char(&lines, '\n');
		if (lines.failed)
			error = fail(failure, ERROR_MEMORY, "no memory for objects");
		else if (lines.size >= PIECE || i + 1 == count) {
			error = file_append(file, lines.at, lines.size, failure);
			builder_clear(&lines);
		}
	}
	if (open && error)
		file_replace_abandon(file);
	else if (open)
		error = file_replace_commit(file, failure);
	builder_free(&lines);
	free(order);
	return error;
}
