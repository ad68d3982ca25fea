/*
 * The centre's own routes, one table for each subject, and the small readers that their handlers share.
 */
#ifndef NOROSHI_CENTER_ROUTES_H
#define NOROSHI_CENTER_ROUTES_H

#include "center/keeper.h"
#include "http/route.h"

extern const struct route sign_in_routes[];      /* sign-in, sign-out, one's own account, the way home */
extern const struct route account_routes[];      /* accounts and tokens */
extern const struct route organisation_routes[]; /* organisations, their address space, sensors */
extern const struct route log_routes[];          /* the log of who did and saw what */
extern const struct route front_routes[];        /* what front answers itself: batches, metrics; and health, changes */

/* A field of the input; "" and `otherwise` when it is absent. */
const char *input_text(const struct call *call, const char *name);
int64_t input_integer(const struct call *call, const char *name, int64_t otherwise);
bool input_boolean(const struct call *call, const char *name, bool otherwise);
bool input_has(const struct call *call, const char *name);
bool input_uuid(const struct call *call, const char *name, struct uuid *uuid);
/* Copies a text field when it is there. ERROR_INPUT names the field when it does not fit. */
enum error input_copy(const struct call *call, const char *name, char *to, size_t size, struct failure *failure);

/* `after` and `limit` of a list; puts `next` into the output afterwards. */
struct page page_of(const struct call *call);
void page_next(struct call *call, const struct page *page);

void set_text(json_t *object, const char *name, const char *value);
void set_time(json_t *object, const char *name, nanoseconds time); /* RFC 3339; left out when 0 */
void set_uuid(json_t *object, const char *name, struct uuid uuid); /* left out when nil */

/* The path of a page of ours, to go back to; else "/". */
const char *own_path(const char *path);

#endif
