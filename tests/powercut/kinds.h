/*
 * The kinds of files that survive a power cut. A new one is a file beside this one, and a line in kinds.c.
 */
#ifndef NOROSHI_TESTS_POWERCUT_KINDS_H
#define NOROSHI_TESTS_POWERCUT_KINDS_H

#include "../lib/powercut.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START ((nanoseconds)1700000000 * SECOND)

extern const struct powercut_kind kind_files, kind_key, kind_report, kind_history, kind_records, kind_agent, kind_state,
    kind_copy, kind_keeper, kind_notice, kind_verdicts, kind_losses, kind_folder, kind_backup, kind_received,
    kind_recorder, kind_parcel, kind_days, kind_trends;

/* In a check: nothing may fail. */
#define FINE(call)                                                                                                     \
	do {                                                                                                           \
		struct failure failure = { 0 };                                                                        \
		if ((call) != OK)                                                                                      \
			fail_msg("%s: %s", powercut_where(), failure.words);                                           \
	} while (0)

/* In a work: an error ends it; it is begun again in another process. */
#define TRY(call)                                                                                                      \
	do {                                                                                                           \
		struct failure failure = { 0 };                                                                        \
		if ((call) != OK)                                                                                      \
			return false;                                                                                  \
	} while (0)

/* Before all work: makes a state store without contents, which prepared_store() writes to `path` when there is none.
 * What a cut leaves of a store that is being made is what the kind "state" is about. */
void prepare_store(void);
enum error prepared_store(const char *path, struct failure *failure);

static inline uint64_t marked_number(const struct marks *marks, const char *words)
{
	struct text last;
	uint64_t number = 0;
	if (marks_of(marks, words, &last))
		assert_true(text_to_u64(last, &number));
	return number;
}

#endif
