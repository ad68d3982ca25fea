/*
 * The timing classes of the 2017 network as presets: what each says, and how fast.
 *
 *   short   destinations of the first contact with command and control, one a line: answers within 4 hours
 *   middle  vulnerabilities, one a line as "CVE-2026-1234 | 9.8 | attack | title": by attack, the gravest attack (sum
 * of severities) first, in it the severest first: within 3 days long    general advice, lines of text: within 30 days
 */
#ifndef NOROSHI_REACH_TIMING_H
#define NOROSHI_REACH_TIMING_H

#include "base/catalog.h"
#include "base/memory.h"
#include "model/dispatch.h"

#define TIMING_LINES 500

nanoseconds timing_within(enum dispatch_timing timing); /* a day for TIMING_NONE */
/* Appends the text made of the content; addresses are written so that nobody follows them by accident (hxxp, [.]).
 * ERROR_INPUT names the line that is none. */
enum error timing_write(enum dispatch_timing timing, struct text content, const struct catalog *catalog,
    struct arena *arena, struct builder *to, struct failure *failure);

#endif
