/*
 * Rows of a bin: what a source did there on its second and further ports, and each of its methods; see line.h.
 */
#include "base/hash.h"
#include "darknet/event/line.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)1024)

static size_t home(const struct rows *rows, const struct touch *touch)
{
	uint64_t what = (uint64_t)touch->method << 24 | (uint64_t)touch->protocol << 16 | touch->port;
	return (size_t)(hash_u64(what, touch->hash) & (rows->room - 1));
}

/* Where the row stands, or the free one where it would. */
static struct row *find(const struct rows *rows, const struct touch *touch)
{
	size_t at = home(rows, touch);
	for (;; at = (at + 1) & (rows->room - 1)) {
		struct row *row = &rows->at[at];
		if (!row->used ||
		    (row->key == touch->key && row->port == touch->port && row->kind == touch->kind &&
			row->protocol == touch->protocol && row->method == touch->method && row->v6 == touch->v6))
			return row;
	}
}

static bool make_room(struct rows *rows)
{
	if (rows->room && rows->count < rows->room / 4 * 3)
		return true;
	if (rows->count >= rows->most)
		return false;
	struct rows larger = { .room = rows->room ? rows->room * 2 : FIRST_ROOM };
	larger.at = calloc(larger.room, sizeof *larger.at);
	if (!larger.at)
		return false;
	for (size_t i = 0; i < rows->room; i++) {
		const struct row *row = &rows->at[i];
		struct touch touch = { .key = row->key,
			.hash = line_hash(row->key, row->kind, row->v6),
			.port = row->port,
			.protocol = row->protocol,
			.kind = row->kind,
			.method = row->method,
			.v6 = row->v6 };
		if (row->used)
			*find(&larger, &touch) = *row;
	}
	free(rows->at);
	rows->at = larger.at;
	rows->room = larger.room;
	return true;
}

bool rows_add(struct rows *rows, const struct touch *touch, uint8_t tool, uint16_t part)
{
	struct row *row = rows->room ? find(rows, touch) : NULL;
	bool begins = !row || !row->used;
	if (begins) {
		if (rows->count >= rows->most || !make_room(rows)) {
			rows->lost++;
			return false;
		}
		row = find(rows, touch);
		*row = (struct row){ .key = touch->key,
			.first = part,
			.shape = touch->shape,
			.port = touch->port,
			.protocol = touch->protocol,
			.kind = touch->kind,
			.tool = tool,
			.method = touch->method,
			.v6 = touch->v6,
			.used = true };
		rows->count++;
	}
	row->packets += row->packets < UINT32_MAX;
	row->last = part > row->last ? part : row->last;
	row->seen |= line_seen(touch->place);
	if (row->shape != touch->shape)
		row->shape = 0;
	return begins;
}

void rows_clear(struct rows *rows)
{
	if (rows->count)
		memset(rows->at, 0, rows->room * sizeof *rows->at);
	rows->count = 0;
}
