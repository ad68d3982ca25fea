/*
 * Collecting what flow exporters send: datagrams, from sockets or from capture files, become EVE records.
 */
#ifndef NOROSHI_WATCH_COLLECT_H
#define NOROSHI_WATCH_COLLECT_H

#include "formats/flow_export.h"
#include "watch/collect_behaviour.h"

#include <stdbool.h>
#include <stdio.h>

#define COLLECT_PREFIXES_MOST 64

struct collector {
	struct flow_export *export;
	FILE *eve; /* NULL = only counted */
	struct builder out;
	struct collect_behaviour *behaviour;       /* NULL = detectors are not asked */
	nanoseconds received;                      /* the datagram at hand */
	struct prefix from[COLLECT_PREFIXES_MOST]; /* only these exporters; none = all */
	size_t from_count;
	bool failed; /* a record could not be written */
	struct collect_counts {
		uint64_t refused;              /* datagrams of exporters that are not among those */
		uint64_t unknown;              /* datagrams of no format that is known */
		uint64_t dropped;              /* by the kernel: its buffer was full */
		uint64_t frames, frames_other; /* of capture files; those that are no UDP datagram */
	} counts;
	uint64_t complaints;
};

enum error collector_init(
    struct collector *collector, const struct flow_export_settings *settings, struct failure *failure);
void collector_free(struct collector *collector); /* with its detectors; not the file */
void collector_datagram(
    struct collector *collector, struct address exporter, nanoseconds received, const void *bytes, size_t size);
/* Every UDP datagram of a capture file; those to `port` only, when it is not 0. */
enum error collector_capture(struct collector *collector, const char *path, uint16_t port, struct failure *failure);
/* Time passes without datagrams; nothing more will come. */
void collector_time(struct collector *collector, nanoseconds now);
void collector_finish(struct collector *collector);
/* Writes out what waits. False when it cannot be written. */
bool collector_flush(struct collector *collector);
/* The counts as one JSON object, and a line break. */
void collector_report(const struct collector *collector, FILE *to);

/* Receives on these addresses until SIGINT or SIGTERM; says the counts on standard error every `every`. */
struct collect_listen {
	struct address address; /* none = any */
	uint16_t port;
};
#define COLLECT_LISTENS_MOST 16
enum error collector_listen(struct collector *collector, const struct collect_listen *listens, size_t count,
    nanoseconds every, struct failure *failure);

/* The command `noroshi collect`. */
int collect_command(int argc, char **argv);

#endif
