/*
 * Who read what was released: a part of the state store (store.h), whose rules about scopes and transactions hold.
 *
 * What is read one by one is a row for each release and organisation. What is delivered by pages is not: of each
 * collection and organisation there are stretches of its entries (`after` < added <= `upto`, microseconds, as in
 * store/items.h), each with how often it was given; neighbours that are alike become one, so that who asks for what is
 * new has a row a day at most, however many objects a page has. So times of deliveries hold to the day (UTC).
 */
#ifndef NOROSHI_STORE_READING_H
#define NOROSHI_STORE_READING_H

#include "model/item.h"
#include "store/store.h"

enum reading_way {
	READING_OPENED = 1, /* one release, by a page or the API */
	READING_DELIVERED,  /* by TAXII */
	READING_WAYS
};

struct reading {
	uint32_t organisation; /* that read */
	enum reading_way way;
	uint64_t count;
	nanoseconds first, last;
};
/* Adds to what is there; `added` says which release (model/item.h), in microseconds. In a transaction. */
enum error store_reading_add(
    struct store *, const struct scope *, int64_t added, const struct reading *, struct failure *);

struct reading_stretch {
	uint32_t community, organisation;
	enum tlp tlp;
	struct text types;   /* of the objects that were asked for, with commas between; empty = all */
	unsigned specs;      /* bits: 1 = STIX 2.0, 2 = 2.1; 0 = all */
	int64_t after, upto; /* microseconds */
	nanoseconds when;
};
#define READING_STRETCHES 2048 /* rows of one organisation and collection */
#define READING_TOUCHED 512u   /* rows that one page may touch */
/* In a transaction. ERROR_LIMIT: it is in too many pieces, and was not counted. */
enum error store_reading_stretch(
    struct store *, const struct scope *, const struct reading_stretch *, struct failure *);

/* Who read this release, for those alone whose the item is and for analysts who know of the release: others get
 * nothing. `until`: when it was not shown any more (0 = it is): of deliveries that had begun by then it is told that
 * there was one. */
enum error store_reading_each(struct store *, const struct scope *, const struct release *, nanoseconds until,
    void (*each)(void *, const struct reading *), void *context, struct failure *);

#endif
