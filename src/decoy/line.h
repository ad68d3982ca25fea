/*
 * A session as a line of EVE (docs/formats/decoy-lines.md).
 */
#ifndef NOROSHI_DECOY_LINE_H
#define NOROSHI_DECOY_LINE_H

#include "base/error.h"
#include "decoy/report.h"

#define DECOY_GID 4604u /* of its alerts */

struct line_more {
	const char *service; /* "telnet" */
	uint16_t dest_port;
	bool datagram;
	const uint8_t *marks;       /* key to mark passwords with; NULL: not marked */
	const char *payload_sha256; /* NULL: there is none */
	const char *session;        /* its name, for passwords */
	bool sample;                /* the payload is kept, sealed */
};

void line_write(const struct report *report, const struct line_more *more, struct builder *to);

/* One line for each password: its session, its name, its place among the session's, and itself sealed. */
enum error line_passwords(const struct report *report, const struct line_more *more, const uint8_t *public_key,
    struct builder *to, struct failure *failure);

#endif
