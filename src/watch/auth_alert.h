/*
 * Findings of sign-ins as alerts, in our CSV (docs/formats/alerts.md), and as JSON.
 */
#ifndef NOROSHI_WATCH_AUTH_ALERT_H
#define NOROSHI_WATCH_AUTH_ALERT_H

#include "watch/auth.h"

#define AUTH_ALERT_HEADER                                                                                              \
	"time,detector,signature,signature_id,category,severity,outcome,tactics,source,host,account,protocol,object,"  \
	"repeats,since,why\n"

/* One line of CSV under that header. */
void auth_alert_write(const struct auth_finding *finding, struct builder *to);
/* One object, and a line break. */
void auth_finding_write(const struct auth_finding *finding, struct builder *to);

#endif
