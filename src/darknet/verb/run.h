/*
 * One run of `noroshi darknet`: what is made before the first packet is looked at, and what becomes of it in the end.
 */
#ifndef NOROSHI_DARKNET_RUN_H
#define NOROSHI_DARKNET_RUN_H

#include "darknet/day/day_writer.h"
#include "darknet/report/lines.h"
#include "darknet/verb/options.h"
#include "darknet/verb/trends_keeper.h"

struct run {
	struct darknet_options options;
	struct space *space;
	struct warninglists *lists;
	struct research *research;
	struct telescope *telescope;
	struct trends *trends;
	struct trends_keeper *keeper;
	struct origins *origins;
	struct day_writer *days;
	struct lines *lines;
	int lines_descriptor;
	struct failure days_failure;
	struct files_counts counts;
	struct live *live;
	uint64_t frames, dropped;
	nanoseconds tables_until; /* live: so far they were written */
	nanoseconds away;         /* live: so long it did not listen, which they were not told yet */
};

/* Set by SIGINT and SIGTERM while run_live() is at work, and after. */
extern volatile sig_atomic_t run_stop;

/* From the options on; at its end the process can open nothing any more. */
enum error run_begin(struct run *run, struct failure *failure);
/* Live, until SIGINT or SIGTERM; *end: when. */
enum error run_live(struct run *run, nanoseconds *end, struct failure *failure);
/* Tables: it listened since the last call, until `until`, but for the time that it was away. */
enum error run_awake(struct run *run, nanoseconds until, struct failure *failure);
enum error run_end_lines(struct run *run, nanoseconds end, struct failure *failure);
enum error run_end_tables(struct run *run, nanoseconds end, struct failure *failure);
void run_free(struct run *run);

#endif
