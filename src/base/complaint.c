/*
 * Complaints about lines (base/complaint.h).
 */
#include "base/complaint.h"

#include <inttypes.h>
#include <stdio.h>

/* Whether this one is said. */
static bool counted(struct complaints *complaints, const char *file)
{
	if (++complaints->count == COMPLAINTS_SAID + 1)
		fprintf(
		    stderr, "noroshi %s: %s: further malformed lines are only counted\n", complaints->command, file);
	return complaints->count <= COMPLAINTS_SAID;
}

void complaint_line(void *context, const struct line *line, const struct failure *failure)
{
	struct complaints *complaints = context;
	if (counted(complaints, complaints->file))
		fprintf(stderr, "noroshi %s: %s: line %" PRIu64 " (byte %" PRIu64 "): %s\n", complaints->command,
		    complaints->file, line->number, line->offset, failure->words);
}

void complaint_at(void *context, const char *file, uint64_t line, const struct failure *failure)
{
	struct complaints *complaints = context;
	if (!counted(complaints, file))
		return;
	if (line)
		fprintf(
		    stderr, "noroshi %s: %s: line %" PRIu64 ": %s\n", complaints->command, file, line, failure->words);
	else
		fprintf(stderr, "noroshi %s: %s: %s\n", complaints->command, file, failure->words);
}
