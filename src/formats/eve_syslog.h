/*
 * Syslog messages as records: one JSON object a line, headed as EVE records are. Suricata has no such event; the
 * members are named as RFC 5424 names the parts.
 */
#ifndef NOROSHI_FORMATS_EVE_SYSLOG_H
#define NOROSHI_FORMATS_EVE_SYSLOG_H

#include "formats/authlog.h"

/* How a message came. */
struct eve_syslog {
	struct text source;    /* name of the source in the configuration */
	struct text transport; /* "udp", "tcp", "tls", "file" */
	struct address sender; /* may be absent */
	struct text peer;      /* the name in the sender's certificate, or the file's path; may be empty */
	nanoseconds received;
	const char *malformed; /* words on what is wrong with it; NULL = nothing */
};

/* One line. `fact` may be of kind AUTH_NONE. */
void eve_syslog(struct builder *to, const struct syslog_message *message, const struct auth_fact *fact,
    const struct eve_syslog *came);

#endif
