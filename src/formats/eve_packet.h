/*
 * EVE records of what is not of a flow: packets that are wrong in themselves, and the sensor's own counters.
 */
#ifndef NOROSHI_FORMATS_EVE_PACKET_H
#define NOROSHI_FORMATS_EVE_PACKET_H

#include "formats/eve_record.h"

/* `flow` may be NULL. Events of the decoder and of reassembly ("decoder.…", "stream.…"). */
void eve_packet_anomaly(struct builder *to, const struct eve_source *source, const struct frame *frame,
    const struct flow *flow, const char *event);

/* What a capture knows beside its frames; zeroes for files. */
struct eve_worker {
	uint64_t packets, drops; /* of the kernel, since the start */
};
struct eve_capture {
	uint64_t packets, drops; /* of all workers */
	bool live;
	/* What Suricata has no place for: an object "noroshi" beside "stats". */
	const struct eve_worker *workers;
	size_t worker_count;
	uint64_t output_records, output_dropped, output_waiting; /* records written and dropped; bytes that wait */
	uint64_t sets_taken, sets_refused;                       /* of indicators and signatures, since the start */
	uint64_t changes_taken, changes_refused;                 /* of what the exchange shares */
	nanoseconds longest_away; /* of any worker from its ring, since the last record of this kind */
};
/* `time`: of the newest packet; `uptime`: since the start. */
void eve_stats(struct builder *to, const struct eve_source *source, nanoseconds time, nanoseconds uptime,
    const struct eve_capture *capture, const struct observer_counts *counts);

#endif
