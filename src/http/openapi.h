/*
 * The OpenAPI 3.1 document of the /v1/ routes, made from the route tables; served at GET /v1/openapi.json.
 */
#ifndef NOROSHI_HTTP_OPENAPI_H
#define NOROSHI_HTTP_OPENAPI_H

#include "base/text.h"
#include "http/route.h"

/* `tables` as for server_new(). */
void openapi_write(const struct route *const *tables, const char *title, struct builder *to);

#endif
