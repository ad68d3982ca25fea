/*
 * How a remote (model/remote.h) goes on after a turn: pure functions of what the server said. Called by the keeper, in
 * the transaction that keeps what came with the turn; so what is remembered is always what was kept.
 */
#ifndef NOROSHI_INTEL_REMOTE_COURSE_H
#define NOROSHI_INTEL_REMOTE_COURSE_H

#include "intel/remote_talk.h"

#define REMOTE_RETRY_MOST DAY /* of what a server asks for by Retry-After */
#define REMOTE_AHEAD_MOST DAY /* of what a server says that it is by its own clock */

/* The turn failed. `random`: any number, see remote_wait(). A `next` or a status that the server does not know any more
 * is given up: the next turn goes on by date, or gives the objects once more. */
void remote_failed(struct remote *remote, enum remote_way way, const char *words, const struct remote_answer *answer,
    nanoseconds now, uint64_t random);
/* A page was read. ERROR_INPUT: the server contradicts itself, so that nobody could go on behind the page; its objects
 * are kept, the position stays, and the turn has failed. */
enum error remote_polled(struct remote *remote, const struct remote_answer *answer, nanoseconds now, uint64_t random);
/* Objects up to `given` were given, or are being looked at; `more`: others wait here. */
void remote_pushed(struct remote *remote, const struct remote_answer *answer, int64_t given, bool more, nanoseconds now,
    uint64_t random);
/* Everything from the beginning: another collection is meant. */
void remote_restart(struct remote *remote);

#endif
