/*
 * The checks of a request's headers: see admit.c. Each returns whether the request goes on; if not, it was answered.
 */
#ifndef NOROSHI_HTTP_ADMIT_H
#define NOROSHI_HTTP_ADMIT_H

#include "http/exchange.h"

struct text admit_method(struct lws *wsi);
bool admit_path_is_whole(struct lws *wsi, struct text path);
bool admit_framing(struct exchange *exchange);
bool admit_request_line(struct exchange *exchange);
bool admit_host(struct exchange *exchange);
bool admit_address_rate(struct exchange *exchange);
bool admit_route_rate(struct exchange *exchange);
bool admit_credentials(struct exchange *exchange);
void admit_language(struct exchange *exchange);
bool admit_conditions(struct exchange *exchange);
bool admit_origin(struct exchange *exchange, bool get, bool form);
bool admit_query(struct exchange *exchange);
bool admit_path(struct exchange *exchange, const struct route_match *match);
bool admit_body(struct exchange *exchange);
bool admit_media(struct exchange *exchange); /* of endpoints of TAXII: what may come, what was sent */
bool admit_wants_json(struct exchange *exchange);
void admit_format(struct exchange *exchange); /* Accept: text/csv is the field format=csv where there is one */
bool refuse_failure(struct exchange *exchange, const struct failure *failure);
bool refuse(struct exchange *exchange, uint16_t status, const char *words);

#endif
