/*
 * Imports on their way into the store, between the files that take them: imports.c (parts, slices, answers) and
 * import_items.c (items: who gives them, and what becomes of each).
 */
#ifndef NOROSHI_CENTER_IMPORTING_H
#define NOROSHI_CENTER_IMPORTING_H

#include "base/codec.h"
#include "center/keeper.h"
#include "store/items.h"
#include "store/remotes.h" /* struct entry_keys */

#define SLICE (10 * MILLISECOND) /* of one round; at least one item */

struct part_of_import {
	struct part_of_import *next;
	uint64_t correlation, generation;
	bool remote;     /* of a turn with a remote, whose number the correlation is */
	uint16_t status; /* 0 = not yet taken */
	bool open, last, finished;
	struct reader from; /* once it is open: behind the items that were taken */
	uint32_t left;
	uint64_t total, good, bad;
	char *failures; /* JSON list */
	size_t size;
	char body[];
};

/* An import under way: what its row says, and what is not in it. */
struct under_way {
	struct under_way *next;
	struct import import;
	struct collection collection; /* number 0 = none */
	uint64_t turn;                /* with the remote that it comes from; 0 = somebody gave it */
	char feed[64];                /* its name */
	bool entries;                 /* it is a publisher's feed */
	bool asked;                   /* in this slice: `scope` */
	const struct scope *scope;    /* of who gives them, in this slice; NULL = they may not any more */
	struct builder failures;      /* members of the list */
	unsigned failure_count;
};

struct imports {
	struct part_of_import *first, **last;
	struct under_way *under_way;
	unsigned under_way_count;
	struct watch *again;
	struct arena *people; /* of the snapshot */
	struct policy_snapshot snapshot;
	uint64_t standing;
	bool cut_off;        /* the front that sent the parts is gone */
	nanoseconds expired; /* monotonic */
	struct counter *good, *bad, *seconds;
};

/* Loads what the policy is asked over, when it changed; at the beginning of each slice. */
enum error import_people_load(struct keeper *keeper, struct failure *failure);
/* Whose scope import->scope is, once in each slice. */
enum error import_who_gives(
    struct keeper *keeper, const struct work *work, struct under_way *import, struct failure *failure);
/* As many of the part's items as fit the slice, at least one; the part goes on behind them in the next one. */
enum error import_take_items(struct keeper *keeper, struct under_way *import, struct part_of_import *part,
    nanoseconds began, struct failure *failure);
/* Of a feed: what is known already (`*taken` false: by somebody else, or the same) is counted nowhere, what is another
 * version of it becomes that. */
enum error import_entry(struct keeper *keeper, const struct under_way *import, struct item *item,
    struct entry_keys *keys, struct arena *arena, bool *taken, struct failure *failure);
/* It was put. */
enum error import_entry_kept(struct keeper *keeper, const struct under_way *import, const struct item *item,
    const struct entry_keys *keys, struct failure *failure);
void import_add_failure(struct under_way *import, struct text member);
enum error import_corrupt(struct failure *failure);

#endif
