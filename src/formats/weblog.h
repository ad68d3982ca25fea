/*
 * Readers of web-server logs: one file and one struct each, listed in weblog.c. A line becomes one HTTP request as the
 * server noted it. Told by content.
 *
 * What clients sent stands in these logs, so nothing is refused for being odd: texts may hold any bytes, requests may
 * be no HTTP at all. Whoever prints them makes them printable.
 */
#ifndef NOROSHI_FORMATS_WEBLOG_H
#define NOROSHI_FORMATS_WEBLOG_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/stream.h"
#include "base/text.h"
#include "base/time.h"
#include "net/address.h"

#include <stdint.h>

#define WEBLOG_SIZE_UNKNOWN UINT64_MAX

/* Texts live until the next line is read; what the log does not say is empty. */
struct weblog_request {
	nanoseconds occurred;
	bool zone_assumed;
	struct address client;   /* none when the log has a name instead */
	struct text client_name; /* as it is written, address or name */
	struct text account;
	struct text server; /* virtual host, without port */
	struct address server_address;
	struct text method;
	struct text target; /* path and query as the client sent them (IIS decodes the path) */
	struct text referer, agent, cookie;
	unsigned status;      /* 0 = the log does not say */
	uint64_t size;        /* of the answer in bytes; or WEBLOG_SIZE_UNKNOWN */
	nanoseconds duration; /* of the answer; 0 = the log does not say */
};

struct weblog_reader {
	const struct weblog_format *format; /* NULL until the first weblog_read() told it by content */
	int zone;                           /* seconds east of UTC where the log names none */
	struct arena *arena;                /* cleared before each line */
	struct json_parser *parser;
	void *state; /* the format's own, made by `start` */
	/* Lines of one second follow each other: its text, and what it means. */
	char second[40];
	size_t second_size;
	nanoseconds second_time;
	bool second_assumed;
	bool ended;
};

struct weblog_format {
	const char *name;  /* "combined" */
	const char *title; /* for people */
	/* Whether `beginning` (the first lines, up to 16 KiB) is this format. */
	bool (*recognise)(struct text beginning, struct weblog_reader *reader);
	enum error (*start)(struct weblog_reader *reader, struct failure *failure); /* may be NULL */
	void (*stop)(struct weblog_reader *reader);                                 /* may be NULL */
	/* One line, not empty; `request` is zeroed with an unknown size. ERROR_AGAIN = fine, but no request (a header,
	 * a message of another kind). ERROR_INPUT = malformed. */
	enum error (*line)(
	    struct weblog_reader *reader, struct text line, struct weblog_request *request, struct failure *failure);
};

extern const struct weblog_format *const weblog_formats[]; /* ends with NULL */

/* `zone`: seconds east of UTC where the log names none. */
enum error weblog_reader_new(int zone, struct weblog_reader **reader, struct failure *failure);
void weblog_reader_free(struct weblog_reader *reader);

struct weblog_counts {
	uint64_t lines, requests, skipped, malformed; /* lines = the other three together */
	uint64_t cut;                                 /* of the malformed: longer than WEBLOG_LONGEST_LINE */
	uint64_t bytes;                               /* of the lines, decompressed, with their line breaks */
};
#define WEBLOG_LONGEST_LINE (256u << 10)

/* The next request of a log; malformed lines are counted and complained about (`complain` may be NULL). ERROR_END at
 * the end; ERROR_INPUT when the stream broke or its format is not known (once, then ERROR_END). */
enum error weblog_read(struct weblog_reader *reader, struct stream *stream, struct line *line,
    struct weblog_request *request, struct weblog_counts *counts,
    void (*complain)(void *context, const struct line *line, const struct failure *failure), void *context,
    struct failure *failure);

/* ── for the readers ─ */

/* `parse` for a text that the line before may have had too. */
bool weblog_time(struct weblog_reader *reader, struct text text,
    bool (*parse)(struct text text, int zone, nanoseconds *time, bool *assumed), struct weblog_request *request);
/* "10/Oct/2000:13:55:36 -0700" */
bool weblog_combined_time(struct text text, int zone, nanoseconds *time, bool *assumed);
/* "GET /path HTTP/1.1"; tolerates blanks in the target, no protocol, and what is no HTTP (then it is all target). */
void weblog_request_line(struct text text, struct weblog_request *request);
void weblog_client(struct text text, struct weblog_request *request); /* an address, with a port or not, or a name */
void weblog_server(struct text text, struct weblog_request *request); /* a name or an address, with a port or not */
void weblog_status(struct text text, struct weblog_request *request);
void weblog_size(struct text text, struct weblog_request *request);
/* Undoes \xHH, \" and the other escapes of Apache and nginx; in the reader's arena when there is one to undo. */
struct text weblog_unescape(struct weblog_reader *reader, struct text text);
/* Empty for "-". */
struct text weblog_value(struct text text);

#endif
