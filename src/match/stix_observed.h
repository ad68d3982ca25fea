/*
 * Observations as STIX writes them, and patterns tried on them.
 *
 * Observations are the observed-data objects of a parsed JSON document (version 2.1: object_refs to objects of the same
 * bundle; version 2.0: a dictionary `objects`). What a pattern says of one observation holds when one object of it
 * fulfils the whole comparison; what it says of several holds when each part is fulfilled by observations of its own.
 *
 * Trying is bounded: at most STIX_BINDINGS ways to fulfil each part are kept, and a regular expression has a limit of
 * steps. What was left out is told: then "not met" may be wrong, "met" is not.
 */
#ifndef NOROSHI_MATCH_STIX_OBSERVED_H
#define NOROSHI_MATCH_STIX_OBSERVED_H

#include "base/json.h"
#include "match/stix_pattern.h"

#define STIX_OBSERVATIONS_MOST 65536u
#define STIX_BINDINGS 4096u

struct stix_observed; /* valid as long as the document that it was made of */

enum error stix_observed_new(struct json_value document, struct stix_observed **observed, struct failure *failure);
void stix_observed_free(struct stix_observed *observed);
uint32_t stix_observed_count(const struct stix_observed *observed);
struct text stix_observed_id(const struct stix_observed *observed, uint32_t number); /* of its observed-data */

struct stix_match {
	bool met;
	bool limited;   /* a bound was reached */
	uint32_t count; /* of those that fulfil it (one way of perhaps many): numbers, by the caller's arena */
	const uint32_t *observations;
	nanoseconds first, last; /* of them */
};

/* ERROR_INPUT: a regular expression cannot be read; the failure says which. ERROR_MEMORY: the arena is full. */
enum error stix_pattern_try(const struct stix_pattern *pattern, const struct stix_observed *observed,
    struct arena *arena, struct stix_match *match, struct failure *failure);

#endif
