/*
 * Tables of days and hours while lines come in; see counting.h.
 */
#include "darknet/center/counting.h"

#include "darknet/day/day_code.h"

#include <stdlib.h>
#include <string.h>

static struct counting_table *find(const struct counting *counting, uint32_t sensor, int64_t day, int hour)
{
	for (size_t i = counting->count; i--;) { /* the newest are asked for most */
		struct counting_table *table = &counting->tables[i];
		if (table->about.sensor == sensor && table->about.day == day && table->about.hour == hour)
			return table;
	}
	return NULL;
}

static enum error take_back(void *context, const struct day_key *key, uint64_t packets, struct failure *failure)
{
	return day_table_add(context, key, packets) ? OK : fail(failure, ERROR_MEMORY, "no memory for tables");
}

/* What the store has of it, when it has something. */
static enum error load(
    struct counting *counting, const struct scope *scope, struct counting_table *table, struct failure *failure)
{
	struct arena *arena = arena_new(0);
	struct darknet_table kept;
	struct failure why = { 0 };
	if (!arena)
		return fail(failure, ERROR_MEMORY, "no memory for tables");
	enum error error = store_darknet_get(counting->center->store, scope, table->about.sensor, table->about.day,
	    table->about.hour, arena, &kept, &why);
	if (error == OK) {
		error = day_table_decode(kept.body, take_back, table->counts, failure);
		table->about = kept;
		table->about.body = TEXT_NONE;
	} else if (error == ERROR_NOT_FOUND) {
		error = OK;
	} else {
		*failure = why;
	}
	arena_free(arena);
	return error;
}

static enum error open_table(struct counting *counting, const struct scope *scope, const struct darknet_table *about,
    struct counting_table **opened, struct failure *failure)
{
	*opened = find(counting, about->sensor, about->day, about->hour);
	if (*opened)
		return OK;
	if (counting->count == counting->room) {
		void *more = array_grow(counting->tables, &counting->room, 64, sizeof *counting->tables);
		if (!more)
			return fail(failure, ERROR_MEMORY, "no memory for tables");
		counting->tables = more;
	}
	struct counting_table table = { .about = *about, .counts = day_table_new() };
	enum error error =
	    table.counts ? load(counting, scope, &table, failure) : fail(failure, ERROR_MEMORY, "no memory for tables");
	if (error) {
		day_table_free(table.counts);
		return error;
	}
	*opened = &counting->tables[counting->count++];
	**opened = table;
	return OK;
}

/* Beyond so many counts the port is lost, and nothing else. */
static bool add_row(struct counting_table *table, const struct line_row *row)
{
	struct day_key key = row->key;
	if ((int64_t)day_table_rows(table->counts) >= counts_configured()->rows &&
	    !day_table_has(table->counts, &key)) {
		key.port = 0;
		key.protocol = 0;
		key.method = 0;
		table->about.folded += row->packets;
	}
	return day_table_add(table->counts, &key, row->packets);
}

static enum error add_to(struct counting_table *table, const struct counts_line *line, struct failure *failure)
{
	struct darknet_table *about = &table->about;
	for (size_t i = 0; i < line->row_count; i++)
		if (!add_row(table, &line->rows[i]))
			return fail(failure, ERROR_MEMORY, "no memory for tables");
	about->awake += line->awake;
	about->address_seconds += line->awake * (double)line->addresses;
	about->addresses = line->addresses > about->addresses ? line->addresses : about->addresses;
	about->frames += line->frames;
	about->packets += line->packets;
	about->bytes += line->bytes;
	about->dropped += line->dropped;
	table->changed = true;
	table->touched = time_monotonic();
	return OK;
}

enum error counting_add(struct counting *counting, const struct scope *scope, uint32_t organisation, uint32_t sensor,
    const struct counts_line *line, struct failure *failure)
{
	int zone = (int)counts_configured()->zone * 60;
	struct darknet_table about = { .organisation = organisation, .sensor = sensor };
	struct counting_table *table;
	about.day = day_of(line->from, zone);
	int hours[] = { DARKNET_WHOLE_DAY, (int)((line->from - day_begins(about.day, zone)) / HOUR) };
	enum error error = OK;
	for (size_t i = 0; i < 2 && !error; i++) {
		about.hour = hours[i];
		error = open_table(counting, scope, &about, &table, failure);
		if (!error)
			error = add_to(table, line, failure);
	}
	return error; /* what was added before it failed is forgotten with all of the organisation's */
}

enum error counting_write(
    struct counting *counting, const struct scope *scope, uint32_t organisation, size_t *bytes, struct failure *failure)
{
	struct builder body = { 0 };
	enum error error = OK;
	for (size_t i = 0; i < counting->count && !error; i++) {
		struct counting_table *table = &counting->tables[i];
		if (table->about.organisation != organisation || !table->changed)
			continue;
		builder_clear(&body);
		day_table_encode(table->counts, &body);
		table->about.rows = (uint32_t)day_table_rows(table->counts);
		table->about.body = (struct text){ body.at, body.size };
		error = body.failed ? fail(failure, ERROR_MEMORY, "no memory for tables")
				    : store_darknet_put(counting->center->store, scope, &table->about, failure);
		table->about.body = TEXT_NONE;
		*bytes += body.size;
	}
	builder_free(&body);
	return error;
}

void counting_forget(struct counting *counting, uint32_t organisation, nanoseconds rested)
{
	size_t kept = 0;
	for (size_t i = 0; i < counting->count; i++) {
		struct counting_table *table = &counting->tables[i];
		bool goes = table->about.organisation == organisation &&
			    (!rested || (!table->changed && table->touched < rested));
		if (goes)
			day_table_free(table->counts);
		else
			counting->tables[kept++] = *table;
	}
	counting->count = kept;
}
