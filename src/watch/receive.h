/*
 * The receiver of `noroshi agent`: a process of its own that takes syslog messages from the network and from log files,
 * shows them to the detectors of sign-ins, and writes what is to be shipped into files (received.h), which the agent
 * follows and ships.
 *
 *   UDP, TCP, TLS, files → messages → detectors → STATE/received/NUMBER.alerts.csv
 *                                   └──────────→ STATE/received/NUMBER.SOURCE.records.eve
 *
 * It holds no secret of the centre and talks to nobody but those who send; it has no capability once its ports are
 * open. What each transport can promise: docs/formats/syslog.md.
 */
#ifndef NOROSHI_WATCH_RECEIVE_H
#define NOROSHI_WATCH_RECEIVE_H

#include "base/time.h"
#include "model/capture_policy.h"
#include "watch/receive_source.h"

#include <sys/types.h>

struct receive_settings {
	const struct receive_sources *sources;
	const char *folder;           /* the agent's; it is there */
	uint64_t limit;               /* bytes of those files; when it is reached nothing is read */
	nanoseconds learn;            /* first access (auth.h) */
	struct capture_policy policy; /* what is not to be recorded */
};

/* Forks, and waits until every source is open. The process ends with SIGTERM, or with its parent: then it takes what is
 * on its way already, and syncs. Call before threads and secrets. */
enum error receive_start(const struct receive_settings *settings, pid_t *process, struct failure *failure);

#endif
