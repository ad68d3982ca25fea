/*
 * After each look at the folders: which file holds the content that we follow, which is new, and which followed content
 * has gone.
 *
 *   candidates × follows → follows (paths, sources and states brought up to date, new ones added)
 */
#ifndef NOROSHI_WATCH_RECOGNISE_H
#define NOROSHI_WATCH_RECOGNISE_H

#include "watch/scan.h"

/* Brings `follows` up to date. `now` is monotonic. A compressed file is looked at when nobody wrote to it for `settle`.
 * `*changed` is set when something that is kept on disk changed. */
enum error recognise(struct follows *follows, struct candidates *candidates, struct spool *spool, nanoseconds now,
    nanoseconds settle, bool *changed, struct failure *failure);

/* The source does not hold our content any more: from here on only the spool or a copy has it. */
void follow_detach(struct follow *follow, nanoseconds now);

#endif
