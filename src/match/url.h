/*
 * URLs in the form in which they are compared.
 */
#ifndef NOROSHI_MATCH_URL_H
#define NOROSHI_MATCH_URL_H

#include "base/text.h"

#define URL_LONGEST 2048 /* bytes, normalised */

/* Scheme and host in lower case, without user, the scheme's own port and the fragment; escapes of unreserved characters
 * undone, the others in upper case; what may not stand in a URL escaped; no "." and ".." in the path (RFC 3986, 6.2.2).
 * The scheme may be missing: "host/path". Returns the size; 0 when it is no URL or too long. */
size_t url_normalize(struct text url, char to[static URL_LONGEST]);

#endif
