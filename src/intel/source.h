/*
 * Items out of a file of any format that is read: STIX, MISP (also a folder that is a feed), OpenIOC, lists. Told by
 * content; gzip and zstd are read directly.
 */
#ifndef NOROSHI_INTEL_SOURCE_H
#define NOROSHI_INTEL_SOURCE_H

#include "base/error.h"
#include "model/item.h"

enum intel_format { INTEL_STIX, INTEL_MISP, INTEL_OPENIOC, INTEL_LIST };

struct intel_source; /* one thread */

/* What was wrong with a part that was left out. */
typedef void (*intel_complaint)(void *context, const char *file, const struct failure *failure);

/* "-" is standard input. `complain` is told of everything that could not be read, whatever holds it. */
enum error intel_source_open(
    const char *path, intel_complaint complain, void *context, struct intel_source **source, struct failure *failure);
void intel_source_close(struct intel_source *source);

/* Items that belong together: an event of MISP with all in it, one object of STIX, one line of a list. They live until
 * the next call. ERROR_END at the end; what cannot be read is complained about and passed over. */
struct intel_group {
	const struct item *items;
	uint32_t count;
};
enum error intel_source_next(struct intel_source *source, struct intel_group *group, struct failure *failure);

enum intel_format intel_source_format(const struct intel_source *source);
uint64_t intel_source_read_bytes(const struct intel_source *source);
uint64_t intel_source_total_bytes(const struct intel_source *source); /* 0 = not known */
uint64_t intel_source_complaints(const struct intel_source *source);

#endif
