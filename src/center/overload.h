/*
 * When more comes than the centre can do: what it leaves out, in which order, and that it says so. In the front.
 *
 * The measure is how long batches wait that were let in. From `center.overload` on (level 1) what can be asked for
 * again later is put off: requests of routes that are `deferrable` (statistics, the search in all alerts) are answered
 * 503, and no organisation may use quota that it saved up. An organisation whose own batches wait five times as long is
 * told to come again later (503) before its body is read. Nothing that was acknowledged is ever left out; events,
 * decisions, notices, sign-in and the alerts of organisations that send little go on. Below half of the time it is
 * over.
 */
#ifndef NOROSHI_CENTER_OVERLOAD_H
#define NOROSHI_CENTER_OVERLOAD_H

#include "center/front.h"

struct member;

#define OVERLOAD_RETRY 5 /* seconds */

struct overload;
enum error overload_new(struct front *front, struct overload **overload, struct failure *failure);
unsigned overload_level(const struct overload *overload); /* 0 or 1 */
/* May this organisation send no more for now? */
bool overload_refuses(struct overload *overload, const struct member *member);
/* Is this request put off? It was counted then. */
bool overload_defers(struct overload *overload, const struct route *route);

#endif
