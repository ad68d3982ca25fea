/*
 * Counts of a day as bytes, as the centre's store keeps them: by key, each as its distance from the one before, seven
 * bits a byte; so that a count takes four bytes or five.
 */
#include "darknet/day/day_code.h"

#include "base/codec.h"
#include "darknet/day/day_inside.h"
#include "darknet/packet/arrival.h"
#include "darknet/packet/method.h"

#include <stdlib.h>

#define VERSION 1

static int by_key(const void *left, const void *right)
{
	const struct day_row *a = left, *b = right;
	return (a->key > b->key) - (a->key < b->key);
}

static void put_number(struct builder *to, uint64_t number)
{
	while (number > 127) {
		put_u8(to, (uint8_t)(number | 128));
		number >>= 7;
	}
	put_u8(to, (uint8_t)number);
}

static uint64_t get_number(struct reader *from)
{
	uint64_t number = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = get_u8(from);
		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return number;
	}
	from->failed = true;
	return 0;
}

void day_table_encode(const struct day_table *table, struct builder *to)
{
	size_t count = 0;
	struct day_row *rows = malloc((table->count + 1) * sizeof *rows);
	uint64_t before = 0;
	if (!rows) {
		to->failed = true;
		return;
	}
	for (size_t i = 0; i < table->room; i++)
		if (table->rows[i].packets)
			rows[count++] = table->rows[i];
	qsort(rows, count, sizeof *rows, by_key);
	put_u8(to, VERSION);
	put_u32(to, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		put_number(to, rows[i].key - before);
		put_number(to, rows[i].packets);
		before = rows[i].key;
	}
	free(rows);
}

static bool is_sound(const struct day_key *key)
{
	bool named = key->country[0] != 0;
	for (size_t i = 0; i < 2; i++)
		if (named ? key->country[i] < 'A' || key->country[i] > 'Z' : key->country[i] != 0)
			return false;
	return key->kind < ARRIVAL_KINDS && key->method < METHOD_COUNT;
}

enum error day_table_decode(struct text bytes,
    enum error (*each)(void *context, const struct day_key *key, uint64_t packets, struct failure *failure),
    void *context, struct failure *failure)
{
	struct reader from = reader_of(bytes.at, bytes.size);
	if (get_u8(&from) != VERSION)
		return fail(failure, ERROR_VERSION, "a telescope's table is of another version");
	uint32_t count = get_u32(&from);
	uint64_t packed = 0;
	for (uint32_t i = 0; i < count && !from.failed; i++) {
		uint64_t distance = get_number(&from), packets = get_number(&from);
		if (from.failed || packed + distance < packed || (i && distance == 0) || packets == 0)
			break;
		packed += distance;
		struct day_key key = day_key_unpack(packed);
		if (day_key_pack(&key) != packed || !is_sound(&key))
			break;
		enum error error = each(context, &key, packets, failure);
		if (error)
			return error;
		if (i + 1 == count && reader_done(&from))
			return OK;
	}
	return count == 0 && reader_done(&from) ? OK : fail(failure, ERROR_CORRUPT, "a telescope's table is damaged");
}
