/*
 * Domain names in the form in which they are compared.
 */
#ifndef NOROSHI_MATCH_NAME_H
#define NOROSHI_MATCH_NAME_H

#include "base/text.h"

#define NAME_LONGEST 253 /* bytes: RFC 1035, 2.3.4, as text without the last dot */

/* Lower case without a dot at the end: false when it is no name (RFC 1035 characters and _). */
bool name_normalize(struct text name, char to[static NAME_LONGEST + 1]);

#endif
