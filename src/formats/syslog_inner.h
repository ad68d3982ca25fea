/*
 * What the files of the syslog reader share; see syslog.h.
 */
#ifndef NOROSHI_FORMATS_SYSLOG_INNER_H
#define NOROSHI_FORMATS_SYSLOG_INNER_H

#include "base/json.h"
#include "formats/syslog.h"

struct syslog_reader {
	const struct syslog_settings *settings;
	struct json_parser *parser;
	struct builder text, other; /* the message as UTF-8; a second guess at it */
	struct builder bytes;       /* of a message of the journal that is no text */
};

void syslog_skip(struct text *rest, size_t size); /* `size` is at most what there is */

/* `rest` begins behind the priority. */
enum error syslog_read_5424(struct syslog_reader *reader, struct text rest, nanoseconds received,
    struct syslog_message *message, struct failure *failure);
/* Of the form that systemd's journal is exported in; its texts live in the reader's parser. */
enum error syslog_read_journal(
    struct syslog_reader *reader, struct text bytes, struct syslog_message *message, struct failure *failure);
struct text syslog_text(struct syslog_reader *reader, struct text bytes, bool *decoded);

#endif
