/*
 * From bytes to detectors: what the verb `noroshi authlog` does with lines of files, and the agent with what it
 * receives.
 */
#ifndef NOROSHI_WATCH_AUTH_FEED_H
#define NOROSHI_WATCH_AUTH_FEED_H

#include "watch/auth.h"

struct auth_feed {
	struct auth_watch *watch; /* NULL = messages are only read */
	struct auth_feed_counts {
		uint64_t messages, malformed, facts, kinds[AUTH_KINDS];
	} counts;
};

/* Where a message came from. */
struct auth_origin {
	struct text host; /* for messages that name none; not empty */
	uint64_t stream;
	nanoseconds received;
};

/* Reads one message with `reader`, counts it and shows it to the detectors. As syslog_read(): on ERROR_INPUT `message`
 * is filled all the same. `fact` (may be NULL) is of kind AUTH_NONE when it is about nothing that authlog.h knows. */
enum error auth_feed(struct auth_feed *feed, struct syslog_reader *reader, struct text bytes,
    const struct auth_origin *origin, struct syslog_message *message, struct auth_fact *fact, struct failure *failure);

#endif
