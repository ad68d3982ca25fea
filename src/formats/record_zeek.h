/*
 * Which of Zeek's logs are read, and what their columns are. For the files of this room only.
 */
#ifndef NOROSHI_FORMATS_RECORD_ZEEK_H
#define NOROSHI_FORMATS_RECORD_ZEEK_H

#include "formats/record_inner.h"
#include "formats/zeek_table.h"

#define ZEEK_LOG_NAMES "conn, dns, ssl, http, files, smtp, ssh"

/* Columns that are more than a value of the record. */
enum zeek_part {
	ZEEK_DIRECT, /* just a value */
	ZEEK_TIME,
	ZEEK_UID,
	ZEEK_ORIGINATOR,
	ZEEK_ORIGINATOR_PORT,
	ZEEK_RESPONDER,
	ZEEK_RESPONDER_PORT,
	ZEEK_PROTOCOL,
	ZEEK_COMMUNITY,
	ZEEK_SERVICE,
	ZEEK_DURATION,
	ZEEK_ORIGINATOR_BYTES, /* of the IP packets */
	ZEEK_RESPONDER_BYTES,
	ZEEK_ORIGINATOR_PAYLOAD,
	ZEEK_RESPONDER_PAYLOAD,
	ZEEK_ORIGINATOR_PACKETS,
	ZEEK_RESPONDER_PACKETS,
	ZEEK_HISTORY,
	ZEEK_QUERY_TYPE,
	ZEEK_QUERY_TYPE_NAME,
	ZEEK_RCODE,
	ZEEK_RCODE_NAME,
	ZEEK_VERSION,
	ZEEK_RESUMED,
	ZEEK_HOST,
	ZEEK_URI,
	ZEEK_CLIENT,
	ZEEK_SERVER,
	ZEEK_SENDER, /* of a file */
	ZEEK_RECEIVER,
	ZEEK_BY_ORIGINATOR,
	ZEEK_SIZE,
	ZEEK_TOTAL,
	ZEEK_PARTS
};

struct zeek_column {
	const char *name;
	enum zeek_part part;
	enum member member; /* of ZEEK_DIRECT */
	bool set;           /* several values */
};

struct zeek_log {
	const char *path;    /* "conn" */
	const char *type;    /* of its records */
	const char *sign;    /* a member that every line of it has as JSON, and no log further down in the list */
	uint8_t ip_protocol; /* where no column says it; 0 = not known */
	uint8_t protocol;    /* enum protocol */
	const struct zeek_column *columns;
	size_t count;
	/* What is left to do when time and ends are known; may be NULL. */
	enum error (*finish)(struct record_reader *reader, const struct text parts[static ZEEK_PARTS],
	    struct record *record, struct failure *failure);
};

const struct zeek_log *zeek_log_named(struct text path);    /* also "conn.2026-04-01"; NULL = none of ours */
const struct zeek_log *zeek_log_of(struct json_value root); /* NULL = none of ours */
/* A number for each column; 0 = of no interest. */
uint8_t zeek_column_number(const struct zeek_log *log, struct text name);
const struct zeek_column *zeek_column(const struct zeek_log *log, uint8_t number);

#endif
