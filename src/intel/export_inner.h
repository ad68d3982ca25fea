/*
 * What the files of the export share. For export.c, export_lists.c, export_rules.c, export_stix.c, export_misp.c.
 */
#ifndef NOROSHI_INTEL_EXPORT_INNER_H
#define NOROSHI_INTEL_EXPORT_INNER_H

#include "base/hash.h"
#include "base/text.h"
#include "intel/export.h"

struct exporting {
	const struct export_format *format;
	struct export_options options;
	struct builder text;
	struct arena *scratch; /* cleared for each item */
	struct arena *patterns;
	struct export_counts counts;
	uint32_t sid;
	bool event_open; /* of MISP: attributes may follow */
	/* what was written, by the hash of kind and value */
	struct hash128 *seen;
	size_t seen_count, seen_room;
	bool failed;
};

extern const struct export_format export_stix, export_misp, export_csv, export_plain, export_suricata, export_rpz,
    export_hosts, export_communities;

/* "TLP:AMBER PAP:GREEN until 2026-01-31T00:00:00.000Z indicator--…", without what there is none of; for comments. */
void export_describe(const struct exporting *exporting, struct builder *to, const struct item *item);
/* Notes that a value is written; false: it was before. */
bool export_first(struct exporting *exporting, enum indicator_kind kind, struct text value);

#endif
