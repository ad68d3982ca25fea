/*
 * What of a line may be recorded or leave a member: the capture policy (model/capture_policy.h) applied to the lines
 * that sensors and other programs write.
 *
 *   line of a log ─► capture_reduce() ─► the same line without what the policy forbids
 *
 * JSON of formats that have a table of fields (EVE, Wazuh, AMiner, IDEA): each member is copied, reduced, or left out
 * by the kind of content that its path belongs to; a path that the table does not have is left out. Objects and arrays
 * that have nothing left are left out too. What is kept is copied as it stands, so the line never grows. A line of
 * which nothing has to go is given back as it is, byte for byte.
 *
 * Lines of columns or keys (CSV, Zeek's tables, CEF): the value of each is kept, reduced or left out by the kind of
 * content that its name says; the words of a detector are masked. A line that its header does not fit is not readable.
 *
 * Lines of all other formats, and those whose header was not seen, are text: URLs and mail addresses in them are masked
 * with '*', their size stays. Nothing is known of what else stands in them (docs/capture-policy.md).
 *
 * Called by the agent before a line leaves, by the centre before a line is read, by the sensor before a record is
 * written. One thread for a reducer.
 */
#ifndef NOROSHI_FORMATS_CAPTURE_H
#define NOROSHI_FORMATS_CAPTURE_H

#include "formats/format.h"
#include "model/capture_policy.h"

enum capture_purpose {
	CAPTURE_FOR_RECORD, /* to be written at the member: CAPTURE_NOT goes */
	CAPTURE_FOR_CENTRE, /* to leave the member: CAPTURE_STAYS goes too */
};

struct capture_counts {
	uint64_t lines;
	uint64_t changed;                    /* lines of which something went */
	uint64_t unreadable_at;              /* place of the first of them in the bytes, of capture_reduce_lines() */
	char unreadable_words[200];          /* what is wrong with it */
	uint64_t unreadable;                 /* lines of JSON that are none */
	uint64_t fields[CAPTURE_KIND_COUNT]; /* left out or reduced, by kind */
};

struct capture_reducer;                                     /* with the tables and the room of one line */
struct capture_reducer *capture_reducer_new(void);          /* NULL without memory */
void capture_reducer_free(struct capture_reducer *reducer); /* NULL is fine */

/* What is remembered of the header of one stream of lines; NULL when the format has none, or the map is wrong (the
 * reader will say so). ERROR_MEMORY else. The map as format_settings has it; it lives as long. */
struct capture_columns;
enum error capture_columns_new(
    const struct format *format, struct text map, struct capture_columns **columns, struct failure *failure);
void capture_columns_free(struct capture_columns *columns); /* NULL is fine */
/* Header lines that are known before the stream itself. */
void capture_columns_learn(struct capture_columns *columns, struct text lines); /* NULL is fine */

/* What of `line` (without its line break) serves the purpose; `*to` lives until the next call, or is `line`. False when
 * it should be JSON and is not, or does not fit its header, or there is no memory: nothing of it may be used. `format`
 * NULL: not told; `columns` of the format, or NULL. */
bool capture_reduce(struct capture_reducer *reducer, const struct capture_policy *policy, enum capture_purpose purpose,
    const struct format *format, struct capture_columns *columns, struct text line, struct capture_counts *counts,
    struct text *to);

/* The same for the whole lines of `bytes`, in place and each in the room that it had: a shorter line is followed by
 * spaces, so that every line stays where it stood (its place is its identity). A line that is not readable becomes a
 * '?' and spaces. */
void capture_reduce_lines(struct capture_reducer *reducer, const struct capture_policy *policy,
    enum capture_purpose purpose, const struct format *format, struct capture_columns *columns, char *bytes,
    size_t size, struct capture_counts *counts);

/* The kind of a field by its path ("http.url"; items of arrays have the array's path); CAPTURE_UNKNOWN for a format
 * without a table. */
enum capture_kind capture_field(const struct capture_reducer *reducer, const char *format, struct text path);

/* Which paths or columns of these lines no table knows, for those who maintain the tables. False: it has no names. */
bool capture_unknown(struct capture_reducer *reducer, const struct format *format, struct capture_columns *columns,
    struct text line, void (*each)(void *context, struct text path), void *context);

#endif
