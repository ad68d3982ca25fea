/*
 * What the files of capture.h share.
 */
#ifndef NOROSHI_FORMATS_CAPTURE_INNER_H
#define NOROSHI_FORMATS_CAPTURE_INNER_H

#include "formats/capture.h"

struct capture_path {
	const char *path; /* "stats.*": everything below */
	enum capture_kind kind;
};
/* A format's table; ends with a NULL path. `inner`: what stands under this member is of another format. */
struct capture_table {
	const char *format;
	const struct capture_path *paths;
	const char *inner, *inner_format;
};
/* A kind that only tables of columns and keys have: words of a detector leave, URLs and mail addresses in them masked.
 */
#define CAPTURE_WORDS CAPTURE_KIND_COUNT

extern const struct capture_path capture_eve[], capture_csv[], capture_zeek[], capture_cef[];
extern const struct capture_table capture_tables[]; /* ends with a NULL format */

#define CAPTURE_SLOTS 4096u /* a power of two, more than twice the entries of all tables */
struct capture_reducer {
	struct capture_slot {
		const struct capture_table *table;
		const struct capture_path *path;
		size_t size; /* of the path, without ".*" */
		bool below;
	} slots[CAPTURE_SLOTS];
	struct builder line, value;
};
const struct capture_path *capture_look_up(
    const struct capture_reducer *reducer, const struct capture_table *table, struct text path, bool below);

/* A line of text, by its columns where they are known (capture_columns.c). False: nothing of it may be used. */
bool capture_columns_reduce(struct capture_reducer *reducer, const struct capture_policy *policy,
    const struct capture_table *table, struct capture_columns *columns, struct text line, struct capture_counts *counts,
    struct text *to);
bool capture_columns_unknown(const struct capture_reducer *reducer, const struct capture_table *table,
    struct capture_columns *columns, struct text line, void (*each)(void *context, struct text path), void *context);

/* What is left of a text of this kind when it is reduced; of JSON strings as they stand there, with their escapes.
 * Nothing when nothing is. The result has only characters that need no escape, but for CAPTURE_TEXT, which keeps those
 * that were there. Never longer than `value`. */
void capture_value_reduce(enum capture_kind kind, struct text value, struct builder *to);

/* Masks URLs and mail addresses in a text in place; true when something was. `columns`: commas part what stands there.
 */
bool capture_text_mask(const struct capture_policy *policy, char *text, size_t size, bool columns);

#endif
