/*
 * Remotes for administrators: /v1/remotes, and what `noroshi remotes` shares with it.
 */
#ifndef NOROSHI_INTEL_REMOTES_H
#define NOROSHI_INTEL_REMOTES_H

#include "http/route.h"
#include "model/remote.h"

extern const struct route remote_routes[];

/* As administrators see it; the scope is asked about the collection's id. */
json_t *remote_describe(struct store *store, const struct scope *scope, const struct remote *remote);
/* With what holds where nobody says otherwise. */
struct remote remote_new(nanoseconds now);

#endif
