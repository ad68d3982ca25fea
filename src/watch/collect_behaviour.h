/*
 * The statistical detectors over flows that others export: records are joined (flow_join.h) and told to them, what is
 * found becomes EVE alerts, and the addresses that are likely to command and control are listed (catalogue row W11).
 */
#ifndef NOROSHI_WATCH_COLLECT_BEHAVIOUR_H
#define NOROSHI_WATCH_COLLECT_BEHAVIOUR_H

#include "base/error.h"
#include "base/text.h"
#include "watch/flow_join.h"

#include <stdio.h>

struct collect_behaviour;

/* Alerts are added to `lines`, when it is not NULL; both live longer. */
enum error collect_behaviour_new(const struct behaviour_settings *settings, struct builder *lines,
    struct collect_behaviour **made, struct failure *failure);
void collect_behaviour_free(struct collect_behaviour *behaviour); /* NULL is fine */
void collect_behaviour_record(
    struct collect_behaviour *behaviour, const struct flow_record *record, nanoseconds received);
void collect_behaviour_time(struct collect_behaviour *behaviour, nanoseconds now);
void collect_behaviour_finish(struct collect_behaviour *behaviour);

/* The counts, as one JSON object. */
void collect_behaviour_report(const struct collect_behaviour *behaviour, FILE *to);
/* One line of JSON for each address that is likely to command and control, likeliest first. False without memory. */
bool collect_behaviour_controls(const struct collect_behaviour *behaviour, FILE *to);
/* The same as indicators of STIX that hold until `valid` after the last call, for the list that several share. They say
 * nothing of who called. One server is one indicator: found again later, it is a newer version. */
bool collect_behaviour_indicators(const struct collect_behaviour *behaviour, nanoseconds valid, FILE *to);

#endif
