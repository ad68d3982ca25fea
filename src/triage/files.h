/*
 * Triage over files: reads the alert files of organisations, in order of time within each, into triage.h. Called by
 * command.c.
 */
#ifndef NOROSHI_TRIAGE_FILES_H
#define NOROSHI_TRIAGE_FILES_H

#include "base/complaint.h"
#include "formats/format.h"
#include "triage/triage.h"

struct input {
	const char *organisation_name;
	uint32_t organisation; /* 1 … in order of first mention */
	uint32_t sensor;       /* 1 … its place among the inputs */
	const char *path;
	size_t next; /* the organisation's next input, as `first`; 0 = this is its last */
	struct format_counts counts;
	struct complaints complaints;
	bool broken; /* the stream itself ended in an error */
	/* while it is read */
	struct stream *stream;
	struct format_reader *reader;
	struct line line;
	struct alert alert;
	bool waiting;         /* `alert` was read and not yet judged */
	struct shape *shapes; /* what alerts of a shape (format.h) mean, by the last digits of its number */
	size_t shape_room;
	nanoseconds received;
};

/* An organisation of the inputs. */
struct owner {
	const char *name;
	uint32_t number;    /* its place among them, from 1 */
	size_t first, last; /* of its inputs; a place among all inputs, from 1 */
};

struct inputs {
	struct input *items;
	size_t count;
	struct owner **owners;
	uint32_t organisations; /* so many owners */
	void *by_name;          /* the owners, of tsearch() */
	const struct format *format;
	struct format_settings settings;
	bool progress; /* shown on standard error */
};

/* One more file of an organisation; the names stay the caller's. False without memory. */
bool inputs_add(struct inputs *inputs, const char *organisation, const char *path);
void inputs_free(struct inputs *inputs);

/* Reads every input to its end and feeds triage. Malformed lines are complained about on standard error (the first ten
 * of a file) and counted; an error is returned only when an input cannot be opened, or memory ends. `broken` inputs are
 * counted. */
enum error inputs_triage(struct inputs *inputs, struct triage *triage, struct failure *failure);

#endif
