/*
 * Items that a person writes on a page: an indicator of one value, or a text (a report, an advisory, a note about
 * another item). What comes out is an object of STIX 2.1, read as any other that is given.
 */
#ifndef NOROSHI_INTEL_ITEM_MAKE_H
#define NOROSHI_INTEL_ITEM_MAKE_H

#include "base/error.h"
#include "base/memory.h"
#include "model/item.h"

#include <jansson.h>

struct item_wish {
	bool indicator;
	/* an indicator */
	struct text kind;  /* of its value: "domain", "address" … (match/indicator.h) */
	struct text value; /* as people write it, defanged too */
	enum item_action action;
	nanoseconds until; /* 0 = open */
	/* a text: "report", "x-noroshi-advisory", "note" */
	const char *type;
	const struct text *about; /* ids of items; a report and a note have at least one */
	uint32_t about_count;
	/* both */
	struct text name, words; /* words: the description, a note's content */
	enum tlp tlp;
	enum pap pap;
	int confidence;   /* 0–100; -1 = nothing said */
	nanoseconds half; /* the half-life of its score; 0 = it does not decay */
};

/* In the arena; `organisation` and `account` are the caller's to set. ERROR_INPUT names the field. */
enum error item_make(
    const struct item_wish *wish, nanoseconds now, struct arena *arena, struct item *item, struct failure *failure);

/* An object of STIX 2.1 that we made, read as any other: in the arena. */
enum error item_of_object(const json_t *object, struct arena *arena, struct item *item, struct failure *failure);

/* Its confidence as it is now: halved each `decays` since `modified`. -1: it says none. */
int item_score(const struct item *item, nanoseconds now);

#endif
