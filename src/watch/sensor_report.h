/*
 * The counters of a sensor as they are printed: at the end, and when SIGUSR1 asks.
 */
#ifndef NOROSHI_WATCH_SENSOR_REPORT_H
#define NOROSHI_WATCH_SENSOR_REPORT_H

#include "formats/eve_packet.h"
#include "watch/sensor.h"
#include "watch/sensor_options.h"

struct sensor_totals {
	struct sensor_counts counts; /* of all workers */
	uint64_t forgotten;          /* by the statistical detectors: entries that made room for newer ones */
	size_t files;
	uint64_t unread, truncated; /* files */
	struct eve_capture capture; /* live: of all workers, and of each */
};

/* On standard output, or standard error when records go to standard output. */
void sensor_report(const struct sensor_options *options, const struct sensor_totals *totals);

#endif
