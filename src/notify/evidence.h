/*
 * What an organisation is shown of its own event, and nothing of anybody else's: no campaign, no reason that speaks of
 * other organisations, no rank (which other organisations' alerts may have raised).
 */
#ifndef NOROSHI_NOTIFY_EVIDENCE_H
#define NOROSHI_NOTIFY_EVIDENCE_H

#include "model/event.h"

#include <jansson.h>

/* Pure. `shown` becomes the event as its own organisation may see it. */
void evidence_of(const struct event *event, struct event *shown);

/* The same as event_write_json() gives it, without rank; NULL when there is no memory. The caller's to json_decref().
 */
json_t *evidence_json(const struct event *event);

#endif
