/*
 * Bulletins on their way: each that is new goes into the outbox once, as a mail to the first contact of its
 * organisation, when there is a mail server and an address; and the routes that show them.
 */
#ifndef NOROSHI_NOTIFY_BULLETIN_H
#define NOROSHI_NOTIFY_BULLETIN_H

#include "http/call.h"
#include "mail/envelope.h"
#include "model/capability.h"
#include "notify/settings.h"

/* Runs in the keeper, every tick. */
enum error bulletins_queue(
    struct center *center, const struct notify_settings *settings, nanoseconds now, struct failure *failure);
/* What came of a try to deliver the mail of a bulletin: an envelope without a delivery row. */
enum error bulletin_delivered(struct center *center, const struct envelope *envelope, enum delivery_state state,
    const char *words, nanoseconds now, struct failure *failure);

enum error bulletin_list(struct call *call, struct failure *failure);
/* The newest into output `bulletins`, for the inbox. */
enum error bulletins_output(struct call *call, uint32_t limit, struct failure *failure);

#endif
