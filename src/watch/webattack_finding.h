/*
 * Findings as they grow: one for each source and class of attack, in a table of fixed size. When there is no room the
 * one that was quiet for the longest is given out early.
 */
#ifndef NOROSHI_WATCH_WEBATTACK_FINDING_H
#define NOROSHI_WATCH_WEBATTACK_FINDING_H

#include "watch/webattack.h"
#include "watch/webattack_scan.h"

struct findings {
	struct finding **items; /* NULL = free */
	size_t sets;
	uint64_t made, early;
	const struct webattack_sink *sink;
};

bool findings_init(struct findings *findings, size_t most, const struct webattack_sink *sink);
void findings_free(struct findings *findings);
/* Found or made; NULL without memory. */
struct finding *findings_get(struct findings *findings, uint64_t source_key, const struct flagged *flagged);
/* Gives all of them out, the gravest first, then by their first line; then there are none. */
void findings_finish(struct findings *findings);

/* Takes one request in. True when it is worth an alert: one of the first, a better success, or a minute later. */
bool finding_add(struct finding *finding, const struct flagged *flagged, const struct hits *hits);
/* A try of a blind sequence; true when there are now enough of them to call it one. */
bool finding_try(struct finding *finding, const struct weblog_request *request);
#define BLIND_TRIES 10

#endif
