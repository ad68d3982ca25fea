/*
 * What the receiver says of itself: STATE/received.json, which `noroshi agent --status` shows.
 */
#ifndef NOROSHI_WATCH_RECEIVE_REPORT_H
#define NOROSHI_WATCH_RECEIVE_REPORT_H

#include "watch/receive_inner.h"

/* Writes it when something changed; logs the sums once a minute. */
void receive_report(struct receive *receive);

#endif
