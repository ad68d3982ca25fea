/*
 * Errors as answers: enum error ↔ HTTP status, and the RFC 9457 document.
 */
#ifndef NOROSHI_HTTP_PROBLEM_H
#define NOROSHI_HTTP_PROBLEM_H

#include "base/catalog.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* INPUT, USAGE 400; DENIED 403; NOT_FOUND 404; CONFLICT 409 (412 when the request had If-Match); LIMIT 429; all else
 * 503. */
uint16_t problem_status(enum error error, bool had_version);
const char *problem_title(uint16_t status); /* a gettext msgid: "Not found" */

/* {"type":"about:blank","title":…,"status":…,"detail":…}; title and detail in the catalogue's language, NULL = English
 */
void problem_write(uint16_t status, const char *detail, const struct catalog *catalog, struct builder *to);

/* The same as TAXII 2.1 says it (3.6.1): {"title":…,"description":…,"http_status":"404"} */
#define TAXII_MEDIA_TYPE "application/taxii+json;version=2.1"
void problem_write_taxii(uint16_t status, const char *detail, struct builder *to);

#endif
