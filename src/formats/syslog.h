/*
 * Syslog messages, one at a time: RFC 5424, RFC 3164 with all the liberties that are taken with it, lines of log files,
 * and systemd's journal as `journalctl -o json` exports it. One struct for all of them.
 *
 *   bytes of a message (syslog_frame.h cuts them out of a stream) → syslog_read() → struct syslog_message
 */
#ifndef NOROSHI_FORMATS_SYSLOG_H
#define NOROSHI_FORMATS_SYSLOG_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

enum syslog_form {
	SYSLOG_BARE,    /* no header was understood: all of it is the message */
	SYSLOG_RFC3164, /* "<34>Oct 11 22:14:15 host app[1]: …", also without parts of that */
	SYSLOG_RFC5424, /* "<34>1 2003-10-11T22:14:15.003Z host app 1 ID47 [id a="b"] …" */
	SYSLOG_JOURNAL, /* a JSON object of systemd's journal */
};
const char *syslog_form_name(enum syslog_form form); /* "rfc5424" … */

struct syslog_message {
	enum syslog_form form;
	bool has_priority;          /* facility and severity were said */
	uint8_t facility, severity; /* RFC 5424, 6.2.1; 1 (user) and 5 (notice) when they were not said */
	nanoseconds occurred;       /* as the sender says; when it was received, where the sender says nothing */
	bool time_missing, zone_assumed;
	bool has_sequence;
	uint64_t
	    sequence; /* Cisco's number before the time, meta's sequenceId (RFC 5424, 7.3.1), the journal's __SEQNUM
		       */
	struct text host, application, process, message_id;
	struct text data; /* RFC 5424's structured data as it stands, checked; empty = none */
	struct text
	    message;  /* UTF-8: decoded where it was not, without a byte order mark and a line break at its end */
	bool decoded; /* the message was no UTF-8 */
};

struct syslog_settings {
	int zone; /* seconds east of UTC where a time names none */
	struct text
	    charset; /* of messages that are no UTF-8; empty: whichever of ISO-2022-JP, EUC-JP and Shift_JIS fits */
};

struct syslog_reader;
/* The settings are borrowed for its life. NULL without memory. */
struct syslog_reader *syslog_reader_new(const struct syslog_settings *settings);
void syslog_reader_free(struct syslog_reader *reader); /* NULL is fine */

/* Reads one message. `received` dates what has no time, and gives the year to what has none: the one that puts it
 * nearest before a day after `received`. ERROR_INPUT: it begins like one of the forms and then breaks its rules; the
 * failure says how, and `message` is filled all the same, as SYSLOG_BARE (nothing that a sender says is thrown away).
 * Texts live until the next call, or as long as `bytes`. */
enum error syslog_read(struct syslog_reader *reader, struct text bytes, nanoseconds received,
    struct syslog_message *message, struct failure *failure);

/* One parameter of structured data after the other: zeroed but for `rest` = message.data at the start; false at the
 * end. `value` still has its escapes (\" \\ \]); syslog_value() takes them away. */
struct syslog_parameter {
	struct text rest;
	struct text id, name, value;
};
bool syslog_parameter_next(struct syslog_parameter *parameter);
void syslog_value(struct text value, struct builder *to);

bool syslog_charset_known(struct text name);
const char *syslog_facility_name(unsigned facility); /* "kern" … "local7"; NULL beyond */
const char *syslog_severity_name(unsigned severity); /* "emerg" … "debug"; NULL beyond */

#endif
