/*
 * Who scans for research or as a service and says who he is: sources on warning lists of the kind "scanner", and
 * sources whose reverse name is on one. Nothing is asked of any server: the names are those of a file.
 *
 * Read only after it is made: any number of threads.
 */
#ifndef NOROSHI_DARKNET_RESEARCH_H
#define NOROSHI_DARKNET_RESEARCH_H

#include "base/error.h"
#include "match/warninglist.h"

struct research;

/* `lists` (may be NULL) lives at least as long. `names` (may be NULL): a file of lines "ADDRESS NAME", "#" begins a
 * comment; at most 16 M lines; gzip and zstd too. A line that is no such pair is ERROR_INPUT, with its number. */
enum error research_new(
    const struct warninglists *lists, const char *names, struct research **made, struct failure *failure);
void research_free(struct research *research); /* NULL is fine */

/* The list that holds the source (an IPv6 source: its /64) or its name; NULL: none. `research` may be NULL. */
const struct warninglist *research_of(const struct research *research, struct address source);
/* What says so; of bits. Who behaves so is told by trend/habits.h, and decides nothing. */
enum research_evidence {
	RESEARCH_LIST = 1,      /* a list has its address */
	RESEARCH_NAME = 2,      /* … its reverse name, which whoever holds the address may choose */
	RESEARCH_BEHAVIOUR = 4, /* what it did over days */
};
unsigned research_evidence(const struct research *research, struct address source); /* the first two */
/* Its reverse name; empty when the file has none. */
struct text research_name(const struct research *research, struct address source);

#endif
