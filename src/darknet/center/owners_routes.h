/*
 * The clean-up list, for programs and as a page: addresses that appeared in telescopes, and what their owner says
 * became of each. Handlers run in the keeper.
 */
#ifndef NOROSHI_DARKNET_OWNERS_ROUTES_H
#define NOROSHI_DARKNET_OWNERS_ROUTES_H

#include "http/call.h"

extern const struct route darknet_routes[];

enum error appearance_list(struct call *call, struct failure *failure);
enum error cleanup_write(struct call *call, struct failure *failure);

#endif
