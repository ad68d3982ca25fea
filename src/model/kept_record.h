/*
 * A record that is no alert (flow, DNS answer, TLS handshake, HTTP request …) as the centre keeps it: in the form of an
 * alert (alert.h), so that identity, encoding and history are the same.
 *
 *   signature     the event type: "flow", "dns"
 *   signature_id  its community id; empty = none
 *   object        the names in it, one space between two: looked up, answered with, asked for by SNI or Host
 *   protocol      of the application, else of IP
 *   detector      what wrote it, as far as its line says: "EVE"
 *
 * Times, ends, host and account are as an alert's; `original` is the line, as the capture policy left it.
 */
#ifndef NOROSHI_MODEL_KEPT_RECORD_H
#define NOROSHI_MODEL_KEPT_RECORD_H

#include "model/alert.h"

/* A question about records: all conditions hold. Empty texts and zeros ask for nothing. */
struct record_conditions {
	uint32_t sensor;
	struct text type;      /* the event type */
	struct text name;      /* this domain or a name below it, ASCII case ignored */
	struct text community; /* community id */
	bool has_end;
	struct prefix end; /* one end of the traffic, or the host, lies in it */
	/* What belongs to something else: one of the two holds. */
	struct text same_community;
	const struct address
	    *hosts; /* `host_count` of them: both ends are among them (`both_ends`), or one of them is */
	size_t host_count;
	bool both_ends;
};
bool kept_record_fits(const struct alert *record, const struct record_conditions *conditions);

/* Each of its names. */
void kept_record_names(const struct alert *record, void (*each)(void *context, struct text name), void *context);

#endif
