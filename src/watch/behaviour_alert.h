/*
 * What is found in the behaviour of hosts, as EVE records of alerts; and what detectors are told of dissected facts.
 */
#ifndef NOROSHI_WATCH_BEHAVIOUR_ALERT_H
#define NOROSHI_WATCH_BEHAVIOUR_ALERT_H

#include "formats/eve_alert.h"
#include "watch/behaviour.h"

#define BEHAVIOUR_GID 4601 /* of these alerts; their signature_id is 1 + enum finding_kind */

/* One line. `flow` is the one at which it was found: its ends stand in the record. */
void behaviour_alert_write(
    const struct finding *finding, const struct eve_source *source, const struct flow *flow, struct builder *to);

/* Tells of the first name that a DNS response is about, and of HTTP answers that refuse; of nothing else. */
void behaviour_facts(struct behaviour *behaviour, const struct dissection *dissection, const void *facts);

#endif
