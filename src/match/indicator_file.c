/*
 * The compiled file of indicators: a set as it lies in memory behind a header, everything covered by checksums
 * (docs/formats/indicators.md). Reading trusts nothing in it.
 */
#include "base/codec.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/sealed.h"
#include "base/stream.h"
#include "match/indicator_inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file holds numbers as they lie in memory");

#define VERSION 1
#define HEADER 144
#define PIECE ((size_t)1 << 20) /* bytes written at a time */

static void put_header(const struct indicator_set *set, struct builder *to)
{
	put_bytes(to, INDICATOR_FILE_MAGIC, 8);
	put_u32(to, VERSION);
	put_u32(to, set->counts.total);
	put_u64(to, set->seed);
	put_u64(to, set->buckets);
	put_u64(to, set->pool_size);
	for (int i = 0; i < INDICATOR_KINDS; i++)
		put_u32(to, set->counts.kinds[i]);
	put_u32(to, set->counts.repeated);
	put_u32(to, set->counts.crowded);
	put_u32(to, checksum(0, set->table, set->buckets * sizeof *set->table));
	put_u32(to, checksum(0, set->pool, set->pool_size));
	put_u64(to, set->as_of);
	while (to->size < HEADER - 4)
		put_u8(to, 0);
	put_u32(to, checksum(0, to->at, HEADER - 4));
}

/* Where the parts of the file go. */
typedef enum error (*part_writer)(void *context, const void *at, size_t size, struct failure *failure);

static enum error append_file(void *context, const void *at, size_t size, struct failure *failure)
{
	enum error error = OK;
	for (size_t done = 0; !error && done < size; done += PIECE) {
		size_t left = size - done;
		error = file_append(context, (const uint8_t *)at + done, left < PIECE ? left : PIECE, failure);
	}
	return error;
}

static enum error append_sealed(void *context, const void *at, size_t size, struct failure *failure)
{
	const int *descriptor = context;
	return sealed_append(*descriptor, at, size, failure);
}

static enum error write_parts(
    const struct indicator_set *set, part_writer write, void *context, struct failure *failure)
{
	struct builder header = { 0 };
	put_header(set, &header);
	enum error error = header.failed ? fail(failure, ERROR_MEMORY, "no memory to write the indicators")
					 : write(context, header.at, header.size, failure);
	if (!error)
		error = write(context, set->table, set->buckets * sizeof *set->table, failure);
	if (!error)
		error = write(context, set->pool, set->pool_size, failure);
	builder_free(&header);
	return error;
}

enum error indicator_set_write(const struct indicator_set *set, const char *path, struct failure *failure)
{
	struct file *file;
	enum error error = file_replace_begin(path, 0640, &file, failure);
	if (error)
		return error;
	error = write_parts(set, append_file, file, failure);
	if (!error)
		return file_replace_commit(file, failure);
	file_replace_abandon(file);
	return error;
}

enum error indicator_set_share(const struct indicator_set *set, int *descriptor, struct failure *failure)
{
	enum error error = sealed_new(descriptor, failure);
	if (error)
		return error;
	error = write_parts(set, append_sealed, descriptor, failure);
	if (!error)
		error = sealed_close(*descriptor, failure);
	if (error)
		close(*descriptor);
	return error;
}

/* ── reading ─ */

static enum error read_whole(struct stream *stream, void *to, size_t size, struct failure *failure)
{
	size_t got = 1;
	for (size_t have = 0; have < size && got > 0; have += got) {
		enum error error = stream_read(stream, (uint8_t *)to + have, size - have, &got, failure);
		if (error)
			return error;
		if (got == 0)
			return fail(failure, ERROR_CORRUPT, "%s: the file ends too early", stream_name(stream));
	}
	return OK;
}

struct checks {
	uint32_t table, pool;
};

static enum error read_header(
    struct stream *stream, struct indicator_set *set, struct checks *checks, struct failure *failure)
{
	uint8_t bytes[HEADER];
	const char *name = stream_name(stream);
	enum error error = read_whole(stream, bytes, sizeof bytes, failure);
	if (error)
		return error;
	struct reader from = reader_of(bytes, sizeof bytes);
	if (memcmp(get_bytes(&from, 8), INDICATOR_FILE_MAGIC, 8) != 0)
		return fail(failure, ERROR_CORRUPT, "%s: not a compiled file of indicators", name);
	uint32_t version = get_u32(&from);
	if (version != VERSION)
		return fail(failure, ERROR_VERSION,
		    "%s: compiled by another version (its form is %u, ours %d): compile the list again", name, version,
		    VERSION);
	struct reader last = reader_of(bytes + HEADER - 4, 4);
	if (get_u32(&last) != checksum(0, bytes, HEADER - 4))
		return fail(failure, ERROR_CORRUPT, "%s: the header is damaged", name);
	set->counts.total = get_u32(&from);
	set->seed = get_u64(&from);
	set->buckets = get_u64(&from);
	set->pool_size = get_u64(&from);
	for (int i = 0; i < INDICATOR_KINDS; i++)
		set->counts.kinds[i] = get_u32(&from);
	set->counts.repeated = get_u32(&from);
	set->counts.crowded = get_u32(&from);
	*checks = (struct checks){ get_u32(&from), get_u32(&from) };
	set->as_of = get_u64(&from);
	/* what is asked of memory is what the file has */
	uint64_t whole = stream_total_bytes(stream);
	if (set->buckets == 0 || set->buckets > INDICATORS_MOST || set->pool_size > POOL_MOST || set->pool_size % 4 ||
	    HEADER + set->buckets * sizeof *set->table + set->pool_size != whole)
		return fail(failure, ERROR_CORRUPT, "%s: the header does not fit the file's %llu bytes", name,
		    (unsigned long long)whole);
	return OK;
}

