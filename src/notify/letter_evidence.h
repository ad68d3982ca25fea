/*
 * The part of a letter that tells what was seen: times, severity, reasons, hosts, sources, accounts, detections.
 */
#ifndef NOROSHI_NOTIFY_LETTER_EVIDENCE_H
#define NOROSHI_NOTIFY_LETTER_EVIDENCE_H

#include "base/catalog.h"
#include "base/text.h"
#include "model/coverage.h"
#include "model/event.h"

/* `event` is evidence_of()'s. */
void letter_evidence(const struct event *event, const struct catalog *catalog, struct builder *to);
/* What was watched, and what was not: a notice that names few things may have seen little (rule 13). */
void letter_coverage(const struct coverage *coverage, const struct catalog *catalog, struct builder *to);

#endif
