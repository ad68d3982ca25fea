/*
 * Day tables: what arrived on one day, counted by what the views ask for: what a year of a telescope shrinks to.
 *
 *   activities → day_table_add() → day_table_write() → a file a day → day_table_read() → views
 *
 * A day is one of the zone in which figures are published (Japan: +09:00). The file is text, so that a figure can be
 * checked by hand (docs/formats/day-table.md): a line that says whose it is, a line for each count, a last line with
 * their number and sum.
 */
#ifndef NOROSHI_DARKNET_DAY_TABLE_H
#define NOROSHI_DARKNET_DAY_TABLE_H

#include "base/error.h"
#include "base/time.h"
#include "darknet/packet/activity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAY_TABLE_NAME 64

/* What is counted apart. */
struct day_key {
	uint16_t port;    /* as struct activity's */
	uint8_t protocol; /* of IP */
	uint8_t kind;     /* enum arrival_kind */
	uint8_t method;   /* enum arrival_method */
	bool research;
	char country[2]; /* both 0 = not known */
};

struct day_about {
	char sensor[DAY_TABLE_NAME]; /* whose telescope */
	char part[DAY_TABLE_NAME];   /* of the day: one input, or one run of a live sensor; the whole of it */
	int64_t day;                 /* since 1970-01-01, in the zone */
	int zone;                    /* seconds east of UTC */
	uint64_t addresses;          /* IPv4 addresses of the telescope */
	uint32_t seconds;            /* of the day in which it was awake: 0–86400 */
};

struct day_table; /* one thread */

struct day_table *day_table_new(void); /* NULL without memory */
void day_table_free(struct day_table *table);
/* False without memory: then nothing was counted. */
bool day_table_add(struct day_table *table, const struct day_key *key, uint64_t packets);
uint64_t day_table_packets(const struct day_table *table);
size_t day_table_rows(const struct day_table *table);
/* Soon this key is added: its place is fetched from memory meanwhile. */
void day_table_expect(const struct day_table *table, const struct day_key *key);
bool day_table_has(const struct day_table *table, const struct day_key *key);

struct day_key day_key_of(const struct activity *activity);
/* The day in which a time lies. */
int64_t day_of(nanoseconds time, int zone);
nanoseconds day_begins(int64_t day, int zone);

/* Replaces the file whole and durably, rows in the order of their keys: the same counts give the same bytes. */
enum error day_table_write(
    const struct day_table *table, const struct day_about *about, const char *path, struct failure *failure);

typedef enum error (*day_visitor)(
    void *context, const struct day_about *about, const struct day_key *key, uint64_t packets, struct failure *failure);
/* ERROR_CORRUPT when the file is damaged or cut: rows before that may have been told. */
enum error day_table_read(
    const char *path, struct day_about *about, day_visitor visit, void *context, struct failure *failure);

#endif
