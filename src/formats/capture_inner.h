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
extern const struct capture_path capture_eve[];
extern const struct capture_table capture_tables[]; /* ends with a NULL format */

/* What is left of a text of this kind when it is reduced; of JSON strings as they stand there, with their escapes.
 * Nothing when nothing is. The result has only characters that need no escape, but for CAPTURE_TEXT, which keeps those
 * that were there. Never longer than `value`. */
void capture_value_reduce(enum capture_kind kind, struct text value, struct builder *to);

/* Masks URLs and mail addresses in a text in place; true when something was. `columns`: commas part what stands there.
 */
bool capture_text_mask(const struct capture_policy *policy, char *text, size_t size, bool columns);

#endif
