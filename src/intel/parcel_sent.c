/*
 * Two sets of identifiers, each once, sorted; see parcel_sent.h.
 */
#include "intel/parcel_sent.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/stream.h"
#include "model/item.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_ROOM 1024u
#define PIECE ((size_t)1 << 20)

struct set {
	struct text *ids;
	size_t count, room;
};

struct parcel_sent {
	struct arena *arena;
	struct set before, now;
};

static bool put(struct parcel_sent *sent, struct set *set, struct text id)
{
	struct text kept = arena_text(sent->arena, id);
	if (set->count == set->room) {
		struct text *more = array_grow(set->ids, &set->room, FIRST_ROOM, sizeof *more);
		if (!more)
			return false;
		set->ids = more;
	}
	set->ids[set->count++] = kept;
	return kept.at != NULL;
}

static int by_text(const void *one, const void *other)
{
	return text_compare(*(const struct text *)one, *(const struct text *)other);
}

static void sort(struct set *set)
{
	size_t kept = 0;
	if (set->count > 1)
		qsort(set->ids, set->count, sizeof *set->ids, by_text);
	for (size_t i = 0; i < set->count; i++)
		if (i == 0 || !text_equal(set->ids[i], set->ids[kept - 1]))
			set->ids[kept++] = set->ids[i];
	set->count = kept;
}

static enum error read_lines(struct parcel_sent *sent, const char *path, struct failure *failure)
{
	struct stream *stream;
	struct line line;
	enum error error = stream_open(path, &stream, failure);
	if (error)
		return error;
	while (!(error = stream_line(stream, ITEM_ID, &line, failure))) {
		if (!item_id_valid(line.text))
			error = fail(
			    failure, ERROR_CORRUPT, "%s: line %lu is no identifier", path, (unsigned long)line.number);
		else if (!put(sent, &sent->before, line.text))
			error = fail(failure, ERROR_MEMORY, "no memory for what was sent");
		if (error)
			break;
	}
	stream_close(stream);
	return error == ERROR_END ? OK : error;
}

enum error parcel_sent_read(const char *path, struct parcel_sent **read, struct failure *failure)
{
	struct parcel_sent *sent = calloc(1, sizeof *sent);
	enum error error = OK;
	if (!sent || !(sent->arena = arena_new(0)))
		error = fail(failure, ERROR_MEMORY, "no memory for what was sent");
	if (!error && (access(path, F_OK) == 0 || errno != ENOENT))
		error = read_lines(sent, path, failure);
	if (error) {
		parcel_sent_free(sent);
		return error;
	}
	sort(&sent->before);
	*read = sent;
	return OK;
}

void parcel_sent_free(struct parcel_sent *sent)
{
	if (!sent)
		return;
	arena_free(sent->arena);
	free(sent->before.ids);
	free(sent->now.ids);
	free(sent);
}

enum error parcel_sent_note(struct parcel_sent *sent, struct text id, struct failure *failure)
{
	return put(sent, &sent->now, id) ? OK : fail(failure, ERROR_MEMORY, "no memory for what is there");
}

enum error parcel_sent_gone(struct parcel_sent *sent,
    enum error (*each)(void *context, struct text id, struct failure *failure), void *context, struct failure *failure)
{
	enum error error = OK;
	sort(&sent->now);
	for (size_t i = 0, now = 0; i < sent->before.count && !error; i++) {
		while (now < sent->now.count && text_compare(sent->now.ids[now], sent->before.ids[i]) < 0)
			now++;
		if (now == sent->now.count || !text_equal(sent->now.ids[now], sent->before.ids[i]))
			error = each(context, sent->before.ids[i], failure);
	}
	return error;
}

static enum error append(struct file *file, const struct set *set, struct failure *failure)
{
	struct builder lines = { 0 };
	enum error error = OK;
	for (size_t i = 0; i < set->count && !error; i++) {
		build_text(&lines, set->ids[i]);
		build_char(&lines, '\n');
		if (lines.failed)
			error = fail(failure, ERROR_MEMORY, "no memory for what was sent");
		else if (lines.size >= PIECE || i + 1 == set->count) {
			error = file_append(file, lines.at, lines.size, failure);
			builder_clear(&lines);
		}
	}
	builder_free(&lines);
	return error;
}

enum error parcel_sent_write(struct parcel_sent *sent, const char *path, bool both, struct failure *failure)
{
	struct file *file;
	sort(&sent->now);
	enum error error = file_replace_begin(path, 0600, &file, failure);
	if (error)
		return error;
	error = append(file, &sent->now, failure);
	if (!error && both)
		error = append(file, &sent->before, failure);
	if (error)
		file_replace_abandon(file);
	else
		error = file_replace_commit(file, failure);
	return error;
}
