/*
 * Lines of Suricata's EVE JSON as a load: 400–900 bytes each, of one organisation's sensor, with the times of now.
 *
 * A sensor has a pool of lines (hosts, far sides, signatures of its own, some of them much more frequent than others);
 * a batch is drawn from the pool, and each line gets a time, a flow and a port of its own. One thread.
 */
#ifndef NOROSHI_BENCH_LOAD_LINES_H
#define NOROSHI_BENCH_LOAD_LINES_H

#include "base/text.h"
#include "base/time.h"

#include <stdint.h>

#define LINE_LEAST 400
#define LINE_MOST 900

struct lines;

/* `number` tells sensors apart: it decides addresses and the choice of signatures. NULL without memory. `count` lines
 * are kept ready. */
struct lines *lines_new(uint32_t number, unsigned count);
void lines_free(struct lines *lines);

/* Appends `count` lines that occurred just before `now`. */
void lines_batch(struct lines *lines, unsigned count, nanoseconds now, struct builder *to);

/* Appends one line that triage judges to be an event by itself: command and control, met never before on a host that
 * was met never before. */
void lines_compromise(struct lines *lines, nanoseconds now, struct builder *to);

#endif
