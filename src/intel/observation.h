/*
 * Records as observations of STIX, so that whole patterns can be tried on them.
 */
#ifndef NOROSHI_INTEL_OBSERVATION_H
#define NOROSHI_INTEL_OBSERVATION_H

#include "base/text.h"
#include "formats/record.h"

/* Appends an observed-data object (with its objects inside, as version 2.0 has them, so that it stands alone) whose
 * identifier holds `number`; observation_number() takes it out again. */
void observation_build(struct builder *to, const struct record *record, uint32_t number);
uint32_t observation_number(struct text id);

#endif
