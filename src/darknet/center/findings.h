/*
 * What telescopes found: as rows of CSV; groups as indicator sets: which lines of history are one group, and what an
 * item says of it.
 *
 *   lines of history ─► finding_id(): one group ─► group_set_add() for each source that may be named ─► group_object()
 */
#ifndef NOROSHI_DARKNET_FINDINGS_H
#define NOROSHI_DARKNET_FINDINGS_H

#include "model/alert.h"
#include "model/item.h"

#include <jansson.h>

/* Of a group: the same in every line that its telescope wrote of it (it is written again when it doubled, and when it
 * ended, and has records of its further sources). nil: the line is of no group. `finding` is the line's "darknet". */
struct uuid finding_id(const struct alert *alert, const json_t *finding);

/* As CSV: the line of titles, and a row. `what`: group, change, scan or victim. */
void finding_csv_head(struct builder *to, struct text what);
void finding_csv_row(struct builder *to, struct text what, const struct alert *alert, const json_t *finding);

/* The sources that an item names: addresses, of IPv6 their /64. Each text lives in the arena. */
struct group_set {
	struct builder pattern; /* of STIX; group_set_free() */
	struct text *values;    /* as `pattern` has them, for the search by value */
	uint32_t count, room;
	struct arena *arena;
};
enum error group_set_add(struct group_set *set, struct address source, struct failure *failure);
void group_set_free(struct group_set *set);
/* The network of a source that an indicator is about: the address, of IPv6 its /64. */
struct prefix group_source(struct address source);

/* The id of the item that names a part of a group's sources; of the first it is the group's. */
struct uuid finding_item(struct uuid group, unsigned part);

struct group_wish {
	struct uuid group; /* finding_id() */
	unsigned part;     /* of its sources: from 0 on; finding_item() is the item's id */
	enum tlp tlp;
	int confidence;                       /* 0–100 */
	nanoseconds created, modified, until; /* until: 0 = open */
};
/* An indicator of STIX 2.1 with the group as its reference and its evidence in words. New. */
json_t *group_object(const struct group_wish *wish, const struct group_set *set, const json_t *finding);
/* How many sources the group had when this version of the item was made; 0: the item does not say. */
uint64_t group_sources_of(const struct item *item);

#endif
