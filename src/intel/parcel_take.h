/*
 * Taking sealed files (intel/parcel.h) into a recipient's folder:
 *
 *   chain.json            where the chain stands
 *   items.json            the objects that there are now, one a line (intel/parcel_items.h)
 *   shared/               what sensors read (intel/parcel_shared.h)
 *   messages/             messages, a file for each that had some, of the same name
 *
 * A file is taken whole or not at all: everything in it is read before anything is changed, and the chain's state is
 * written last. Who is killed before takes the same files again, to the same end.
 */
#ifndef NOROSHI_INTEL_PARCEL_TAKE_H
#define NOROSHI_INTEL_PARCEL_TAKE_H

#include "intel/parcel_chain.h"

struct parcel_taking {
	const struct parcel_cms *cms;
	const char *folder;
	bool new_chain; /* the sender began anew: what was taken before is forgotten when its first file comes */
	nanoseconds now;
	/* Called for each file, in the order of their numbers; `failure` is NULL of those that were taken. */
	void (*tell)(void *context, const char *path, const struct parcel_head *head, enum parcel_place place,
	    const struct failure *failure);
	/* Each object, withdrawal and message on its way to another server, and NULL behind the last of a file; an
	 * error ends it all, and nothing of the file counts as taken. May be NULL. */
	enum error (*forward)(void *context, const struct parcel_line *line, struct failure *failure);
	void *context;
};
struct parcel_took {
	unsigned taken, before, refused; /* files */
	uint64_t objects, withdrawn, changes, messages;
	uint64_t missing_from, missing_to; /* numbers that would have to come first; 0 = none */
	uint64_t next;
};

/* Any number of files, in any order. OK also when some, or all, were refused, which `tell` was told. */
enum error parcel_take(
    const struct parcel_taking *how, char **paths, unsigned count, struct parcel_took *took, struct failure *failure);

#endif
