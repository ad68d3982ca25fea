/*
 * Counts of one day in memory; see day_table.h. The file: day_file.c.
 */
#include "darknet/day/day_inside.h"

#include "base/hash.h"
#include "darknet/packet/arrival.h"

#include <stdlib.h>

#define FIRST_ROOM 1024u

struct day_table *day_table_new(void)
{
	struct day_table *table = calloc(1, sizeof *table);

	if (table && !(table->rows = calloc(FIRST_ROOM, sizeof *table->rows))) {
		free(table);
		return NULL;
	}
	if (table)
		table->room = FIRST_ROOM;
	return table;
}

void day_table_free(struct day_table *table)
{
	if (table)
		free(table->rows);
	free(table);
}

uint64_t day_table_packets(const struct day_table *table)
{
	return table->packets;
}

uint64_t day_key_pack(const struct day_key *key)
{
	return (uint64_t)key->kind << 56 | (uint64_t)key->research << 55 | (uint64_t)key->method << 48 |
	       (uint64_t)key->protocol << 40 | (uint64_t)key->port << 16 | (uint64_t)(uint8_t)key->country[0] << 8 |
	       (uint8_t)key->country[1];
}

struct day_key day_key_unpack(uint64_t packed)
{
	return (struct day_key){ .kind = (uint8_t)(packed >> 56),
		.research = packed >> 55 & 1,
		.method = packed >> 48 & 0x7f,
		.protocol = (uint8_t)(packed >> 40),
		.port = (uint16_t)(packed >> 16),
		.country = { (char)(packed >> 8), (char)packed } };
}

static struct day_row *find(struct day_row *rows, size_t room, uint64_t key)
{
	size_t at = (size_t)hash_u64(key, 0) & (room - 1);

	while (rows[at].packets && rows[at].key != key)
		at = (at + 1) & (room - 1);
	return &rows[at];
}

size_t day_table_rows(const struct day_table *table)
{
	return table->count;
}

bool day_table_has(const struct day_table *table, const struct day_key *key)
{
	return find(table->rows, table->room, day_key_pack(key))->packets > 0;
}

void day_table_expect(const struct day_table *table, const struct day_key *key)
{
	__builtin_prefetch(&table->rows[(size_t)hash_u64(day_key_pack(key), 0) & (table->room - 1)], 1);
}

static bool make_room(struct day_table *table)
{
	size_t room = table->room * 2;
	struct day_row *rows = calloc(room, sizeof *rows);

	if (!rows)
		return false;
	for (size_t i = 0; i < table->room; i++)
		if (table->rows[i].packets)
			*find(rows, room, table->rows[i].key) = table->rows[i];
	free(table->rows);
	table->rows = rows;
	table->room = room;
	return true;
}

bool day_table_add(struct day_table *table, const struct day_key *key, uint64_t packets)
{
	if (packets == 0)
		return true;
	if (table->count >= table->room / 4 * 3 && !make_room(table))
		return false;
	struct day_row *row = find(table->rows, table->room, day_key_pack(key));
	table->count += row->packets == 0;
	row->key = day_key_pack(key);
	row->packets += packets;
	table->packets += packets;
	return true;
}

struct day_key day_key_of(const struct activity *activity)
{
	return (struct day_key){ .port = activity->port,
		.protocol = activity->protocol,
		.kind = activity->kind,
		.method = activity->method,
		.research = activity->research,
		.country = { activity->country[0], activity->country[1] } };
}

int64_t day_of(nanoseconds time, int zone)
{
	nanoseconds local = time + zone * SECOND;

	return local / DAY - (local % DAY < 0);
}

nanoseconds day_begins(int64_t day, int zone)
{
	return day * DAY - zone * SECOND;
}
