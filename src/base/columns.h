/*
 * Lines of CSV (RFC 4180) with a header, by the names of their columns. Line breaks inside quotation marks are not
 * read.
 */
#ifndef NOROSHI_BASE_COLUMNS_H
#define NOROSHI_BASE_COLUMNS_H

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>

#define COLUMNS_MOST 64

struct columns {
	const char *const *names; /* those that are known; NULL ends */
	int place[COLUMNS_MOST];  /* of each column of the file: index into `names`, or -1 */
	unsigned count;           /* 0 = the header was not read yet */
};

/* ERROR_INPUT when there is none of the known ones, or one twice. Unknown columns are passed over. */
enum error columns_header(
    struct columns *columns, const char *const *names, struct text line, struct arena *arena, struct failure *failure);
bool columns_have(const struct columns *columns, const char *name);
/* Fills `values` (one for each known name; absent ones are empty), which borrow from the line or the arena.
 * ERROR_INPUT: an open quotation mark, more fields than the header has. */
enum error columns_line(
    const struct columns *columns, struct text line, struct arena *arena, struct text *values, struct failure *failure);

/* A field as it is written: in quotation marks where it must be, and with an apostrophe before what a spreadsheet would
 * take for a formula. */
void columns_write(struct builder *to, struct text value);

#endif
