/*
 * Looking for indicators of any format in records: single values at once, patterns of STIX that say more over the
 * records of a window (LOOKING_WINDOW at most, half of which the next window sees again).
 */
#ifndef NOROSHI_INTEL_LOOKING_H
#define NOROSHI_INTEL_LOOKING_H

#include "formats/record.h"
#include "intel/source.h"
#include "model/alert.h"

#define LOOKING_WINDOW 16384u /* records */
#define LOOKING_PATTERNS 100000u

/* Where a record stood. */
struct place {
	const char *file; /* or the organisation whose it is, where `id` tells it */
	uint64_t line;
	char id[FACT_ID_TEXT]; /* at a centre; empty: it stood in a file */
	nanoseconds time;
	const char *type;
	struct address ends[2];
};

/* What was found, a line of JSON; lives until the visitor returns. */
typedef void (*looking_visitor)(void *context, struct text line);

struct looking;                                                                              /* one thread */
struct looking *looking_new(looking_visitor visit, intel_complaint complain, void *context); /* NULL: no memory */
void looking_free(struct looking *looking);

/* Takes the indicators of a file that hold now (`expired`: also those whose time is over). Any number of files, before
 * the first record. `path` lives as long as this. */
enum error looking_load(struct looking *looking, const char *path, bool expired, struct failure *failure);
/* One item as it is. */
enum error looking_take(
    struct looking *looking, const struct item *item, bool expired, const char *from, struct failure *failure);
enum error looking_begin(struct looking *looking, struct failure *failure); /* after the last file */

enum error looking_record(
    struct looking *looking, const struct record *record, const struct place *place, struct failure *failure);
/* What comes is apart from what came: no pattern is met by records of both. Also at the end. */
enum error looking_end(struct looking *looking, struct failure *failure);

struct looking_counts {
	uint64_t indicators, values, patterns; /* that are looked for */
	uint64_t passed_over;                  /* no indicator, or not now */
	uint64_t found;
	uint64_t limited; /* windows in which a pattern's bounds were reached: there it may have been missed */
};
struct looking_counts looking_count(const struct looking *looking);

#endif
