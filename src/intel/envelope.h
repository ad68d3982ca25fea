/*
 * Envelopes of TAXII 2.1 (section 3.7), before and after their objects are read.
 */
#ifndef NOROSHI_INTEL_ENVELOPE_H
#define NOROSHI_INTEL_ENVELOPE_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

#define ENVELOPE_MISP (8u << 20) /* bytes: a whole event is read at once, in some 16 times as many of memory */

/* Well-formed JSON, at the top a single object, whose member "objects" is a list (an empty object has none).
 * ERROR_INPUT says what it is not. */
enum error envelope_check(struct text body, struct failure *failure);

/* Whether it is MISP's instead, as its first member's name says: "Event", "response", "Attribute" or "SharingGroup". */
bool envelope_is_misp(struct text body);
/* Well-formed JSON, and not larger than what is read of MISP in one go. ERROR_INPUT says what it is not. */
enum error envelope_check_misp(struct text body, struct failure *failure);

#endif
