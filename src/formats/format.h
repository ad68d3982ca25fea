/*
 * Readers of alerts as other programs write them: one file and one struct each, listed in format.c.
 */
#ifndef NOROSHI_FORMATS_FORMAT_H
#define NOROSHI_FORMATS_FORMAT_H

#include "base/error.h"
#include "base/json.h"
#include "base/stream.h"
#include "base/text.h"
#include "model/alert.h"

struct format_settings {
	int zone;             /* seconds east of UTC where the source names no zone */
	struct text map;      /* CSV: "time=ts,signature=rule,host=node,address=ip"; empty = the header's own names */
	nanoseconds now;      /* for formats whose time has no year (fast.log can) */
};

/* One stream being read. A reader keeps what the stream declared (CSV header, Zeek #fields). */
struct format_reader {
	const struct format *format;
	const struct format_settings *settings;
	struct json_parser *parser;
	struct arena *arena; /* cleared before each line: holds texts that had to be built */
	void *state;         /* the format's own, made by `start` */
};

struct format {
	const char *name;    /* "eve", as given to --format */
	const char *title;   /* "Suricata EVE JSON" */
	bool proven;         /* tested on text that the real program wrote */
	/* How sure it is that `beginning` (the first lines, up to 16 KiB) is this format: 0 = not, 100 = certain. */
	int (*recognise)(struct text beginning, struct json_parser *parser);
	enum error (*start)(struct format_reader *reader, struct failure *failure); /* may be NULL */
	void (*stop)(struct format_reader *reader);                                 /* may be NULL */
	/* Turns one line into an alert; `alert` is zeroed (repeats = 1) and `original` is set. ERROR_AGAIN = the line is fine
	 * but is no alert (header, comment, EVE of another event type): counted as skipped. ERROR_INPUT = malformed: the
	 * failure names the field and what was expected, without line number (the caller adds it). Texts live until the next
	 * call. Fills neither id nor organisation nor received. */
	enum error (*line)(struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure);
};

extern const struct format *const formats[]; /* ends with NULL */
const struct format *format_named(const char *name);
/* The surest format, or NULL with a failure that says what the first line looked like and lists the formats. */
const struct format *format_recognise(struct text beginning, struct json_parser *parser, struct failure *failure);

/* Opens a reader; NULL format = told by content at the first format_read(). */
enum error format_reader_new(const struct format *format, const struct format_settings *settings,
    struct format_reader **reader, struct failure *failure);
void format_reader_free(struct format_reader *reader);

struct format_counts {
	uint64_t lines, alerts, skipped, malformed, cut, duplicate_keys;
};
/* The next alert of a stream: skips what is no alert, counts; on a malformed line calls `complain` (may be NULL: with file,
 * line, offset and words; at most as often as the caller wants to hear) and goes on. ERROR_END at the end; ERROR_INPUT when
 * the stream itself broke (once, then ERROR_END). */
enum error format_read(struct format_reader *reader, struct stream *stream, struct line *line, struct alert *alert,
    struct format_counts *counts, void (*complain)(void *context, const struct line *line, const struct failure *failure),
    void *context, struct failure *failure);

#define FORMAT_LONGEST_LINE (1u << 20) /* bytes of one line; longer ones are malformed and counted */

#endif
