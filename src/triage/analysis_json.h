/*
 * The analysis of a campaign as the JSON that is both the API's answer and the data of its page (docs/api.md). Called
 * by routes_campaign.c. NULL = no memory.
 */
#ifndef NOROSHI_TRIAGE_ANALYSIS_JSON_H
#define NOROSHI_TRIAGE_ANALYSIS_JSON_H

#include "triage/analysis.h"
#include "triage/routes.h"

json_t *analysis_parts_json(const struct analysis *analysis, const struct call *call, const struct titles *titles);
json_t *analysis_shared_json(const struct analysis *analysis, const struct titles *titles);
json_t *analysis_steps_json(const struct analysis *analysis, const struct call *call, const struct titles *titles);
/* Entries with "when" in any order: sorted by time. Those of the events; the caller adds those of the notices. */
json_t *analysis_moments_json(const struct analysis *analysis, const struct titles *titles);
json_t *moment_json(nanoseconds when, const char *what, const struct event *event, const struct titles *titles);
void moments_sort(json_t *moments);

#endif
