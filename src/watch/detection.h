/*
 * What one worker of a sensor looks for in flows and facts: indicators and signatures. What is met becomes EVE records
 * of alerts, and the flow is marked as alerted.
 */
#ifndef NOROSHI_WATCH_DETECTION_H
#define NOROSHI_WATCH_DETECTION_H

#include "formats/eve_alert.h"
#include "formats/record.h"
#include "watch/detection_sets.h"

#define DETECTION_GID 4600 /* of alerts about indicators; their signature_id is 1 + enum indicator_kind */

struct detection; /* one thread */

/* `reader`: the worker's number among those of the sets, which live longer. NULL without memory. */
struct detection *detection_new(struct detection_sets *sets, size_t reader);
void detection_free(struct detection *detection);

/* The sets that are current now are those that all is compared with until detection_leave(): around the packets of one
 * burst, so that what one packet tells is never compared with two sets. Not nested. */
void detection_enter(struct detection *detection);
void detection_leave(struct detection *detection);

/* As the observer tells them, within; alerts are added to `lines`. */
void detection_flow_begun(
    struct detection *detection, const struct flow *flow, const struct eve_source *source, struct builder *lines);
void detection_facts(struct detection *detection, const struct dissection *dissection, enum side side,
    const void *facts, const struct eve_source *source, struct builder *lines);
void detection_payload(struct detection *detection, const struct flow *flow, enum side side, nanoseconds time,
    uint64_t offset, const uint8_t *bytes, size_t size, const struct eve_source *source, struct builder *lines);
/* Another program's record: its fields are compared, and with `ends` the addresses of its flow. */
void detection_record(
    struct detection *detection, const struct record *record, bool ends, struct text host, struct builder *lines);
void detection_flow_over(struct detection *detection, const struct flow *flow);

struct detection_counts {
	uint64_t indicators, signatures; /* alerts */
	struct signature_matcher_counts matcher;
};
struct detection_counts detection_count(const struct detection *detection);

#endif
