/*
 * Lists of indicators as text, and loading of a file of either form (text, or compiled: match/indicator_set.h).
 *
 * A line is "type,value", "type,value,action" or "type,value,action,id" (a value with a comma or quotation marks stands
 * in quotation marks, RFC 4180), or a value alone, whose type its form tells. Types: match/indicator.h; actions:
 * observe, alert (when none is said), block; the id is a number below 2^32 (the line's number when none is said).
 * Empty lines, lines that begin with #, and a first line "type,value…" are passed over. gzip and zstd are read
 * directly. What begins as JSON is a document of STIX or MISP (match/indicator_document.h).
 */
#ifndef NOROSHI_MATCH_INDICATOR_LIST_H
#define NOROSHI_MATCH_INDICATOR_LIST_H

#include "match/indicator_set.h"

#define INDICATOR_LINE_LONGEST 8192 /* bytes */

/* One line. */
struct indicator_line {
	enum indicator_kind kind;
	struct text value; /* in the line, or in `room` */
	enum indicator_action action;
	uint32_t number;
	char room[INDICATOR_LINE_LONGEST];
};
/* Whether a trimmed line is one of those that are passed over. */
bool indicator_line_is_passed_over(struct text text, uint64_t line);
/* The failure says what was expected. Whether the value is one of its kind is for the set to say. */
enum error indicator_line_read(struct text text, uint64_t line, struct indicator_line *to, struct failure *failure);

struct indicator_list_counts {
	uint64_t lines; /* of a document its objects */
	uint64_t indicators, malformed;
	uint64_t passed_over; /* of a document: nothing that sensors compare, or not now */
};
/* Told of each malformed line (0: the failure says where), which is left out. May be NULL. */
typedef void (*indicator_complaint)(void *context, const char *file, uint64_t line, const struct failure *failure);

/* Adds the lines of a stream. What stops it is no malformed line but the stream, memory or INDICATORS_MOST. */
enum error indicator_list_read(struct stream *stream, struct indicator_builder *builder,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure);

/* A file of either form, as a set: by name, or already open. */
enum error indicators_load(const char *path, struct indicator_set **set, struct indicator_list_counts *counts,
    indicator_complaint complain, void *context, struct failure *failure);
enum error indicators_load_stream(struct stream *stream, struct indicator_set **set,
    struct indicator_list_counts *counts, indicator_complaint complain, void *context, struct failure *failure);

#endif
