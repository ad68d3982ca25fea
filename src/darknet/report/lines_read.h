/*
 * Lines of counts, as telescopes write them (docs/formats/darknet-lines.md) and the centre reads them.
 *
 *   one line of JSON → counts_read() → struct counts_line
 *
 * A stranger wrote the line: it is taken whole or refused with words. One thread for a reader.
 */
#ifndef NOROSHI_DARKNET_LINES_READ_H
#define NOROSHI_DARKNET_LINES_READ_H

#include "base/text.h"
#include "darknet/day/day_table.h"

#define COUNTS_ROWS 65536 /* of one line */
#define COUNTS_SPAN HOUR  /* the longest that one line covers */

struct line_row {
	struct day_key key;
	uint64_t packets; /* not 0 */
};

struct counts_line {
	nanoseconds from, to;
	double awake;       /* seconds of the span in which the telescope listened */
	uint64_t addresses; /* IPv4 addresses of the telescope */
	uint64_t frames, packets, bytes, dropped;
	const struct line_row *rows; /* the reader's, until its next line */
	size_t row_count;
};

struct counts_reader;
struct counts_reader *counts_reader_new(void); /* NULL without memory */
void counts_reader_free(struct counts_reader *reader);

/* ERROR_AGAIN: a line of another sort ("source", "scan", …). ERROR_INPUT names the member that is wrong. */
enum error counts_read(
    struct counts_reader *reader, struct text text, struct counts_line *line, struct failure *failure);

/* "23/tcp", "8.0/icmp", "0/ip-47", as port_format() writes them. */
bool port_parse(struct text text, uint16_t *port, uint8_t *protocol);

#endif
