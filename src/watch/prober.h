/*
 * Measuring sites over HTTP, several at a time: each site is asked for its page when it is due, never twice at once.
 *
 * The owner's thread begins it, takes what was measured, and ends it; the threads that measure are its own.
 */
#ifndef NOROSHI_WATCH_PROBER_H
#define NOROSHI_WATCH_PROBER_H

#include "watch/probe_options.h"

struct prober;

/* `once`: each site is measured one time. The options are borrowed. Its threads take no signals. */
enum error prober_new(const struct probe_options *options, bool once, struct prober **made, struct failure *failure);
void prober_free(struct prober *prober); /* waits for what is under way: `timeout` at most */

/* Which sites are measured at the shorter interval from now on; the first time at once. */
void prober_quicken(struct prober *prober, const bool *quick);

/* Readable when there is something to take. */
int prober_descriptor(const struct prober *prober);
/* What was measured next, with words when there was no answer; false: nothing now. */
bool prober_take(struct prober *prober, struct measurement *measurement, char words[static 256]);
bool prober_done(const struct prober *prober); /* `once`: all was taken */

#endif
