/*
 * Whether two DER texts (X.690) are the same but for what is random or encrypted in them: their tags, numbers, object
 * identifiers and names. For intel/parcel_cms.c.
 */
#ifndef NOROSHI_INTEL_PARCEL_FORM_H
#define NOROSHI_INTEL_PARCEL_FORM_H

#include "base/text.h"

#include <stdbool.h>

/* Free are the bytes of OCTET STRINGs (nonce, wrapped key, tag: the lengths are not) and of what has the tag [0]
 * without a structure (the encrypted content, of any length), and of the point of a BIT STRING, which must be an
 * uncompressed one. Lengths must have the shortest form. */
bool parcel_same_form(struct text one, struct text other);

#endif
