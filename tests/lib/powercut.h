/*
 * Power cuts: does some work in a process whose file operations are recorded, makes the folder anew as a power cut at
 * every point of it would leave it (disk.h), restarts on it, and compares with what had been acknowledged by then.
 *
 * A kind of file is one struct in the table of tests/powercut/kinds.c. Its work is run plainly; and killed before an
 * operation, or with a sync that fails, or a full disk, and then run again as after a restart, before the power is cut.
 * Where a cut can leave few different things all of them are tried, else what loses most and a seeded sample: with
 * NOROSHI_LONG=1 a much larger one.
 */
#ifndef NOROSHI_TESTS_POWERCUT_H
#define NOROSHI_TESTS_POWERCUT_H

#include "base/file_journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was marked with file_mark() before the cut: what the work had acknowledged, or was about to do. */
struct marks {
	struct text *all;
	size_t count;
};
/* How many begin with these words; *last (may be NULL) gets what follows the words in the last one. */
size_t marks_of(const struct marks *marks, const char *words, struct text *last);
/* Marks in the way of printf. */
void mark(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct powercut_kind {
	const char *name;
	/* In a process of its own: goes on below `folder`, which is empty at first, from where it stands, until all is
	 * done. False when something failed: it is called again in a new process. */
	bool (*work)(const char *folder);
	/* Restarts on what the cut left in `folder`; cmocka's assertions. */
	void (*check)(const char *folder, const struct marks *marks);
	/* How much of what cannot all be tried is, at most; 0 = the usual. */
	unsigned cuts; /* at a point; 0 = 6 */
	unsigned
	    faults; /* runs killed before a sync, before others; EIO from syncs, ENOSPC from others: each; 0 = 12 */
	bool no_failures;      /* the work does not go on after an error: it is only killed */
	void (*prepare)(void); /* NULL, or called once, before all, in the process that checks */
};

/* Runs all of it, in /dev/shm where that is possible. */
void powercut_run(const struct powercut_kind *kind);
/* To be called after it also when it failed: removes its folder, except when NOROSHI_POWERCUT_KEEP is set. */
int powercut_tidy(void **state);
/* Which cut it is at: for whoever tells of a failure. */
const char *powercut_where(void);

#endif
