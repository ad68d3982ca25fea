/*
 * Records of reach tests as files have them: one line for each recipient, or, of years past, one for each tier. CSV
 * with a header, or JSON, one object a line. docs/formats/reach.md has the columns.
 */
#ifndef NOROSHI_REACH_RECORD_H
#define NOROSHI_REACH_RECORD_H

#include "base/columns.h"
#include "base/memory.h"
#include "model/dispatch.h"

#include <jansson.h>

/* Texts borrow from the line or the arena. */
struct reach_record {
	struct text drill;
	int year; /* fiscal */
	enum dispatch_direction direction;
	struct text tier, body, recipient, contact;
	nanoseconds sent, reached; /* 0 = not, or not known */
	bool acknowledged, checked;
	enum reach_reason reason;
	/* of years past: how many, instead of one recipient */
	uint64_t count, count_reached;
};

struct reach_reader {
	struct columns columns;
	struct arena *arena; /* of one line */
};

/* ERROR_END: the line was the header, or empty. ERROR_INPUT names the field. */
enum error reach_record_read(
    struct reach_reader *reader, struct text line, struct reach_record *record, struct failure *failure);

void reach_record_write_header(struct builder *to);
void reach_record_write(struct builder *to, const struct reach_record *record); /* one line of CSV */
json_t *reach_record_json(const struct reach_record *record);

#endif
