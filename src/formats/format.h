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

struct format;
struct format_settings {
	int zone;        /* seconds east of UTC where the source names no zone */
	struct text map; /* CSV: "time=ts,signature=rule,host=node,address=ip"; empty = the header's own names */
	nanoseconds now; /* for formats whose time has no year (fast.log can) */
	nanoseconds past, future; /* a time that lies farther from `now` is implausible; 0 = no time is */
	/* Takes out of a line what may not be read, before it is; false: nothing of the line may be used. `*to` lives
	 * until the next call. NULL: every line is read as it is. */
	bool (*reduce)(void *context, const struct format *format, struct text line, struct text *to);
	void *reduce_context;
	bool records;    /* lines that are records but no alerts are given too (model/kept_record.h), not skipped */
	bool telescope;  /* who wrote them is a telescope or decoy, and may say that an address appeared
			    (model/appearance.h) */
	unsigned passes; /* lines that are no alert after which format_read() gives ERROR_AGAIN; 0 = it looks on */
};

struct time_read {
	char text[32]; /* as it was written */
	size_t size;   /* 0 = none */
	nanoseconds occurred;
	bool zone_assumed;
};

/* What lines that are no alerts say of the sensor itself; the newest that were read. */
struct format_told {
	bool counted;
	uint64_t packets, drops; /* EVE stats: capture.kernel_packets and kernel_drops, since its start */
	uint32_t sampling;       /* EVE netflow: one packet in so many; 0 = not said */
};

/* One stream being read. A reader keeps what the stream declared (CSV header, Zeek #fields). */
struct format_reader {
	const struct format *format; /* NULL until the first format_read() told it by content */
	const struct format_settings *settings;
	struct json_parser *parser;
	struct arena *arena;     /* cleared before each line: holds texts that had to be built */
	void *state;             /* the format's own, made by `start` */
	struct repeats *repeats; /* what lines said before (repeat.h); NULL = not looked up */
	struct time_read time; /* the newest time that a looked-up line had: the next one is often of the same second */
	struct format_told told;
	uint64_t shape; /* of the newest alert */
	bool fine;      /* the line before was an alert */
	bool record;    /* what was read is a record, no alert */
	bool parsed;    /* this line went through `parser` */
	bool ended;     /* nothing more comes: the stream broke, or its format is not known */
};

/* Where a value stands in a line of columns or keys, as it is written there: without its quotation marks, with its
 * escapes. */
struct format_field {
	struct text name; /* of the column or key; empty when it has none. Lives until the next call */
	size_t begin, end;
};
#define FORMAT_FIELDS 256
enum format_layout {
	LAYOUT_UNKNOWN, /* its header was not read yet */
	LAYOUT_HEADER,  /* names and no values */
	LAYOUT_FIELDS,
	LAYOUT_MISFIT, /* it is not what its header, or its format, says */
};

struct format {
	const char *name;  /* "eve", as given to --format */
	const char *title; /* "Suricata EVE JSON" */
	bool proven;       /* tested on text that the real program wrote */
	/* How sure it is that `beginning` (the first lines, up to 16 KiB) is this format: 0 = not, 100 = certain. */
	int (*recognise)(struct text beginning, struct json_parser *parser);
	enum error (*start)(struct format_reader *reader, struct failure *failure); /* may be NULL */
	void (*stop)(struct format_reader *reader);                                 /* may be NULL */
	/* Whether lines begin with the time and a comma, and everything behind it means the same whatever the time. May
	 * be NULL: they do not. */
	bool (*time_first)(const struct format_reader *reader);
	/* Turns one line into an alert; `alert` is zeroed (repeats = 1) and `original` is set. ERROR_AGAIN = the line
	 * is fine but is no alert (header, comment, EVE of another event type): counted as skipped. ERROR_INPUT =
	 * malformed: the failure names the field and what was expected, without line number (the caller adds it). Texts
	 * live until the next call. Fills neither id nor organisation nor received. `line` is UTF-8, not empty, and
	 * holds no NUL. */
	enum error (*line)(
	    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure);
	/* For formats that name what stands in their lines of text: the values of a line from left to right. Learns
	 * header lines by itself: a reader is asked for either this or alerts. NULL: lines are JSON, or their parts
	 * have no names. */
	enum format_layout (*layout)(struct format_reader *reader, struct text line,
	    struct format_field fields[static FORMAT_FIELDS], size_t *count);
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
	uint64_t lines; /* read, whatever came of them: alerts + records + skipped + malformed */
	uint64_t alerts;
	uint64_t records;        /* that are no alerts, where the settings ask for them */
	uint64_t skipped;        /* fine, but no alert: headers, comments, empty lines, events of another type */
	uint64_t malformed;      /* each of them was complained about */
	uint64_t cut;            /* of the malformed: longer than FORMAT_LONGEST_LINE */
	uint64_t duplicate_keys; /* JSON lines in which a key stands twice in one object; the first counted */
	uint64_t implausible;    /* alerts whose time lies too far from now; taken all the same */
};
/* The next alert (or record: `reader->record`) of a stream: skips what is none, counts; on a malformed line calls
 * `complain` (may be NULL: with file, line, offset and words; at most as often as the caller wants to hear) and goes
 * on. It complains too about a line with duplicate keys or an implausible time, which counts as what it is otherwise.
 * ERROR_END at the end; ERROR_INPUT when the stream itself broke, or its format is not known (once, then ERROR_END);
 * ERROR_AGAIN when so many lines in a row were none as the settings say: call again, others may want to work meanwhile.
 * In the texts of the alert, but not in `original`, control characters have become spaces. `line` may be NULL when the
 * caller has no use for it. */
enum error format_read(struct format_reader *reader, struct stream *stream, struct line *line, struct alert *alert,
    struct format_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure);

/* One line by itself, as format_read() would read it, as it is: `reduce` is not asked, nothing is counted. The reader
 * has a format. ERROR_AGAIN: it is no alert. */
enum error format_read_line(
    struct format_reader *reader, struct text line, struct alert *alert, struct failure *failure);

/* A number for what the newest alert says: alerts of this reader with the same number differ in nothing but their times
 * and `original` (and what the caller fills in); 0 = not known to be like any other. At most FORMAT_SHAPES numbers are
 * in use at a time, and they follow each other. */
#define FORMAT_SHAPES 2048
uint64_t format_shape(const struct format_reader *reader);

#define FORMAT_LONGEST_LINE (1u << 20) /* bytes of one line; longer ones are malformed and counted */

#endif
