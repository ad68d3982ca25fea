/*
 * The routes of notices: for the centre's analysts, for members, and the page of the acknowledgement link.
 */
#ifndef NOROSHI_NOTIFY_ROUTES_H
#define NOROSHI_NOTIFY_ROUTES_H

#include "http/call.h"

extern const struct route notify_routes[];

/* Handlers (notice_routes.c, link_routes.c); the same one serves a route's JSON, page and form. */
enum error notice_create(struct call *call, struct failure *failure);
enum error notice_list(struct call *call, struct failure *failure);
enum error notice_inbox(struct call *call, struct failure *failure);
enum error notice_read(struct call *call, struct failure *failure);
enum error notice_send(struct call *call, struct failure *failure);
enum error notice_withdraw(struct call *call, struct failure *failure);
enum error notice_close(struct call *call, struct failure *failure);
enum error notice_acknowledge(struct call *call, struct failure *failure);
enum error notice_reply(struct call *call, struct failure *failure);
enum error link_show(struct call *call, struct failure *failure);
enum error link_acknowledge(struct call *call, struct failure *failure);
enum error link_done(struct call *call, struct failure *failure);

#endif
