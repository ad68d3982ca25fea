/*
 * A source of messages of `noroshi agent`: a port that it listens on, or log files that it reads.
 */
#ifndef NOROSHI_WATCH_RECEIVE_SOURCE_H
#define NOROSHI_WATCH_RECEIVE_SOURCE_H

#include "base/error.h"
#include "formats/syslog.h"
#include "net/address.h"

enum receive_transport { RECEIVE_FILES, RECEIVE_UDP, RECEIVE_TCP, RECEIVE_TLS };
const char *receive_transport_name(enum receive_transport transport); /* "file", "udp" … */

/* What of the messages is shipped, beside the alerts of the detectors. */
enum receive_send { RECEIVE_ALERTS, RECEIVE_FACTS, RECEIVE_ALL };

struct receive_source {
	char *name; /* of letters, digits and "-_" */
	enum receive_transport transport;
	struct address address; /* none = every one */
	uint16_t port;
	char *certificate, *key, *authorities; /* PEM files; NULL = none */
	char **names;                          /* that senders' certificates may have; none = any of the authority */
	size_t name_count;
	char **files; /* with * ? [ ] */
	size_t file_count;
	struct prefix *from; /* only these senders; none = everybody */
	size_t from_count;
	struct syslog_settings syslog; /* owns its character set */
	enum receive_send send;
	char *content; /* the messages are lines of this format of alerts; NULL = they are messages */
	uint64_t longest;
	uint32_t connections, connections_each; /* in all, and of one sender */
	uint32_t rate;                          /* messages a second of one sender; 0 = any */
};

struct receive_sources {
	struct receive_source *items;
	size_t count;
};
void receive_sources_free(struct receive_sources *sources);

#endif
