/*
 * What telescopes count becomes the centre's tables: a fold over the records of each organisation, in the keeper.
 *
 *   records (durable) ─► counting_records() ─► tables in memory ─► counting_tick() ─► the store, with how far it read
 *
 * Tables and the position up to which they hold everything are one transaction of the store, so that a line counts
 * once, whenever the keeper is killed: what was in memory alone is read again from the records behind the position.
 * Of each telescope's line there are two tables: of its day and of its hour (in the zone of telescope.zone).
 */
#ifndef NOROSHI_DARKNET_COUNTING_H
#define NOROSHI_DARKNET_COUNTING_H

#include "base/counter.h"
#include "darknet/center/counts_long.h"
#include "darknet/center/counts_settings.h"
#include "darknet/report/lines_read.h"
#include "darknet/view/iot.h"
#include "darknet/view/view_names.h"
#include "model/capability.h"
#include "store/darknet.h"

#define COUNTING_OPEN 4096 /* tables in memory; beyond, all are written, and leave it with their organisation's */

/* One telescope's day or hour. */
struct counting_table {
	struct darknet_table about; /* without a body */
	struct day_table *counts;
	bool changed;
	nanoseconds touched; /* monotonic */
};

struct counting_organisation {
	uint32_t organisation;
	uint64_t position, kept; /* of the next record to count: in memory, in the store */
	bool saving;
	bool behind;       /* memory is of no use: read again from `kept` */
	nanoseconds saved; /* monotonic */
};

struct counting {
	struct center *center;
	struct counts_reader *reader;
	struct counting_table *tables;
	size_t count, room;
	struct counting_organisation *organisations;
	size_t organisation_count, organisation_room;
	nanoseconds expired;
	struct iot_ports iot; /* of which views say the share */
	struct view_names *names;
	struct long_views *long_views;
	struct counter *lines, *refused, *old, *disbelieved, *held;
};

enum error counting_start(struct center *center, struct failure *failure);
void counting_tick(struct center *center, nanoseconds now);
void counting_stop(struct center *center);
enum error counting_records(struct center *center, const struct history_batch *batch, uint64_t first_position,
    struct reader *encoded, struct failure *failure);

/* What is in memory of the organisations becomes durable, so that the store has everything that came: before views. */
enum error counting_save(struct counting *counting, struct failure *failure);

/* ── tables in memory (counting_tables.c) ─ */

/* The line into its day's and its hour's table, all of it or nothing. */
enum error counting_add(struct counting *counting, const struct scope *scope, uint32_t organisation, uint32_t sensor,
    const struct counts_line *line, struct failure *failure);
/* Inside a transaction. Adds to *bytes what was written. */
enum error counting_write(struct counting *counting, const struct scope *scope, uint32_t organisation, size_t *bytes,
    struct failure *failure);
/* Those of the organisation leave memory; `rested`: only what is as it stands in the store and was not touched since.
 */
void counting_forget(struct counting *counting, uint32_t organisation, nanoseconds rested);

#endif
