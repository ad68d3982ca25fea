/*
 * Names and passwords in what a browser sends.
 */
#ifndef NOROSHI_DECOY_FORM_H
#define NOROSHI_DECOY_FORM_H

#include "decoy/session.h"

/* application/x-www-form-urlencoded (WHATWG URL, 5.1), of a body or a query: the first name and the first password in
 * it. False: there is no password. */
bool form_take(struct session *session, struct text form);
/* The value of Authorization, when it is "Basic …" (RFC 7617). */
void form_basic(struct session *session, struct text value);

#endif
