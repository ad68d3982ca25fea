/*
 * Messages out of a stream of bytes (RFC 6587): counted octets ("123 <34>…"; TLS has only these, RFC 5425) or ended by
 * a line feed or NUL, told anew at each message. One frame at a time is in memory, up to `longest` bytes: what is
 * longer is cut there, its rest skipped, and counted.
 */
#ifndef NOROSHI_FORMATS_SYSLOG_FRAME_H
#define NOROSHI_FORMATS_SYSLOG_FRAME_H

#include "base/text.h"

#include <stdint.h>

#define SYSLOG_COUNT_MOST 9 /* digits of a count */

struct syslog_framer {
	size_t longest;      /* bytes kept of one message */
	struct builder held; /* of the message that has begun */
	uint64_t left;       /* counted octets that are still to come; 0 = none are counted */
	bool counted, cutting;
	uint64_t counted_messages, line_messages, cut; /* so far */
};

/* `frame` gets each whole message, whose bytes live during the call. Empty lines are none. False without memory. */
bool syslog_frame(
    struct syslog_framer *framer, struct text bytes, void (*frame)(void *context, struct text message), void *context);
/* The stream has ended: what was begun by a line goes to `frame` (a sender may end its last one with the connection);
 * of counted octets the rest is missing, and the sender sends them again elsewhere: false, when there were such. */
bool syslog_frame_end(struct syslog_framer *framer, void (*frame)(void *context, struct text message), void *context);
void syslog_framer_free(struct syslog_framer *framer);

#endif