/* Every record is whole and of known kind, and points back only to the beginning of another; `starts` has a bit for
 * each beginning. */
static bool check_pool(struct indicator_set *set, uint64_t *starts)
{
	size_t offset = 0;
	while (offset < set->pool_size) {
		if (set->pool_size - offset < sizeof(struct record))
			return false;
		uint32_t at = (uint32_t)(offset / 4);
		const struct record *record = record_at(set, at);
		if (record->size == 0 || record->size > INDICATOR_VALUE || record->kind >= INDICATOR_KINDS ||
		    record->action >= INDICATOR_ACTIONS || set->pool_size - offset < RECORD_SIZE(record->size))
			return false;
		if (record->kind == INDICATOR_ADDRESS &&
		    !(record->size == 5 ? record->value[0] >= 96 && record->value[0] <= 128
					: record->size == 17 && record->value[0] <= 128))
			return false;
		uint32_t next = record->next;
		if (next > at || (next && !(starts[(next - 1) / 64] >> (next - 1) % 64 & 1)))
			return false;
		starts[at / 64] |= 1ull << at % 64;
		offset += RECORD_SIZE(record->size);
	}
	return true;
}

/* Every slot points to a record, buckets are filled from their beginning, and one is not full: look-ups end there. */
static bool check_table(struct indicator_set *set, const uint64_t *starts)
{
	bool free_slot = false;
	for (uint64_t b = 0; b < set->buckets; b++) {
		const struct bucket *bucket = &set->table[b];
		bool free_before = false;
		for (int i = 0; i < SLOTS; i++) {
			uint32_t at = bucket->at[i];
			if (bucket->tags[i] == 0) {
				free_before = true;
				continue;
			}
			if (free_before || at >= set->pool_size / 4 || !(starts[at / 64] >> at % 64 & 1))
				return false;
		}
		free_slot |= free_before;
	}
	return free_slot;
}

/* Which lengths and labels occur is not in the header. */
static void note_all(struct indicator_set *set)
{
	struct indicator_counts said = set->counts;
	memset(&set->counts, 0, sizeof set->counts);
	for (size_t offset = 0; offset < set->pool_size;) {
		const struct record *record = record_at(set, (uint32_t)(offset / 4));
		indicator_set_note(set, record);
		offset += RECORD_SIZE(record->size);
	}
	set->counts = said;
}

static enum error read_body(
    struct stream *stream, struct indicator_set *set, const struct checks *checks, struct failure *failure)
{
	size_t table = set->buckets * sizeof *set->table;
	set->table = memory_wide(table);
	set->pool = memory_wide(set->pool_size);
	uint64_t *starts = calloc(set->pool_size / 4 / 64 + 1, sizeof *starts);
	enum error error = set->table && set->pool && starts
			       ? read_whole(stream, set->table, table, failure)
			       : fail(failure, ERROR_MEMORY, "%s: no memory for the indicators", stream_name(stream));
	if (!error)
		error = read_whole(stream, set->pool, set->pool_size, failure);
	if (!error &&
	    (checksum(0, set->table, table) != checks->table || checksum(0, set->pool, set->pool_size) != checks->pool))
		error = fail(
		    failure, ERROR_CORRUPT, "%s: the file is damaged: a checksum does not match", stream_name(stream));
	if (!error && !(check_pool(set, starts) && check_table(set, starts)))
		error = fail(failure, ERROR_CORRUPT, "%s: the file is not as we write it", stream_name(stream));
	if (!error)
		note_all(set);
	if (!error && !indicator_set_sieve(set))
		error = fail(failure, ERROR_MEMORY, "%s: no memory for the indicators", stream_name(stream));
	free(starts);
	return error;
}

enum error indicator_set_read(struct stream *stream, struct indicator_set **set, struct failure *failure)
{
	struct indicator_set *made = calloc(1, sizeof *made);
	struct checks checks = { 0 };
	if (!made)
		return fail(failure, ERROR_MEMORY, "no memory for the indicators");
	enum error error = read_header(stream, made, &checks, failure);
	if (!error)
		error = read_body(stream, made, &checks, failure);
	if (error) {
		indicator_set_free(made);
		return error;
	}
	*set = made;
	return OK;
}
