/*
 * The centre's own routes, one table for each subject, and the small readers that their handlers share.
 */
#ifndef NOROSHI_CENTER_ROUTES_H
#define NOROSHI_CENTER_ROUTES_H

#include "center/keeper.h"
#include "http/call.h"

extern const struct route sign_in_routes[];      /* sign-in, sign-out, one's own account, the way home */
extern const struct route account_routes[];      /* accounts and tokens */
extern const struct route organisation_routes[]; /* organisations, their address space */
extern const struct route sensor_routes[];       /* sensors and their tokens */
extern const struct route machine_routes[];      /* enrolments and certificates of machines */
extern const struct route device_routes[];       /* members' devices and their tokens */
extern const struct route capture_routes[];      /* capture policies */
extern const struct route community_routes[];    /* communities, their members, where organisations may be named */
extern const struct route log_routes[];          /* the log of who did and saw what */
extern const struct route front_routes[];        /* what front answers itself: batches, metrics; and health, changes */

/* `after` and `limit` of a list; puts `next` into the output afterwards. */
struct page page_of(const struct call *call);
void page_next(struct call *call, const struct page *page);

struct sensor;
json_t *sensor_json(const struct sensor *sensor);

/* The path of a page of ours, to go back to; else "/". */
const char *own_path(const char *path);

#endif
