/*
 * Communities and who is in them, for those who make and keep them: /v1/communities.
 */
#ifndef NOROSHI_INTEL_COMMUNITIES_H
#define NOROSHI_INTEL_COMMUNITIES_H

#include "http/call.h"
#include "model/community.h"

/* The one whose number the path names. ERROR_NOT_FOUND, with the same words, also for one that is hidden. */
enum error community_meant(struct call *call, struct community *community, struct failure *failure);
enum error community_list(struct call *call, struct failure *failure);
/* What the body names goes into the community; titles that are empty then are its name. */
enum error community_fill(struct call *call, struct community *community, struct failure *failure);
enum error community_create(struct call *call, struct failure *failure);
enum error member_put(struct call *call, struct failure *failure);
enum error member_end(struct call *call, struct failure *failure);

#endif
