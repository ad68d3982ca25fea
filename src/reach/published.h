/*
 * A message to a community as an object of STIX: beside mail, page and feed its members read it in the community's
 * collections (TAXII, and whatever else shows what is released there), until it is withdrawn.
 */
#ifndef NOROSHI_REACH_PUBLISHED_H
#define NOROSHI_REACH_PUBLISHED_H

#include "http/call.h"
#include "model/dispatch.h"

/* When it was started: an early warning, advisory or newsletter to a community becomes a `report` of the centre that is
 * released to that community at its TLP. What may not be released there (the community says no purpose) goes by the
 * other ways alone, which the log says. */
enum error publish_released(struct call *call, const struct dispatch *dispatch, struct failure *failure);
/* When it was withdrawn. */
enum error publish_withdrawn(struct call *call, const struct dispatch *dispatch, struct failure *failure);

#endif
