/*
 * Attacks that were announced, for `noroshi probe`: while one is to come, and an hour before, the sites of its targets
 * are measured more often. Only sites that the configuration has: an announcement makes nobody probe anything else.
 *
 * The file: one target on a line, "TARGET FROM TO": a domain (with all below it), the address of a page, or the
 * `organisation` of a site; two times such as 2026-11-22T09:00:00Z, or "-" for TO: a day. "#" begins a comment.
 */
#ifndef NOROSHI_WATCH_PROBE_ANNOUNCED_H
#define NOROSHI_WATCH_PROBE_ANNOUNCED_H

#include "watch/probe_options.h"

/* quick[i]: site i is a target now. A file that is not there names none. *wrong: lines that are not understood. */
enum error probe_announced_read(
    const struct probe_options *options, nanoseconds now, bool *quick, unsigned *wrong, struct failure *failure);

#endif
