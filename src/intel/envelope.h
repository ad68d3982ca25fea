/*
 * Envelopes of TAXII 2.1 (section 3.7), before and after their objects are read.
 */
#ifndef NOROSHI_INTEL_ENVELOPE_H
#define NOROSHI_INTEL_ENVELOPE_H

#include "base/error.h"
#include "base/text.h"

/* Well-formed JSON, at the top a single object, whose member "objects" is a list (an empty object has none).
 * ERROR_INPUT says what it is not. */
enum error envelope_check(struct text body, struct failure *failure);

#endif
