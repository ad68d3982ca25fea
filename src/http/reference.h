/*
 * The reference page of the manual (docs/api-routes.md), made from the route tables: `noroshi help routes` prints it,
 * and a test compares.
 */
#ifndef NOROSHI_HTTP_REFERENCE_H
#define NOROSHI_HTTP_REFERENCE_H

#include "base/text.h"
#include "http/route.h"

/* Markdown. `tables` as for server_new(). */
void reference_write(const struct route *const *tables, struct builder *to);

#endif
