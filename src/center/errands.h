/*
 * Turns with remotes in the courier: each on a thread of its own, so that a slow server holds up neither mails nor
 * others. Their number is the keeper's to bound.
 */
#ifndef NOROSHI_CENTER_ERRANDS_H
#define NOROSHI_CENTER_ERRANDS_H

#include "base/loop.h"
#include "bus/channel.h"

struct errands;

enum error errands_new(struct loop *loop, struct errands **errands, struct failure *failure);
/* MESSAGE_TURN came; what came of it goes to whichever channel errands_keeper() named last. */
void errands_begin(struct errands *errands, const struct message *message);
void errands_keeper(struct errands *errands, struct channel *keeper); /* NULL: it is away, and asks again */

#endif
